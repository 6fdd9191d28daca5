"""Derivatives of the loss of a 64-64-64-1 network with tanh, at its parameters along a direction v."""

from __future__ import annotations

import numpy as np

from .training import empty, ones, parameters


def _named(problem):
    """Return the parameters and the direction in named arrays."""
    own = parameters(problem.params)
    start, direction = 0, {}
    for name, value in problem.params.items():
        direction[name] = problem.v[start : start + value.size].reshape(value.shape)
        start += value.size
    return own.values.values(), direction.values()


def jvp(problem):
    """The directional derivative: every intermediate result goes along with how it changes."""
    (w1, b1, w2, b2, w3, b3), (v1, c1, v2, c2, v3, c3) = _named(problem)
    n, x, y = len(problem.x), problem.x, problem.y
    h1, h2, z = empty(n, len(b1)), empty(n, len(b2)), empty(n, 1)
    r1, r2, rz = np.empty_like(h1), np.empty_like(h2), np.empty_like(z)
    t1, t2, tz = np.empty_like(h1), np.empty_like(h2), np.empty_like(z)
    dot, add, multiply, subtract, tanh = np.dot, np.add, np.multiply, np.subtract, np.tanh

    def step():
        dot(x, w1, h1)
        add(h1, b1, h1)
        tanh(h1, h1)
        dot(x, v1, r1)
        add(r1, c1, r1)
        multiply(h1, h1, t1)
        subtract(1, t1, t1)
        multiply(r1, t1, r1)
        dot(h1, w2, h2)
        add(h2, b2, h2)
        tanh(h2, h2)
        dot(r1, w2, r2)
        dot(h1, v2, t2)
        add(r2, t2, r2)
        add(r2, c2, r2)
        multiply(h2, h2, t2)
        subtract(1, t2, t2)
        multiply(r2, t2, r2)
        dot(h2, w3, z)
        add(z, b3, z)
        subtract(z, y, z)
        dot(r2, w3, rz)
        dot(h2, v3, tz)
        add(rz, tz, rz)
        add(rz, c3, rz)
        return float(np.vdot(z, rz)) * 2 / n

    return step


def hvp(problem):
    """The Hessian times v, and v times that: Pearlmutter's operator on forward and backward, r for what changes."""
    (w1, b1, w2, b2, w3, b3), (v1, c1, v2, c2, v3, c3) = _named(problem)
    product = parameters(problem.params)
    g1, gb1, g2, gb2, g3, gb3 = product.gradients.values()
    along = parameters(dict(zip(problem.params, (v1, c1, v2, c2, v3, c3), strict=True))).vector
    n, x, y, row, factor = len(problem.x), problem.x, problem.y, ones(len(problem.x)), np.float32(2 / len(problem.x))
    h1, h2, z = empty(n, len(b1)), empty(n, len(b2)), empty(n, 1)
    r1, r2, rz, tz = np.empty_like(h1), np.empty_like(h2), np.empty_like(z), np.empty_like(z)
    s1, s2, d1, d2, rd1, rd2 = (np.empty_like(h) for h in (h1, h2, h1, h2, h1, h2))
    t1, t2, part2, part3 = np.empty_like(h1), np.empty_like(h2), np.empty_like(g2), np.empty_like(g3)
    w2_t, v2_t, w3_t, v3_t = w2.T, v2.T, w3.T, v3.T
    dot, add, multiply, subtract, tanh = np.dot, np.add, np.multiply, np.subtract, np.tanh

    def step():
        dot(x, w1, h1)
        add(h1, b1, h1)
        tanh(h1, h1)
        multiply(h1, h1, s1)
        subtract(1, s1, s1)
        dot(x, v1, r1)
        add(r1, c1, r1)
        multiply(r1, s1, r1)
        dot(h1, w2, h2)
        add(h2, b2, h2)
        tanh(h2, h2)
        multiply(h2, h2, s2)
        subtract(1, s2, s2)
        dot(r1, w2, r2)
        dot(h1, v2, t2)
        add(r2, t2, r2)
        add(r2, c2, r2)
        multiply(r2, s2, r2)
        dot(h2, w3, z)
        add(z, b3, z)
        subtract(z, y, z)
        multiply(z, factor, z)
        dot(r2, w3, rz)
        dot(h2, v3, tz)
        add(rz, tz, rz)
        add(rz, c3, rz)
        multiply(rz, factor, rz)

        dot(r2.T, z, g3)
        add(g3, dot(h2.T, rz, part3), g3)
        dot(row, rz, gb3)
        multiply(z, w3_t, d2)  # products of a column and a row: broadcasting is faster than dot
        multiply(rz, w3_t, rd2)
        multiply(z, v3_t, t2)
        add(rd2, t2, rd2)
        multiply(rd2, s2, rd2)
        multiply(h2, r2, t2)  # the change of 1 - h**2 is -2 h r
        multiply(t2, d2, t2)
        subtract(rd2, t2, rd2)
        subtract(rd2, t2, rd2)
        multiply(d2, s2, d2)
        dot(r1.T, d2, g2)
        add(g2, dot(h1.T, rd2, part2), g2)
        dot(row, rd2, gb2)
        dot(d2, w2_t, d1)
        dot(rd2, w2_t, rd1)
        add(rd1, dot(d2, v2_t, t1), rd1)
        multiply(rd1, s1, rd1)
        multiply(h1, r1, t1)
        multiply(t1, d1, t1)
        subtract(rd1, t1, rd1)
        subtract(rd1, t1, rd1)
        dot(x.T, rd1, g1)
        dot(row, rd1, gb1)
        return float(np.dot(product.gradient, along))

    return step
