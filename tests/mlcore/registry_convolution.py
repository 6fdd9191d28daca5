"""Cases of convolution and pooling for `registry`, which imports this file at its end."""

from __future__ import annotations

from functools import partial
from importlib import import_module

import numpy as np
from registry import add, distinct, normal, positive
from registry_functions import case

from mlcore import functions as f

_primitives, _maxima, _sums = (
    import_module(f"mlcore.functions.{name}") for name in ("convolution", "max_pooling", "average_pooling")
)
_geometry = import_module("mlcore.functions.windows").geometry

# ---- convolution ------------------------------------------------------------------------------------------------


def _windows(x, window, stride, dilation):
    """All windows of x (batch, *places, features), as (batch, *positions, features, *window)."""
    axes = tuple(range(1, x.ndim - 1))
    extents = [(k - 1) * d + 1 for k, d in zip(window, dilation, strict=True)]
    seen = np.lib.stride_tricks.sliding_window_view(x, extents, axes)
    where = (
        slice(None),
        *(slice(None, None, s) for s in stride),
        slice(None),
        *(slice(None, None, d) for d in dilation),
    )
    return seen[where]


def _convolved(x, w, b=None, *, stride, pads, dilation, groups=1):
    axes = x.ndim - 2
    x = np.pad(x, [(0, 0), *pads, (0, 0)])
    seen = _windows(x, w.shape[:-2], stride, dilation)
    parts = [
        np.tensordot(s, k, [[axes + 1, *range(axes + 2, 2 * axes + 2)], [axes, *range(axes)]])
        for s, k in zip(np.split(seen, groups, axis=axes + 1), np.split(w, groups, axis=-1), strict=True)
    ]
    return np.concatenate(parts, axis=-1) + (0 if b is None else b)


def _convolution_cases():
    for label, x, w, options, pads in [
        ("one axis", (2, 5, 3), (2, 3, 2), {}, [(0, 0)]),
        ("one feature", (2, 4, 4, 1), (3, 2, 1, 2), {"padding": 1}, [(1, 1), (1, 1)]),
        ("same", (2, 3, 4, 2), (3, 2, 2, 2), {"padding": "same"}, [(1, 1), (0, 1)]),
        ("same, lower", (2, 3, 4, 2), (3, 2, 2, 2), {"padding": "same_lower"}, [(1, 1), (1, 0)]),
        ("full", (1, 3, 2, 2), (2, 2, 2, 1), {"padding": "full"}, [(1, 1), (1, 1)]),
        ("causal", (1, 5, 1), (3, 1, 2), {"padding": "causal", "dilation": 2}, [(4, 0)]),
        ("pairs", (1, 3, 2, 2), (2, 2, 2, 1), {"padding": ((0, 2), (1, 0))}, [(0, 2), (1, 0)]),
        ("stride", (2, 5, 4, 2), (3, 2, 2, 2), {"stride": (2, 3), "padding": 1}, [(1, 1), (1, 1)]),
        ("dilation", (1, 5, 2), (2, 2, 3), {"dilation": 3}, [(0, 0)]),
        ("groups", (2, 3, 3, 4), (2, 2, 2, 6), {"groups": 2, "padding": 1}, [(1, 1), (1, 1)]),
        ("groups, stride", (2, 4, 2), (2, 1, 4), {"groups": 2, "stride": 2}, [(0, 0)]),
        ("three axes", (1, 2, 3, 2, 2), (2, 2, 1, 2, 2), {}, [(0, 0)] * 3),
        ("much padding", (1, 2, 1), (1, 1, 1), {"padding": 2}, [(2, 2)]),
        ("no examples", (0, 3, 2), (2, 2, 2), {}, [(0, 0)]),
    ]:
        axes = len(x) - 2
        stride, dilation = (
            v if isinstance(v, tuple) else (v,) * axes for v in (options.get("stride", 1), options.get("dilation", 1))
        )
        reference = partial(_convolved, stride=stride, pads=pads, dilation=dilation, groups=options.get("groups", 1))
        add(f.convolution, (normal(*x), normal(*w), normal(w[-1])), reference, label, **options)
        add(f.convolution, (normal(*x), normal(*w)), reference, label + ", no bias", **options)
        spec = _geometry(x[1:-1], w[:-2], stride, tuple(pads), dilation, options.get("groups", 1))
        y = reference(np.zeros(x), np.zeros(w)).shape
        # The three primitives: by the definition of a transpose, computed number by number.
        case("correlate", label, partial(_primitives._correlate, geometry=spec), (normal(*x), normal(*w)), reference)
        case(
            "correlate_input",
            label,
            partial(_primitives._correlate_input, geometry=spec, places=x[1:-1]),
            (normal(*y), normal(*w)),
            partial(_to_input, reference, x),
        )
        case(
            "correlate_weight",
            label,
            partial(_primitives._correlate_weight, geometry=spec, window=w[:-2]),
            (normal(*x), normal(*y)),
            partial(_to_weight, reference, w),
        )


def _transpose(linear, shape, y):
    """Apply the transpose of a linear function of an array of some shape, entry by entry."""
    size = int(np.prod(shape))
    basis = np.eye(size).reshape(size, *shape)
    return np.array([np.vdot(linear(e), y) for e in basis]).reshape(shape)


def _to_input(convolved, shape, y, w, b=0):
    return _transpose(lambda x: convolved(x, w), shape, y) + b


def _to_weight(convolved, shape, x, y):
    return _transpose(lambda w: convolved(x, w), shape, y)


_convolution_cases()
for label, x, w, options, places in [
    ("stride", (2, 3, 2), (2, 3, 2), {"stride": 2}, (6,)),
    ("images", (1, 2, 3, 2), (3, 2, 1, 2), {"stride": (2, 1), "padding": 1, "output_padding": (1, 0)}, (4, 2)),
    ("full", (1, 4, 2), (2, 1, 2), {"stride": 1, "padding": "full"}, (3,)),
    ("same", (1, 2, 3, 2), (5, 3, 1, 2), {"stride": (2, 1), "padding": "same"}, (4, 3)),
    ("same, gaps", (1, 3, 2), (2, 1, 2), {"stride": 3, "padding": "same"}, (9,)),
]:
    stride = options["stride"]
    pads = _geometry(places, w[:-2], stride, options.get("padding", 0), 1).pads
    reference = partial(
        _convolved,
        stride=stride if isinstance(stride, tuple) else (stride,) * len(places),
        pads=pads,
        dilation=(1,) * len(places),
    )
    add(
        f.transposed_convolution,
        (normal(*x), normal(*w), normal(w[-2])),
        partial(_to_input, reference, (x[0], *places, w[-2])),
        label,
        **options,
    )


def _picked(x, pool):
    """Return the linear function that takes from an array what pooling x takes from x, whose elements differ."""
    largest = _pooled(x, np.max, **pool)
    return lambda e: np.array([e[x == value].sum() for value in largest.ravel()]).reshape(largest.shape)


def _pooled(x, reduce, window, stride=None, pads=None, dilation=None, fill=0.0):
    axes = x.ndim - 2
    x = np.pad(x, [(0, 0), *(pads or [(0, 0)] * axes), (0, 0)], constant_values=fill)
    seen = _windows(x, window, stride or window, dilation or (1,) * axes)
    return reduce(seen, axis=tuple(range(-axes, 0)))


for label, shape, window, options, known in [
    ("halves", (2, 4, 6, 2), (2, 2), {}, {}),
    ("remainder", (2, 5, 2), (2,), {}, {}),
    ("overlap", (1, 5, 4, 2), (3, 2), {"stride": 1}, {"stride": (1, 1)}),
    ("padding", (1, 4, 3, 2), (3, 3), {"stride": 2, "padding": 1}, {"stride": (2, 2), "pads": [(1, 1), (1, 1)]}),
    ("dilation", (1, 6, 2), (2,), {"dilation": 2, "stride": 3}, {"stride": (3,), "dilation": (2,)}),
    ("ceil", (1, 5, 2), (2,), {"ceil_mode": True}, {"pads": [(0, 1)]}),
    ("volume", (1, 2, 3, 2, 1), (2, 3, 1), {}, {}),
    ("wide stride", (1, 5, 2), (2,), {"stride": 3}, {"stride": (3,)}),
]:
    pool = {"window": window, **known}
    add(
        f.max_pool,
        (distinct(*shape),),
        partial(_pooled, reduce=np.max, fill=-np.inf, **pool),
        label,
        window=window,
        **options,
    )
    add(f.sum_pool, (normal(*shape),), partial(_pooled, reduce=np.sum, **pool), label, window=window, **options)

    def _average(x, pool):
        count = _pooled(np.ones_like(x), np.sum, **pool)
        return _pooled(x, np.sum, **pool) / count

    add(f.average_pool, (normal(*shape),), partial(_average, pool=pool), label, window=window, **options)
    if label != "ceil":
        add(
            f.average_pool,
            (normal(*shape),),
            partial(_pooled, reduce=np.mean, **pool),
            label + ", counted",
            window=window,
            count_padding=True,
            **options,
        )
    add(
        f.lp_pool,
        (positive(*shape),),
        partial(lambda p, x: _pooled(x**3, np.sum, **p) ** (1 / 3), pool),
        label,
        window=window,
        p=3.0,
        **options,
    )
_taken = np.array([[[2, 0], [2, 1], [3, 1]]])  # of features 0 and 1, at three positions
case(
    "max_unpool",
    "overlap",
    lambda x: f.max_unpool(x, _taken, places=(4,)),
    (normal(1, 3, 2),),
    lambda x: np.array([[[0, x[0, 0, 1]], [0, x[0, 1:, 1].sum()], [x[0, :2, 0].sum(), 0], [x[0, 2, 0], 0]]]),
)
for window, stride in ((2, 2), ((3, 2), 1)):
    shape, options = (2, 4, 5, 2), {"stride": stride, "return_indices": True}
    x = distinct(*shape)
    pool = {"window": window if isinstance(window, tuple) else (window,) * 2, "stride": (stride,) * 2}
    case(
        "max_pool",
        f"indices {window}",
        partial(lambda w, o, x: f.max_pool(x, w, **o)[0], window, options),
        (x,),
        partial(_pooled, reduce=np.max, **pool),
    )
    case(
        "max_unpool",
        f"pooled {window}",
        partial(lambda i, x: f.max_unpool(x, i, places=(4, 5)), f.max_pool(x, window, **options)[1]),
        (normal(*_pooled(x, np.max, **pool).shape),),
        partial(lambda p, x, y: _transpose(_picked(x, p), x.shape, y), pool, x),
    )
for options in (
    {"window": 2, "stride": 1, "positions": 3, "dilation": 1},
    {"window": 2, "stride": 3, "positions": 2, "dilation": 1},
):
    one_axis = {"axis": 1, "pads": (0, 0), **options}
    pool = {"window": (2,), "stride": (options["stride"],)}
    shape = (1, 4 if options["stride"] == 1 else 5, 2)
    case(
        "max_along",
        str(options),
        partial(_maxima._max_along, **one_axis),
        (distinct(*shape),),
        partial(_pooled, reduce=np.max, **pool),
    )
    case(
        "sum_along",
        str(options),
        partial(_sums._sum_along, **one_axis),
        (normal(*shape),),
        partial(_pooled, reduce=np.sum, **pool),
    )
    case(
        "spread_sum",
        str(options),
        partial(_sums._spread_sum, length=shape[1], **one_axis),
        (normal(1, options["positions"], 2),),
        partial(lambda p, s, y: _transpose(partial(_pooled, reduce=np.sum, **p), s, y), pool, shape),
    )
add(f.global_average_pool, (normal(2, 3, 4, 2),), lambda x: x.mean((1, 2)))
add(f.global_max_pool, (distinct(2, 3, 4, 2),), lambda x: x.max((1, 2)))
for shape, n in [((1, 5, 4, 2), (2, 4)), ((2, 7, 1), (3,))]:

    def _adaptive(x, reduce, n):
        for axis, count in enumerate(n, start=1):
            length = x.shape[axis]
            cuts = [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]
            x = np.stack([reduce(np.take(x, np.arange(*c), axis=axis), axis=axis) for c in cuts], axis=axis)
        return x

    add(f.adaptive_average_pool, (normal(*shape),), partial(_adaptive, reduce=np.mean, n=n), positions=n)
    add(f.adaptive_max_pool, (distinct(*shape),), partial(_adaptive, reduce=np.max, n=n), positions=n)
