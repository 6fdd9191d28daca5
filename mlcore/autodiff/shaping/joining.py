"""Joining arrays, and taking them apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from mlcore.autodiff.primitive import multilinear
from mlcore.autodiff.shaping.indexing import getitem
from mlcore.autodiff.tensor import Tensor, TensorLike


def _pieces(g: Any, *xs: Any, axis: int) -> list[Any]:
    axis %= g.ndim
    pieces, start = [], 0
    for x in xs:
        stop = start + x.shape[axis]
        pieces.append(g[(slice(None),) * axis + (slice(start, stop),)])
        start = stop
    return pieces


@multilinear(_pieces, jointly=True)
def _concatenate(*xs: TensorLike, axis: int = 0) -> Tensor:
    return np.concatenate(xs, axis=axis)


def concatenate(xs: Sequence[TensorLike], *, axis: int | None = 0) -> Tensor:
    """Join arrays along an axis that they have.

    Parameters
    ----------
    xs : sequence of Tensor
        Shapes equal but for ``axis``.
    axis : int, or None to flatten them first

    Examples
    --------
    >>> concatenate([Tensor([1.0]), Tensor([2.0, 3.0])])
    Tensor([1., 2., 3.])
    """
    if axis is None:
        return _concatenate(*(x.reshape(-1) if isinstance(x, Tensor) else np.ravel(x) for x in xs), axis=0)
    return _concatenate(*xs, axis=axis)


def _layers(g: Any, *xs: Any, axis: int) -> list[Any]:
    axis %= g.ndim
    return [g[(slice(None),) * axis + (i,)] for i in range(len(xs))]


@multilinear(_layers, jointly=True)
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


def unstack(x: TensorLike, *, axis: int = 0) -> tuple[Tensor, ...]:
    """Take an array apart along an axis, which goes: the inverse of ``stack``.

    Examples
    --------
    >>> unstack(Tensor([[1.0, 3.0], [2.0, 4.0]]), axis=1)
    (Tensor([1., 2.]), Tensor([3., 4.]))
    """
    axis %= x.ndim
    return tuple(getitem(x, index=(slice(None),) * axis + (i,)) for i in range(x.shape[axis]))


def split(x: TensorLike, parts: int | Sequence[int], *, axis: int = 0) -> list[Tensor]:
    """Cut an array into pieces along an axis.

    Parameters
    ----------
    x : Tensor
    parts : int or sequence of int
        How many equal pieces, or the places where to cut.
    axis : int

    Raises
    ------
    ValueError
        If the axis does not divide into so many equal pieces.

    Examples
    --------
    >>> split(Tensor([1.0, 2.0, 3.0]), [1])
    [Tensor([1.]), Tensor([2., 3.])]
    """
    axis %= x.ndim
    length = x.shape[axis]
    if isinstance(parts, (int, np.integer)):
        if length % parts:
            raise ValueError(f"expected an axis that divides into {parts} equal pieces; got length {length}")
        parts = range(length // parts, length, length // parts) if length else [0] * (parts - 1)
    cuts = [None, *parts, None]
    return [getitem(x, index=(slice(None),) * axis + (slice(start, stop),)) for start, stop in pairwise(cuts)]
