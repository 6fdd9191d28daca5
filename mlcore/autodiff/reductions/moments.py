"""Sums, means, variances and standard deviations."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.primitive import multilinear
from mlcore.autodiff.reductions.axes import Axis, count, expand
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of


@multilinear(lambda g, x, *, axis, keepdims: np.broadcast_to(expand(g, x.shape, axis, keepdims), x.shape))
def sum(x: TensorLike, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Add up the elements along an axis.

    Examples
    --------
    >>> sum(Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    Tensor([4., 6.])
    """
    return np.add.reduce(x, axis=axis, keepdims=keepdims)


def _mean_transpose(g: Any, x: Any, *, axis: Axis, keepdims: bool) -> Any:
    return np.broadcast_to(expand(g / count(x.shape, axis), x.shape, axis, keepdims), x.shape)


@multilinear(_mean_transpose)
def mean(x: TensorLike, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Average the elements along an axis.

    Examples
    --------
    >>> mean(Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=-1)
    Tensor([1.5, 3.5])
    """
    return np.add.reduce(x, axis=axis, keepdims=keepdims) / count(np.shape(x), axis)


# ---- spread -----------------------------------------------------------------------------------------------------


def _var_kernel(x: np.ndarray, *, axis: Axis, ddof: int, keepdims: bool) -> tuple[Any, Any]:
    n = count(x.shape, axis)
    centered = x - np.add.reduce(x, axis=axis, keepdims=True) / n
    out = np.add.reduce(centered * centered, axis=axis, keepdims=keepdims) / _freedom(n, ddof)

    def pullback(g: Any, needs: Any) -> tuple[Any]:
        return (centered * (expand(g, x.shape, axis, keepdims) * (2 / _freedom(n, ddof))),)

    return out, pullback


def _freedom(n: int, ddof: int) -> float:
    """Return what a sum of squares is divided by; not a number where nothing is left, as for one number and ddof=1."""
    return n - ddof if n > ddof else float("nan")


@fused(_var_kernel)
def var(x: TensorLike, *, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Tensor:
    """Variance along an axis, the sum of squared distances from the mean over ``n - ddof``.

    Parameters
    ----------
    x : Tensor
    axis : int or tuple of int, optional
    ddof : int
        0 for the variance of these n numbers, 1 for the unbiased estimate from a sample.
    keepdims : bool

    Examples
    --------
    >>> var(Tensor([1.0, 3.0, 5.0]), ddof=1)
    Tensor(4.)
    """
    centered = x - mean(x, axis=axis, keepdims=True)
    return sum(np.square(centered), axis=axis, keepdims=keepdims) / _freedom(count(x.shape, axis), ddof)


def _std_kernel(x: np.ndarray, *, axis: Axis, ddof: int, keepdims: bool) -> tuple[Any, Any]:
    variance, pull_variance = _var_kernel(x, axis=axis, ddof=ddof, keepdims=keepdims)
    out = np.sqrt(variance)

    def pullback(g: Any, needs: Any) -> tuple[Any]:
        return pull_variance(g * (out != 0) / np.where(out == 0, 2, 2 * out), needs)

    return out, pullback


@fused(_std_kernel)
def std(x: TensorLike, *, axis: Axis = None, ddof: int = 0, keepdims: bool = False) -> Tensor:
    """Standard deviation along an axis, the square root of the variance.

    Where all elements are equal it has a corner; the derivative there is taken as 0.

    Parameters
    ----------
    x : Tensor
    axis : int or tuple of int, optional
    ddof : int
        0 for the deviation of these n numbers, 1 for the estimate from a sample.
    keepdims : bool

    Examples
    --------
    >>> std(Tensor([1.0, 3.0, 5.0]), ddof=1)
    Tensor(2.)
    """
    variance = var(x, axis=axis, ddof=ddof, keepdims=keepdims)
    corner = value_of(variance) == 0
    return np.where(corner, 0, np.sqrt(np.where(corner, 1, variance)))
