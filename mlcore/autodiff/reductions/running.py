"""Running sums and running extremes: a reduction of everything up to each place."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.primitive import multilinear
from mlcore.autodiff.shaping.indexing import take_along_axis
from mlcore.autodiff.shaping.joining import concatenate
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of


def _cumsum_transpose(g: Any, x: Any, *, axis: int | None) -> Any:
    """Sum from the other end."""
    return np.flip(np.cumsum(np.flip(g, axis or 0), axis=axis or 0), axis or 0).reshape(x.shape)


@multilinear(_cumsum_transpose)
def cumsum(x: TensorLike, *, axis: int | None = None) -> Tensor:
    """Add up the elements along an axis, keeping every sum on the way; flattened first by default.

    Examples
    --------
    >>> cumsum(Tensor([1.0, 2.0, 3.0]))
    Tensor([1., 3., 6.])
    """
    return np.cumsum(x, axis=axis)


def logcumsumexp(x: TensorLike, *, axis: int | None = None) -> Tensor:
    """Logarithm of the running sum of exponentials, without overflow; flattened first by default.

    Examples
    --------
    >>> logcumsumexp(Tensor([1000.0, 1000.0]))
    Tensor([1000.    , 1000.6932])
    """
    if axis is None or x.ndim == 0:
        x, axis = x.reshape(-1), 0
    rows = np.swapaxes(x, axis, -1)
    shift = 1
    while shift < rows.shape[-1]:  # each sum so far, of `shift` elements, and the one that ends before it starts
        both = np.logaddexp(rows[..., shift:], rows[..., :-shift])
        rows = concatenate([rows[..., :shift], both], axis=-1)
        shift *= 2
    return np.swapaxes(rows, axis, -1)


def _running_extreme(x: TensorLike, accumulate: Any, axis: int) -> Tensor:
    """Select at each place the extreme element so far, the last if several."""
    data = value_of(x)
    if data.ndim == 0:
        return x * 1
    return take_along_axis(x, _places(data, accumulate(data, axis=axis), axis), axis=axis)


def _places(x: np.ndarray, extreme: np.ndarray, axis: int) -> np.ndarray:
    """Return for each place the index of the extreme so far."""
    shape = [1] * x.ndim
    shape[axis] = -1
    here = np.arange(x.shape[axis]).reshape(shape)
    return np.maximum.accumulate(np.where((x == extreme) | np.isnan(x), here, 0), axis=axis)


def cummax(x: TensorLike, *, axis: int) -> Tensor:
    """Find the largest element so far along an axis. Of several, the last gets the derivative.

    Examples
    --------
    >>> cummax(Tensor([1.0, 3.0, 2.0]), axis=0)
    Tensor([1., 3., 3.])
    """
    return _running_extreme(x, np.maximum.accumulate, axis)


def cummin(x: TensorLike, *, axis: int) -> Tensor:
    """Find the smallest element so far along an axis. Of several, the last gets the derivative.

    Examples
    --------
    >>> cummin(Tensor([2.0, 1.0, 3.0]), axis=0)
    Tensor([2., 1., 1.])
    """
    return _running_extreme(x, np.minimum.accumulate, axis)
