"""Arithmetic on each element: sums, products, powers, remainders."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.primitive import elementwise, multilinear
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of


@elementwise(1, 1)
def add(x: TensorLike, y: TensorLike) -> Tensor:
    """Add, x + y.

    Examples
    --------
    >>> add(Tensor([1.0, 2.0]), 0.5)
    Tensor([1.5, 2.5])
    """
    return x + y


@elementwise(1, -1)
def subtract(x: TensorLike, y: TensorLike) -> Tensor:
    """Subtract, x - y.

    Examples
    --------
    >>> subtract(Tensor([1.0, 2.0]), 0.5)
    Tensor([0.5, 1.5])
    """
    return x - y


@elementwise(lambda out, x, y: y, lambda out, x, y: x)
def multiply(x: TensorLike, y: TensorLike) -> Tensor:
    """Multiply, x * y.

    Examples
    --------
    >>> multiply(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    Tensor([3., 8.])
    """
    return x * y


@elementwise(lambda out, x, y: 1 / y, lambda out, x, y: -out / y)
def divide(x: TensorLike, y: TensorLike) -> Tensor:
    """Divide, x / y.

    Examples
    --------
    >>> divide(Tensor([1.0, 2.0]), 4.0)
    Tensor([0.25, 0.5 ])
    """
    return x / y


def _power_by_base(out: Any, x: Any, y: Any) -> Any:
    if isinstance(y, (int, float)):
        return y * x ** (y - 1) if y != 0 else np.zeros(x.shape, x.dtype)
    return y * x ** np.where(y == 0, 1, y - 1)


def _power_by_exponent(out: Any, x: Any, y: Any) -> Any:
    return out * np.log(np.where(x == 0, np.ones_like(out), x))


@elementwise(_power_by_base, _power_by_exponent)
def power(x: TensorLike, y: TensorLike) -> Tensor:
    """Raise to a power, x ** y.

    The derivative with respect to y is ``x**y * log(x)``; at x = 0 it is taken as 0, its limit for y > 0.

    Examples
    --------
    >>> power(Tensor([2.0, 3.0]), 2)
    Tensor([4., 9.])
    """
    return x**y


@multilinear(lambda g, x: -g)
def negative(x: TensorLike) -> Tensor:
    """Change the sign, -x.

    Examples
    --------
    >>> negative(Tensor([1.0, -2.0]))
    Tensor([-1.,  2.])
    """
    return -x


@elementwise(lambda out, x: np.sign(x))
def absolute(x: TensorLike) -> Tensor:
    """Absolute value, abs(x). The derivative at 0 is taken as 0.

    Examples
    --------
    >>> absolute(Tensor([1.0, -2.0]))
    Tensor([1., 2.])
    """
    return np.absolute(x)


@elementwise(lambda out, x, y: np.sign(value_of(x)) * np.copysign(1, value_of(y)), 0)
def copysign(x: TensorLike, y: TensorLike) -> Tensor:
    """Absolute value of x with the sign of y. The derivative at x = 0 is taken as 0, that in y is 0.

    Examples
    --------
    >>> copysign(Tensor([1.0, -2.0]), Tensor([-3.0, 3.0]))
    Tensor([-1.,  2.])
    """
    return np.copysign(x, y)


@elementwise(lambda out, x: 2 * x)
def square(x: TensorLike) -> Tensor:
    """Square, x * x.

    Examples
    --------
    >>> square(Tensor([1.0, -2.0]))
    Tensor([1., 4.])
    """
    return np.square(x)


@elementwise(lambda out, x: -out * out)
def reciprocal(x: TensorLike) -> Tensor:
    """Reciprocal, 1 / x.

    Examples
    --------
    >>> reciprocal(Tensor([2.0, -4.0]))
    Tensor([ 0.5 , -0.25])
    """
    return 1 / x


@elementwise(lambda out, x, y: x / _nonzero(out), lambda out, x, y: y / _nonzero(out))
def hypot(x: TensorLike, y: TensorLike) -> Tensor:
    """Length of a vector (x, y), sqrt(x**2 + y**2), without overflow. The derivatives at (0, 0) are taken as 0.

    Examples
    --------
    >>> hypot(Tensor([3.0, 0.0]), Tensor([4.0, 0.0]))
    Tensor([5., 0.])
    """
    return np.hypot(x, y)


def _nonzero(x: Any) -> Any:
    """Replace 0 by 1, so that it can be divided by."""
    zero = value_of(x) == 0
    return np.where(zero, 1, x) if np.any(zero) else x


# ---- division with remainder ------------------------------------------------------------------------------------


def _whole(out: Any, x: Any, y: Any) -> Any:
    """Return minus the whole number n of ``x = n * y + out``: a constant between the jumps."""
    return -np.rint((value_of(x) - value_of(out)) / value_of(y))


@elementwise(1, _whole)
def remainder(x: TensorLike, y: TensorLike) -> Tensor:
    """Remainder of a division, x - y * floor(x / y), with the sign of y: what ``%`` gives.

    Its derivatives are 1 and -floor(x / y), also at the jumps, where x is a multiple of y.

    Examples
    --------
    >>> remainder(Tensor([5.5, -1.0]), 2.0)
    Tensor([1.5, 1. ])
    """
    return np.remainder(x, y)


@elementwise(1, _whole)
def fmod(x: TensorLike, y: TensorLike) -> Tensor:
    """Remainder of a division, x - y * trunc(x / y), with the sign of x.

    Its derivatives are 1 and -trunc(x / y), also at the jumps, where x is a multiple of y.

    Examples
    --------
    >>> fmod(Tensor([5.5, -1.0]), 2.0)
    Tensor([ 1.5, -1. ])
    """
    return np.fmod(x, y)
