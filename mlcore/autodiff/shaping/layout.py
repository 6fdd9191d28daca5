"""The same elements in another shape or order of axes."""

from __future__ import annotations

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


def ravel(x: TensorLike) -> Tensor:
    """Arrange all elements along one axis.

    Examples
    --------
    >>> ravel(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([1., 2., 3., 4.])
    """
    return reshape(x, shape=-1)


def squeeze(x: TensorLike, *, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Remove axes of length 1; by default all of them.

    Raises
    ------
    ValueError
        If an axis that is named is longer than 1.

    Examples
    --------
    >>> squeeze(Tensor([[[1.0], [2.0]]]), axis=0)
    Tensor([[1.],
            [2.]])
    """
    shape = np.shape(x)
    if axis is None:
        return reshape(x, shape=tuple(n for n in shape if n != 1))
    axes = _axes(axis, len(shape))
    if any(shape[a] != 1 for a in axes):
        raise ValueError(f"squeeze expected axes of length 1; got axis {axis} of shape {shape}")
    return reshape(x, shape=tuple(n for i, n in enumerate(shape) if i not in axes))


def expand_dims(x: TensorLike, *, axis: int | tuple[int, ...]) -> Tensor:
    """Insert axes of length 1 at these places of the result's shape.

    Examples
    --------
    >>> expand_dims(Tensor([1.0, 2.0]), axis=-1)
    Tensor([[1.],
            [2.]])
    """
    shape = np.shape(x)
    axes = _axes(axis, len(shape) + (len(axis) if isinstance(axis, (tuple, list)) else 1))
    lengths = iter(shape)
    return reshape(x, shape=tuple(1 if i in axes else next(lengths) for i in range(len(shape) + len(axes))))


def _axes(axis: int | tuple[int, ...], ndim: int) -> tuple[int, ...]:
    """Return axes as non-negative numbers; raise if there is no such axis, or one is given twice."""
    axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    for a in axes:
        if not -ndim <= a < ndim:
            raise ValueError(f"expected an axis from {-ndim} to {ndim - 1}; got {a}")
    axes = tuple(a % ndim for a in axes)
    if len(set(axes)) != len(axes):
        raise ValueError(f"expected axes that differ; got {axis}")
    return axes


# ---- order of axes ----------------------------------------------------------------------------------------------


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


def swapaxes(x: TensorLike, *, first: int, second: int) -> Tensor:
    """Exchange two axes.

    Examples
    --------
    >>> swapaxes(Tensor([[1.0, 2.0], [3.0, 4.0]]), first=0, second=1)
    Tensor([[1., 3.],
            [2., 4.]])
    """
    axes = list(range(np.ndim(x)))
    axes[first], axes[second] = axes[second], axes[first]
    return transpose(x, axes=tuple(axes))


def moveaxis(x: TensorLike, *, source: int | tuple[int, ...], destination: int | tuple[int, ...]) -> Tensor:
    """Move axes to other places; the others keep their order.

    Examples
    --------
    >>> moveaxis(Tensor(np.zeros((2, 3, 4))), source=0, destination=-1).shape
    (3, 4, 2)
    """
    ndim = np.ndim(x)
    source, destination = _axes(source, ndim), _axes(destination, ndim)
    if len(source) != len(destination):
        raise ValueError(f"expected as many destinations as sources; got {source} to {destination}")
    order = [a for a in range(ndim) if a not in source]
    for to, a in sorted(zip(destination, source, strict=True)):
        order.insert(to, a)
    return transpose(x, axes=tuple(order))


# ---- broadcasting and types -------------------------------------------------------------------------------------


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
