"""Cases of the functions and layers for `registry`, which imports this file at its end."""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import numpy as np
import scipy.special
from registry import CASES, INITIALIZERS, LAYERS, Case, add, distinct, normal, positive

from mlcore import functions as f
from mlcore import layers
from mlcore.autodiff.shaping import concatenate
from mlcore.functions import recurrent as _kernels

#: Public functions that make constant arrays, which have no derivatives.
CONSTANTS = {"causal_mask", "one_hot", "padding_mask", "sinusoidal_positions", "window_mask"}


def case(name: str, label: str, function: Any, inputs: tuple, reference: Any) -> None:
    """Register a case of a function that also takes constants."""
    CASES.append(Case(name, label, function, inputs, reference))


# ---- activations ------------------------------------------------------------------------------------------------

_SHAPES = [(), (1,), (3, 2), (0, 2)]


def _where(condition, x, y):
    return np.where(condition, x, y)


for function, reference, options in [
    (f.leaky_relu, lambda x: _where(x > 0, x, 0.2 * x), {"slope": 0.2}),
    (f.elu, lambda x: _where(x > 0, x, 1.5 * np.expm1(x)), {"alpha": 1.5}),
    (f.celu, lambda x: _where(x > 0, x, 1.5 * np.expm1(x / 1.5)), {"alpha": 1.5}),
    (
        f.selu,
        lambda x: 1.0507009873554805 * _where(x > 0, x, 1.6732632423543772 * np.expm1(x)),
        {},
    ),
    (f.relu6, lambda x: np.clip(x, 0, 6), {}),
    (f.hard_tanh, lambda x: np.clip(x, -0.77, 0.66), {"lower": -0.77, "upper": 0.66}),
    (f.hard_sigmoid, lambda x: np.clip(0.7 * x + 0.4, 0, 1), {"slope": 0.7, "offset": 0.4}),
    (f.hard_swish, lambda x: x * np.clip(x / 6 + 0.5, 0, 1), {}),
    (f.hard_shrink, lambda x: _where(np.abs(x) > 0.33, x, 0), {"threshold": 0.33}),
    (f.soft_shrink, lambda x: np.sign(x) * np.maximum(np.abs(x) - 0.33, 0), {"threshold": 0.33}),
    (f.threshold, lambda x: _where(x > 0.33, x, 7), {"at": 0.33, "value": 7.0}),
    (f.gelu, lambda x: x * scipy.special.ndtr(x), {}),
    (
        f.gelu,
        lambda x: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        {"approximate": "tanh"},
    ),
    (f.silu, lambda x: x * scipy.special.expit(x), {}),
    (f.silu, lambda x: x * scipy.special.expit(1.7 * x), {"beta": 1.7}),
    (f.mish, lambda x: x * np.tanh(np.log1p(np.exp(x))), {}),
    (f.softsign, lambda x: x / (1 + np.abs(x)), {}),
    (f.log_sigmoid, lambda x: np.log(scipy.special.expit(x)), {}),
    (f.tanh_shrink, lambda x: x - np.tanh(x), {}),
]:
    for shape in _SHAPES:
        add(function, (normal(*shape),), reference, **options)
    # numbers 1/8 apart, off the corners, far to both sides
    add(function, (distinct(10, 10) - 6.03,), reference, "wide", **options)
for x, slope in [((3, 2), (2,)), ((3, 2), (1,)), ((3, 2), ()), ((2, 3, 2), (2,)), ((0, 2), (2,))]:
    add(f.prelu, (normal(*x), normal(*slope)), lambda x, a: _where(x > 0, x, a * x))


# ---- normalization ----------------------------------------------------------------------------------------------


def _standardized(x, axes, epsilon=1e-5):
    return (x - x.mean(axes, keepdims=True)) / np.sqrt(x.var(axes, keepdims=True) + epsilon)


for shape in [(3, 4), (2, 3, 4), (4,), (1, 4), (3, 2), (0, 4)]:
    d = shape[-1]
    add(f.layer_norm, (normal(*shape),), lambda x: _standardized(x, -1), f"plain {shape}")
    add(
        f.layer_norm,
        (normal(*shape), normal(d), normal(d)),
        lambda x, w, b: _standardized(x, -1, 1e-3) * w + b,
        epsilon=1e-3,
    )
    add(f.rms_norm, (normal(*shape),), lambda x: x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-5), f"plain {shape}")
    add(
        f.rms_norm,
        (normal(*shape), normal(d)),
        lambda x, w: w * x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-3),
        epsilon=1e-3,
    )
add(
    f.layer_norm,
    (normal(2, 3, 4), normal(3, 4), normal(3, 4)),
    lambda x, w, b: _standardized(x, (-2, -1)) * w + b,
    "two axes",
)
case(
    "layer_norm",
    "weight only",
    lambda x, w: f.layer_norm(x, w),
    (normal(2, 4), normal(4)),
    lambda x, w: _standardized(x, -1) * w,
)
case(
    "layer_norm",
    "bias only",
    lambda x, b: f.layer_norm(x, None, b, axes=1),
    (normal(2, 4), normal(4)),
    lambda x, b: _standardized(x, -1) + b,
)
case(
    "layer_norm",
    "two axes plain",
    lambda x: f.layer_norm(x, axes=2),
    (normal(2, 3, 4),),
    lambda x: _standardized(x, (-2, -1)),
)
add(
    f.rms_norm,
    (normal(2, 3, 4), normal(3, 4)),
    lambda x, w: w * x / np.sqrt((x**2).mean((-2, -1), keepdims=True) + 1e-5),
    "two axes",
)

for shape in [(5, 3), (2, 3, 4), (3, 2, 2, 2), (5, 1)]:
    d, rows = shape[-1], tuple(range(len(shape) - 1))
    add(f.batch_norm, (normal(*shape),), partial(lambda r, x: _standardized(x, r), rows), f"plain {shape}")
    add(
        f.batch_norm,
        (normal(*shape), normal(d), normal(d)),
        partial(lambda r, x, w, b: _standardized(x, r, 1e-3) * w + b, rows),
        epsilon=1e-3,
    )
_mean, _var = normal(3), positive(3)
_in_use = partial(f.batch_norm, running_mean=_mean, running_var=_var, training=False)
case(
    "batch_norm in use",
    "affine",
    _in_use,
    (normal(5, 3), normal(3), normal(3)),
    lambda x, w, b: (x - _mean) / np.sqrt(_var + 1e-5) * w + b,
)
case("batch_norm in use", "plain", _in_use, (normal(5, 3),), lambda x: (x - _mean) / np.sqrt(_var + 1e-5))
for shape, axes in [((3, 4), (0,)), ((3, 4), (-1,)), ((2, 3, 4), (0, 2)), ((3,), (0,)), ((0, 3), (1,))]:
    add(f.standardize, (normal(*shape),), partial(lambda a, x: _standardized(x, a), axes), f"{shape},{axes}", axes=axes)


def _grouped(x, groups):
    split = x.reshape(len(x), -1, groups, x.shape[-1] // groups)
    return _standardized(split, (1, 3)).reshape(x.shape)


for shape, groups in [((2, 6), 2), ((2, 3, 4), 2), ((2, 2, 3, 4), 4), ((3, 2, 4), 1)]:
    add(f.group_norm, (normal(*shape),), partial(lambda g, x: _grouped(x, g), groups), f"plain {shape}", groups=groups)
    add(
        f.group_norm,
        (normal(*shape), normal(shape[-1]), normal(shape[-1])),
        partial(lambda g, x, w, b: _grouped(x, g) * w + b, groups),
        groups=groups,
    )
for shape in [(2, 3, 4), (2, 2, 3, 2)]:
    axes = tuple(range(1, len(shape) - 1))
    add(
        f.instance_norm,
        (normal(*shape), normal(shape[-1]), normal(shape[-1])),
        partial(lambda a, x, w, b: _standardized(x, a) * w + b, axes),
    )


def _local(x, size):
    padded = np.pad(x * x, [(0, 0)] * (x.ndim - 1) + [(size // 2, (size - 1) // 2)])
    energy = np.stack([padded[..., i : i + size].sum(-1) for i in range(x.shape[-1])], axis=-1)
    return x / (1.5 + 0.7 / size * energy) ** 0.6


for size in (1, 2, 3):
    options = {"size": size, "alpha": 0.7, "beta": 0.6, "bias": 1.5}
    add(f.local_response_norm, (normal(2, 3, 5),), partial(_local, size=size), f"size {size}", **options)
for shape in [(4, 3), (2, 2, 3, 2), (1, 1)]:
    axes = tuple(range(len(shape) - 1))
    add(
        f.weight_norm,
        (normal(*shape), normal(shape[-1])),
        partial(lambda a, v, g: g * v / np.sqrt((v * v).sum(a)), axes),
    )

# ---- dropout and embedding --------------------------------------------------------------------------------------

for shape in [(), (4,), (3, 4), (0, 2)]:
    draws = np.random.default_rng(5).random(shape)
    case(
        "dropout",
        str(shape),
        lambda x: f.dropout(x, probability=0.3, rng=np.random.default_rng(5)),
        (normal(*shape),),
        partial(lambda d, x: x * (d >= 0.3) / 0.7, draws),
    )
_draws = np.random.default_rng(5).random((2, 1, 4))
case(
    "dropout_features",
    "images",
    lambda x: f.dropout_features(x, probability=0.3, rng=np.random.default_rng(5)),
    (normal(2, 3, 4),),
    lambda x: x * (_draws >= 0.3) / 0.7,
)
for indices in [np.array([2, 0, 2]), np.array([[1], [1]]), np.array(1), np.zeros((0, 2), int)]:
    case(
        "embedding", repr(indices), partial(f.embedding, indices), (normal(3, 2),), partial(lambda i, w: w[i], indices)
    )

# ---- attention --------------------------------------------------------------------------------------------------


def _attention(q, k, v, mask=None, scale=None, softcap=None):
    scores = q @ np.swapaxes(k, -1, -2) * (q.shape[-1] ** -0.5 if scale is None else scale)
    if softcap is not None:
        scores = softcap * np.tanh(scores / softcap)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf) if mask.dtype == bool else scores + mask
    with np.errstate(invalid="ignore"):
        return np.nan_to_num(scipy.special.softmax(scores, axis=-1)) @ v


def _split_heads(x, heads):
    return x.reshape(*x.shape[:2], heads, -1).transpose(0, 2, 1, 3)


def _heads(q, k, v, heads, mask=None, key_heads=None, **options):
    q, k, v = (_split_heads(x, n) for x, n in ((q, heads), (k, key_heads or heads), (v, key_heads or heads)))
    k, v = (np.repeat(x, heads // x.shape[1], axis=1) for x in (k, v))
    out = _attention(q, k, v, mask, **options)
    return out.transpose(0, 2, 1, 3).reshape(len(q), q.shape[2], -1)


for q, k, v in [
    ((3, 2), (4, 2), (4, 5)),
    ((2, 3, 2), (2, 1, 2), (2, 1, 2)),
    ((1, 1), (1, 1), (1, 1)),
    ((0, 2), (3, 2), (3, 2)),
]:
    add(f.attention, (normal(*q), normal(*k), normal(*v)), _attention)
_tri, _some = np.tri(3, dtype=bool), np.array([[True, False, True], [False, False, False], [True, True, True]])
_bias = normal(3, 3)
for label, mask, options in [
    ("causal", _tri, {"causal": True}),
    ("mask", _some, {"mask": _some}),
    ("mask and causal", _some & _tri, {"mask": _some, "causal": True}),
    ("bias", _bias, {"mask": _bias}),
]:
    qkv = (normal(2, 3, 4), normal(2, 3, 4), normal(2, 3, 4))
    add(f.attention, qkv, partial(_attention, mask=mask), label, **options)
    add(
        f.attention_weights,
        qkv[:2],
        partial(lambda m, q, k: _attention(q, k, np.eye(3), m), mask),
        label,
        **options,
    )
    add(f.multi_head_attention, qkv, partial(_heads, heads=2, mask=mask), label, heads=2, **options)
    add(
        f.self_attention,
        (np.concatenate(qkv, axis=-1),),
        partial(lambda m, x: _heads(*np.split(x, 3, axis=-1), 2, m), mask),
        label,
        heads=2,
        **options,
    )
add(f.attention, (normal(2, 3), normal(2, 3), normal(2, 3)), partial(_attention, scale=0.3), "scale", scale=0.3)
_capped = {"softcap": 0.7, "scale": 1.1}
add(f.attention, (normal(2, 3), normal(4, 3), normal(4, 2)), partial(_attention, **_capped), "softcap", **_capped)
for causal in (False, True):
    _seen = np.where(_tri | (not causal), 0, -np.inf)
    case(
        "attention by definition",
        f"learned bias, causal {causal}",
        lambda q, k, v, b, c=causal: f.attention(q, k, v, mask=b, causal=c),
        (normal(2, 3, 2), normal(2, 3, 2), normal(2, 3, 4), normal(3, 3)),
        lambda q, k, v, b, m=_seen: _attention(q, k, v, b + m),
    )
    case(
        "self_attention by definition",
        f"learned bias, causal {causal}",
        lambda x, b, c=causal: f.self_attention(x, heads=2, mask=b, causal=c),
        (normal(2, 3, 12), normal(2, 1, 3)),
        lambda x, b, m=_seen: _heads(*np.split(x, 3, axis=-1), 2, b + m),
    )
case(
    "attention by definition",
    "leading axes broadcast",
    f.attention,
    (normal(2, 1, 3, 2), normal(2, 4, 2), normal(2, 1, 4, 3)),
    _attention,
)
add(f.self_attention, (normal(2, 4, 6),), lambda x: _heads(*np.split(x, 3, axis=-1), 1), "one head", heads=1)
for key_heads in (1, 2):
    add(
        f.multi_head_attention,
        (normal(2, 3, 8), normal(2, 5, 2 * key_heads), normal(2, 5, 3 * key_heads)),
        partial(_heads, heads=4, key_heads=key_heads, **_capped),
        f"{key_heads} key heads",
        heads=4,
        key_heads=key_heads,
        **_capped,
    )
add(
    f.multi_head_attention,
    (normal(2, 3, 4), normal(2, 5, 4), normal(2, 5, 6)),
    partial(_heads, heads=2),
    "cross",
    heads=2,
)


def _turned(x, cos, sin, interleaved=False):
    d = x.shape[-1] // 2
    pairs = x.reshape(*x.shape[:-1], d, 2) if interleaved else np.stack([x[..., :d], x[..., d:]], axis=-1)
    turned = (pairs[..., 0] + 1j * pairs[..., 1]) * (cos + 1j * sin)
    pairs = np.stack([turned.real, turned.imag], axis=-1)
    return (pairs if interleaved else np.swapaxes(pairs, -1, -2)).reshape(x.shape)


def _rotated(x, interleaved):
    d = x.shape[-1] // 2
    angles = np.arange(2, 2 + x.shape[-2])[:, None] * 10000.0 ** (-np.arange(d) / d)
    return _turned(x, np.cos(angles), np.sin(angles), interleaved)


for shape, interleaved in itertools.product([(3, 4), (2, 3, 2), (0, 2)], [False, True]):
    options = {"interleaved": interleaved}
    label = f"{shape} {interleaved}"
    add(f.rotate_positions, (normal(*shape),), partial(_rotated, **options), label, start=2, **options)
    angles = shape[-2], shape[-1] // 2
    add(
        f.rotate_pairs,
        (normal(*shape), normal(*angles), normal(*angles)),
        partial(_turned, **options),
        label,
        **options,
    )
case("linear", "no bias", lambda x, w: f.linear(x, w), (normal(2, 3, 4), normal(4, 2)), lambda x, w: x @ w)


def _additive(q, k, v, w, mask=None):
    scores = np.tanh(q[..., :, None, :] + k[..., None, :, :]) @ w
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    return scipy.special.softmax(scores, axis=-1) @ v


add(f.additive_attention, (normal(2, 3, 2), normal(2, 4, 2), normal(2, 4, 3), normal(2)), _additive)
add(
    f.additive_attention,
    (normal(3, 2), normal(3, 2), normal(3, 1), normal(2)),
    partial(_additive, mask=_tri),
    "mask",
    mask=_tri,
)


def _linear_attention(q, k, v, decay=None, beta=None, state=0.0, scale=None):
    outputs, state = [], state + np.zeros((*k.shape[:-2], k.shape[-1], v.shape[-1]))
    for t in range(k.shape[-2]):
        state = state if decay is None else decay[..., t, :, None] * state
        kt, vt = k[..., t, :], v[..., t, :]
        old = np.einsum("...d,...de->...e", kt, state)
        state = state + np.einsum("...d,...e->...de", kt, vt if beta is None else beta[..., t, :] * (vt - old))
        outputs.append(np.einsum("...d,...de->...e", q[..., t, :], state))
    scale = k.shape[-1] ** -0.5 if scale is None else scale
    return np.concatenate([scale * np.stack(outputs, axis=-2), state], axis=-2)


for label, names in [
    ("plain", []),
    ("decay", ["decay"]),
    ("delta", ["beta"]),
    ("all", ["decay", "beta", "state"]),
]:
    shapes = {"decay": (2, 3, 1 if label == "all" else 4), "beta": (2, 3, 1), "state": (2, 4, 5)}
    case(
        "linear_attention",
        label,
        lambda *xs, n=names: concatenate(f.linear_attention(*xs[:3], **dict(zip(n, xs[3:], strict=True))), axis=-2),
        (normal(2, 3, 4), normal(2, 3, 4), normal(2, 3, 5), *(positive(*shapes[name]) for name in names)),
        lambda *xs, n=names: _linear_attention(*xs[:3], **dict(zip(n, xs[3:], strict=True))),
    )

# ---- units ------------------------------------------------------------------------------------------------------

for shape, pieces in [((2, 3, 4), 2), ((6,), 3), ((2, 2), 1), ((0, 4), 2)]:
    add(
        f.maxout,
        (distinct(*shape),),
        partial(lambda p, x: x.reshape(*x.shape[:-1], x.shape[-1] // p, p).max(-1), pieces),
        f"{shape},{pieces}",
        pieces=pieces,
    )
for shape in [(3, 2), (2,), (2, 3, 2)]:
    add(
        f.radial_basis,
        (normal(*shape), normal(2, 4), positive(4)),
        lambda x, c, s: np.exp(-np.sum((x[..., None, :] - c.T) ** 2, axis=-1) / s**2),
    )
for shape in [(4,), (3, 2), (0, 4)]:
    add(f.glu, (normal(*shape),), lambda x: np.split(x, 2, -1)[0] * scipy.special.expit(np.split(x, 2, -1)[1]))

# ---- recurrent networks -----------------------------------------------------------------------------------------


def _rnn_step(x, h, wx, wh, b=0.0):
    return np.tanh(x @ wx + h @ wh + b)


def _lstm_step(x, h, c, wx, wh, b=0.0, peephole=None):
    expit = scipy.special.expit
    p = np.zeros((3, h.shape[1])) if peephole is None else peephole
    i, g_f, g, o = np.split(x @ wx + h @ wh + b, 4, axis=1)
    c = expit(g_f + p[1] * c) * c + expit(i + p[0] * c) * np.tanh(g)
    return expit(o + p[2] * c) * np.tanh(c), c


def _gru_step(x, h, wx, wh, b=0.0, bn=0.0, after=True):
    d = h.shape[1]
    from_x = x @ wx + b
    r, z = np.split(scipy.special.expit(from_x[:, : 2 * d] + h @ wh[:, : 2 * d]), 2, axis=1)
    inner = r * (h @ wh[:, 2 * d :] + bn) if after else (r * h) @ wh[:, 2 * d :] + bn
    n = np.tanh(from_x[:, 2 * d :] + inner)
    return (1 - z) * n + z * h


def _sequence(step, x, *states, lengths=None, reverse=False):
    """Run a step over sequences one at a time; return outputs, then last states, as (batch, time + k, hidden)."""
    out = []
    for n, sequence in enumerate(x):
        length = len(sequence) if lengths is None else lengths[n]
        state, outputs = [s[n : n + 1] for s in states], np.zeros((len(sequence), states[0].shape[1]))
        for t in range(length)[::-1] if reverse else range(length):
            new = step(sequence[t : t + 1], *state)
            state = list(new) if isinstance(new, tuple) else [new]
            outputs[t] = state[0][0]
        out.append(np.concatenate([outputs, *state]))
    return np.array(out).reshape(len(x), -1, states[0].shape[1])


def _joined(outputs, *states):
    """Join what a recurrent function returns in the same way."""
    return concatenate([outputs, *(s.reshape((s.shape[0], 1, s.shape[1])) for s in states)], axis=1)


def _recurrent_cases():
    x, h, c = (2, 3, 2), (2, 2), (2, 2)
    for label, options in [
        ("", {}),
        ("reverse", {"reverse": True}),
        ("lengths", {"lengths": [3, 1]}),
        ("lengths, reverse", {"lengths": [2, 3], "reverse": True}),
    ]:
        case(
            "rnn",
            label,
            lambda x, h, wx, wh, b, o=options: _joined(*f.rnn(x, wx, wh, b, state=h, **o)),
            (normal(*x), normal(*h), normal(2, 2), normal(2, 2), normal(2)),
            lambda x, h, *w, o=options: _sequence(lambda x, h: _rnn_step(x, h, *w), x, h, **o),
        )

        def lstm(x, h, c, wx, wh, b, o=options):
            outputs, state = f.lstm(x, wx, wh, b, state=(h, c), **o)
            return _joined(outputs, *state)

        case(
            "lstm",
            label,
            lstm,
            (normal(*x), normal(*h), normal(*c), normal(2, 8), normal(2, 8), normal(8)),
            lambda x, h, c, *w, o=options: _sequence(lambda x, h, c: _lstm_step(x, h, c, *w), x, h, c, **o),
        )
        case(
            "gru",
            label,
            lambda x, h, wx, wh, b, bn, o=options: _joined(*f.gru(x, wx, wh, b, bn, state=h, **o)),
            (normal(*x), normal(*h), normal(2, 6), normal(2, 6), normal(6), normal(2)),
            lambda x, h, *w, o=options: _sequence(lambda x, h: _gru_step(x, h, *w), x, h, **o),
        )
    zeros = np.zeros(h)

    def states(step, *inputs, memory=False):
        """Return states (time, batch, hidden) in the order of the kernels."""
        joined = _sequence(step, *inputs)
        time = inputs[0].shape[1]
        return np.moveaxis(
            np.concatenate([joined[:, :time], joined[:, -1:]], axis=1) if memory else joined[:, :time], 1, 0
        )

    case(
        "rnn_states",
        "",
        partial(_kernels._rnn_states, activation="tanh"),
        (normal(*x), normal(*h), normal(2, 2), normal(2, 2), normal(2)),
        lambda x, h, *w: states(lambda x, h: _rnn_step(x, h, *w), x, h),
    )
    case(
        "lstm_states",
        "",
        _kernels._lstm_states,
        (normal(*x), normal(*h), normal(*c), normal(2, 8), normal(2, 8), normal(8)),
        lambda x, h, c, *w: states(lambda x, h, c: _lstm_step(x, h, c, *w), x, h, c, memory=True),
    )
    case(
        "gru_states",
        "",
        _kernels._gru_states,
        (normal(*x), normal(*h), normal(2, 6), normal(2, 6), normal(6), normal(2)),
        lambda x, h, *w: states(lambda x, h: _gru_step(x, h, *w), x, h),
    )
    case(
        "lstm_states",
        "no bias",
        lambda *inputs: _kernels._lstm_states(*inputs, None),
        (normal(*x), normal(*h), normal(*c), normal(2, 8), normal(2, 8)),
        lambda x, h, c, *w: states(lambda x, h, c: _lstm_step(x, h, c, *w), x, h, c, memory=True),
    )
    case(
        "gru_states",
        "no biases",
        lambda *inputs: _kernels._gru_states(*inputs, None, None),
        (normal(*x), normal(*h), normal(2, 6), normal(2, 6)),
        lambda x, h, *w: states(lambda x, h: _gru_step(x, h, *w), x, h),
    )
    case(
        "rnn_states",
        "relu, no bias",
        lambda *inputs: _kernels._rnn_states(*inputs, None, activation="relu"),
        (positive(*x), positive(*h) * [1, 0], positive(2, 2) * [1, -1], 0.5 * np.eye(2)),  # one unit stays silent
        lambda x, h, wx, wh: states(lambda x, h: np.maximum(x @ wx + h @ wh, 0), x, h),
    )
    case(
        "rnn",
        "no bias, no state",
        lambda x, wx, wh: _joined(*f.rnn(x, wx, wh)),
        (normal(*x), normal(2, 2), normal(2, 2)),
        lambda x, *w: _sequence(lambda x, h: _rnn_step(x, h, *w), x, zeros),
    )
    relu = {"activation": "relu"}
    case(
        "rnn",
        "relu",
        lambda x, wx, wh: _joined(*f.rnn(x, wx, wh, **relu)),
        (positive(*x), positive(2, 2) * [1, -1], 0.5 * np.eye(2)),  # one unit stays silent
        lambda x, wx, wh: _sequence(lambda x, h: np.maximum(x @ wx + h @ wh, 0), x, zeros),
    )
    case(
        "gru",
        "no bias, no state",
        lambda x, wx, wh: _joined(*f.gru(x, wx, wh)),
        (normal(*x), normal(2, 6), normal(2, 6)),
        lambda x, *w: _sequence(lambda x, h: _gru_step(x, h, *w), x, zeros),
    )
    case(
        "gru",
        "reset before",
        lambda x, wx, wh, b, bn: _joined(*f.gru(x, wx, wh, b, bn, reset_after=False)),
        (normal(*x), normal(2, 6), normal(2, 6), normal(6), normal(2)),
        lambda x, *w: _sequence(lambda x, h: _gru_step(x, h, *w, after=False), x, zeros),
    )

    def lstm_without(x, wx, wh):
        outputs, state = f.lstm(x, wx, wh)
        return _joined(outputs, *state)

    case(
        "lstm",
        "no bias, no state",
        lstm_without,
        (normal(*x), normal(2, 8), normal(2, 8)),
        lambda x, *w: _sequence(lambda x, h, c: _lstm_step(x, h, c, *w), x, zeros, zeros),
    )

    def lstm_peephole(x, wx, wh, p):
        outputs, state = f.lstm(x, wx, wh, peephole=p)
        return _joined(outputs, *state)

    case(
        "lstm",
        "peephole",
        lstm_peephole,
        (normal(*x), normal(2, 8), normal(2, 8), normal(3, 2)),
        lambda x, wx, wh, p: _sequence(lambda x, h, c: _lstm_step(x, h, c, wx, wh, 0, p), x, zeros, zeros),
    )
    add(f.rnn_cell, (normal(3, 2), normal(3, 4), normal(2, 4), normal(4, 4), normal(4)), _rnn_step)
    add(
        f.gru_cell,
        (normal(3, 2), normal(3, 4), normal(2, 12), normal(4, 12), normal(12), normal(4)),
        _gru_step,
    )
    case(
        "lstm_cell",
        "both",
        lambda *inputs: concatenate(f.lstm_cell(*inputs), axis=1),
        (normal(3, 2), normal(3, 4), normal(3, 4), normal(2, 16), normal(4, 16), normal(16)),
        lambda *inputs: np.concatenate(_lstm_step(*inputs), axis=1),
    )


_recurrent_cases()

# ---- layers -----------------------------------------------------------------------------------------------------


def _rng():
    return np.random.default_rng(0)


#: Layers whose inputs are numbers of words, from 0 to this.
WORDS = {"Embedding": 6}

for name in ("ELU", "GELU", "SELU", "HardSigmoid", "HardSwish", "HardTanh", "LeakyReLU", "LogSoftmax", "Mish"):
    LAYERS[name] = (getattr(layers, name), (5, 4), (5, 4))
for name in ("PReLU", "SiLU", "Softmax", "Softplus", "Softsign"):
    LAYERS[name] = (getattr(layers, name), (5, 4), (5, 4))
for name in ("BatchNorm", "InstanceNorm", "LayerNorm", "RMSNorm"):
    LAYERS[name] = (partial(getattr(layers, name), 4), (5, 3, 4), (5, 3, 4))


class _OfOne(layers.Module):
    """A layer of two inputs as one of the first."""

    def __init__(self, layer, second):
        self.layer, self.second = layer, second

    def forward(self, x):
        return self.layer(x, self.second[: len(x)])


for axes in (1, 2, 3):
    small, large = (3,) * axes, (4,) * axes
    LAYERS[f"Conv{axes}D"] = (
        partial(getattr(layers, f"Conv{axes}D"), 2, 4, 2, rng=_rng(), groups=2),
        (2, *large, 2),
        (2, *small, 4),
    )
    LAYERS[f"TransposedConv{axes}D"] = (
        partial(getattr(layers, f"TransposedConv{axes}D"), 2, 4, 2, rng=_rng()),
        (2, *small, 2),
        (2, *large, 4),
    )
LAYERS |= {
    "AveragePool": (lambda: layers.AveragePool((2, 3)), (5, 4, 3, 2), (5, 2, 1, 2)),
    "Flatten": (layers.Flatten, (5, 4, 3), (5, 12)),
    "GlobalAveragePool": (layers.GlobalAveragePool, (5, 4, 3), (5, 3)),
    "GlobalMaxPool": (layers.GlobalMaxPool, (5, 4, 3), (5, 3)),
    "MaxPool": (lambda: layers.MaxPool(2, stride=1), (5, 4, 3), (5, 3, 3)),
    "FeedForward": (lambda: layers.FeedForward(4, 6, rng=_rng(), activation="relu"), (5, 3, 4), (5, 3, 4)),
    "LearnedPositions": (lambda: layers.LearnedPositions(7, 4, rng=_rng()), (5, 7, 4), (5, 7, 4)),
    "Residual": (
        lambda: layers.Residual(layers.Dense(4, 3, rng=_rng()), shortcut=layers.Dense(4, 3, rng=_rng())),
        (5, 4),
        (5, 3),
    ),
    "SinusoidalPositions": (lambda: layers.SinusoidalPositions(4), (5, 3, 4), (5, 3, 4)),
    "TransformerDecoderBlock": (
        lambda: _OfOne(layers.TransformerDecoderBlock(4, 2, 8, rng=_rng()), np.ones((5, 6, 4), np.float32)),
        (5, 3, 4),
        (5, 3, 4),
    ),
    "TransformerEncoderBlock": (
        lambda: layers.TransformerEncoderBlock(4, 2, 8, rng=_rng(), norm_first=False),
        (5, 3, 4),
        (5, 3, 4),
    ),
    "AdditiveAttention": (lambda: layers.AdditiveAttention(4, 4, 3, rng=_rng()), (5, 3, 4), (5, 3, 4)),
    "Maxout": (lambda: layers.Maxout(4, 3, pieces=2, rng=_rng()), (5, 4), (5, 3)),
    "RadialBasis": (lambda: layers.RadialBasis(4, 3, rng=_rng()), (5, 4), (5, 3)),
    "Dropout": (lambda: layers.Dropout(0.5, rng=_rng()), (5, 4), (5, 4)),
    "Embedding": (lambda: layers.Embedding(6, 4, rng=_rng()), (5, 3), (5, 3, 4)),
    "GroupNorm": (lambda: layers.GroupNorm(4, groups=2), (5, 3, 4), (5, 3, 4)),
    "MultiHeadAttention": (lambda: layers.MultiHeadAttention(4, 2, rng=_rng()), (5, 3, 4), (5, 3, 4)),
    "WeightNorm": (lambda: layers.WeightNorm(layers.Dense(4, 3, rng=_rng())), (5, 4), (5, 3)),
}

for name in ("RNN", "LSTM", "GRU"):
    LAYERS[name] = (
        partial(getattr(layers, name), 4, 3, rng=_rng(), layers=2, bidirectional=True),
        (5, 6, 4),
        (5, 6, 6),
    )
    LAYERS[f"{name}Cell"] = (partial(getattr(layers, f"{name}Cell"), 4, 3, rng=_rng()), (5, 4), (5, 3))

INITIALIZERS |= {
    "kaiming_uniform": lambda i, o: 2 / i,
    "orthogonal": lambda i, o: 1 / max(i, o),
    "sparse": lambda i, o: 15 / i,
    "xavier_normal": lambda i, o: 2 / (i + o),
}
