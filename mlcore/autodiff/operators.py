"""The operators of a Tensor: arithmetic, comparisons, indexing, each one of the library's functions.

They are attached here, not written in the class, because the functions are themselves built on Tensor.
``x + y`` thus calls `add` directly.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mlcore.autodiff import elementwise, linear_algebra, shaping
from mlcore.autodiff.tensor import Tensor, mode

# ---- arithmetic -------------------------------------------------------------------------------------------------

Tensor.__add__ = Tensor.__radd__ = elementwise.add
Tensor.__mul__ = Tensor.__rmul__ = elementwise.multiply
Tensor.__sub__ = elementwise.subtract
Tensor.__truediv__ = elementwise.divide
Tensor.__pow__ = elementwise.power
Tensor.__mod__ = elementwise.remainder
Tensor.__floordiv__ = elementwise.floor_divide
Tensor.__matmul__ = linear_algebra.matmul
Tensor.__rsub__ = lambda x, y: elementwise.subtract(y, x)
Tensor.__rtruediv__ = lambda x, y: elementwise.divide(y, x)
Tensor.__rpow__ = lambda x, y: elementwise.power(y, x)
Tensor.__rmod__ = lambda x, y: elementwise.remainder(y, x)
Tensor.__rfloordiv__ = lambda x, y: elementwise.floor_divide(y, x)
Tensor.__rmatmul__ = lambda x, y: linear_algebra.matmul(y, x)
Tensor.__neg__ = elementwise.negative
Tensor.__pos__ = lambda x: x
Tensor.__abs__ = elementwise.absolute


# ---- in-place arithmetic: on a leaf that is not being recorded; elsewhere `x += y` means `x = x + y` --------------


def _in_place(function: Any, ufunc: np.ufunc) -> Any:
    def apply(x: Tensor, y: Any) -> Tensor:
        if x.primitive is None and x.requires_grad:
            if mode.recording:
                raise RuntimeError(
                    "a Tensor with requires_grad=True was changed in place while recording: "
                    "put the update under no_grad(), or write x = x + ... to make a new Tensor"
                )
            ufunc(x.data, y.data if isinstance(y, Tensor) else y, out=x.data, casting="same_kind")
            x.mark_changed()
            return x
        return function(x, y)

    return apply


Tensor.__iadd__ = _in_place(elementwise.add, np.add)
Tensor.__isub__ = _in_place(elementwise.subtract, np.subtract)
Tensor.__imul__ = _in_place(elementwise.multiply, np.multiply)
Tensor.__itruediv__ = _in_place(elementwise.divide, np.true_divide)
Tensor.__ipow__ = _in_place(elementwise.power, np.power)


# ---- comparisons: plain arrays of bool, since they have no derivative --------------------------------------------


def _comparison(ufunc: np.ufunc) -> Any:
    return lambda x, y: ufunc(x.data, y.data if isinstance(y, Tensor) else y)


Tensor.__lt__ = _comparison(np.less)
Tensor.__le__ = _comparison(np.less_equal)
Tensor.__gt__ = _comparison(np.greater)
Tensor.__ge__ = _comparison(np.greater_equal)
Tensor.__eq__ = _comparison(np.equal)
Tensor.__ne__ = _comparison(np.not_equal)


# ---- indexing ---------------------------------------------------------------------------------------------------


def _array_index(index: Any) -> Any:
    """Turn Tensors and lists in an index into arrays."""
    if isinstance(index, tuple):
        return tuple(_array_index(i) for i in index)
    if isinstance(index, Tensor):
        return index.data
    return np.asarray(index, dtype=None if index else int) if isinstance(index, list) else index


def _getitem(x: Tensor, index: Any) -> Tensor:
    return shaping.getitem(x, index=_array_index(index))


def _setitem(x: Tensor, index: Any, value: Any) -> None:
    if mode.recording and (x.requires_grad or (isinstance(value, Tensor) and value.requires_grad)):
        raise RuntimeError(
            "an assignment to elements cannot be differentiated: build the Tensor with where, stack or concatenate, "
            "or assign under no_grad()"
        )
    x.mark_changed()
    x.data[_array_index(index)] = value.data if isinstance(value, Tensor) else value


def _iter(x: Tensor) -> Iterator[Tensor]:
    if x.ndim == 0:
        raise TypeError("a Tensor without axes cannot be iterated over")
    return (shaping.getitem(x, index=i) for i in range(len(x.data)))


Tensor.__getitem__ = _getitem
Tensor.__setitem__ = _setitem
Tensor.__iter__ = _iter
