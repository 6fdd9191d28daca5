"""Trigonometric and hyperbolic functions of each element, and their inverses. Angles are in radians."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.primitive import elementwise, multilinear
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of

# ---- of an angle ------------------------------------------------------------------------------------------------


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


@elementwise(lambda out, x: 1 + out * out)
def tan(x: TensorLike) -> Tensor:
    """Tangent of an angle in radians, sin(x) / cos(x).

    Examples
    --------
    >>> tan(Tensor([0.0, 1.0]))
    Tensor([0.       , 1.5574077])
    """
    return np.tan(x)


@elementwise(lambda out, x: 1 / np.sqrt(1 - x * x))
def arcsin(x: TensorLike) -> Tensor:
    """Angle from -pi/2 to pi/2 whose sine is x, for x from -1 to 1. The derivative at -1 and 1 is infinite.

    Examples
    --------
    >>> arcsin(Tensor([0.0, 1.0]))
    Tensor([0.       , 1.5707964])
    """
    return np.arcsin(x)


@elementwise(lambda out, x: -1 / np.sqrt(1 - x * x))
def arccos(x: TensorLike) -> Tensor:
    """Angle from 0 to pi whose cosine is x, for x from -1 to 1. The derivative at -1 and 1 is infinite.

    Examples
    --------
    >>> arccos(Tensor([0.0, 1.0]))
    Tensor([1.5707964, 0.       ])
    """
    return np.arccos(x)


@elementwise(lambda out, x: 1 / (1 + x * x))
def arctan(x: TensorLike) -> Tensor:
    """Angle from -pi/2 to pi/2 whose tangent is x.

    Examples
    --------
    >>> arctan(Tensor([0.0, 1.0]))
    Tensor([0.       , 0.7853982])
    """
    return np.arctan(x)


def _angle_by_y(out: Any, y: Any, x: Any) -> Any:
    return x / _squared_length(y, x)


def _angle_by_x(out: Any, y: Any, x: Any) -> Any:
    return -y / _squared_length(y, x)


def _squared_length(y: Any, x: Any) -> Any:
    """Return x**2 + y**2, and 1 at the origin, so that it can be divided by."""
    squared = x * x + y * y
    zero = value_of(squared) == 0
    return np.where(zero, 1, squared) if np.any(zero) else squared


@elementwise(_angle_by_y, _angle_by_x)
def arctan2(y: TensorLike, x: TensorLike) -> Tensor:
    """Angle from -pi to pi of the point (x, y), seen from the origin. The derivatives at the origin are taken as 0.

    Examples
    --------
    >>> arctan2(Tensor([0.0, 1.0]), Tensor([-1.0, 0.0]))
    Tensor([3.1415927, 1.5707964])
    """
    return np.arctan2(y, x)


@multilinear(lambda g, x: np.deg2rad(g))
def deg2rad(x: TensorLike) -> Tensor:
    """Convert degrees to radians, x * pi / 180.

    Examples
    --------
    >>> deg2rad(Tensor([180.0, -90.0]))
    Tensor([ 3.1415927, -1.5707964])
    """
    return np.deg2rad(x)


@multilinear(lambda g, x: np.rad2deg(g))
def rad2deg(x: TensorLike) -> Tensor:
    """Convert radians to degrees, x * 180 / pi.

    Examples
    --------
    >>> rad2deg(Tensor([3.0, -1.0]))
    Tensor([171.88733 , -57.295776])
    """
    return np.rad2deg(x)


def _sinc_slope(out: Any, x: Any) -> Any:
    zero = value_of(x) == 0
    return (np.cos(np.pi * x) - out) / (np.where(zero, 1, x) if np.any(zero) else x)


@elementwise(_sinc_slope)
def sinc(x: TensorLike) -> Tensor:
    """Normalized sinc, sin(pi x) / (pi x), and 1 at x = 0, where the derivatives of all orders are taken as 0.

    Examples
    --------
    >>> sinc(Tensor([0.0, 0.5, 1.5]))
    Tensor([ 1.        ,  0.63661975, -0.21220659])
    """
    return np.sinc(x)


# ---- hyperbolic -------------------------------------------------------------------------------------------------


@elementwise(lambda out, x: np.cosh(x))
def sinh(x: TensorLike) -> Tensor:
    """Hyperbolic sine, (exp(x) - exp(-x)) / 2.

    Examples
    --------
    >>> sinh(Tensor([0.0, 1.0]))
    Tensor([0.       , 1.1752012])
    """
    return np.sinh(x)


@elementwise(lambda out, x: np.sinh(x))
def cosh(x: TensorLike) -> Tensor:
    """Hyperbolic cosine, (exp(x) + exp(-x)) / 2.

    Examples
    --------
    >>> cosh(Tensor([0.0, 1.0]))
    Tensor([1.       , 1.5430807])
    """
    return np.cosh(x)


@elementwise(lambda out, x: 1 - out * out)
def tanh(x: TensorLike) -> Tensor:
    """Hyperbolic tangent; its derivative is 1 - tanh(x)**2.

    Examples
    --------
    >>> tanh(Tensor([0.0, 1.0]))
    Tensor([0.       , 0.7615942])
    """
    return np.tanh(x)


@elementwise(lambda out, x: 1 / np.sqrt(x * x + 1))
def arcsinh(x: TensorLike) -> Tensor:
    """Inverse of the hyperbolic sine, log(x + sqrt(x**2 + 1)).

    Examples
    --------
    >>> arcsinh(Tensor([0.0, 1.0]))
    Tensor([0.       , 0.8813736])
    """
    return np.arcsinh(x)


@elementwise(lambda out, x: 1 / np.sqrt(x * x - 1))
def arccosh(x: TensorLike) -> Tensor:
    """Inverse of the hyperbolic cosine, for x from 1. The derivative at 1 is infinite.

    Examples
    --------
    >>> arccosh(Tensor([1.0, 2.0]))
    Tensor([0.      , 1.316958])
    """
    return np.arccosh(x)


@elementwise(lambda out, x: 1 / (1 - x * x))
def arctanh(x: TensorLike) -> Tensor:
    """Inverse of the hyperbolic tangent, for x between -1 and 1.

    Examples
    --------
    >>> arctanh(Tensor([0.0, 0.5]))
    Tensor([0.        , 0.54930615])
    """
    return np.arctanh(x)
