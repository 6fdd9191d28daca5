"""The cases of mlcore.autodiff beyond those that `registry`, which imports this file, holds itself."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.special
from registry import CASES, CORNERS, PAIRS, REDUCED, Case, add, distinct, normal, positive

from mlcore.autodiff import elementwise as e
from mlcore.autodiff import reductions as r
from mlcore.autodiff import shaping as s

_rng = np.random.default_rng(7)


def case(
    name: str, label: Any, function: Callable[..., Any], inputs: tuple, reference: Callable[..., Any] | None = None
) -> None:
    """Register a case whose function is not the public one alone; its reference is by default itself, on arrays."""
    CASES.append(Case(name, str(label), function, inputs, reference or function))


def unit(*shape: int) -> np.ndarray:
    """Draw numbers between -0.9 and 0.9, not close to 0."""
    x = np.asarray(_rng.uniform(0.1, 0.9, shape))
    return x * np.where(_rng.random(shape) < 0.5, -1, 1)


def above_one(*shape: int) -> np.ndarray:
    """Draw numbers from 1.2 to 3.2."""
    return np.asarray(1.2 + 2 * _rng.random(shape))


def between(*shape: int) -> np.ndarray:
    """Draw numbers of either sign, at least 0.2 away from all multiples of 1 / 2."""
    return np.asarray(_rng.integers(-4, 4, shape) / 2 + _rng.uniform(0.2, 0.3, shape))


# ---- elementwise ------------------------------------------------------------------------------------------------

for function, reference, draw in [
    (e.reciprocal, np.reciprocal, normal),
    (e.rsqrt, lambda x: 1 / np.sqrt(x), positive),
    (e.cbrt, np.cbrt, normal),
    (e.exp2, np.exp2, normal),
    (e.log2, np.log2, positive),
    (e.log10, np.log10, positive),
    (e.tan, np.tan, unit),
    (e.arcsin, np.arcsin, unit),
    (e.arccos, np.arccos, unit),
    (e.arctan, np.arctan, normal),
    (e.deg2rad, np.deg2rad, normal),
    (e.rad2deg, np.rad2deg, normal),
    (e.sinc, np.sinc, normal),
    (e.sinh, np.sinh, normal),
    (e.cosh, np.cosh, normal),
    (e.arcsinh, np.arcsinh, normal),
    (e.arccosh, np.arccosh, above_one),
    (e.arctanh, np.arctanh, unit),
    (e.erf, scipy.special.erf, normal),
    (e.erfc, scipy.special.erfc, normal),
    (e.erfinv, scipy.special.erfinv, unit),
    (e.sign, np.sign, normal),
    (e.floor, np.floor, between),
    (e.ceil, np.ceil, between),
    (e.trunc, np.trunc, between),
    (e.round, np.round, between),
    (e.nan_to_num, np.nan_to_num, normal),
]:
    for shape in CORNERS:
        add(function, (draw(*shape),), reference)
add(e.round, (between(3, 2) / 10,), lambda x: np.round(x, 1), "decimals", decimals=1)

for function, reference, draw, draw_second in [
    (e.hypot, np.hypot, normal, normal),
    (e.arctan2, np.arctan2, normal, normal),
    (e.logaddexp, np.logaddexp, normal, normal),
    (e.logaddexp2, np.logaddexp2, normal, normal),
    (e.copysign, np.copysign, normal, normal),
    (e.xlogy, scipy.special.xlogy, normal, positive),
    (e.remainder, np.remainder, between, lambda *shape: np.full(shape, -0.5)),
    (e.fmod, np.fmod, between, lambda *shape: np.full(shape, 0.5)),
    (e.floor_divide, np.floor_divide, between, lambda *shape: np.full(shape, 0.5)),
]:
    for first, second in PAIRS:
        add(function, (draw(*first), draw_second(*second)), reference)
for function, reference in [(e.fmax, np.fmax), (e.fmin, np.fmin)]:
    add(function, (distinct(3, 1), distinct(1, 2) + 0.05), reference)

_edges = np.array([[-0.6], [0.1]])
case(
    "clip",
    "bounds with derivatives",
    lambda x, a: e.clip(x, lower=a, upper=a + 0.5),
    (between(2, 3), _edges),
    lambda x, a: np.clip(x, a, a + 0.5),
)

# ---- reductions -------------------------------------------------------------------------------------------------

for function, reference in [(r.prod, np.prod), (r.std, np.std)]:
    for shape, axis in REDUCED:
        if function is r.std and np.mean(np.zeros(shape), axis=axis).size == np.prod(shape):
            continue  # the deviation of one number is a corner
        for keepdims in (False, True):
            options = {"axis": axis, "keepdims": keepdims}
            add(function, (normal(*shape),), partial(reference, **options), f"{shape},{axis},{keepdims}", **options)
add(r.std, (normal(5, 2),), partial(np.std, axis=0, ddof=1), "ddof", axis=0, ddof=1)
add(r.prod, (np.array([[2.0, 0.0, 3.0], [0.0, 5.0, 0.0]]),), partial(np.prod, axis=1), "zeros", axis=1)
add(r.prod, (np.zeros((2, 0)),), partial(np.prod, axis=1), "of nothing", axis=1)
add(r.prod, (normal(7),), np.prod, "seven")
for function, reference in [(r.cumsum, np.cumsum), (r.cumprod, np.cumprod)]:
    for shape, axis in [((), None), ((4,), 0), ((3, 2), None), ((3, 2), 0), ((2, 5, 2), -2), ((1, 1), 1), ((0, 2), 0)]:
        add(function, (normal(*shape),), partial(reference, axis=axis), f"{shape},{axis}", axis=axis)
add(r.cumprod, (np.array([[2.0, 0.0, 3.0, 0.0, 5.0]]),), partial(np.cumprod, axis=1), "zeros", axis=1)
for shape, axis in [((5,), 0), ((3, 4), -1), ((3, 1), 0)]:
    case("cummax", shape, partial(r.cummax, axis=axis), (distinct(*shape),), partial(np.maximum.accumulate, axis=axis))
    case("cummin", shape, partial(r.cummin, axis=axis), (distinct(*shape),), partial(np.minimum.accumulate, axis=axis))

# ---- shaping ----------------------------------------------------------------------------------------------------


def both(
    ours: Callable[..., Any], numpys: Callable[..., Any], shape: tuple[int, ...], options: dict, theirs: dict
) -> None:
    """Register a function beside NumPy's, which names its options otherwise."""
    case(ours.__name__, f"{shape},{theirs}", partial(ours, **options), (normal(*shape),), partial(numpys, **theirs))


for shape in [(), (3, 2), (0, 2)]:
    both(s.ravel, np.ravel, shape, {}, {})
for shape, axis in [((1, 3, 1), None), ((1, 3, 1), -1), ((1, 3, 1), (0, 2)), ((), None), ((0, 1), 1)]:
    both(s.squeeze, np.squeeze, shape, {"axis": axis}, {"axis": axis})
for shape, axis in [((), 0), ((3,), 1), ((3, 2), -1), ((3, 2), (0, -1)), ((0,), 0)]:
    both(s.expand_dims, np.expand_dims, shape, {"axis": axis}, {"axis": axis})
for first, second in [(0, 1), (-1, 0), (1, 1)]:
    both(s.swapaxes, np.swapaxes, (2, 3, 4), {"first": first, "second": second}, {"axis1": first, "axis2": second})
for source, destination in [(0, -1), ((0, 1), (-1, 0)), (-1, 1), ((0, 1), (1, 0))]:
    options = {"source": source, "destination": destination}
    both(s.moveaxis, np.moveaxis, (2, 3, 4), options, options)
for shape, axis in [((3,), None), ((3, 2), None), ((3, 2), -1), ((2, 3, 2), (0, 2)), ((), None), ((0, 2), 0)]:
    both(s.flip, np.flip, shape, {"axis": axis}, {"axis": axis})
for shape, shift, axis in [((3, 2), 1, None), ((3, 2), -4, 0), ((3, 2), (1, 2), (0, 1)), ((0,), 1, 0), ((3,), 0, -1)]:
    both(s.roll, np.roll, shape, {"shift": shift, "axis": axis}, {"shift": shift, "axis": axis})
for shape, repeats, axis in [((3, 2), 2, None), ((3, 2), 2, -1), ((3, 2), [0, 2, 1], 0), ((), 3, None), ((2,), 0, 0)]:
    options = {"repeats": repeats, "axis": axis}
    both(s.repeat, np.repeat, shape, options, options)
for shape, repeats in [
    ((3,), 2),
    ((3, 2), 2),
    ((3,), (2, 2)),
    ((2, 3), (2,)),
    ((), (2, 3)),
    ((2,), (0,)),
    ((1, 2), (3, 1)),
]:
    both(s.tile, np.tile, shape, {"repeats": repeats}, {"reps": repeats})
for shape, widths in [((3,), 2), ((3, 4), (1, 2)), ((3, 4), ((1, 0), (2, 3))), ((1, 3), ((0, 0), (1, 1)))]:
    for mode in ("constant", "reflect", "edge", "symmetric", "wrap"):
        both(s.pad, np.pad, shape, {"widths": widths, "mode": mode}, {"pad_width": widths, "mode": mode})
case(
    "pad",
    "value",
    partial(s.pad, widths=1, value=3.5),
    (normal(2, 2),),
    partial(np.pad, pad_width=1, constant_values=3.5),
)
case(
    "pad",
    "crop",
    partial(s.pad, widths=((-1, 2), (1, -1))),
    (normal(3, 3),),
    lambda x: np.pad(x[1:, :-1], ((0, 2), (1, 0))),
)

for shape, index, axis in [
    ((4, 3), np.array([3, 0, 0, -1]), 0),
    ((4, 3), np.array([[0, 2], [2, 2]]), 1),
    ((2, 4, 3), np.array([[0, 2, -1], [2, 2, 1]]), -2),
    ((4, 3), 2, -1),
    ((4, 3), np.array([11, 0, 0]), None),
    ((4, 3), np.array([], int), 1),
]:
    case(
        "take",
        f"{shape},{axis}",
        partial(lambda i, a, x: s.take(x, i, axis=a), index, axis),
        (normal(*shape),),
        partial(lambda i, a, x: np.take(x, i, axis=a), index, axis),
    )
for shape, index_shape, axis in [
    ((3, 4), (3, 2), 1),
    ((3, 4), (6, 4), 0),
    ((3, 4), (3, 1), -1),
    ((4,), (7,), 0),
    ((3, 4), (1, 2), 1),
    ((3, 4), (5,), None),
    ((2, 0), (2, 0), 1),
]:
    index = _rng.integers(-3, 3, index_shape)
    case(
        "take_along_axis",
        f"{shape},{index_shape},{axis}",
        partial(lambda i, a, x: s.take_along_axis(x, i, axis=a), index, axis),
        (normal(*shape),),
        partial(lambda i, a, x: np.take_along_axis(x, i, axis=a), index, axis),
    )
for index in [np.array([0, 2, 2]), slice(1, 3), (np.array([0, 1, 1]), np.array([2, 2, 2])), (slice(None), 0)]:

    def _added(x: Any, y: Any, index: Any = index) -> Any:
        x = x.copy()
        np.add.at(x, index, y)
        return x

    updates = normal(*np.zeros((3, 4))[index].shape)
    case("scatter_add", repr(index), partial(s.scatter_add, index=index), (normal(3, 4), updates), _added)
for index, shape in [(np.array([0, 2]), (2, 4)), (slice(1, 3), ()), ((slice(None), 1), (3,)), (np.eye(3, 4) > 0, (3,))]:

    def _replaced(x: Any, y: Any, index: Any = index) -> Any:
        x = x.copy()
        x[index] = y
        return x

    case("replace", repr(index), partial(s.replace, index=index), (normal(3, 4), normal(*shape)), _replaced)
for axis in (0, -1):
    case(
        "unstack",
        axis,
        lambda x, a=axis: s.unstack(x, axis=a)[1],
        (normal(3, 2),),
        lambda x, a=axis: np.moveaxis(x, a, 0)[1],
    )
    for parts in (2, [1], [1, 1, 3]):
        case(
            "split",
            f"{parts},{axis}",
            lambda x, p=parts, a=axis: s.split(x, p, axis=a)[1],
            (normal(4, 4),),
            lambda x, p=parts, a=axis: np.split(x, p, axis=a)[1],
        )
case(
    "concatenate",
    "flat",
    lambda x, y: s.concatenate([x, y], axis=None),
    (normal(2, 2), normal(3)),
    lambda x, y: np.concatenate([x, y], axis=None),
)
for shape, axis in [((5,), -1), ((3, 4), 0), ((3, 4), None), ((3, 1), 1)]:
    both(s.sort, np.sort, shape, {"axis": axis}, {"axis": axis})
case("sort", "descending", partial(s.sort, descending=True), (distinct(3, 4),), lambda x: -np.sort(-x))
for k, axis, largest in [(2, -1, True), (3, 0, False), (0, 0, True)]:
    case(
        "topk",
        f"{k},{axis},{largest}",
        lambda x, k=k, a=axis, w=largest: s.topk(x, k, axis=a, largest=w)[0],
        (distinct(3, 4),),
        lambda x, k=k, a=axis, w=(-1) ** largest: np.take(w * np.sort(w * x, axis=a), np.arange(k), a),
    )

# ---- one number without axes, where NumPy or PyTorch let it have one ----------------------------------------------

for function in (r.mean, r.prod, r.sum, r.max):
    for axis in (0, -1):
        add(function, (normal(),), lambda x: x, f"(),{axis}", axis=axis)
for shape, axis in [((5,), 0), ((3, 2), 0), ((2, 3), None), ((2, 1), -1)]:
    add(
        r.logcumsumexp,
        (normal(*shape),),
        partial(np.logaddexp.accumulate, axis=axis)
        if axis is not None
        else lambda x: np.logaddexp.accumulate(x.ravel()),
        f"{shape},{axis}",
        axis=axis,
    )
case("cumprod", "(),0", partial(r.cumprod, axis=0), (normal(),), np.cumprod)
case("cummax", "(),0", partial(r.cummax, axis=0), (normal(),), lambda x: x)
case("sort", "()", s.sort, (normal(),), lambda x: x)
case("topk", "()", lambda x: s.topk(x, 1)[0], (normal(),), lambda x: x)
case("take", "(),0", lambda x: s.take(x, [0, 0], axis=0), (normal(),), lambda x: np.array([x, x]))

# ---- reductions by place ------------------------------------------------------------------------------------------


def _reduced_at(ufunc, index, x, updates):
    out = x.copy()
    ufunc.at(out, index, updates)
    return out


for name, ufunc in [("sum", np.add), ("prod", np.multiply), ("max", np.maximum), ("min", np.minimum)]:
    for index, shape in [
        (np.array([2, 0, 2, 2]), (4, 2)),
        ((np.array([0, 0, 1, 0]), np.array([1, 1, 0, -1])), (4,)),
        (slice(1, None), (2, 2)),
        (np.array([], int), (0, 2)),
        (np.array([1, 1]), ()),
    ]:
        both = distinct(2, 4, 2)  # no ties
        x, updates = both[0, :3], both[1].ravel()[: int(np.prod(shape))].reshape(shape)
        if shape == () and name in ("max", "min"):
            continue  # the same update twice ties with itself
        case(
            "scatter_reduce",
            f"{name} {index!r}",
            partial(r.scatter_reduce, index=index, reduction=name),
            (x, updates),
            partial(_reduced_at, ufunc, index),
        )
