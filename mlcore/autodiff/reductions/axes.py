"""Axes of a reduction: an int, a tuple of ints, or None for all; negative ones count from the end."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Axis: TypeAlias = "int | tuple[int, ...] | None"


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """Return the reduced axes as non-negative numbers."""
    if axis is None:
        return tuple(range(ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    if ndim == 0:  # one number may be reduced along "its" axis, as in NumPy
        return ()
    return tuple(a % ndim for a in axes)


def count(shape: tuple[int, ...], axis: Axis) -> int:
    """Return how many numbers become one."""
    n = 1
    for a in axes_of(axis, len(shape)):
        n *= shape[a]
    return n


def expand(g: Any, shape: tuple[int, ...], axis: Axis, keepdims: bool) -> Any:
    """Give a reduced array its reduced axes back, with length 1, so that it broadcasts against the input."""
    if keepdims or g.ndim == len(shape):
        return g
    axes = axes_of(axis, len(shape))
    return g.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape)))


def drop(reduced: Any, axis: Axis, keepdims: bool) -> Any:
    """Take away the axes of length 1 that a reduction with ``keepdims=True`` left, unless they are to be kept."""
    if keepdims:
        return reduced
    axes = axes_of(axis, reduced.ndim)
    return reduced.reshape(tuple(n for i, n in enumerate(reduced.shape) if i not in axes))


def rows_last(x: Any, axis: Axis) -> tuple[Any, tuple[int, ...]]:
    """Move the reduced axes to the end and make them one; return that and the permutation, to go back with."""
    axes = axes_of(axis, x.ndim)
    kept = tuple(i for i in range(x.ndim) if i not in axes)
    moved = np.transpose(x, kept + axes)
    return moved.reshape((*(x.shape[i] for i in kept), count(x.shape, axis))), kept + axes


def rows_back(rows: Any, shape: tuple[int, ...], permutation: tuple[int, ...]) -> Any:
    """Undo `rows_last`."""
    inverse = [0] * len(permutation)
    for i, a in enumerate(permutation):
        inverse[a] = i
    return np.transpose(rows.reshape(tuple(shape[a] for a in permutation)), tuple(inverse))
