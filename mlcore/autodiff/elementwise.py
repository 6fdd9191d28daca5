"""Operations on each element by itself, each with its partial derivatives.

Functions of two arguments take shapes that broadcast.
Where a function has a corner the derivative is a choice (a subgradient); the docstring says which.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.primitive import elementwise, multilinear
from mlcore.autodiff.tensor import Tensor, TensorLike

# ---- arithmetic -------------------------------------------------------------------------------------------------


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


@elementwise(lambda out, x: 2 * x)
def square(x: TensorLike) -> Tensor:
    """Square, x * x.

    Examples
    --------
    >>> square(Tensor([1.0, -2.0]))
    Tensor([1., 4.])
    """
    return np.square(x)


# ---- exponentials and logarithms --------------------------------------------------------------------------------


@elementwise(lambda out, x: out)
def exp(x: TensorLike) -> Tensor:
    """Exponential, e to the power x.

    Examples
    --------
    >>> exp(Tensor([0.0, 1.0]))
    Tensor([1.      , 2.718282])
    """
    return np.exp(x)


@elementwise(lambda out, x: 1 / x)
def log(x: TensorLike) -> Tensor:
    """Natural logarithm of positive numbers.

    Examples
    --------
    >>> log(Tensor([1.0, 10.0]))
    Tensor([0.       , 2.3025851])
    """
    return np.log(x)


@elementwise(lambda out, x: 1 / (1 + x))
def log1p(x: TensorLike) -> Tensor:
    """Logarithm of 1 + x, exact also where x is tiny.

    Examples
    --------
    >>> log1p(Tensor([0.0, 1e-8]))
    Tensor([0.e+00, 1.e-08])
    """
    return np.log1p(x)


@elementwise(lambda out, x: out + 1)
def expm1(x: TensorLike) -> Tensor:
    """Exponential minus one, exp(x) - 1, exact also where x is tiny.

    Examples
    --------
    >>> expm1(Tensor([0.0, 1e-8]))
    Tensor([0.e+00, 1.e-08])
    """
    return np.expm1(x)


@elementwise(lambda out, x: 0.5 / out)
def sqrt(x: TensorLike) -> Tensor:
    """Square root. The derivative at 0 is infinite.

    Examples
    --------
    >>> sqrt(Tensor([4.0, 9.0]))
    Tensor([2., 3.])
    """
    return np.sqrt(x)


# ---- trigonometric and sigmoid functions ------------------------------------------------------------------------


@elementwise(lambda out, x: np.cos(x))
def sin(x: TensorLike) -> Tensor:
    """Sine of an angle in radians.

    Examples
    --------
    >>> sin(Tensor([0.0, 1.0]))
    Tensor([0.      , 0.841471])
    """
    return np.sin(x)


@elementwise(lambda out, x: -np.sin(x))
def cos(x: TensorLike) -> Tensor:
    """Cosine of an angle in radians.

    Examples
    --------
    >>> cos(Tensor([0.0, 1.0]))
    Tensor([1.       , 0.5403023])
    """
    return np.cos(x)


@elementwise(lambda out, x: 1 - out * out)
def tanh(x: TensorLike) -> Tensor:
    """Hyperbolic tangent; its derivative is 1 - tanh(x)**2.

    Examples
    --------
    >>> tanh(Tensor([0.0, 1.0]))
    Tensor([0.       , 0.7615942])
    """
    return np.tanh(x)


@elementwise(lambda out, x: out * (1 - out))
def sigmoid(x: TensorLike) -> Tensor:
    """Logistic sigmoid, 1 / (1 + exp(-x)); its derivative is out * (1 - out).

    Examples
    --------
    >>> sigmoid(Tensor([0.0, 2.0, -1e4]))
    Tensor([0.5     , 0.880797, 0.      ])
    """
    with np.errstate(over="ignore"):  # exp may overflow to infinity, whose reciprocal is the right answer, 0
        return 1 / (1 + np.exp(np.negative(x)))


# ---- choices ----------------------------------------------------------------------------------------------------


@elementwise(lambda out, x, y: np.heaviside(x - y, 0.5), lambda out, x, y: np.heaviside(y - x, 0.5))
def maximum(x: TensorLike, y: TensorLike) -> Tensor:
    """Take the larger of x and y. Where they are equal, each gets half of the derivative.

    Examples
    --------
    >>> maximum(Tensor([1.0, -2.0]), 0.0)
    Tensor([1., 0.])
    """
    return np.maximum(x, y)


@elementwise(lambda out, x, y: np.heaviside(y - x, 0.5), lambda out, x, y: np.heaviside(x - y, 0.5))
def minimum(x: TensorLike, y: TensorLike) -> Tensor:
    """Take the smaller of x and y. Where they are equal, each gets half of the derivative.

    Examples
    --------
    >>> minimum(Tensor([1.0, -2.0]), 0.0)
    Tensor([ 0., -2.])
    """
    return np.minimum(x, y)


@elementwise(None, lambda out, condition, x, y: condition, lambda out, condition, x, y: np.logical_not(condition))
def where(condition: np.ndarray, x: TensorLike, y: TensorLike) -> Tensor:
    """Take x where the condition holds, y elsewhere.

    Parameters
    ----------
    condition : array of bool
        Not differentiable. Shapes of all three broadcast.
    x, y : Tensor

    Examples
    --------
    >>> where(np.array([True, False]), Tensor([1.0, 2.0]), 0.0)
    Tensor([1., 0.])
    """
    return np.where(condition, x, y)


@elementwise(lambda out, x, *, lower, upper: _inside(x, lower, upper))
def clip(x: TensorLike, *, lower: Any = None, upper: Any = None) -> Tensor:
    """Limit x to the range from lower to upper. The derivative is 1 inside and at the bounds, 0 outside.

    Parameters
    ----------
    x : Tensor
    lower, upper : float or array, optional
        Constants; None for no bound.

    Examples
    --------
    >>> clip(Tensor([-2.0, 0.5, 2.0]), lower=-1.0, upper=1.0)
    Tensor([-1. ,  0.5,  1. ])
    """
    return np.clip(x, lower, upper)


def _inside(x: Any, lower: Any, upper: Any) -> np.ndarray:
    inside = np.ones(x.shape, bool)
    if lower is not None:
        inside &= x >= lower
    if upper is not None:
        inside &= x <= upper
    return inside
