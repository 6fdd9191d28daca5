"""The methods of a Tensor: those of arrays, each one of the library's functions, with options by position as well.

They are attached here, not written in the class, because the functions are themselves built on Tensor.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import elementwise, linear_algebra, reductions, shaping
from mlcore.autodiff.tensor import Tensor
from mlcore.autodiff.traversal import backward


def _method(function: Any, *options: str) -> Any:
    """Make a method of a function; ``options`` are those that may be given by position, in this order."""

    def method(x: Tensor, *values: Any, **named: Any) -> Any:
        if len(values) > len(options):
            raise TypeError(f"{function.__name__} takes {len(options)} options ({', '.join(options)}); got {values}")
        return function(x, **dict(zip(options, values, strict=False)), **named)

    return _named_as(function, method)


def _named_as(function: Any, method: Any) -> Any:
    method.__name__ = method.__qualname__ = function.__name__
    method.__doc__ = f"{function.__doc__.splitlines()[0]} See `{function.__module__}.{function.__name__}`."
    return method


# ---- reductions -------------------------------------------------------------------------------------------------


def _reduction(function: Any) -> Any:
    def method(x: Tensor, axis: Any = None, keepdims: bool = False) -> Any:
        return function(x, axis=axis, keepdims=keepdims)

    return _named_as(function, method)


Tensor.sum = _reduction(reductions.sum)
Tensor.mean = _reduction(reductions.mean)
Tensor.prod = _reduction(reductions.prod)
Tensor.max = _reduction(reductions.max)
Tensor.min = _reduction(reductions.min)
Tensor.argmax = _reduction(reductions.argmax)
Tensor.argmin = _reduction(reductions.argmin)
Tensor.logsumexp = _reduction(reductions.logsumexp)
Tensor.var = _method(reductions.var, "axis", "ddof", "keepdims")
Tensor.std = _method(reductions.std, "axis", "ddof", "keepdims")
Tensor.cumsum = _method(reductions.cumsum, "axis")
Tensor.cumprod = _method(reductions.cumprod, "axis")
Tensor.norm = _method(linear_algebra.norm, "order", "axis", "keepdims")

# ---- elementwise ------------------------------------------------------------------------------------------------

Tensor.abs = elementwise.absolute
Tensor.exp = elementwise.exp
Tensor.log = elementwise.log
Tensor.sqrt = elementwise.sqrt
Tensor.square = elementwise.square
Tensor.reciprocal = elementwise.reciprocal
Tensor.sign = elementwise.sign
Tensor.sin = elementwise.sin
Tensor.cos = elementwise.cos
Tensor.tanh = elementwise.tanh
Tensor.sigmoid = elementwise.sigmoid
Tensor.erf = elementwise.erf
Tensor.clip = _method(elementwise.clip, "lower", "upper")
Tensor.round = _method(elementwise.round, "decimals")

# ---- shapes -----------------------------------------------------------------------------------------------------


def _shape_from(arguments: tuple) -> tuple:
    """Accept reshape(2, 3) and reshape((2, 3)) alike."""
    return tuple(arguments[0]) if len(arguments) == 1 and isinstance(arguments[0], (tuple, list)) else arguments


def _reshape(x: Tensor, *shape: Any) -> Tensor:
    return shaping.reshape(x, shape=_shape_from(shape))


def _transpose(x: Tensor, *axes: Any) -> Tensor:
    return shaping.transpose(x, axes=None if axes in ((), (None,)) else _shape_from(axes))


def _astype(x: Tensor, dtype: Any, copy: bool = True) -> Tensor:
    return x if not copy and x.dtype == dtype else shaping.astype(x, dtype=np.dtype(dtype))


def _copy(x: Tensor) -> Tensor:
    """Return a Tensor of the same values with memory of its own; derivatives pass through."""
    return shaping.astype(x, dtype=x.dtype)


Tensor.reshape = _reshape
Tensor.transpose = _transpose
Tensor.astype = _astype
Tensor.copy = _copy
Tensor.ravel = Tensor.flatten = _method(shaping.ravel)
Tensor.squeeze = _method(shaping.squeeze, "axis")
Tensor.swapaxes = _method(shaping.swapaxes, "first", "second")
Tensor.T = property(shaping.transpose, doc="The Tensor with its axes reversed.")
Tensor.mT = property(
    lambda x: shaping.swapaxes(x, first=-1, second=-2), doc="The Tensor with its last two axes exchanged."
)
Tensor.repeat = _method(shaping.repeat, "repeats", "axis")
Tensor.flip = _method(shaping.flip, "axis")
Tensor.roll = _method(shaping.roll, "shift", "axis")
Tensor.take = _method(shaping.take, "indices", "axis")
Tensor.sort = _method(shaping.sort, "axis")
Tensor.argsort = _method(shaping.argsort, "axis")
Tensor.split = _method(shaping.split, "parts", "axis")

# ---- matrices ---------------------------------------------------------------------------------------------------

Tensor.dot = linear_algebra.dot
Tensor.trace = _method(linear_algebra.trace, "offset", "axis1", "axis2")
Tensor.diagonal = _method(linear_algebra.diagonal, "offset", "axis1", "axis2")

# ---- plain values -----------------------------------------------------------------------------------------------


def _plain(name: str) -> Any:
    """Make a method that asks the array: the answer has no derivative."""

    def method(x: Tensor, *arguments: Any, **options: Any) -> Any:
        return getattr(x.data, name)(*arguments, **options)

    method.__name__ = method.__qualname__ = name
    method.__doc__ = f"Do as ``numpy.ndarray.{name}`` does; the result is plain, without derivatives."
    return method


Tensor.any, Tensor.all = _plain("any"), _plain("all")
Tensor.nonzero, Tensor.tolist = _plain("nonzero"), _plain("tolist")
Tensor.argpartition, Tensor.searchsorted = _plain("argpartition"), _plain("searchsorted")

Tensor.backward = backward
