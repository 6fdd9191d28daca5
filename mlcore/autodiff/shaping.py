"""Operations that move elements without changing them: all linear, each with its transpose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlcore.autodiff.primitive import multilinear, unbroadcast
from mlcore.autodiff.tensor import Tensor, TensorLike


@multilinear(lambda g, x, *, shape: g.reshape(x.shape))
def reshape(x: TensorLike, *, shape: int | tuple[int, ...]) -> Tensor:
    """Arrange the same elements, in the same order, in another shape; -1 stands for whatever length fits.

    Examples
    --------
    >>> reshape(Tensor([1.0, 2.0, 3.0, 4.0]), shape=(2, -1))
    Tensor([[1., 2.],
            [3., 4.]])
    """
    return np.reshape(x, shape)


def _inverse(axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """Return the permutation that undoes another; axes may be negative."""
    return None if axes is None else tuple(np.argsort([a % len(axes) for a in axes]).tolist())


@multilinear(lambda g, x, *, axes: g.transpose(_inverse(axes)))
def transpose(x: TensorLike, *, axes: tuple[int, ...] | None = None) -> Tensor:
    """Permute the axes; by default, reverse them.

    Examples
    --------
    >>> transpose(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([[1., 3.],
            [2., 4.]])
    """
    return np.transpose(x, axes)


@multilinear(lambda g, x, *, shape: unbroadcast(g, x.shape))
def broadcast_to(x: TensorLike, *, shape: tuple[int, ...]) -> Tensor:
    """Repeat axes of length 1, and add axes in front, up to a shape.

    Examples
    --------
    >>> broadcast_to(Tensor([1.0, 2.0]), shape=(2, 2))
    Tensor([[1., 2.],
            [1., 2.]])
    """
    return np.broadcast_to(x, shape)


@multilinear(lambda g, x, *, dtype: g.astype(x.dtype))
def astype(x: TensorLike, *, dtype: Any) -> Tensor:
    """Convert to another floating-point type.

    Examples
    --------
    >>> astype(Tensor([1.0, 2.0]), dtype=np.float64)
    Tensor([1., 2.], dtype=float64)
    """
    return np.asarray(x).astype(dtype)


# ---- indexing ---------------------------------------------------------------------------------------------------


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
    elif isinstance(index, np.ndarray) and index.size:
        _add_rows(out, index, x)
    else:
        np.add.at(out, index, x)
    return out


def _add_rows(out: np.ndarray, index: np.ndarray, x: np.ndarray) -> None:
    """Add rows of x into rows of out: sort by row, then sum each run (ten times as fast as ``np.add.at``)."""
    rows = index.ravel() % len(out)
    by_row = np.argsort(rows, kind="stable")
    rows = rows[by_row]
    starts = np.flatnonzero(np.concatenate([[True], rows[1:] != rows[:-1]]))
    sorted_x = x.reshape(index.size, *out.shape[1:])[by_row]
    out[rows[starts]] = np.add.reduceat(sorted_x, starts, axis=0)


# ---- joining ----------------------------------------------------------------------------------------------------


def _split(g: Any, *xs: Any, axis: int) -> list[Any]:
    axis %= g.ndim
    pieces, start = [], 0
    for x in xs:
        stop = start + x.shape[axis]
        pieces.append(g[(slice(None),) * axis + (slice(start, stop),)])
        start = stop
    return pieces


@multilinear(_split, jointly=True)
def _concatenate(*xs: TensorLike, axis: int = 0) -> Tensor:
    return np.concatenate(xs, axis=axis)


def concatenate(xs: Sequence[TensorLike], *, axis: int = 0) -> Tensor:
    """Join arrays along an axis that they have.

    Parameters
    ----------
    xs : sequence of Tensor
        Shapes equal but for ``axis``.
    axis : int

    Examples
    --------
    >>> concatenate([Tensor([1.0]), Tensor([2.0, 3.0])])
    Tensor([1., 2., 3.])
    """
    return _concatenate(*xs, axis=axis)


def _unstack(g: Any, *xs: Any, axis: int) -> list[Any]:
    axis %= g.ndim
    return [g[(slice(None),) * axis + (i,)] for i in range(len(xs))]


@multilinear(_unstack, jointly=True)
def _stack(*xs: TensorLike, axis: int = 0) -> Tensor:
    return np.stack(xs, axis=axis)


def stack(xs: Sequence[TensorLike], *, axis: int = 0) -> Tensor:
    """Join arrays of one shape along a new axis.

    Examples
    --------
    >>> stack([Tensor([1.0, 2.0]), Tensor([3.0, 4.0])], axis=1)
    Tensor([[1., 3.],
            [2., 4.]])
    """
    return _stack(*xs, axis=axis)
