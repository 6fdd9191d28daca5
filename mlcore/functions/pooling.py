"""Pooling: one number for the places under a window, so that a network cares less where exactly something is.

A maximum over a rectangle is a maximum of maxima over its lines, and likewise for sums. Pooling therefore goes along
one axis after the other, which costs the sum of the window's sides instead of their product.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.primitive import multilinear
from mlcore.autodiff.shaping import getitem
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.windows import for_each_axis, geometry


def _taps(x: np.ndarray, axis: int, window: int, stride: int, dilation: int, positions: int) -> Iterator[np.ndarray]:
    """View, for each tap of a window in turn, the element of x that it sees at every position along the axis."""
    for t in range(window):
        start = t * dilation
        stop = start + (positions - 1) * stride + 1
        yield x[(slice(None),) * axis + (slice(start, stop, stride),)]


def _lengthened(x: np.ndarray, axis: int, before: int, after: int, fill: float) -> np.ndarray:
    """Add elements at both ends of an axis; the result is read only."""
    if not (before or after):
        return x
    shape = list(x.shape)
    shape[axis] += before + after
    out = np.full(shape, fill, x.dtype)
    out[(slice(None),) * axis + (slice(before, before + x.shape[axis]),)] = x
    return out


def _shortened(x: np.ndarray, axis: int, before: int, length: int) -> np.ndarray:
    return x[(slice(None),) * axis + (slice(before, before + length),)]


def _spread(
    g: np.ndarray, shape: tuple[int, ...], axis: int, window: int, stride: int, dilation: int
) -> tuple[np.ndarray, Iterator[np.ndarray], bool]:
    """Make the array for what goes back to x; its taps; and whether each element is under one tap at most."""
    apart = window == 1 or (dilation == 1 and stride >= window)
    covered = apart and stride == window and g.shape[axis] * stride == shape[axis]
    total = np.empty(shape, g.dtype) if covered else np.zeros(shape, g.dtype)
    return total, _taps(total, axis, window, stride, dilation, g.shape[axis]), apart


# ---- maximum ----------------------------------------------------------------------------------------------------


def _max_along_kernel(
    x: np.ndarray, *, axis: int, window: int, stride: int, dilation: int, pads: tuple[int, int], positions: int
) -> tuple[np.ndarray, Any]:
    long = _lengthened(x, axis, *pads, -np.inf)
    taps = list(_taps(long, axis, window, stride, dilation, positions))
    out = np.maximum(taps[0], taps[1]) if window > 1 else taps[0].copy()
    for tap in taps[2:]:
        np.maximum(out, tap, out=out)

    def pullback(g: np.ndarray, needs: Any) -> tuple[np.ndarray]:
        total, targets, apart = _spread(g, long.shape, axis, window, stride, dilation)
        open_ = np.ones(out.shape, bool)  # windows whose largest element has not been met
        for i, (tap, target) in enumerate(zip(taps, targets, strict=True)):
            if i == window - 1:
                wins = open_
            else:
                wins = np.equal(tap, out)
                if i:
                    np.logical_and(wins, open_, out=wins)
                np.not_equal(open_, wins, out=open_)
            if apart:
                np.multiply(g, wins, out=target)
            else:
                target += g * wins
        return (_shortened(total, axis, pads[0], x.shape[axis]),)

    return out, pullback


@fused(_max_along_kernel)
def _max_along(
    x: TensorLike, *, axis: int, window: int, stride: int, dilation: int, pads: tuple[int, int], positions: int
) -> Tensor:
    long = _lengthened(np.asarray(x), axis, *pads, -np.inf)
    taps = np.stack(list(_taps(long, axis, window, stride, dilation, positions)))
    winner = taps.argmax(axis=0)  # the first where several tie; where they are is a constant, as it is near x
    index = list(np.indices(winner.shape, sparse=True))
    index[axis] = index[axis] * stride + winner * dilation - pads[0]
    return getitem(x, index=tuple(index))


def max_pool(
    x: TensorLike,
    window: int | tuple[int, ...],
    *,
    stride: int | tuple[int, ...] | None = None,
    padding: Any = "valid",
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Take the largest number under a window, for each feature by itself.

    Of numbers that tie, one gets the derivative.

    Parameters
    ----------
    x : Tensor, shape (batch, *places, features)
    window : int or tuple of int
    stride : int or tuple of int, optional
        How far the window moves; by default as far as it is wide.
    padding : str, int, or a tuple of int or of pairs
        As in `convolution`. Places added never win.
    dilation : int or tuple of int
        The distance between neighbouring places of a window.
    ceil_mode : bool
        Let a last window hang over the end, where one fits in part.

    Returns
    -------
    Tensor, shape (batch, *positions, features)

    Raises
    ------
    ValueError
        If a window does not fit.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 9.3.

    Examples
    --------
    >>> max_pool(Tensor([[[1.0], [3.0], [2.0], [0.0]]]), 2)
    Tensor([[[3.],
             [2.]]])
    """
    x = x if isinstance(x, Tensor) else np.asarray(x)
    for options in _plan(x, window, stride, padding, dilation, ceil_mode):
        x = _max_along(x, **options)
    return x


def _plan(x: Any, window: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> list[dict[str, Any]]:
    """Return the options of pooling along each axis of places."""
    if x.ndim < 3:
        raise ValueError(f"expected x of shape (batch, *places, features); got {x.shape}")
    places = tuple(x.shape[1:-1])
    window = for_each_axis(window, len(places), "window")
    made = geometry(places, window, window if stride is None else stride, padding, dilation)
    plan = []
    for i, (n, f, s, d, (before, after), e) in enumerate(
        zip(places, window, made.stride, made.dilation, made.pads, made.extents(window), strict=True)
    ):
        positions = (n + before + after - e) // s + 1
        if ceil_mode and positions * s < n + before and (n + before + after - e) % s:
            positions += 1  # one more window, if it starts inside
        after = max(after, (positions - 1) * s + e - n - before)
        plan.append(
            {"axis": i + 1, "window": f, "stride": s, "dilation": d, "pads": (before, after), "positions": positions}
        )
    return plan


# ---- sums and averages ------------------------------------------------------------------------------------------


def _spread_along(g: Any, x: Any, **options: Any) -> Any:
    return _spread_sum(g, length=x.shape[options["axis"]], **options)


@multilinear(_spread_along)
def _sum_along(
    x: TensorLike, *, axis: int, window: int, stride: int, dilation: int, pads: tuple[int, int], positions: int
) -> Tensor:
    long = _lengthened(x, axis, *pads, 0.0)
    first, *others = _taps(long, axis, window, stride, dilation, positions)
    out = first.copy()
    for tap in others:
        out += tap
    return out


@multilinear(lambda g, x, *, length, **options: _sum_along(g, **options))
def _spread_sum(
    x: TensorLike,
    *,
    axis: int,
    window: int,
    stride: int,
    dilation: int,
    pads: tuple[int, int],
    positions: int,
    length: int,
) -> Tensor:
    shape = list(x.shape)
    shape[axis] = max(length + sum(pads), (positions - 1) * stride + (window - 1) * dilation + 1)
    total, targets, apart = _spread(x, tuple(shape), axis, window, stride, dilation)
    for target in targets:
        if apart:
            target[...] = x
        else:
            target += x
    return _shortened(total, axis, pads[0], length)


def sum_pool(
    x: TensorLike,
    window: int | tuple[int, ...],
    *,
    stride: int | tuple[int, ...] | None = None,
    padding: Any = "valid",
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Add up the numbers under a window, for each feature by itself.

    Parameters
    ----------
    x : Tensor, shape (batch, *places, features)
    window, stride, padding, dilation, ceil_mode
        As in `max_pool`; places added hold 0.

    Returns
    -------
    Tensor, shape (batch, *positions, features)

    Examples
    --------
    >>> sum_pool(Tensor([[[1.0], [3.0], [2.0], [0.0]]]), 2)
    Tensor([[[4.],
             [2.]]])
    """
    x = x if isinstance(x, Tensor) else np.asarray(x)
    for options in _plan(x, window, stride, padding, dilation, ceil_mode):
        x = _sum_along(x, **options)
    return x


def average_pool(
    x: TensorLike,
    window: int | tuple[int, ...],
    *,
    stride: int | tuple[int, ...] | None = None,
    padding: Any = "valid",
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    count_padding: bool = False,
) -> Tensor:
    """Average the numbers under a window, for each feature by itself.

    Parameters
    ----------
    x : Tensor, shape (batch, *places, features)
    window, stride, padding, dilation, ceil_mode
        As in `max_pool`.
    count_padding : bool
        Count places added as zeros; by default, the average is over the real places under the window.

    Returns
    -------
    Tensor, shape (batch, *positions, features)

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 9.3.

    Examples
    --------
    >>> average_pool(Tensor([[[1.0], [3.0], [2.0], [0.0]]]), 2)
    Tensor([[[2.],
             [1.]]])
    """
    x = x if isinstance(x, Tensor) else np.asarray(x)
    plan = _plan(x, window, stride, padding, dilation, ceil_mode)
    places = x.shape[1:-1]
    asked = geometry(places, tuple(o["window"] for o in plan), tuple(o["stride"] for o in plan), padding, dilation)
    counts = np.ones((1,) * x.ndim)
    for i, (options, (before, after)) in enumerate(zip(plan, asked.pads, strict=True)):
        # Each place counts 1; padding counts as asked, and what a window of ceil_mode hangs over never does.
        line = np.full(before + places[i] + after, float(count_padding))
        line[before : before + places[i]] = 1
        line = np.append(line, np.zeros(sum(options["pads"]) - before - after))
        taps = _taps(line, 0, options["window"], options["stride"], options["dilation"], options["positions"])
        counts = counts * np.add.reduce(list(taps)).reshape([-1 if a == i + 1 else 1 for a in range(x.ndim)])
        x = _sum_along(x, **options)
    same = counts.size and (counts == counts.flat[0]).all()
    return x * (1 / float(counts.flat[0]) if same else (1 / counts).astype(x.dtype))
