"""Choices between elements: the larger, the smaller, by a condition, within bounds."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.primitive import elementwise
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of


def _wins(out: Any, x: Any, y: Any) -> Any:
    """Return 1 where the result is x alone, 1/2 where it is x and y, 0 elsewhere; in the result's type."""
    out, x, y = value_of(out), value_of(x), value_of(y)
    share = np.equal(x, out).astype(out.dtype)
    ties = np.equal(x, y)
    if np.any(ties):
        share *= np.where(ties, 0.5, 1).astype(out.dtype)
    return share


def _loses(out: Any, x: Any, y: Any) -> Any:
    return _wins(out, y, x)


@elementwise(_wins, _loses)
def maximum(x: TensorLike, y: TensorLike) -> Tensor:
    """Take the larger of x and y. Where they are equal, each gets half of the derivative.

    Examples
    --------
    >>> maximum(Tensor([1.0, -2.0]), 0.0)
    Tensor([1., 0.])
    """
    return np.maximum(x, y)


@elementwise(_wins, _loses)
def minimum(x: TensorLike, y: TensorLike) -> Tensor:
    """Take the smaller of x and y. Where they are equal, each gets half of the derivative.

    Examples
    --------
    >>> minimum(Tensor([1.0, -2.0]), 0.0)
    Tensor([ 0., -2.])
    """
    return np.minimum(x, y)


@elementwise(_wins, _loses)
def fmax(x: TensorLike, y: TensorLike) -> Tensor:
    """Take the larger of x and y, or the one that is a number. Where they are equal, each gets half of the derivative.

    Examples
    --------
    >>> fmax(Tensor([1.0, np.nan]), 0.0)
    Tensor([1., 0.])
    """
    return np.fmax(x, y)


@elementwise(_wins, _loses)
def fmin(x: TensorLike, y: TensorLike) -> Tensor:
    """Take the smaller of x and y, or the one that is a number. Where they are equal, each gets half of the derivative.

    Examples
    --------
    >>> fmin(Tensor([1.0, np.nan]), 0.0)
    Tensor([0., 0.])
    """
    return np.fmin(x, y)


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


def _inside(out: Any, x: Any, *, lower: Any, upper: Any) -> np.ndarray:
    inside = np.ones(x.shape, bool)
    if lower is not None:
        inside = inside & (x >= lower)
    if upper is not None:
        inside = inside & (x <= upper)
    return inside


@elementwise(_inside)
def _clip(x: TensorLike, *, lower: Any = None, upper: Any = None) -> Tensor:
    return x if lower is None and upper is None else np.clip(x, lower, upper)


def clip(x: TensorLike, *, lower: Any = None, upper: Any = None) -> Tensor:
    """Limit x to the range from lower to upper.

    The derivative in x is 1 inside and at the bounds, 0 outside. A bound that is itself a Tensor gets the
    derivative where x is beyond it.

    Parameters
    ----------
    x : Tensor
    lower, upper : float, array or Tensor, optional
        Shapes broadcast; None for no bound.

    Examples
    --------
    >>> clip(Tensor([-2.0, 0.5, 2.0]), lower=-1.0, upper=1.0)
    Tensor([-1. ,  0.5,  1. ])
    """
    if not any(isinstance(bound, Tensor) and bound.requires_grad for bound in (lower, upper)):
        return _clip(x, lower=_constant_like(lower, x), upper=_constant_like(upper, x))
    if lower is not None:
        x = where(value_of(x) < value_of(lower), lower, x)
    if upper is not None:
        x = where(value_of(x) > value_of(upper), upper, x)
    return x


def _constant_like(bound: Any, x: Any) -> Any:
    """Return a bound as a plain value; a float64 scalar and whole numbers do not promote a Tensor."""
    bound = value_of(bound)
    if not isinstance(x, Tensor):
        return bound
    if np.ndim(bound) and np.asarray(bound).dtype.kind in "iu":
        return np.asarray(bound, x.dtype if x.dtype.kind == "f" else None)
    return float(bound) if isinstance(bound, np.float64) else bound


@elementwise(lambda out, x, *, nan, posinf, neginf: np.isfinite(value_of(x)))
def nan_to_num(x: TensorLike, *, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None) -> Tensor:
    """Replace what is not a finite number; by default NaN by 0, infinities by the largest number of the type.

    The derivative is 1 at finite numbers, 0 at the others.

    Examples
    --------
    >>> nan_to_num(Tensor([1.0, np.nan, np.inf]), posinf=9.0)
    Tensor([1., 0., 9.])
    """
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
