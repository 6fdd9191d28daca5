"""Reductions: many numbers become fewer along one axis, several or all.

``axis`` is an int, a tuple of ints, or None for all axes; negative axes count from the end. ``keepdims`` keeps each
reduced axis with length 1.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.primitive import multilinear
from mlcore.autodiff.tensor import Tensor, TensorLike

Axis: TypeAlias = "int | tuple[int, ...] | None"


def _axes(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the reduced axes as non-negative numbers."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, tuple) else (axis,)))


def _count(shape: tuple[int, ...], axis: Axis) -> int:
    """Return how many numbers become one."""
    count = 1
    for a in _axes(axis, len(shape)):
        count *= shape[a]
    return count


def _expand(g: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    """Give a reduced array its reduced axes back, with length 1, so that it broadcasts against the input."""
    if keepdims or g.ndim == len(shape):
        return g
    axes = _axes(axis, len(shape))
    return g.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape)))


@multilinear(lambda g, x, *, axis, keepdims: np.broadcast_to(_expand(g, x.shape, axis, keepdims), x.shape))
def sum(x: TensorLike, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Add up the elements along an axis.

    Examples
    --------
    >>> sum(Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=0)
    Tensor([4., 6.])
    """
    return np.add.reduce(x, axis=axis, keepdims=keepdims)


def _mean_transpose(g: Any, x: Any, *, axis: Axis, keepdims: bool) -> Any:
    return np.broadcast_to(_expand(g / _count(x.shape, axis), x.shape, axis, keepdims), x.shape)


@multilinear(_mean_transpose)
def mean(x: TensorLike, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Average the elements along an axis.

    Examples
    --------
    >>> mean(Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=-1)
    Tensor([1.5, 3.5])
    """
    return np.add.reduce(x, axis=axis, keepdims=keepdims) / _count(np.shape(x), axis)


# ---- largest and smallest ---------------------------------------------------------------------------------------


def _share_of_winners(x: Any, winner: Any, axis: Axis) -> np.ndarray:
    """Return 1/k at each of the k elements that equal the winner of their group, 0 elsewhere; in x's type."""
    data, best = np.asarray(x), np.asarray(winner)
    wins = data == best
    return wins / np.add.reduce(wins, axis=axis, keepdims=True, dtype=data.dtype)


def _extreme_kernel(reduce: Any) -> Any:
    def kernel(x: np.ndarray, *, axis: Axis, keepdims: bool) -> tuple[Any, Any]:
        best = reduce(x, axis=axis, keepdims=True)
        out = (
            best if keepdims else best.reshape(tuple(n for i, n in enumerate(x.shape) if i not in _axes(axis, x.ndim)))
        )

        def pullback(g: Any, needs: Any) -> tuple[Any]:
            return (_share_of_winners(x, best, axis) * _expand(g, x.shape, axis, keepdims),)

        return out, pullback

    return kernel


def _select(x: Any, winner: Any, axis: Axis, keepdims: bool) -> Any:
    """Write a maximum as the weighted sum of its winners; the weights are constants, as they are near the winner."""
    share = _share_of_winners(x, winner, axis)
    return sum(np.where(share > 0, x, 0) * share, axis=axis, keepdims=keepdims)


@fused(_extreme_kernel(np.maximum.reduce))
def max(x: TensorLike, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Find the largest element along an axis. Elements that tie share the derivative equally.

    Examples
    --------
    >>> max(Tensor([[1.0, 4.0], [3.0, 2.0]]), axis=1)
    Tensor([4., 3.])
    """
    return _select(x, np.maximum.reduce(np.asarray(x), axis=axis, keepdims=True), axis, keepdims)


@fused(_extreme_kernel(np.minimum.reduce))
def min(x: TensorLike, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Find the smallest element along an axis. Elements that tie share the derivative equally.

    Examples
    --------
    >>> min(Tensor([[1.0, 4.0], [3.0, 2.0]]), axis=1)
    Tensor([1., 2.])
    """
    return _select(x, np.minimum.reduce(np.asarray(x), axis=axis, keepdims=True), axis, keepdims)


# ---- variance and log-sum-exp -----------------------------------------------------------------------------------


def _var_kernel(x: np.ndarray, *, axis: Axis, ddof: int, keepdims: bool) -> tuple[Any, Any]:
    count = _count(x.shape, axis)
    centered = x - np.add.reduce(x, axis=axis, keepdims=True) / count
    out = np.add.reduce(centered * centered, axis=axis, keepdims=keepdims) / (count - ddof)

    def pullback(g: Any, needs: Any) -> tuple[Any]:
        return (centered * (_expand(g, x.shape, axis, keepdims) * (2 / (count - ddof))),)

    return out, pullback


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
    return sum(np.square(centered), axis=axis, keepdims=keepdims) / (_count(x.shape, axis) - ddof)


def _finite_max(x: np.ndarray, axis: Axis) -> np.ndarray:
    """Return the maximum to subtract before exp; 0 where it is infinite, since inf - inf is not a number."""
    largest = np.maximum.reduce(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(largest), largest, np.zeros_like(largest))


def _logsumexp_kernel(x: np.ndarray, *, axis: Axis, keepdims: bool) -> tuple[Any, Any]:
    largest = _finite_max(x, axis)
    terms = np.exp(x - largest)
    total = np.add.reduce(terms, axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):
        out = np.log(total) + largest
    if not keepdims:
        out = out.reshape(tuple(n for i, n in enumerate(x.shape) if i not in _axes(axis, x.ndim)))

    def pullback(g: Any, needs: Any) -> tuple[Any]:
        return (terms * (_expand(g, x.shape, axis, keepdims) / total),)

    return out, pullback


@fused(_logsumexp_kernel)
def logsumexp(x: TensorLike, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Logarithm of the sum of exponentials, without overflow: m + log(sum(exp(x - m))) with m = max(x).

    Its derivative is the softmax of x.

    Examples
    --------
    >>> logsumexp(Tensor([1000.0, 1000.0]))
    Tensor(1000.6932)
    """
    largest = _finite_max(np.asarray(x), axis)
    total = np.log(sum(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return total if keepdims else total.reshape(sum(np.asarray(x), axis=axis).shape)
