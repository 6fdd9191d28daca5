"""Elements by size: each order is found on plain values, then selected, so that derivatives follow the elements."""

from __future__ import annotations

import numpy as np

from mlcore.autodiff.shaping.indexing import take_along_axis
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of


def argsort(x: TensorLike, *, axis: int | None = -1, descending: bool = False) -> np.ndarray:
    """Find the order that sorts x: plain integers. Equal elements keep their order.

    Examples
    --------
    >>> argsort(Tensor([3.0, 1.0, 2.0]))
    array([1, 2, 0])
    """
    data = np.asarray(value_of(x))
    if data.ndim == 0:
        return np.zeros((), np.intp)
    if axis is None:
        data, axis = data.ravel(), 0
    if not descending:
        return np.argsort(data, axis=axis, kind="stable")
    backwards = np.argsort(np.flip(data, axis), axis=axis, kind="stable")  # so that equal elements keep their order
    return data.shape[axis] - 1 - np.flip(backwards, axis)


def sort(x: TensorLike, *, axis: int | None = -1, descending: bool = False) -> Tensor:
    """Sort along an axis; None flattens first. Each derivative goes to where its element came from.

    Examples
    --------
    >>> sort(Tensor([3.0, 1.0, 2.0]), descending=True)
    Tensor([3., 2., 1.])
    """
    if axis is None:
        x, axis = x.reshape(-1), 0
    return take_along_axis(x, argsort(x, axis=axis, descending=descending), axis=axis)


def topk(x: TensorLike, k: int, *, axis: int = -1, largest: bool = True) -> tuple[Tensor, np.ndarray]:
    """Find the k largest elements along an axis, largest first, and where they are.

    Parameters
    ----------
    x : Tensor
    k : int
    axis : int
    largest : bool
        ``False`` for the smallest, smallest first.

    Returns
    -------
    values : Tensor, k along the axis
    indices : array of int, the same shape

    Raises
    ------
    ValueError
        If the axis has fewer than k elements.

    Examples
    --------
    >>> values, indices = topk(Tensor([3.0, 1.0, 2.0]), 2)
    >>> values, indices
    (Tensor([3., 2.]), array([0, 2]))
    """
    if x.ndim == 0 and k == 1:
        return x * 1, np.zeros((), np.intp)
    if not 0 <= k <= x.shape[axis]:
        raise ValueError(f"expected k from 0 to the length {x.shape[axis]} of axis {axis}; got {k}")
    order = argsort(x, axis=axis, descending=largest)
    indices = np.take(order, np.arange(k), axis=axis)
    return take_along_axis(x, indices, axis=axis), indices
