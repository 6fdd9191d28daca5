"""Convolution of arrays as matrix products, in pieces that stay in the cache.

Every window of the input becomes a row (im2col), and the product of the rows with the kernel, a matrix with a row for
each number of a window, is the output. The rows together hold every place as often as windows cover it, so they are
made for a few examples at a time, or a part of one, multiplied, and overwritten by the next.

The three functions are three views of one sum over places p, taps t and features i, o, that of
``y[p, o] x[p + t, i] w[t, i, o]``. Each leaves one of the arrays out and is thus the derivative of the two others.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from mlcore.functions.windows import Geometry, padded

_PIECE = 1 << 19  # how many numbers of rows to make at a time


class _Rows:
    """Windows as rows: for each piece of the input an array (groups, rows, numbers of a window).

    With one feature the array is made as the transpose of (numbers, rows): whole shifted images are copied then,
    instead of runs of a few numbers.
    """

    def __init__(self, x: np.ndarray, window: tuple[int, ...], geometry: Geometry) -> None:
        self.x, self.window, self.geometry = x, window, geometry
        self.positions = geometry.positions(x.shape[1:-1], window)
        self.each = math.prod(self.positions)  # rows of one example
        self.groups = geometry.groups
        self.features = x.shape[-1] // self.groups
        self.width = math.prod(window) * self.features
        self.step = max(1, min(len(x), _PIECE // max(self.each * self.width * self.groups, 1)))
        self.shifted = self.groups == 1 and self.features == 1

    def __iter__(self) -> Iterator[tuple[tuple[slice, slice], np.ndarray]]:
        """Yield where a piece lies, in the batch and along the first axis of places, with its rows.

        The array of rows is used again for the next piece.
        """
        line = self.each * self.width * self.groups // max(self.positions[0], 1)  # numbers for one step along that axis
        lines = self.positions[0] if self.step > 1 else max(1, min(self.positions[0], _PIECE // max(line, 1)))
        numbers = np.empty(self.step * lines * line, self.x.dtype)
        axes = len(self.window)
        places, taps = range(1, axes + 1), range(axes + 1, 2 * axes + 1)
        if self.shifted:
            order = (*taps, 2 * axes + 1, 2 * axes + 2, 0, *places)
        else:
            order = (2 * axes + 1, 0, *places, *taps, 2 * axes + 2)
        for start in range(0, len(self.x), self.step):
            piece = slice(start, min(start + self.step, len(self.x)))
            windows = self._windows(padded(self.x[piece], self.geometry.pads))
            for top in range(0, self.positions[0], lines):
                some = windows[:, top : top + lines].transpose(order)
                rows = numbers[: some.size].reshape(some.shape)
                np.copyto(rows, some)
                where = piece, slice(top, top + lines)
                if self.shifted:
                    yield where, rows.reshape(1, self.width, some.size // self.width).mT
                else:
                    yield where, rows.reshape(self.groups, some.size // (self.groups * self.width), self.width)

    def _windows(self, x: np.ndarray) -> np.ndarray:
        """View padded x as (batch, *positions, *window, groups, features of a group)."""
        batch, *middle, last = x.strides
        strides = [
            batch,
            *(s * by for s, by in zip(middle, self.geometry.stride, strict=True)),
            *(s * by for s, by in zip(middle, self.geometry.dilation, strict=True)),
            last * self.features,
            last,
        ]
        shape = (len(x), *self.positions, *self.window, self.groups, self.features)
        return as_strided(x, shape, strides, writeable=False)


def _by_group(y: np.ndarray, groups: int) -> np.ndarray:
    """View (batch, *places, features) as (groups, rows, features of a group)."""
    return y.reshape(math.prod(y.shape[:-1]), groups, y.shape[-1] // groups).transpose(1, 0, 2)


def _matrices(w: np.ndarray, groups: int) -> np.ndarray:
    """Arrange a kernel (*window, in of a group, out) as (groups, numbers of a window, out of a group)."""
    taps = math.prod(w.shape[:-2])
    split = w.reshape(taps, w.shape[-2], groups, w.shape[-1] // groups)
    return split.transpose(2, 0, 1, 3).reshape(groups, taps * w.shape[-2], -1)


def _kernel(matrices: np.ndarray, window: tuple[int, ...]) -> np.ndarray:
    """Undo `_matrices`."""
    groups, width, out = matrices.shape
    features = width // max(math.prod(window), 1)
    split = matrices.reshape(groups, math.prod(window), features, out).transpose(1, 2, 0, 3)
    return split.reshape(*window, features, groups * out)


def correlate(x: np.ndarray, w: np.ndarray, geometry: Geometry, bias: np.ndarray | None = None) -> np.ndarray:
    """Return y: every window of x times the kernel, plus a bias."""
    rows = _Rows(x, w.shape[:-2], geometry)
    out = np.empty((len(x), *rows.positions, w.shape[-1]), x.dtype)
    matrices = _matrices(w, geometry.groups)
    # A bias repeated along a line of places is added to the line as one long row.
    line = None if bias is None else np.tile(bias, rows.positions[-1])
    for piece, numbers in rows:
        part = out[piece]
        np.matmul(numbers, matrices, out=_by_group(part, geometry.groups))
        if line is not None:
            lines = part.reshape(-1, line.size)
            np.add(lines, line, out=lines)
    return out


def _flipped(w: np.ndarray, geometry: Geometry) -> np.ndarray:
    """Turn a kernel around and exchange its in and out features: the kernel of the way back."""
    groups, axes = geometry.groups, w.ndim - 2
    w = np.flip(w, tuple(range(axes)))
    split = w.reshape(*w.shape[:-1], groups, w.shape[-1] // groups)  # (*window, in, groups, out)
    return np.moveaxis(split, -1, axes).swapaxes(-1, -2).reshape(*w.shape[:-2], split.shape[-1], -1)


def _way_back(geometry: Geometry, window: tuple[int, ...]) -> Geometry:
    """Return the geometry of the correlation with the flipped kernel that undoes one of stride 1."""
    pads = tuple(
        (e - 1 - before, e - 1 - after)
        for e, (before, after) in zip(geometry.extents(window), geometry.pads, strict=True)
    )
    return geometry._replace(pads=pads)


def correlate_input(y: np.ndarray, w: np.ndarray, geometry: Geometry, places: tuple[int, ...]) -> np.ndarray:
    """Return x, of so many places: what each output says about its window, added up.

    With stride 1 this is itself a correlation, of y with the kernel turned around, which is faster than adding up.
    """
    window, groups = w.shape[:-2], geometry.groups
    if max(geometry.stride) == 1:
        return correlate(y, np.ascontiguousarray(_flipped(w, geometry)), _way_back(geometry, window))
    features = groups * w.shape[-2]
    sizes = [n + before + max(after, 0) for n, (before, after) in zip(places, geometry.pads, strict=True)]
    total = np.zeros((len(y), *sizes, features), y.dtype)
    positions = y.shape[1:-1]
    matrices = _matrices(w, groups)
    step = max(1, _PIECE // max(math.prod(positions) * matrices[..., 0].size, 1))
    for start in range(0, len(y), step):
        part = y[start : start + step]
        rows = np.matmul(_by_group(part, groups), matrices.mT)  # (groups, rows, numbers of a window)
        rows = rows.reshape(groups, len(part), *positions, *window, w.shape[-2])
        for tap in product(*map(range, window)):
            where = tuple(
                slice(t * d, t * d + (n - 1) * s + 1, s)
                for t, d, s, n in zip(tap, geometry.dilation, geometry.stride, positions, strict=True)
            )
            target = total[(slice(start, start + step), *where)]
            target = target.reshape(*target.shape[:-1], groups, -1)
            target += np.moveaxis(rows[(slice(None),) * (1 + len(positions) + 1) + tap], 0, -2)
            total[(slice(start, start + step), *where)] = target.reshape(*target.shape[:-2], features)
    inside = [slice(before, before + n) for n, (before, _) in zip(places, geometry.pads, strict=True)]
    return total[(slice(None), *inside)]


def correlate_weight(x: np.ndarray, y: np.ndarray, geometry: Geometry, window: tuple[int, ...]) -> np.ndarray:
    """Return w: how every number of a window goes together with every output, added up over windows."""
    rows = _Rows(x, window, geometry)
    total = np.zeros((geometry.groups, rows.width, y.shape[-1] // geometry.groups), x.dtype)
    part = np.empty_like(total)
    for piece, numbers in rows:
        np.matmul(numbers.mT, _by_group(y[piece], geometry.groups), out=part)
        total += part
    return _kernel(total, window)


def correlate_both(x: np.ndarray, w: np.ndarray, y: np.ndarray, geometry: Geometry) -> tuple[Any, Any]:
    """Return `correlate_input` and `correlate_weight`; with stride 1 from the same rows, made of y."""
    window, groups, axes = w.shape[:-2], geometry.groups, w.ndim - 2
    if max(geometry.stride) > 1:
        return (
            correlate_input(y, w, geometry, x.shape[1:-1]),
            correlate_weight(x, y, geometry, window),
        )
    back = np.ascontiguousarray(_flipped(w, geometry))
    rows = _Rows(y, window, _way_back(geometry, window))
    gx = np.empty(x.shape, x.dtype)
    total = np.zeros((groups, x.shape[-1] // groups, rows.width), x.dtype)
    part = np.empty_like(total)
    matrices = _matrices(back, groups)
    for piece, numbers in rows:
        np.matmul(numbers, matrices, out=_by_group(gx[piece], groups))
        np.matmul(_by_group(np.ascontiguousarray(x[piece]), groups).mT, numbers, out=part)
        total += part
    # total is (groups, in, taps * out) with the taps turned around
    split = total.reshape(groups, total.shape[1], *window, w.shape[-1] // groups)
    gw = np.moveaxis(split, (0, 1), (-2, -3)).reshape(*window, w.shape[-2], w.shape[-1])
    return gx, np.flip(gw, tuple(range(axes)))
