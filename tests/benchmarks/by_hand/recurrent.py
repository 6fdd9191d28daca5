"""A long short-term memory over a whole sequence, and a dense layer on its last state, clipped gradient descent."""

from __future__ import annotations

import numpy as np

from .training import empty, ones, parameters, softmax_cross_entropy, updater


def lstm(problem):
    """64 features, 128 hidden, 50 steps.

    Inside, the gates are in the order i, f, o, g, so that those with a sigmoid are neighbours, and since
    sigmoid(a) = (1 + tanh(a / 2)) / 2, one tanh gives all four.
    """
    time, n, hidden = problem.T, problem.batch, problem.hidden
    gates = np.arange(4 * hidden).reshape(4, hidden)[[0, 1, 3, 2]].ravel()
    own = parameters({k: v[..., gates] if k in ("wx", "wh", "b") else v for k, v in problem.params.items()})
    wx, b, wh, w3, b3 = (own.values[name] for name in ("wx", "b", "wh", "w3", "b3"))
    gwx, gb, gwh, gw3, gb3 = (own.gradients[name] for name in ("wx", "b", "wh", "w3", "b3"))
    loss, update, row = softmax_cross_entropy(problem.y, len(b3)), updater(problem, own), ones(n)
    x, row_all = problem.x.reshape(time * n, -1), ones(time * n)
    i, f, o, g = (slice(k * hidden, (k + 1) * hidden) for k in range(4))
    sigmoids = slice(0, 3 * hidden)
    halves = np.ones(4 * hidden, np.float32)
    halves[sigmoids] = 0.5
    wx_halved, wh_halved, b_halved = (np.empty_like(value) for value in (wx, wh, b))
    wh_t = empty(4 * hidden, hidden)  # laid out anew: a product with the transpose in place takes half as long again
    a, slopes = empty(time, n, 4 * hidden), empty(time, n, 4 * hidden)
    c, h = np.zeros((time + 1, n, hidden), np.float32), np.zeros((time + 1, n, hidden), np.float32)
    shown, through = empty(time, n, hidden), empty(time, n, hidden)
    product, part, z = empty(n, 4 * hidden), empty(n, hidden), empty(n, len(b3))
    dh, dc = empty(n, hidden), empty(n, hidden)
    rows, slope_rows = a.reshape(time * n, -1), slopes.reshape(time * n, -1)
    forward = [
        (a[t], a[t, :, sigmoids], *(a[t, :, gate] for gate in (i, f, o, g)), h[t], h[t + 1], c[t], c[t + 1], shown[t])
        for t in range(time)
    ]
    backward = [
        (
            through[t],
            slopes[t, :, o],
            slopes[t, :, g],
            slopes[t, :, : 2 * hidden].reshape(n, 2, hidden),
            a[t, :, f],
            slopes[t],
        )
        for t in reversed(range(time))
    ]

    def step():
        np.multiply(wx, halves, out=wx_halved)
        np.multiply(wh, halves, out=wh_halved)
        np.multiply(b, halves, out=b_halved)
        np.dot(x, wx_halved, out=rows)
        np.add(rows, b_halved, out=rows)
        for at, st, it, ft, ot, gt, h0, h1, c0, c1, shown_t in forward:
            np.dot(h0, wh_halved, out=product)
            np.add(at, product, out=at)
            np.tanh(at, out=at)
            np.multiply(st, 0.5, out=st)
            np.add(st, 0.5, out=st)
            np.multiply(ft, c0, out=c1)
            np.multiply(it, gt, out=part)
            np.add(c1, part, out=c1)
            np.tanh(c1, out=shown_t)
            np.multiply(shown_t, ot, out=h1)
        np.dot(h[-1], w3, out=z)
        np.add(z, b3, out=z)
        value = loss(z)

        np.dot(h[-1].T, z, out=gw3)
        np.dot(row, z, out=gb3)
        np.dot(z, w3.T, out=dh)
        # What the gradient of c (for o: of h) is multiplied with on its way to each gate.
        np.subtract(1, a[..., sigmoids], out=slopes[..., sigmoids])
        np.multiply(slopes[..., sigmoids], a[..., sigmoids], out=slopes[..., sigmoids])
        np.multiply(slopes[..., i], a[..., g], out=slopes[..., i])
        np.multiply(slopes[..., f], c[:-1], out=slopes[..., f])
        np.multiply(slopes[..., o], shown, out=slopes[..., o])
        np.multiply(a[..., g], a[..., g], out=slopes[..., g])
        np.subtract(1, slopes[..., g], out=slopes[..., g])
        np.multiply(slopes[..., g], a[..., i], out=slopes[..., g])
        np.multiply(shown, shown, out=through)
        np.subtract(1, through, out=through)
        np.multiply(through, a[..., o], out=through)
        wh_t[...] = wh.T
        dc[...] = 0
        for through_t, slope_o, slope_g, slope_if, ft, slope in backward:
            np.multiply(dh, through_t, out=part)
            np.add(dc, part, out=dc)
            np.multiply(slope_o, dh, out=slope_o)
            np.multiply(slope_g, dc, out=slope_g)
            np.multiply(slope_if, dc[:, None], out=slope_if)
            np.multiply(dc, ft, out=dc)
            np.dot(slope, wh_t, out=dh)
        np.dot(x.T, slope_rows, out=gwx)
        np.dot(h[:-1].reshape(time * n, hidden).T, slope_rows, out=gwh)
        np.dot(row_all, slope_rows, out=gb)
        update()
        return value

    return step
