"""Elements in another order, or several times: flip, roll, tile, repeat, pad."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.primitive import multilinear
from mlcore.autodiff.shaping.indexing import getitem, take
from mlcore.autodiff.shaping.layout import broadcast_to, reshape
from mlcore.autodiff.tensor import Tensor, TensorLike


def flip(x: TensorLike, *, axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Reverse the order of the elements along axes; by default along all.

    Examples
    --------
    >>> flip(Tensor([[1.0, 2.0], [3.0, 4.0]]), axis=1)
    Tensor([[2., 1.],
            [4., 3.]])
    """
    axes = range(x.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = {np.arange(x.ndim)[a] for a in axes}  # raises where there is no such axis
    return getitem(x, index=tuple(slice(None, None, -1 if i in axes else None) for i in range(x.ndim)))


def _back(shift: Any) -> Any:
    return tuple(-s for s in shift) if isinstance(shift, (tuple, list)) else -shift


@multilinear(lambda g, x, *, shift, axis: roll(g, shift=_back(shift), axis=axis))
def roll(x: TensorLike, *, shift: int | tuple[int, ...], axis: int | tuple[int, ...] | None = None) -> Tensor:
    """Move elements along an axis by ``shift`` places; what leaves at one end enters at the other.

    Without an axis the array is rolled as if it were flat.

    Examples
    --------
    >>> roll(Tensor([1.0, 2.0, 3.0]), shift=1)
    Tensor([3., 1., 2.])
    """
    return np.roll(x, shift, axis)


def repeat(x: TensorLike, repeats: Any, *, axis: int | None = None) -> Tensor:
    """Repeat each element some times, in place, along an axis; flattened first by default.

    Parameters
    ----------
    x : Tensor
    repeats : int or array of int
        How often each, or one number for each element along the axis.
    axis : int, optional

    Examples
    --------
    >>> repeat(Tensor([1.0, 2.0]), 2)
    Tensor([1., 1., 2., 2.])
    """
    if axis is None:
        x, axis = reshape(x, shape=-1), 0
    axis %= x.ndim
    if not np.ndim(repeats):
        n, r = x.shape[axis], int(repeats)
        before, after = x.shape[:axis], x.shape[axis + 1 :]
        copies = broadcast_to(reshape(x, shape=(*before, n, 1, *after)), shape=(*before, n, r, *after))
        return reshape(copies, shape=(*before, n * r, *after))
    return take(x, np.repeat(np.arange(x.shape[axis]), repeats), axis=axis)


def tile(x: TensorLike, repeats: int | tuple[int, ...]) -> Tensor:
    """Lay copies of the whole array next to each other, so many along each axis.

    Examples
    --------
    >>> tile(Tensor([1.0, 2.0]), 2)
    Tensor([1., 2., 1., 2.])
    """
    repeats = tuple(repeats) if np.ndim(repeats) else (repeats,)
    ndim = max(x.ndim, len(repeats))
    shape = (1,) * (ndim - x.ndim) + x.shape
    repeats = (1,) * (ndim - len(repeats)) + repeats
    apart = tuple(length for n in shape for length in (1, n))
    full = tuple(length for r, n in zip(repeats, shape, strict=True) for length in (r, n))
    out = tuple(r * n for r, n in zip(repeats, shape, strict=True))
    return reshape(broadcast_to(reshape(x, shape=apart), shape=full), shape=out)


# ---- padding ----------------------------------------------------------------------------------------------------


def _inner(g: Any, x: Any, *, widths: tuple[tuple[int, int], ...]) -> Any:
    return g[tuple(slice(before, before + n) for (before, _), n in zip(widths, x.shape, strict=True))]


@multilinear(_inner)
def _pad(x: TensorLike, *, widths: tuple[tuple[int, int], ...]) -> Tensor:
    out = np.zeros(tuple(b + n + a for (b, a), n in zip(widths, x.shape, strict=True)), x.dtype)
    out[tuple(slice(b, b + n) for (b, _), n in zip(widths, x.shape, strict=True))] = x
    return out


def pad(x: TensorLike, widths: Any, *, mode: str = "constant", value: Any = 0.0) -> Tensor:
    """Add elements around an array.

    Parameters
    ----------
    x : Tensor
    widths : int, (before, after), or one such pair for each axis
        How many elements to add; a negative number takes so many away.
    mode : str
        "constant" (of that ``value``), "reflect" (mirrored at the last element), "symmetric" (mirrored behind the
        last element), "edge" (the last element again) or "wrap" (from the other end).
    value : float, or as ``widths``

    Examples
    --------
    >>> pad(Tensor([1.0, 2.0, 3.0]), (2, 1), mode="reflect")
    Tensor([3., 2., 1., 2., 3., 2.])
    """
    pairs = np.broadcast_to(np.asarray(widths), (x.ndim, 2)).tolist()
    if mode == "edge":
        for axis, (before, after) in enumerate(pairs):
            n = x.shape[axis]
            x = take(x, np.clip(np.arange(-before, n + after), 0, n - 1), axis=axis)
        return x
    if any(w < 0 for pair in pairs for w in pair):
        shown = (slice(max(-b, 0), n - max(-a, 0)) for (b, a), n in zip(pairs, x.shape, strict=True))
        x = getitem(x, index=tuple(shown))
        pairs = [[max(b, 0), max(a, 0)] for b, a in pairs]
    if mode == "constant":
        out = _pad(x, widths=tuple(map(tuple, pairs)))
        if np.any(np.asarray(value) != 0):
            out = out + np.pad(np.zeros(x.shape, x.dtype), pairs, constant_values=value)
        return out
    if mode not in ("reflect", "symmetric", "wrap"):
        raise ValueError(f"expected mode constant, reflect, symmetric, edge or wrap; got {mode!r}")
    for axis, (before, after) in enumerate(pairs):
        if before or after:
            x = take(x, np.pad(np.arange(x.shape[axis]), (before, after), mode=mode), axis=axis)
    return x
