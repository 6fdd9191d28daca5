"""A transformer block (normalization first, GELU by tanh), the mean over places and a dense layer, Adam."""

from __future__ import annotations

import math

import numpy as np

from .training import empty, ones, parameters, softmax_cross_entropy, updater


def _layer_norm(gain, shift, g_gain, g_shift, rows, epsilon):
    """Return forward, from x to another array, and backward, in place, of layer normalization on (rows, features)."""
    d = gain.size
    standard, part, row, column = empty(rows, d), empty(rows, d), ones(rows), np.full((d, 1), 1 / d, np.float32)
    mean, scale = empty(rows, 1), empty(rows, 1)
    flat_scale = scale.ravel()

    def forward(x, out):
        np.dot(x, column, out=mean)
        np.subtract(x, mean, out=standard)
        np.einsum("ij,ij->i", standard, standard, out=flat_scale)
        np.divide(scale, d, out=scale)
        np.add(scale, epsilon, out=scale)
        np.reciprocal(np.sqrt(scale, out=scale), out=scale)
        np.multiply(standard, scale, out=standard)
        np.multiply(standard, gain, out=out)
        np.add(out, shift, out=out)

    def weights_back(g):
        np.dot(row, g, out=g_shift)
        np.einsum("ij,ij->j", g, standard, out=g_gain)

    def backward(g):
        weights_back(g)
        np.multiply(g, gain, out=g)
        along = np.einsum("ij,ij->i", g, standard)[:, None]
        np.multiply(standard, np.divide(along, d, out=along), out=part)
        np.dot(g, column, out=mean)
        np.subtract(g, mean, out=g)
        np.subtract(g, part, out=g)
        np.multiply(g, scale, out=g)

    return forward, backward, weights_back


def _attention(packed, d_packed, out, d_out, heads):
    """Return forward and backward of attention between views of packed queries, keys and values."""
    batch, time, width = out.shape

    def by_head(a):
        return a.reshape(batch, time, -1, heads, width // heads).transpose(2, 0, 3, 1, 4)

    (q, k, v), (dq, dk, dv), (o,), (do,) = map(by_head, (packed, d_packed, out, d_out))
    weights, d_weights = empty(batch, heads, time, time), empty(batch, heads, time, time)
    top, column, scale = empty(batch, heads, time, 1), ones(time)[:, None], 1 / math.sqrt(width // heads)

    def forward():
        np.multiply(q, scale, out=q)
        np.matmul(q, k.mT, out=weights)
        np.maximum.reduce(weights, axis=3, keepdims=True, out=top)
        np.subtract(weights, top, out=weights)
        np.exp(weights, out=weights)
        np.matmul(weights, column, out=top)
        np.divide(weights, top, out=weights)
        np.matmul(weights, v, out=o)

    def backward():
        np.matmul(weights.mT, do, out=dv)
        np.matmul(do, v.mT, out=d_weights)
        along = np.einsum("bhtd,bhtd->bht", do, o)[..., None]  # the same as of d_weights and weights
        np.subtract(d_weights, along, out=d_weights)
        np.multiply(d_weights, weights, out=d_weights)
        np.matmul(d_weights, k, out=dq)
        np.multiply(dq, scale, out=dq)
        np.matmul(d_weights.mT, q, out=dk)

    return forward, backward


def _gelu(u):
    """Return forward and backward of twice GELU on an array like u: u * (1 + tanh(c * (u + 0.044715 * u**3)))."""
    c = math.sqrt(2 / math.pi)
    squares, gate, slope = np.empty_like(u), np.empty_like(u), np.empty_like(u)

    def forward(u, out):
        np.multiply(u, u, out=squares)
        np.multiply(squares, 0.044715 * c, out=gate)
        np.add(gate, c, out=gate)
        np.multiply(gate, u, out=gate)
        np.tanh(gate, out=gate)
        np.add(gate, 1, out=gate)
        np.multiply(gate, u, out=out)

    def backward(out, g):
        np.multiply(squares, 3 * 0.044715 * c, out=slope)
        np.add(slope, c, out=slope)
        np.multiply(slope, out, out=slope)
        np.subtract(2, gate, out=squares)
        np.multiply(slope, squares, out=slope)
        np.add(slope, gate, out=slope)
        np.multiply(g, slope, out=g)

    return forward, backward


def transformer(problem):
    """16 sequences of 64 places with 128 features, 4 heads, 512 hidden."""
    n, time, d, ff = problem.batch, problem.T, problem.d, problem.ff
    rows = n * time
    own = parameters(problem.params)
    g1, s1, wqkv, bqkv, wo, bo, g2, s2, w1, b1, w2, b2, w3, b3 = own.values.values()
    gg1, gs1, gwqkv, gbqkv, gwo, gbo, gg2, gs2, gw1, gb1, gw2, gb2, gw3, gb3 = own.gradients.values()
    loss, update = softmax_cross_entropy(problem.y, len(b3)), updater(problem, own)
    x, row, row_all = problem.x.reshape(rows, d), ones(n), ones(rows)
    normalize1, _, weights_back1 = _layer_norm(g1, s1, gg1, gs1, rows, 1e-5)
    normalize2, back2, _ = _layer_norm(g2, s2, gg2, gs2, rows, 1e-5)
    h1, packed, mixed, r1, h2, r2 = (empty(rows, k * d) for k in (1, 3, 1, 1, 1, 1))
    d_packed, d_mixed, dh, dr = (empty(rows, k * d) for k in (3, 1, 1, 1))
    u, y, half_w2 = empty(rows, ff), empty(rows, ff), np.empty_like(w2)
    gelu, gelu_back = _gelu(u)
    shapes = (n, time, -1)
    attend, attend_back = _attention(
        packed.reshape(shapes), d_packed.reshape(shapes), mixed.reshape(shapes), d_mixed.reshape(shapes), problem.heads
    )
    pooled, d_pooled, z = empty(n, d), empty(n, d), empty(n, len(b3))

    def step():
        normalize1(x, h1)
        np.dot(h1, wqkv, out=packed)
        np.add(packed, bqkv, out=packed)
        attend()
        np.dot(mixed, wo, out=r1)
        np.add(r1, bo, out=r1)
        np.add(r1, x, out=r1)
        normalize2(r1, h2)
        np.dot(h2, w1, out=u)
        np.add(u, b1, out=u)
        gelu(u, y)
        np.multiply(w2, 0.5, out=half_w2)
        np.dot(y, half_w2, out=r2)
        np.add(r2, b2, out=r2)
        np.add(r2, r1, out=r2)
        np.add.reduce(r2.reshape(n, time, d), axis=1, out=pooled)
        np.divide(pooled, time, out=pooled)
        np.dot(pooled, w3, out=z)
        np.add(z, b3, out=z)
        value = loss(z)

        np.dot(pooled.T, z, out=gw3)
        np.dot(row, z, out=gb3)
        np.dot(z, w3.T, out=d_pooled)
        np.divide(d_pooled, time, out=d_pooled)
        dr.reshape(n, time, d)[...] = d_pooled[:, None]
        np.dot(y.T, dr, out=gw2)
        np.multiply(gw2, 0.5, out=gw2)
        np.dot(row_all, dr, out=gb2)
        np.dot(dr, half_w2.T, out=u)
        gelu_back(y, u)
        np.dot(h2.T, u, out=gw1)
        np.dot(row_all, u, out=gb1)
        np.dot(u, w1.T, out=dh)
        back2(dh)
        np.add(dr, dh, out=dr)
        np.dot(mixed.T, dr, out=gwo)
        np.dot(row_all, dr, out=gbo)
        np.dot(dr, wo.T, out=d_mixed)
        attend_back()
        np.dot(h1.T, d_packed, out=gwqkv)
        np.dot(row_all, d_packed, out=gbqkv)
        np.dot(d_packed, wqkv.T, out=dh)
        weights_back1(dh)
        update()
        return value

    return step
