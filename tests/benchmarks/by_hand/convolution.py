"""Two convolutions of 5 x 5 with pooling by 2 and ReLU, and a dense layer, channels last, momentum.

A convolution is a matrix product with rows of windows (im2col), made for a few images at a time, so that they are
still in the cache when they are multiplied. The rows come in the order (row parity, column parity, image, row,
column): what is pooled together then lies in four contiguous arrays. Bias and ReLU come after pooling, where they give
the same numbers for a quarter of the work. On the way back one set of windows, of the output's gradient, serves the
gradients of input and weight.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .training import empty, ones, parameters, softmax_cross_entropy, updater

K, PAD = 5, 2
INSIDE = slice(PAD, -PAD)


def _channels_last(problem):
    """Rearrange the weights to (numbers of a window, out), and the dense layer's rows to (height, width, channels)."""
    p, quarter = problem.params, problem.side // 4
    w3 = p["w3"].reshape(problem.c2, quarter, quarter, -1).transpose(1, 2, 0, 3)
    return {
        "w1": p["w1"].reshape(problem.c1, K * K).T,
        "b1": p["b1"],
        "w2": p["w2"].transpose(2, 3, 1, 0).reshape(-1, problem.c2),
        "b2": p["b2"],
        "w3": w3.reshape(-1, w3.shape[-1]),
        "b3": p["b3"],
    }


def _padded(*shape):
    """Make images (..., side, side, channels) with a border of zeros."""
    *leading, side, channels = shape
    return np.zeros((*leading, side + 2 * PAD, side + 2 * PAD, channels), np.float32)


def _windows(x, side):
    """View padded images (n, side + 4, side + 4, c) as windows (n, side, side, 5, 5 * c), one at each place."""
    image, line, place, number = x.strides
    return as_strided(x, (len(x), side, side, K, K * x.shape[-1]), (image, line, place, line, number))


def _by_parity(places):
    """View (n, side, side, ...) as (2, 2, n, side / 2, side / 2, ...): every second line and every second column."""
    n, side = places.shape[:2]
    split = places.reshape(n, side // 2, 2, side // 2, 2, *places.shape[3:])
    return np.moveaxis(split, (2, 4), (0, 1))


def _pool(four, out):
    """Take the largest of four arrays."""
    np.maximum(four[0], four[1], out=out)
    np.maximum(out, four[2], out=out)
    np.maximum(out, four[3], out=out)


def _pool_back(four, largest, d, won, out):
    """Send each gradient to the array that won."""
    for a, to in zip(four, out, strict=True):
        np.multiply(np.equal(a, largest, out=won), d, out=to)


def cnn(problem):
    """1-16-32 channels on 28 x 28, 64 images."""
    n, side, c1, c2 = problem.batch, problem.side, problem.c1, problem.c2
    half, quarter, chunk = side // 2, side // 4, math.gcd(problem.batch, 4)
    pieces = range(n // chunk)
    own = parameters(_channels_last(problem))
    w1, b1, w2, b2, w3, b3 = own.values.values()
    gw1, gb1, gw2, gb2, gw3, gb3 = own.gradients.values()
    loss, update = softmax_cross_entropy(problem.y, len(b3)), updater(problem, own)

    # First layer. Its windows have one channel: copying 25 shifted images is faster than copying runs of 5.
    x, columns = _padded(len(pieces), chunk, side, 1), empty(len(pieces), K * K, chunk * side * side)
    shifted = [np.moveaxis(_by_parity(_windows(x[i], side)), (5, 6), (0, 1)) for i in pieces]
    a1, largest1 = empty(len(pieces), 4, chunk, half, half, c1), empty(len(pieces), chunk, half, half, c1)
    d1, h1_part = empty(chunk, half, half, c1), empty(chunk, half, half, c1)
    won1, gw1_part = np.empty(d1.shape, bool), np.empty_like(gw1)
    # Second layer.
    h1, d2 = _padded(len(pieces), chunk, half, c1), _padded(len(pieces), chunk, half, c2)
    h1_windows = [_by_parity(_windows(h1[i], half)) for i in pieces]
    d2_windows = [_windows(d2[i], half) for i in pieces]
    rows1, rows2 = chunk * side * side, chunk * half * half
    numbers = empty(rows2 * K * K * max(c1, c2))
    h1_rows = numbers[: rows2 * K * K * c1].reshape(rows2, -1)
    d2_rows = numbers[: rows2 * K * K * c2].reshape(rows2, -1)
    a2, largest2 = empty(len(pieces), 4, chunk, quarter, quarter, c2), empty(len(pieces), chunk, quarter, quarter, c2)
    d2_parts = [[part for line in _by_parity(d2[i, :, INSIDE, INSIDE]) for part in line] for i in pieces]
    won2, turned = np.empty(largest2[0].shape, bool), empty(K, K, c2, c1)
    gw2_part, gw2_sum = empty(c1, K * K * c2), empty(c1, K * K * c2)
    gw2_turned = gw2.reshape(K, K, c1, c2)[::-1, ::-1].transpose(2, 0, 1, 3)
    # Last layer.
    h2, z = empty(len(pieces), chunk, quarter, quarter, c2), empty(n, len(b3))
    flat_h2, d_h2, on2 = h2.reshape(n, -1), np.empty_like(h2), np.empty(h2.shape, bool)
    row, row1, row2 = ones(n), ones(rows2), ones(n * quarter * quarter)

    def step():
        x[:, :, INSIDE, INSIDE, 0] = problem.x.reshape(len(pieces), chunk, side, side)
        for i in pieces:
            np.copyto(columns[i].reshape(shifted[i].shape), shifted[i])
            np.dot(columns[i].T, w1, out=a1[i].reshape(rows1, c1))
            _pool(a1[i], largest1[i])
            h = h1[i, :, INSIDE, INSIDE]
            np.add(largest1[i], b1, out=h)
            np.maximum(h, 0, out=h)
            np.copyto(h1_rows.reshape(h1_windows[i].shape), h1_windows[i])
            np.dot(h1_rows, w2, out=a2[i].reshape(rows2, c2))
            _pool(a2[i], largest2[i])
        np.add(largest2, b2, out=h2)
        np.maximum(h2, 0, out=h2)
        np.dot(flat_h2, w3, out=z)
        np.add(z, b3, out=z)
        value = loss(z)

        np.dot(flat_h2.T, z, out=gw3)
        np.dot(row, z, out=gb3)
        np.dot(z, w3.T, out=d_h2.reshape(n, -1))
        np.multiply(d_h2, np.greater(h2, 0, out=on2), out=d_h2)
        np.dot(row2, d_h2.reshape(-1, c2), out=gb2)
        turned[...] = w2.reshape(K, K, c1, c2)[::-1, ::-1].transpose(0, 1, 3, 2)
        gw2_sum[...] = 0
        gw1[...] = 0
        gb1[...] = 0
        for i in pieces:
            _pool_back(a2[i], largest2[i], d_h2[i], won2, d2_parts[i])
            np.copyto(d2_rows.reshape(d2_windows[i].shape), d2_windows[i])
            np.dot(d2_rows, turned.reshape(-1, c1), out=d1.reshape(rows2, c1))
            np.copyto(h1_part, h1[i, :, INSIDE, INSIDE])
            np.dot(h1_part.reshape(rows2, c1).T, d2_rows, out=gw2_part)
            np.add(gw2_sum, gw2_part, out=gw2_sum)
            np.multiply(d1, np.greater(h1_part, 0, out=won1), out=d1)
            np.add(gb1, np.dot(row1, d1.reshape(rows2, c1)), out=gb1)
            _pool_back(a1[i], largest1[i], d1, won1, a1[i])
            np.dot(columns[i], a1[i].reshape(rows1, c1), out=gw1_part)
            np.add(gw1, gw1_part, out=gw1)
        gw2_turned[...] = gw2_sum.reshape(c1, K, K, c2)
        update()
        return value

    return step
