"""Pooling along one axis after the other: what windows see, and how to give it back.

A maximum over a rectangle is a maximum of maxima over its lines, and likewise for sums. Pooling therefore goes along
one axis after the other, which costs the sum of the window's sides instead of their product.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mlcore.functions.windows import for_each_axis, geometry


def taps(x: np.ndarray, axis: int, window: int, stride: int, dilation: int, positions: int) -> Iterator[np.ndarray]:
    """View, for each tap of a window in turn, the element of x that it sees at every position along the axis."""
    for t in range(window):
        start = t * dilation
        stop = start + (positions - 1) * stride + 1
        yield x[(slice(None),) * axis + (slice(start, stop, stride),)]


def lengthened(x: np.ndarray, axis: int, before: int, after: int, fill: float) -> np.ndarray:
    """Add elements at both ends of an axis; the result is read only."""
    if not (before or after):
        return x
    shape = list(x.shape)
    shape[axis] += before + after
    out = np.full(shape, fill, x.dtype)
    out[(slice(None),) * axis + (slice(before, before + x.shape[axis]),)] = x
    return out


def shortened(x: np.ndarray, axis: int, before: int, length: int) -> np.ndarray:
    """View x without what was added at both ends of an axis."""
    return x[(slice(None),) * axis + (slice(before, before + length),)]


def spread(
    g: np.ndarray, shape: tuple[int, ...], axis: int, window: int, stride: int, dilation: int
) -> tuple[np.ndarray, Iterator[np.ndarray], bool]:
    """Make the array for what goes back to x; its taps; and whether each element is under one tap at most."""
    apart = window == 1 or (dilation == 1 and stride >= window)
    covered = apart and stride == window and g.shape[axis] * stride == shape[axis]
    total = np.empty(shape, g.dtype) if covered else np.zeros(shape, g.dtype)
    return total, taps(total, axis, window, stride, dilation, g.shape[axis]), apart


def plan(x: Any, window: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool) -> list[dict[str, Any]]:
    """Return the options of pooling along each axis of places."""
    if x.ndim < 3:
        raise ValueError(f"expected x of shape (batch, *places, features); got {x.shape}")
    places = tuple(x.shape[1:-1])
    window = for_each_axis(window, len(places), "window")
    made = geometry(places, window, window if stride is None else stride, padding, dilation)
    options = []
    for i, (n, f, s, d, (before, after), e) in enumerate(
        zip(places, window, made.stride, made.dilation, made.pads, made.extents(window), strict=True)
    ):
        positions = (n + before + after - e) // s + 1
        if ceil_mode and positions * s < n + before and (n + before + after - e) % s:
            positions += 1  # one more window, if it starts inside
        after = max(after, (positions - 1) * s + e - n - before)
        options.append(
            {"axis": i + 1, "window": f, "stride": s, "dilation": d, "pads": (before, after), "positions": positions}
        )
    return options
