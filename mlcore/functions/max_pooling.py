"""Max pooling: the largest of the numbers under a window, so that a network cares less where exactly something is."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.shaping import getitem, reshape, scatter
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions import pooling_windows as windows
from mlcore.functions.embedding import class_numbers


def _max_along_kernel(
    x: np.ndarray, *, axis: int, window: int, stride: int, dilation: int, pads: tuple[int, int], positions: int
) -> tuple[np.ndarray, Any]:
    long = windows.lengthened(x, axis, *pads, -np.inf)
    taps = list(windows.taps(long, axis, window, stride, dilation, positions))
    out = np.maximum(taps[0], taps[1]) if window > 1 else taps[0].copy()
    for tap in taps[2:]:
        np.maximum(out, tap, out=out)

    def pullback(g: np.ndarray, needs: Any) -> tuple[np.ndarray]:
        total, targets, apart = windows.spread(g, long.shape, axis, window, stride, dilation)
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
        return (windows.shortened(total, axis, pads[0], x.shape[axis]),)

    return out, pullback


def _winners(
    x: np.ndarray, *, axis: int, window: int, stride: int, dilation: int, pads: tuple[int, int], positions: int
) -> tuple[np.ndarray, ...]:
    """Return the index of the largest elements, of several the first: a constant, as it is near x."""
    long = windows.lengthened(x, axis, *pads, -np.inf)
    winner = np.stack(list(windows.taps(long, axis, window, stride, dilation, positions))).argmax(axis=0)
    index = list(np.indices(winner.shape, sparse=True))
    index[axis] = index[axis] * stride + winner * dilation - pads[0]
    return tuple(index)


@fused(_max_along_kernel)
def _max_along(x: TensorLike, **options: Any) -> Tensor:
    return getitem(x, index=_winners(np.asarray(x), **options))


def max_pool(
    x: TensorLike,
    window: int | tuple[int, ...],
    *,
    stride: int | tuple[int, ...] | None = None,
    padding: Any = "valid",
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor | tuple[Tensor, np.ndarray]:
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
    return_indices : bool
        Also return at which place each largest number was, counted along the flattened places; of several that tie,
        the first. `max_unpool` takes them.

    Returns
    -------
    Tensor, shape (batch, *positions, features)
        With ``return_indices`` also an array of int of that shape.

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
    plan = windows.plan(x, window, stride, padding, dilation, ceil_mode)
    if return_indices:
        return _with_indices(x, plan)
    for options in plan:
        x = _max_along(x, **options)
    return x


def _with_indices(x: Any, plan: list[dict[str, Any]]) -> tuple[Any, np.ndarray]:
    """Take the largest numbers, and the numbers of their places along with them."""
    places = x.shape[1:-1]
    numbers = np.broadcast_to(np.arange(math.prod(places)).reshape(*places, 1), x.shape)
    for options in reversed(plan):  # the last axis first: of numbers that tie, the first place then wins
        index = _winners(np.asarray(x), **options)
        x, numbers = getitem(x, index=index), numbers[index]
    return x, numbers


def max_unpool(x: TensorLike, indices: np.ndarray, *, places: tuple[int, ...]) -> Tensor:
    """Put numbers back to the places that they were pooled from, with zeros in between.

    As a function of x it is the transpose of max pooling: what windows that overlap took from one place adds up.

    Parameters
    ----------
    x : Tensor, shape (batch, *positions, features)
    indices : array of int, shape of x
        What `max_pool` returns with ``return_indices``.
    places : tuple of int
        The places before pooling.

    Returns
    -------
    Tensor, shape (batch, *places, features)

    Raises
    ------
    ValueError
        If there is not one index for each number, or an index is not a place.

    References
    ----------
    Zeiler and Fergus (2014), section 2.1.

    Examples
    --------
    >>> pooled, indices = max_pool(Tensor([[[1.0], [3.0], [2.0], [0.0]]]), 2, return_indices=True)
    >>> max_unpool(pooled, indices, places=(4,)).numpy().ravel()
    array([0., 3., 2., 0.], dtype=float32)
    """
    shape = np.shape(x)
    indices = class_numbers(indices, math.prod(places), "indices")
    if len(shape) != len(places) + 2 or indices.shape != shape:
        raise ValueError(
            f"expected x of shape (batch, *positions, features) for places {places} and indices of the same shape; "
            f"got {shape} and {indices.shape}"
        )
    batch, features = shape[0], shape[-1]
    rows = indices.reshape(batch, -1, features)
    index = np.arange(batch)[:, None, None], rows, np.arange(features)
    flat = scatter(reshape(x, shape=rows.shape), index=index, shape=(batch, math.prod(places), features))
    return reshape(flat, shape=(batch, *places, features))
