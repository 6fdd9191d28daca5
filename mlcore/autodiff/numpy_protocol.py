"""NumPy's functions on Tensors: ``np.exp(t)``, ``np.sum(t, axis=0)``, ``np.concatenate([t, u])``, ``array * t``.

NumPy asks its arguments whether they know better (NEP 13 for ufuncs, NEP 18 for other functions). A Tensor does, and
answers with this library's own function, which records. It is also how the derivative rules, written in plain NumPy,
come to be differentiable themselves.

A NumPy function that is listed neither here nor in `mlcore.autodiff.numpy_functions` refuses Tensors with an error,
rather than lose their derivative silently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.autodiff import elementwise as e
from mlcore.autodiff import linear_algebra, reductions
from mlcore.autodiff.numpy_functions import FUNCTIONS
from mlcore.autodiff.tensor import Tensor, value_of


def _times_power_of_two(x: Any, exponent: Any) -> Any:
    return e.multiply(x, np.ldexp(np.ones((), x.dtype), value_of(exponent)))


def _frexp(x: Any) -> tuple[Any, np.ndarray]:
    exponent = np.frexp(x.data)[1]
    return _times_power_of_two(x, -exponent), exponent


#: ufuncs with a derivative.
UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: e.add,
    np.subtract: e.subtract,
    np.multiply: e.multiply,
    np.true_divide: e.divide,
    np.power: e.power,
    np.float_power: e.power,
    np.negative: e.negative,
    np.positive: lambda x: x,
    np.conjugate: lambda x: x,
    np.absolute: e.absolute,
    np.fabs: e.absolute,
    np.square: e.square,
    np.reciprocal: e.reciprocal,
    np.hypot: e.hypot,
    np.copysign: e.copysign,
    np.ldexp: _times_power_of_two,
    np.frexp: _frexp,
    np.modf: lambda x: (e.subtract(x, e.trunc(x)), e.trunc(x)),
    np.divmod: lambda x, y: (e.floor_divide(x, y), e.remainder(x, y)),
    np.remainder: e.remainder,
    np.fmod: e.fmod,
    np.floor_divide: e.floor_divide,
    np.exp: e.exp,
    np.exp2: e.exp2,
    np.expm1: e.expm1,
    np.log: e.log,
    np.log2: e.log2,
    np.log10: e.log10,
    np.log1p: e.log1p,
    np.sqrt: e.sqrt,
    np.cbrt: e.cbrt,
    np.logaddexp: e.logaddexp,
    np.logaddexp2: e.logaddexp2,
    np.sin: e.sin,
    np.cos: e.cos,
    np.tan: e.tan,
    np.arcsin: e.arcsin,
    np.arccos: e.arccos,
    np.arctan: e.arctan,
    np.arctan2: e.arctan2,
    np.sinh: e.sinh,
    np.cosh: e.cosh,
    np.tanh: e.tanh,
    np.arcsinh: e.arcsinh,
    np.arccosh: e.arccosh,
    np.arctanh: e.arctanh,
    np.deg2rad: e.deg2rad,
    np.radians: e.deg2rad,
    np.rad2deg: e.rad2deg,
    np.degrees: e.rad2deg,
    np.sign: e.sign,
    np.floor: e.floor,
    np.ceil: e.ceil,
    np.rint: e.round,
    np.trunc: e.trunc,
    np.maximum: e.maximum,
    np.minimum: e.minimum,
    np.fmax: e.fmax,
    np.fmin: e.fmin,
    np.matmul: linear_algebra.matmul,
    np.vecdot: lambda x, y: reductions.sum(e.multiply(x, y), axis=-1),
}
if hasattr(np, "matvec"):  # since NumPy 2.2
    UFUNCS[np.matvec] = lambda x, y: linear_algebra.matmul(x, y[..., None])[..., 0]
    UFUNCS[np.vecmat] = lambda x, y: linear_algebra.matmul(x[..., None, :], y)[..., 0, :]

#: What ``np.add.reduce(t)`` and its like are.
REDUCTIONS: dict[tuple[np.ufunc, str], Callable[..., Any]] = {
    (np.add, "reduce"): reductions.sum,
    (np.multiply, "reduce"): reductions.prod,
    (np.maximum, "reduce"): reductions.max,
    (np.minimum, "reduce"): reductions.min,
    (np.logaddexp, "reduce"): reductions.logsumexp,
    (np.add, "accumulate"): reductions.cumsum,
    (np.multiply, "accumulate"): reductions.cumprod,
    (np.maximum, "accumulate"): reductions.cummax,
    (np.minimum, "accumulate"): reductions.cummin,
    (np.logaddexp, "accumulate"): reductions.logcumsumexp,
}

#: ufuncs that answer questions or compare: they give plain arrays.
CONSTANT_UFUNCS = frozenset(
    {np.heaviside, np.isnan, np.isfinite, np.isinf, np.signbit, np.spacing, np.nextafter}
    | {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}
    | {np.logical_and, np.logical_or, np.logical_xor, np.logical_not}
)

#: Functions about shape, type or order, which give plain values.
CONSTANT_FUNCTIONS = frozenset(
    {np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.argpartition, np.argwhere, np.nonzero}
    | {np.zeros_like, np.ones_like, np.full_like, np.empty_like, np.result_type, np.can_cast, np.searchsorted}
    | {np.array_equal, np.allclose, np.isclose, np.array_repr, np.array_str, np.array2string, np.unique, np.digitize}
    | {np.any, np.all, np.iscomplexobj, np.isrealobj, np.count_nonzero, np.flatnonzero, np.isin}
    | {np.tril_indices_from, np.triu_indices_from, np.diag_indices_from, np.linalg.matrix_rank, np.array_equiv}
    | {np.isreal, np.iscomplex, np.imag, np.angle, np.nanargmax, np.nanargmin, np.unravel_index, np.ravel_multi_index}
    | {np.unique_all, np.unique_counts, np.unique_inverse, np.unique_values, np.intersect1d, np.union1d, np.setdiff1d}
    | {np.setxor1d, np.histogram2d, np.histogramdd, np.histogram_bin_edges, np.ix_, np.common_type, np.min_scalar_type}
    | {np.save, np.savez, np.savez_compressed, np.savetxt}
    | {np.may_share_memory, np.shares_memory, np.isposinf, np.isneginf, np.bincount, np.histogram, np.lexsort}
)


def _array_ufunc(self: Tensor, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
    if options.pop("out", None) is not None:
        raise TypeError(f"np.{ufunc.__name__} cannot write a Tensor into an array; use the result instead")
    if method == "__call__" and not options:
        function = UFUNCS.get(ufunc)
        if function is not None:
            return function(*inputs)
        if ufunc in CONSTANT_UFUNCS:
            return ufunc(*_values(inputs))
    elif (ufunc, method) in REDUCTIONS and len(inputs) == 1 and options.keys() <= {"axis", "keepdims"}:
        return REDUCTIONS[ufunc, method](*inputs, **{"axis": 0, **options})
    elif (ufunc, method) == (np.multiply, "outer"):
        x, y = inputs
        return e.multiply(x.reshape(np.shape(x) + (1,) * np.ndim(y)), y)
    what = f"np.{ufunc.__name__}" if method == "__call__" else f"np.{ufunc.__name__}.{method}"
    raise TypeError(_refusal(what + (f" with {', '.join(options)}" if options else "")))


def _refusal(name: str) -> str:
    return (
        f"{name} has no derivative rule here. Write it in functions that have one, "
        "or leave the graph with t.numpy() if no derivative is needed"
    )


def _values(x: Any) -> Any:
    """Replace the Tensors in a nest of lists and tuples by their arrays."""
    if isinstance(x, Tensor):
        return x.data
    return type(x)(map(_values, x)) if type(x) in (list, tuple) else x


def _array_function(self: Tensor, function: Callable[..., Any], types: Any, args: Any, options: Any) -> Any:
    ours = FUNCTIONS.get(function)
    if ours is not None:
        return ours(*args, **options)
    if function in CONSTANT_FUNCTIONS:
        return function(*_values(args), **{name: _values(value) for name, value in options.items()})
    raise TypeError(_refusal(f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}"))


Tensor.__array_ufunc__ = _array_ufunc
Tensor.__array_function__ = _array_function
