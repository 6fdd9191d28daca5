"""Exponentials, logarithms and roots of each element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.autodiff.primitive import elementwise
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of


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


@elementwise(lambda out, x: -0.5 * out * out * out)
def rsqrt(x: TensorLike) -> Tensor:
    """Reciprocal of the square root, 1 / sqrt(x), of positive numbers.

    Examples
    --------
    >>> rsqrt(Tensor([4.0, 16.0]))
    Tensor([0.5 , 0.25])
    """
    return 1 / np.sqrt(x)


@elementwise(lambda out, x: 1 / (3 * out * out))
def cbrt(x: TensorLike) -> Tensor:
    """Cube root, of negative numbers as well. The derivative at 0 is infinite.

    Examples
    --------
    >>> cbrt(Tensor([8.0, -1.0]))
    Tensor([ 2., -1.])
    """
    return np.cbrt(x)


@elementwise(lambda out, x: out * math.log(2))
def exp2(x: TensorLike) -> Tensor:
    """Two to the power x.

    Examples
    --------
    >>> exp2(Tensor([3.0, -1.0]))
    Tensor([8. , 0.5])
    """
    return np.exp2(x)


@elementwise(lambda out, x: 1 / (x * math.log(2)))
def log2(x: TensorLike) -> Tensor:
    """Logarithm to base 2 of positive numbers.

    Examples
    --------
    >>> log2(Tensor([8.0, 0.5]))
    Tensor([ 3., -1.])
    """
    return np.log2(x)


@elementwise(lambda out, x: 1 / (x * math.log(10)))
def log10(x: TensorLike) -> Tensor:
    """Logarithm to base 10 of positive numbers.

    Examples
    --------
    >>> log10(Tensor([1.0, 10.0]))
    Tensor([0., 1.])
    """
    return np.log10(x)


def _shared(x: Any, y: Any) -> Any:
    """Return the share of exp(x) in exp(x) + exp(y); one half where both are the same infinity."""
    with np.errstate(invalid="ignore"):
        difference = x - y
    undefined = np.isnan(value_of(difference)) & (value_of(x) == value_of(y))
    return sigmoid(np.where(undefined, 0, difference) if np.any(undefined) else difference)


@elementwise(lambda out, x, y: _shared(x, y), lambda out, x, y: _shared(y, x))
def logaddexp(x: TensorLike, y: TensorLike) -> Tensor:
    """Logarithm of a sum of exponentials, log(exp(x) + exp(y)), without overflow.

    Its derivatives are sigmoid(x - y) and sigmoid(y - x); one half each where both are the same infinity.

    Examples
    --------
    >>> logaddexp(Tensor([1000.0, 0.0]), Tensor([1000.0, -1000.0]))
    Tensor([1000.6932,    0.    ])
    """
    return np.logaddexp(x, y)


def logaddexp2(x: TensorLike, y: TensorLike) -> Tensor:
    """Logarithm to base 2 of a sum of powers of 2, log2(2**x + 2**y), without overflow.

    Examples
    --------
    >>> logaddexp2(Tensor([1000.0, 0.0]), Tensor([1000.0, -1000.0]))
    Tensor([1001.,    0.])
    """
    return logaddexp(x * math.log(2), y * math.log(2)) / math.log(2)


def _one_if_unused(x: Any, y: Any) -> Any:
    """Replace y by 1 where its logarithm does not exist, nor matter."""
    return np.where((value_of(x) == 0) & (value_of(y) <= 0), 1, y)


@elementwise(lambda out, x, y: np.log(_one_if_unused(x, y)), lambda out, x, y: x / _one_if_unused(x, y))
def xlogy(x: TensorLike, y: TensorLike) -> Tensor:
    """Multiply x by log(y); 0 where x is 0, as entropies need it. The derivatives at x = y = 0 are taken as 0.

    Examples
    --------
    >>> p = Tensor([0.0, 1.0])
    >>> xlogy(p, p)
    Tensor([0., 0.])
    """
    return x * np.log(_one_if_unused(x, y))


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
