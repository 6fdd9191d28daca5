"""The largest and the smallest elements, and where they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.reductions.axes import Axis, drop, expand
from mlcore.autodiff.reductions.moments import sum
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of


def _share_of_winners(x: Any, winner: Any, axis: Axis) -> np.ndarray:
    """Return 1/k at each of the k elements that equal the winner of their group, 0 elsewhere; in x's type."""
    data, best = value_of(x), value_of(winner)
    wins = data == best
    missing = np.isnan(best)
    if missing.any():  # the winner of a group with NaN is NaN
        wins |= missing & np.isnan(data)
    return wins / np.add.reduce(wins, axis=axis, keepdims=True, dtype=data.dtype)


def _extreme_kernel(reduce: Any) -> Any:
    def kernel(x: np.ndarray, *, axis: Axis, keepdims: bool) -> tuple[Any, Any]:
        best = reduce(x, axis=axis, keepdims=True)
        out = drop(best, axis, keepdims)

        def pullback(g: Any, needs: Any) -> tuple[Any]:
            return (_share_of_winners(x, best, axis) * expand(g, x.shape, axis, keepdims),)

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
    return _select(x, np.maximum.reduce(value_of(x), axis=axis, keepdims=True), axis, keepdims)


@fused(_extreme_kernel(np.minimum.reduce))
def min(x: TensorLike, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Find the smallest element along an axis. Elements that tie share the derivative equally.

    Examples
    --------
    >>> min(Tensor([[1.0, 4.0], [3.0, 2.0]]), axis=1)
    Tensor([1., 2.])
    """
    return _select(x, np.minimum.reduce(value_of(x), axis=axis, keepdims=True), axis, keepdims)


# ---- where they are: plain arrays of int --------------------------------------------------------------------------


def argmax(x: TensorLike, *, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
    """Find the index of the largest element along an axis (in the flattened array by default), the first if several.

    Examples
    --------
    >>> argmax(Tensor([[1.0, 4.0], [3.0, 2.0]]), axis=1)
    array([1, 0])
    """
    return np.argmax(value_of(x), axis=axis, keepdims=keepdims)


def argmin(x: TensorLike, *, axis: int | None = None, keepdims: bool = False) -> np.ndarray:
    """Find the index of the smallest element along an axis (in the flattened array by default), the first if several.

    Examples
    --------
    >>> argmin(Tensor([[1.0, 4.0], [3.0, 2.0]]), axis=1)
    array([0, 1])
    """
    return np.argmin(value_of(x), axis=axis, keepdims=keepdims)
