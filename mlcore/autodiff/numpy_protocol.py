"""NumPy's functions on Tensors: ``np.exp(t)``, ``np.sum(t, axis=0)``, ``np.concatenate([t, u])``, ``array * t``.

NumPy asks its arguments whether they know better (NEP 13 for ufuncs, NEP 18 for other functions). A Tensor does, and
answers with this library's own function, which records. It is also how the derivative rules, written in plain NumPy,
come to be differentiable themselves.

A NumPy function that is not listed here refuses Tensors with an error, rather than lose their derivative silently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.autodiff import elementwise, linear_algebra, reductions, shaping
from mlcore.autodiff.tensor import Tensor

#: ufuncs with a derivative.
UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: elementwise.add,
    np.subtract: elementwise.subtract,
    np.multiply: elementwise.multiply,
    np.true_divide: elementwise.divide,
    np.power: elementwise.power,
    np.float_power: elementwise.power,
    np.negative: elementwise.negative,
    np.absolute: elementwise.absolute,
    np.fabs: elementwise.absolute,
    np.square: elementwise.square,
    np.reciprocal: lambda x: 1 / x,
    np.exp: elementwise.exp,
    np.log: elementwise.log,
    np.log1p: elementwise.log1p,
    np.expm1: elementwise.expm1,
    np.sqrt: elementwise.sqrt,
    np.sin: elementwise.sin,
    np.cos: elementwise.cos,
    np.tanh: elementwise.tanh,
    np.maximum: elementwise.maximum,
    np.minimum: elementwise.minimum,
    np.matmul: linear_algebra.matmul,
}

#: ufuncs whose result is piecewise constant: they give plain arrays, as comparisons do.
CONSTANT_UFUNCS = frozenset(
    {np.sign, np.heaviside, np.floor, np.ceil, np.rint, np.trunc, np.isnan, np.isfinite, np.isinf, np.signbit}
    | {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}
    | {np.logical_and, np.logical_or, np.logical_not}
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
    elif method == "reduce" and ufunc is np.add:
        return _sum(*inputs, **options)
    what = f"np.{ufunc.__name__}" if method == "__call__" else f"np.{ufunc.__name__}.{method}"
    raise TypeError(_refusal(what + (f" with {', '.join(options)}" if options else "")))


def _refusal(name: str) -> str:
    return (
        f"{name} has no derivative rule here. Write it in functions that have one, "
        "or leave the graph with t.numpy() if no derivative is needed"
    )


def _values(arguments: Any) -> Any:
    """Replace the Tensors in nested arguments by their arrays."""
    if isinstance(arguments, Tensor):
        return arguments.data
    if isinstance(arguments, (tuple, list)):
        return type(arguments)(_values(a) for a in arguments)
    return arguments


# ---- other functions --------------------------------------------------------------------------------------------


def _sum(x: Any, axis: Any = None, keepdims: Any = False) -> Tensor:
    return reductions.sum(x, axis=axis, keepdims=bool(keepdims))


def _mean(x: Any, axis: Any = None, keepdims: Any = False) -> Tensor:
    return reductions.mean(x, axis=axis, keepdims=bool(keepdims))


def _max(x: Any, axis: Any = None, keepdims: Any = False) -> Tensor:
    return reductions.max(x, axis=axis, keepdims=bool(keepdims))


def _min(x: Any, axis: Any = None, keepdims: Any = False) -> Tensor:
    return reductions.min(x, axis=axis, keepdims=bool(keepdims))


def _var(x: Any, axis: Any = None, ddof: int = 0, keepdims: Any = False) -> Tensor:
    return reductions.var(x, axis=axis, ddof=ddof, keepdims=bool(keepdims))


def _std(x: Any, axis: Any = None, ddof: int = 0, keepdims: Any = False) -> Tensor:
    return elementwise.sqrt(_var(x, axis, ddof, keepdims))


def _clip(x: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Tensor:
    return elementwise.clip(x, lower=a_min if min is None else min, upper=a_max if max is None else max)


def _where(condition: Any, x: Any, y: Any) -> Tensor:
    return elementwise.where(_values(condition), x, y)


def _expand_dims(x: Any, axis: int) -> Tensor:
    axis = axis % (x.ndim + 1)
    return x.reshape((*x.shape[:axis], 1, *x.shape[axis:]))


def _dot(x: Any, y: Any) -> Tensor:
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return elementwise.multiply(x, y)
    if np.ndim(y) > 2:
        raise TypeError("np.dot of Tensors takes a second factor of at most two axes; use np.matmul")
    return linear_algebra.matmul(x, y)


FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: _sum,
    np.mean: _mean,
    np.max: _max,
    np.amax: _max,
    np.min: _min,
    np.amin: _min,
    np.var: _var,
    np.std: _std,
    np.clip: _clip,
    np.where: _where,
    np.dot: _dot,
    np.reshape: lambda x, shape: shaping.reshape(x, shape=shape),
    np.ravel: lambda x: shaping.reshape(x, shape=-1),
    np.transpose: lambda x, axes=None: shaping.transpose(x, axes=axes),
    np.swapaxes: lambda x, axis1, axis2: x.swapaxes(axis1, axis2),
    np.expand_dims: _expand_dims,
    np.broadcast_to: lambda x, shape: shaping.broadcast_to(x, shape=shape),
    np.concatenate: lambda arrays, axis=0: shaping.concatenate(arrays, axis=axis),
    np.stack: lambda arrays, axis=0: shaping.stack(arrays, axis=axis),
}

#: Functions about shape, type or order, which give plain values.
CONSTANT_FUNCTIONS = frozenset(
    {np.shape, np.ndim, np.size, np.argmax, np.argmin, np.argsort, np.zeros_like, np.ones_like, np.full_like}
    | {np.empty_like, np.result_type, np.array_equal, np.allclose, np.isclose, np.array_repr, np.array_str}
    | {np.any, np.all, np.iscomplexobj, np.isrealobj, np.array2string, np.count_nonzero, np.unique}
)


def _array_function(self: Tensor, function: Callable[..., Any], types: Any, args: Any, options: Any) -> Any:
    ours = FUNCTIONS.get(function)
    if ours is not None:
        return ours(*args, **options)
    if function in CONSTANT_FUNCTIONS:
        return function(*_values(args), **{name: _values(value) for name, value in options.items()})
    raise TypeError(_refusal(f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}"))


Tensor.__array_ufunc__ = _array_ufunc
Tensor.__array_function__ = _array_function
