"""Recurrent networks over whole sequences, forward and backward in time, on arrays.

What the inputs say to all steps is one matrix product, and so are the gradients of the weights; only what the state
says must go step by step. Arrays have time first inside. Each kernel returns the states as one array
(time, batch, hidden), and the LSTM's last cell state after them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.functions.dense import row_of_ones
from mlcore.functions.recurrent_cells import check_weights


def _time_first(x: np.ndarray) -> np.ndarray:
    """Copy (batch, time, features) to rows (time * batch, features)."""
    return np.ascontiguousarray(x.transpose(1, 0, 2)).reshape(x.shape[0] * x.shape[1], x.shape[2])


def _check_state(x: np.ndarray, hidden: int, **states: np.ndarray) -> None:
    if x.ndim != 3:
        raise ValueError(f"expected x of shape (batch, time, in); got {x.shape}")
    for name, state in states.items():
        if state.shape != (len(x), hidden):
            raise ValueError(f"expected {name} of shape {(len(x), hidden)}, (batch, hidden); got {state.shape}")


def _weights_back(
    x_rows: np.ndarray, h: np.ndarray, from_x: np.ndarray, from_h: np.ndarray, weight_x: np.ndarray, needs: Any
) -> tuple[Any, Any, Any, Any]:
    """Return the cotangents of x, weight_x, weight_h and bias from those of the pre-activations (time, batch, ...)."""
    time, batch, width = from_x.shape
    g = from_x.reshape(time * batch, width)
    gx = np.dot(g, weight_x.T).reshape(time, batch, -1).transpose(1, 0, 2) if needs[0] else None
    g_weight_x = np.dot(x_rows.T, g) if needs[1] else None
    g_weight_h = np.dot(h.reshape(len(g), -1).T, from_h.reshape(len(g), -1)) if needs[2] else None
    return gx, g_weight_x, g_weight_h, np.dot(row_of_ones(len(g), g.dtype), g) if needs[3] else None


def _sigmoid_of_minus(a: np.ndarray) -> None:
    """Turn a into sigmoid(-a) in place."""
    np.exp(a, out=a)
    np.add(a, 1, out=a)
    np.reciprocal(a, out=a)


# ---- simple recurrent network -----------------------------------------------------------------------------------


def rnn(x: Any, h0: Any, weight_x: Any, weight_h: Any, bias: Any, *, activation: str) -> tuple[np.ndarray, Callable]:
    """Run a simple recurrent network; see `mlcore.functions.rnn`."""
    hidden = check_weights(x, weight_x, weight_h, bias, 1)
    _check_state(x, hidden, h=h0)
    batch, time = x.shape[:2]
    x_rows = _time_first(x)
    h = np.empty((time + 1, batch, hidden), x.dtype)
    h[0] = h0
    np.dot(x_rows, weight_x, out=h[1:].reshape(time * batch, hidden))
    if bias is not None:
        h[1:] += bias
    product = np.empty((batch, hidden), x.dtype)
    for t in range(time):
        a = h[t + 1]
        np.add(a, np.dot(h[t], weight_h, out=product), out=a)
        if activation == "relu":
            np.maximum(a, 0, out=a)
        else:
            np.tanh(a, out=a)

    def pullback(g: np.ndarray, needs: Any) -> tuple[Any, ...]:
        states = h[1:]
        slopes = (states > 0).astype(x.dtype) if activation == "relu" else 1 - states * states
        dh = np.zeros((batch, hidden), x.dtype)
        back = weight_h.T
        for t in range(time - 1, -1, -1):
            np.add(dh, g[t], out=dh)
            np.multiply(slopes[t], dh, out=slopes[t])
            np.dot(slopes[t], back, out=dh)
        gx, gwx, gwh, gb = _weights_back(x_rows, h[:-1], slopes, slopes, weight_x, (needs[0], *needs[2:]))
        return gx, dh, gwx, gwh, gb

    return h[1:], pullback


# ---- long short-term memory -------------------------------------------------------------------------------------


def lstm(x: Any, h0: Any, c0: Any, weight_x: Any, weight_h: Any, bias: Any) -> tuple[np.ndarray, Callable]:
    """Run a long short-term memory; see `mlcore.functions.lstm`.

    All four gates come from one tanh, since sigmoid(a) = (1 + tanh(a / 2)) / 2.
    """
    hidden = check_weights(x, weight_x, weight_h, bias, 4)
    _check_state(x, hidden, h=h0, c=c0)
    batch, time = x.shape[:2]
    i, f, g, o = (slice(k * hidden, (k + 1) * hidden) for k in range(4))
    halves = np.full(4 * hidden, 0.5, x.dtype)
    halves[g] = 1
    x_rows = _time_first(x)
    gates = np.dot(x_rows, weight_x * halves)
    if bias is not None:
        gates += bias * halves
    gates = gates.reshape(time, batch, 4 * hidden)
    h, c = (np.empty((time + extra, batch, hidden), x.dtype) for extra in (2, 1))
    h[0], c[0] = h0, c0
    shown = np.empty((time, batch, hidden), x.dtype)
    product, part = np.empty((batch, 4 * hidden), x.dtype), np.empty((batch, hidden), x.dtype)
    halved = weight_h * halves
    for t in range(time):
        a, ct, st = gates[t], c[t + 1], shown[t]
        np.add(a, np.dot(h[t], halved, out=product), out=a)
        np.tanh(a, out=a)
        for sigmoids in (a[:, : 2 * hidden], a[:, o]):
            np.multiply(sigmoids, 0.5, out=sigmoids)
            np.add(sigmoids, 0.5, out=sigmoids)
        np.multiply(a[:, f], c[t], out=ct)
        np.add(ct, np.multiply(a[:, i], a[:, g], out=part), out=ct)
        np.tanh(ct, out=st)
        np.multiply(st, a[:, o], out=h[t + 1])
    h[time + 1] = c[time]

    def pullback(gradient: np.ndarray, needs: Any) -> tuple[Any, ...]:
        slopes = 1 - gates  # what the cotangents of c (for o: of h) are multiplied with
        slopes *= gates
        slopes[..., i] *= gates[..., g]
        slopes[..., f] *= c[:time]
        np.multiply(gates[..., g], gates[..., g], out=slopes[..., g])
        np.subtract(1, slopes[..., g], out=slopes[..., g])
        slopes[..., g] *= gates[..., i]
        slopes[..., o] *= shown
        through = shown * shown
        np.subtract(1, through, out=through)
        through *= gates[..., o]
        dh, dc = np.zeros((batch, hidden), x.dtype), gradient[time].copy()
        back = np.ascontiguousarray(weight_h.T)  # multiplied with at every step
        for t in range(time - 1, -1, -1):
            np.add(dh, gradient[t], out=dh)
            np.add(dc, np.multiply(dh, through[t], out=part), out=dc)
            st = slopes[t]
            np.multiply(st[:, o], dh, out=st[:, o])
            three = st[:, : 3 * hidden].reshape(batch, 3, hidden)
            np.multiply(three, dc[:, None], out=three)
            np.multiply(dc, gates[t, :, f], out=dc)
            np.dot(st, back, out=dh)
        gx, gwx, gwh, gb = _weights_back(x_rows, h[:time], slopes, slopes, weight_x, (needs[0], *needs[3:]))
        return gx, dh, dc, gwx, gwh, gb

    return h[1:], pullback


# ---- gated recurrent unit ---------------------------------------------------------------------------------------


def gru(x: Any, h0: Any, weight_x: Any, weight_h: Any, bias: Any, candidate_bias: Any) -> tuple[np.ndarray, Callable]:
    """Run a gated recurrent unit that resets after the product; see `mlcore.functions.gru`."""
    hidden = check_weights(x, weight_x, weight_h, bias, 3)
    _check_state(x, hidden, h=h0)
    batch, time = x.shape[:2]
    both, last = slice(0, 2 * hidden), slice(2 * hidden, 3 * hidden)
    r, z = slice(0, hidden), slice(hidden, 2 * hidden)
    sign = np.full(3 * hidden, -1, x.dtype)
    sign[last] = 1
    x_rows = _time_first(x)
    gates = np.dot(x_rows, weight_x * sign)
    if bias is not None:
        gates += bias * sign
    gates = gates.reshape(time, batch, 3 * hidden)  # r, z and candidate, once computed
    h = np.empty((time + 1, batch, hidden), x.dtype)
    h[0] = h0
    inner = np.empty((time, batch, hidden), x.dtype)  # h @ Wh + candidate_bias
    product, part = np.empty((batch, 3 * hidden), x.dtype), np.empty((batch, hidden), x.dtype)
    signed = weight_h * sign
    with np.errstate(over="ignore"):
        for t in range(time):
            a, n, at = gates[t], gates[t, :, last], inner[t]
            np.dot(h[t], signed, out=product)
            np.add(a[:, both], product[:, both], out=a[:, both])
            _sigmoid_of_minus(a[:, both])
            at[...] = product[:, last]
            if candidate_bias is not None:
                np.add(at, candidate_bias, out=at)
            np.add(n, np.multiply(a[:, r], at, out=part), out=n)
            np.tanh(n, out=n)
            np.subtract(h[t], n, out=part)
            np.multiply(part, a[:, z], out=part)
            np.add(part, n, out=h[t + 1])

    def pullback(g: np.ndarray, needs: Any) -> tuple[Any, ...]:
        n = gates[..., last]
        from_x = np.empty_like(gates)
        np.subtract(1, gates[..., both], out=from_x[..., both])
        from_x[..., both] *= gates[..., both]  # the slope of the sigmoids, times what the gates scale
        from_x[..., r] *= inner
        from_x[..., z] *= h[:-1] - n
        np.subtract(1, n * n, out=from_x[..., last])
        from_x[..., last] *= 1 - gates[..., z]
        from_h = np.empty_like(gates)
        dh = np.zeros((batch, hidden), x.dtype)
        back = weight_h.T
        for t in range(time - 1, -1, -1):
            np.add(dh, g[t], out=dh)
            fx, fh = from_x[t], from_h[t]
            np.multiply(fx[:, last], dh, out=fx[:, last])
            np.multiply(fx[:, z], dh, out=fx[:, z])
            np.multiply(fx[:, r], fx[:, last], out=fx[:, r])
            fh[:, both] = fx[:, both]
            np.multiply(fx[:, last], gates[t, :, r], out=fh[:, last])
            np.multiply(dh, gates[t, :, z], out=part)
            np.add(np.dot(fh, back, out=dh), part, out=dh)
        gx, gwx, gwh, gb = _weights_back(x_rows, h[:-1], from_x, from_h, weight_x, (needs[0], *needs[2:5]))
        return gx, dh, gwx, gwh, gb, from_h[..., last].sum(axis=(0, 1)) if needs[5] else None

    return h[1:], pullback
