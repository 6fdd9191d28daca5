"""Networks of dense layers: an MLP, one with batch normalization and dropout, and one so small that calls are all."""

from __future__ import annotations

import numpy as np

from .training import empty, ones, parameters, softmax_cross_entropy, updater


def mlp(problem):
    """784-512-256-10 with ReLU, Adam."""
    own = parameters(problem.params)
    w1, b1, w2, b2, w3, b3 = own.values.values()
    gw1, gb1, gw2, gb2, gw3, gb3 = own.gradients.values()
    n, x = len(problem.x), problem.x
    loss, update, row = softmax_cross_entropy(problem.y, len(b3)), updater(problem, own), ones(n)
    h1, h2, z = empty(n, len(b1)), empty(n, len(b2)), empty(n, len(b3))
    d1, d2 = np.empty_like(h1), np.empty_like(h2)
    on1, on2 = np.empty(h1.shape, bool), np.empty(h2.shape, bool)

    def step():
        np.dot(x, w1, out=h1)
        np.add(h1, b1, out=h1)
        np.maximum(h1, 0, out=h1)
        np.dot(h1, w2, out=h2)
        np.add(h2, b2, out=h2)
        np.maximum(h2, 0, out=h2)
        np.dot(h2, w3, out=z)
        np.add(z, b3, out=z)
        value = loss(z)
        np.dot(h2.T, z, out=gw3)
        np.dot(row, z, out=gb3)
        np.dot(z, w3.T, out=d2)
        np.multiply(d2, np.greater(h2, 0, out=on2), out=d2)
        np.dot(h1.T, d2, out=gw2)
        np.dot(row, d2, out=gb2)
        np.dot(d2, w2.T, out=d1)
        np.multiply(d1, np.greater(h1, 0, out=on1), out=d1)
        np.dot(x.T, d1, out=gw1)
        np.dot(row, d1, out=gb1)
        update()
        return value

    return step


def tiny(problem):
    """2-16-16-1 with tanh on the four points of XOR, squared error: the cost of calls alone."""
    own = parameters(problem.params)
    w1, b1, w2, b2, w3, b3 = own.values.values()
    gw1, gb1, gw2, gb2, gw3, gb3 = own.gradients.values()
    n, x, y, update = len(problem.x), problem.x, problem.y, updater(problem, own)
    h1, h2, z = empty(n, len(b1)), empty(n, len(b2)), empty(n, 1)
    d1, d2, slope1, slope2 = (np.empty_like(h) for h in (h1, h2, h1, h2))
    row, flat_z, factor = ones(n), z.ravel(), np.float32(2 / n)
    x_t, h1_t, h2_t, w2_t, w3_t = x.T, h1.T, h2.T, w2.T, w3.T
    dot, add, multiply, subtract, tanh = np.dot, np.add, np.multiply, np.subtract, np.tanh  # looked up once

    def step():
        dot(x, w1, h1)
        add(h1, b1, h1)
        tanh(h1, h1)
        dot(h1, w2, h2)
        add(h2, b2, h2)
        tanh(h2, h2)
        dot(h2, w3, z)
        add(z, b3, z)
        subtract(z, y, z)
        value = float(dot(flat_z, flat_z)) / n
        multiply(z, factor, z)
        dot(h2_t, z, gw3)
        dot(row, z, gb3)
        dot(z, w3_t, d2)
        multiply(h2, h2, slope2)
        subtract(1, slope2, slope2)
        multiply(d2, slope2, d2)
        dot(h1_t, d2, gw2)
        dot(row, d2, gb2)
        dot(d2, w2_t, d1)
        multiply(h1, h1, slope1)
        subtract(1, slope1, slope1)
        multiply(d1, slope1, d1)
        dot(x_t, d1, gw1)
        dot(row, d1, gb1)
        update()
        return value

    return step


def _batch_norm(gain, shift, g_gain, g_shift, n, epsilon):
    """Return forward and backward of batch normalization, both in place on arrays (n, features)."""
    d = gain.size
    centered, part, row = empty(n, d), empty(n, d), ones(n)
    mean, variance, scale, factor = (empty(d) for _ in range(4))
    running_mean, running_variance = np.zeros(d, np.float32), np.ones(d, np.float32)

    def forward(h):
        np.dot(row, h, out=mean)
        np.divide(mean, n, out=mean)
        np.subtract(h, mean, out=centered)
        np.einsum("ij,ij->j", centered, centered, out=variance)
        np.divide(variance, n, out=variance)
        for running, new, bias in ((running_mean, mean, 1), (running_variance, variance, n / (n - 1))):
            np.multiply(running, 0.9, out=running)
            np.add(running, np.multiply(new, 0.1 * bias, out=scale), out=running)
        np.add(variance, epsilon, out=scale)
        np.reciprocal(np.sqrt(scale, out=scale), out=scale)
        np.multiply(scale, gain, out=factor)
        np.multiply(centered, factor, out=h)
        np.add(h, shift, out=h)

    def backward(d):
        np.dot(row, d, out=g_shift)
        np.einsum("ij,ij->j", d, centered, out=g_gain)
        np.multiply(g_gain, scale, out=g_gain)
        np.multiply(centered, g_gain * scale / n, out=part)
        np.subtract(d, part, out=d)
        np.subtract(d, g_shift / n, out=d)
        np.multiply(d, factor, out=d)

    return forward, backward


def bn_dropout(problem):
    """784-512-512-10 with batch normalization, ReLU and dropout after the first layer, momentum."""
    own = parameters(problem.params)
    w1, b1, g1, s1, w2, b2, g2, s2, w3, b3 = own.values.values()
    gw1, gb1, gg1, gs1, gw2, gb2, gg2, gs2, gw3, gb3 = own.gradients.values()
    n, x = len(problem.x), problem.x
    loss, update, row = softmax_cross_entropy(problem.y, len(b3)), updater(problem, own), ones(n)
    normalize1, back1 = _batch_norm(g1, s1, gg1, gs1, n, 1e-5)
    normalize2, back2 = _batch_norm(g2, s2, gg2, gs2, n, 1e-5)
    rng, dropped = np.random.Generator(np.random.SFC64(0)), problem.drop / 100
    h1, h2, z = empty(n, len(b1)), empty(n, len(b2)), empty(n, len(b3))
    d1, d2, kept = np.empty_like(h1), np.empty_like(h2), np.empty_like(h1)
    on1, on2 = np.empty(h1.shape, bool), np.empty(h2.shape, bool)

    def step():
        np.dot(x, w1, out=h1)
        np.add(h1, b1, out=h1)
        normalize1(h1)
        np.maximum(h1, 0, out=h1)
        rng.random(dtype=np.float32, out=kept)
        np.multiply(np.greater_equal(kept, dropped, out=on1), 1 / (1 - dropped), out=kept)
        np.multiply(h1, kept, out=h1)
        np.dot(h1, w2, out=h2)
        np.add(h2, b2, out=h2)
        normalize2(h2)
        np.maximum(h2, 0, out=h2)
        np.dot(h2, w3, out=z)
        np.add(z, b3, out=z)
        value = loss(z)
        np.dot(h2.T, z, out=gw3)
        np.dot(row, z, out=gb3)
        np.dot(z, w3.T, out=d2)
        np.multiply(d2, np.greater(h2, 0, out=on2), out=d2)
        back2(d2)
        np.dot(h1.T, d2, out=gw2)
        np.dot(row, d2, out=gb2)
        np.dot(d2, w2.T, out=d1)
        # h1 is above 0 where the ReLU was open and the unit was kept, and all of those have one factor.
        np.multiply(d1, np.greater(h1, 0, out=on1), out=d1)
        np.multiply(d1, 1 / (1 - dropped), out=d1)
        back1(d1)
        np.dot(x.T, d1, out=gw1)
        np.dot(row, d1, out=gb1)
        update()
        return value

    return step
