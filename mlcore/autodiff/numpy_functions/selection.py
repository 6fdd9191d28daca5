"""Joining arrays, taking them apart, selecting elements, in order or not."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import shaping as s
from mlcore.autodiff.numpy_functions.table import FUNCTIONS, Function, answers
from mlcore.autodiff.tensor import Tensor, value_of

# ---- joining ------------------------------------------------------------------------------------------------------


def _at_least(ndim: int) -> Function:
    """Return what ``np.atleast_1d`` and so on do to one or several arrays."""

    def one(x: Any) -> Any:
        shape = np.shape(x)
        if len(shape) >= ndim:
            return x
        if ndim == 3 and shape:  # a vector becomes (1, n, 1), a matrix (m, n, 1)
            return s.reshape(x, shape=(*(1,) * (2 - len(shape)), *shape, 1))
        return s.reshape(x, shape=(*(1,) * (ndim - len(shape)), *shape))

    return lambda *xs: one(xs[0]) if len(xs) == 1 else tuple(map(one, xs))


def _joining(join: Function) -> Function:
    """Take the type of the result as well. (Between floating-point types NumPy's default casting allows everything.)"""

    def function(arrays: Any, *, dtype: Any = None, casting: str = "same_kind") -> Tensor:
        return join(arrays) if dtype is None else s.astype(join(arrays), dtype=np.dtype(dtype))

    return function


def _stacked(at_least: Function, axis: int) -> Function:
    return _joining(lambda arrays: s.concatenate([at_least(x) for x in arrays], axis=axis))


def _hstack(arrays: Any) -> Tensor:
    return s.concatenate([_at_least(1)(x) for x in arrays], axis=0 if np.ndim(arrays[0]) <= 1 else 1)


@answers(np.block)
def _block(arrays: Any) -> Tensor:
    def depth(part: Any) -> int:
        return 1 + depth(part[0]) if isinstance(part, list) else 0

    def ndim(part: Any) -> int:
        return max(map(ndim, part)) if isinstance(part, list) else np.ndim(part)

    def join(part: Any, axis: int) -> Any:
        return (
            s.concatenate([join(x, axis + 1) for x in part], axis=axis)
            if isinstance(part, list)
            else _at_least(n)(part)
        )

    levels = depth(arrays)
    n = max(levels, ndim(arrays))
    return join(arrays, n - levels) if levels else arrays


FUNCTIONS |= {
    np.concatenate: lambda arrays, axis=0: s.concatenate(arrays, axis=axis),
    np.stack: lambda arrays, axis=0: s.stack(arrays, axis=axis),
    np.append: lambda arr, values, axis=None: s.concatenate([arr, values], axis=axis),
    np.vstack: _stacked(_at_least(2), 0),
    np.dstack: lambda tup: s.concatenate([_at_least(3)(x) for x in tup], axis=2),
    np.hstack: _joining(_hstack),
    np.column_stack: lambda tup: s.concatenate(
        [s.reshape(x, shape=(-1, 1)) if np.ndim(x) < 2 else x for x in tup], axis=1
    ),
    np.atleast_1d: _at_least(1),
    np.atleast_2d: _at_least(2),
    np.atleast_3d: _at_least(3),
}


@answers(np.insert)
def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Tensor:
    if axis is None:
        arr, axis = s.ravel(arr), 0
    n = np.shape(arr)[axis]
    order = np.insert(np.arange(n), obj, -1)
    new = np.flatnonzero(order < 0)
    order[new] = n + np.arange(len(new))
    shape = list(np.shape(arr))
    shape[axis] = len(new)
    values = values if isinstance(values, Tensor) else np.asarray(values, arr.dtype)
    if np.ndim(obj) == 0 and np.ndim(values):  # NumPy lines values up behind the axis of a single place
        values = np.moveaxis(_at_least(len(shape))(values), 0, axis)
    return s.take(s.concatenate([arr, np.broadcast_to(values, tuple(shape))], axis=axis), order, axis=axis)


# ---- taking apart -------------------------------------------------------------------------------------------------


def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    return s.split(ary, indices_or_sections, axis=axis)


FUNCTIONS |= {
    np.split: _split,
    np.vsplit: lambda ary, parts: _split(ary, parts, 0),
    np.hsplit: lambda ary, parts: _split(ary, parts, 1 if ary.ndim > 1 else 0),
    np.dsplit: lambda ary, parts: _split(ary, parts, 2),
}

if hasattr(np, "unstack"):  # since NumPy 2.1
    FUNCTIONS[np.unstack] = s.unstack


@answers(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    if isinstance(indices_or_sections, (int, np.integer)):
        n, longer = divmod(ary.shape[axis], indices_or_sections)
        lengths = [n + 1] * longer + [n] * (indices_or_sections - longer)
        indices_or_sections = np.cumsum(lengths)[:-1].tolist()
    return s.split(ary, indices_or_sections, axis=axis)


# ---- selecting ----------------------------------------------------------------------------------------------------


def _partition(a: Any, kth: Any, axis: int | None = -1) -> Tensor:
    if axis is None:
        a, axis = s.ravel(a), 0
    return s.take_along_axis(a, np.argpartition(value_of(a), kth, axis), axis=axis)


@answers(np.delete)
def _delete(arr: Any, obj: Any, axis: int | None = None) -> Tensor:
    if axis is None:
        arr, axis = s.ravel(arr), 0
    return s.take(arr, np.delete(np.arange(arr.shape[axis]), obj), axis=axis)


FUNCTIONS |= {
    np.take: lambda a, indices, axis=None: s.take(a, indices, axis=axis),
    np.take_along_axis: lambda arr, indices, axis=-1: s.take_along_axis(arr, indices, axis=axis),
    np.sort: lambda a, axis=-1, kind=None, *, stable=None: s.sort(a, axis=axis),
    np.partition: _partition,
    np.compress: lambda condition, a, axis=None: s.take(a, np.flatnonzero(condition), axis=axis),
    np.extract: lambda condition, arr: s.take(arr, np.flatnonzero(condition)),
}
