"""Pooling by sums and averages of the numbers under a window."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.primitive import multilinear
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions import pooling_windows as windows
from mlcore.functions.windows import geometry


def _spread_along(g: Any, x: Any, **options: Any) -> Any:
    return _spread_sum(g, length=x.shape[options["axis"]], **options)


@multilinear(_spread_along)
def _sum_along(
    x: TensorLike, *, axis: int, window: int, stride: int, dilation: int, pads: tuple[int, int], positions: int
) -> Tensor:
    long = windows.lengthened(x, axis, *pads, 0.0)
    first, *others = windows.taps(long, axis, window, stride, dilation, positions)
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
    total, targets, apart = windows.spread(x, tuple(shape), axis, window, stride, dilation)
    for target in targets:
        if apart:
            target[...] = x
        else:
            target += x
    return windows.shortened(total, axis, pads[0], length)


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
    for options in windows.plan(x, window, stride, padding, dilation, ceil_mode):
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
    plan = windows.plan(x, window, stride, padding, dilation, ceil_mode)
    places = x.shape[1:-1]
    asked = geometry(places, tuple(o["window"] for o in plan), tuple(o["stride"] for o in plan), padding, dilation)
    counts = np.ones((1,) * x.ndim)
    for i, (options, (before, after)) in enumerate(zip(plan, asked.pads, strict=True)):
        # Each place counts 1; padding counts as asked, and what a window of ceil_mode hangs over never does.
        line = np.full(before + places[i] + after, float(count_padding))
        line[before : before + places[i]] = 1
        line = np.append(line, np.zeros(sum(options["pads"]) - before - after))
        taps = windows.taps(line, 0, options["window"], options["stride"], options["dilation"], options["positions"])
        counts = counts * np.add.reduce(list(taps)).reshape([-1 if a == i + 1 else 1 for a in range(x.ndim)])
        x = _sum_along(x, **options)
    same = counts.size and (counts == counts.flat[0]).all()
    return x * (1 / float(counts.flat[0]) if same else (1 / counts).astype(x.dtype))
