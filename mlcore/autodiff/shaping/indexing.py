"""Selecting elements, and its transpose: adding elements into zeros."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.primitive import multilinear
from mlcore.autodiff.shaping.layout import broadcast_to
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of


def _is_basic(index: Any) -> bool:
    """Whether an index only slices, so that no element is selected twice and the result is a view."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(i is None or i is Ellipsis or isinstance(i, (int, np.integer, slice)) for i in parts)


def _add_at(total: np.ndarray, g: np.ndarray, *, index: Any) -> None:
    """Add a cotangent at an index, so that a loop over ``x[t]`` costs in all what x does, not x for every t."""
    if _is_basic(index):
        total[index] += g
    else:
        total += scatter(g, index=index, shape=total.shape)


@multilinear(lambda g, x, *, index: scatter(g, index=index, shape=x.shape), accumulate=_add_at)
def getitem(x: TensorLike, *, index: Any) -> Tensor:
    """Select elements, x[index], with slices, integers, arrays of integers or a mask.

    An element that is selected several times gets the sum of the derivatives.

    Examples
    --------
    >>> getitem(Tensor([[1.0, 2.0], [3.0, 4.0]]), index=(slice(None), 0))
    Tensor([1., 3.])
    """
    return x[index]


@multilinear(lambda g, x, *, index, shape: getitem(g, index=index))
def scatter(x: TensorLike, *, index: Any, shape: tuple[int, ...]) -> Tensor:
    """Add elements into zeros at an index: the transpose of ``getitem``.

    Parameters
    ----------
    x : Tensor, shape of ``zeros(shape)[index]``
    index : slices, integers, arrays of integers or a mask
        Where the elements go; at a place that is named several times they add up.
    shape : tuple of int
        The shape of the result.

    Examples
    --------
    >>> scatter(Tensor([1.0, 2.0, 3.0]), index=np.array([0, 2, 2]), shape=(4,))
    Tensor([1., 0., 5., 0.])
    """
    out = np.zeros(shape, x.dtype)
    if _is_basic(index) or (isinstance(index, np.ndarray) and index.dtype == bool):
        out[index] = x
        return out
    parts = index if isinstance(index, tuple) else (index,)
    arrays = all(isinstance(i, np.ndarray) and i.dtype.kind in "iu" for i in parts)
    if not x.size:
        return out
    if arrays and len(parts) == out.ndim > 1:  # a number for each axis: one number for the flattened array
        flat = np.ravel_multi_index(parts, out.shape, mode="wrap")  # wrap: negative numbers count from the end
        np.add.at(out.reshape(-1), flat.reshape(-1), x.reshape(-1))
    elif isinstance(parts[-1], np.ndarray) and parts[-1].dtype.kind in "iu" and all(map(_is_whole, parts[:-1])):
        axis, index = len(parts) - 1, parts[-1]
        moved = np.moveaxis(x, range(axis, axis + index.ndim), range(index.ndim))
        _add_rows(np.moveaxis(out, axis, 0), index, moved)
    else:
        np.add.at(out, index, x)
    return out


def _is_whole(part: Any) -> bool:
    """Whether a part of an index is the slice that takes a whole axis."""
    return isinstance(part, slice) and part == slice(None)


def _add_rows(out: np.ndarray, index: np.ndarray, x: np.ndarray) -> None:
    """Add rows of x into rows of out: sort by row, then sum each run (ten times as fast as ``np.add.at``)."""
    rows = index.ravel() % len(out)
    by_row = np.argsort(rows, kind="stable")
    rows = rows[by_row]
    starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
    sorted_x = x.reshape(index.size, *out.shape[1:])[by_row]
    out[rows[starts]] = np.add.reduceat(sorted_x, starts, axis=0)


# ---- along one axis ---------------------------------------------------------------------------------------------


def take(x: TensorLike, indices: Any, *, axis: int | None = None) -> Tensor:
    """Select rows (columns, ...) by number along an axis, or elements of the flattened array by default.

    Parameters
    ----------
    x : Tensor
    indices : array of int, any shape
        Its shape replaces the axis in the result's shape. Negative numbers count from the end.
    axis : int, optional

    Examples
    --------
    >>> take(Tensor([[1.0, 2.0], [3.0, 4.0]]), np.array([1, 1, 0]), axis=1)
    Tensor([[2., 2., 1.],
            [4., 4., 3.]])
    """
    indices = _integers(indices)
    if axis is None or x.ndim == 0:
        return getitem(x.reshape(-1), index=indices)
    return getitem(x, index=(slice(None),) * (axis % x.ndim) + (indices,))


def _integers(indices: Any) -> np.ndarray:
    indices = np.asarray(value_of(indices))
    if not indices.size:
        return indices.astype(np.intp)
    if indices.dtype.kind not in "iu":
        raise TypeError(f"expected indices of an integer type; got {indices.dtype}")
    return indices


def _along(indices: np.ndarray, shape: tuple[int, ...], axis: int) -> tuple:
    """Write an index along one axis as an index of all axes."""
    if indices.ndim != len(shape):
        raise ValueError(f"expected indices with as many axes as x of shape {shape}; got shape {indices.shape}")
    axis %= len(shape)
    others = np.ogrid[tuple(slice(n) for n in shape)]
    return tuple(indices if i == axis else other for i, other in enumerate(others))


def _put_along(g: Any, x: Any, *, indices: np.ndarray, axis: int) -> Any:
    return scatter(g, index=_along(indices, x.shape, axis), shape=x.shape)


@multilinear(_put_along)
def _take_along_axis(x: TensorLike, *, indices: np.ndarray, axis: int) -> Tensor:
    return x[_along(indices, x.shape, axis)]


def take_along_axis(x: TensorLike, indices: Any, *, axis: int | None) -> Tensor:
    """Select elements by their number along an axis, other numbers in every row: the way to apply an ``argsort``.

    Parameters
    ----------
    x : Tensor
    indices : array of int, with as many axes as x
        Of x's shape but for ``axis``; axes of length 1 broadcast.
    axis : int, or None for the flattened array

    Examples
    --------
    >>> take_along_axis(Tensor([[1.0, 2.0], [3.0, 4.0]]), np.array([[1], [0]]), axis=1)
    Tensor([[2.],
            [3.]])
    """
    indices = _integers(indices)
    if axis is None or x.ndim == 0:
        x, axis = x.reshape(-1), 0
    if indices.ndim == 0:
        return _take_along_axis(x, indices=indices.reshape(1), axis=axis).reshape(())
    return _take_along_axis(x, indices=indices, axis=axis)


# ---- changed copies: what an assignment would do, without one -----------------------------------------------------


def scatter_add(x: TensorLike, updates: TensorLike, *, index: Any) -> Tensor:
    """Return x with updates added at an index: ``x[index] += updates`` without changing x.

    At a place that is named several times they add up. Updates broadcast to the shape of ``x[index]``.

    Examples
    --------
    >>> scatter_add(Tensor([1.0, 1.0, 1.0]), Tensor([1.0, 2.0, 3.0]), index=np.array([0, 2, 2]))
    Tensor([2., 1., 6.])
    """
    shape = np.broadcast_to(False, x.shape)[index].shape
    return x + scatter(broadcast_to(updates, shape=shape), index=index, shape=x.shape)


def replace(x: TensorLike, values: TensorLike, *, index: Any) -> Tensor:
    """Return x with other values at an index: ``x[index] = values`` without changing x.

    Parameters
    ----------
    x : Tensor
    values : Tensor, broadcasts to ``x[index]``
    index : slices, integers, arrays of integers or a mask
        No place may be named twice.

    Examples
    --------
    >>> replace(Tensor([1.0, 1.0, 1.0]), 5.0, index=slice(1, None))
    Tensor([1., 5., 5.])
    """
    kept = np.ones(x.shape, bool)
    kept[index] = False
    shape = kept[index].shape
    placed = scatter(np.zeros(shape, x.dtype) + values, index=index, shape=x.shape)
    return np.where(kept, x, placed)
