"""The geometry of windows that slide over places: how far, how many, and with how much padding around."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Geometry(NamedTuple):
    """How windows slide, one entry for each axis of places."""

    stride: tuple[int, ...]
    pads: tuple[tuple[int, int], ...]  # places added before and after
    dilation: tuple[int, ...]
    groups: int = 1

    def extents(self, window: tuple[int, ...]) -> tuple[int, ...]:
        """Return how many places a window reaches over, gaps included."""
        return tuple((f - 1) * d + 1 for f, d in zip(window, self.dilation, strict=True))

    def positions(self, places: tuple[int, ...], window: tuple[int, ...]) -> tuple[int, ...]:
        """Return how many windows fit into so many places with their padding."""
        return tuple(
            (n + before + after - e) // s + 1
            for n, (before, after), e, s in zip(places, self.pads, self.extents(window), self.stride, strict=True)
        )


def for_each_axis(value: Any, axes: int, name: str, least: int = 1) -> tuple[int, ...]:
    """Repeat an int for each axis, or check a tuple of ints."""
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,) * axes
    if len(values) != axes or not all(isinstance(v, (int, np.integer)) and v >= least for v in values):
        raise ValueError(f"expected {name} as an int of at least {least} or {axes} of them; got {value!r}")
    return tuple(int(v) for v in values)


def geometry(
    places: tuple[int, ...], window: tuple[int, ...], stride: Any, padding: Any, dilation: Any, groups: int = 1
) -> Geometry:
    """Make a Geometry from what users write, and check that a window fits.

    Parameters
    ----------
    places, window : tuple of int
    stride, dilation : int or tuple of int
    padding : str, int, or a tuple of int or of pairs
        ``"valid"`` for none; ``"same"`` for ceil(places / stride) windows, with the odd place after, ``"same_lower"``
        with the odd place before; ``"full"`` for every window that touches a place; ``"causal"`` for windows that
        reach back from each place; numbers for both sides of an axis, pairs for each side.
    groups : int

    Raises
    ------
    ValueError
        If something is not of these forms, or a window is larger than the places with their padding.
    """
    axes = len(places)
    stride = for_each_axis(stride, axes, "stride")
    dilation = for_each_axis(dilation, axes, "dilation")
    extents = Geometry(stride, (), dilation).extents(window)
    if padding == "valid":
        pads: Any = ((0, 0),) * axes
    elif padding == "full":
        pads = tuple((e - 1, e - 1) for e in extents)
    elif padding == "causal":
        pads = tuple((e - 1, 0) for e in extents)
    elif padding in ("same", "same_lower"):
        needed = [max((-(-n // s) - 1) * s + e - n, 0) for n, s, e in zip(places, stride, extents, strict=True)]
        odd = padding == "same_lower"
        pads = tuple(((n + odd) // 2, (n + 1 - odd) // 2) for n in needed)
    elif isinstance(padding, (tuple, list)) and padding and isinstance(padding[0], (tuple, list)):
        pads = tuple(for_each_axis(pair, 2, "padding", least=0) for pair in padding)
        if len(pads) != axes:
            raise ValueError(f"expected padding for {axes} axes; got {padding!r}")
    elif isinstance(padding, str):
        raise ValueError(
            f"expected padding 'valid', 'same', 'same_lower', 'full', 'causal' or numbers; got {padding!r}"
        )
    else:
        pads = tuple((p, p) for p in for_each_axis(padding, axes, "padding", least=0))
    made = Geometry(stride, pads, dilation, groups)
    if min(made.positions(places, window), default=1) < 1:
        raise ValueError(
            f"expected places {places} with padding {pads} to hold a window of {window} with dilation {dilation}; "
            "pad more or take a smaller window"
        )
    return made


def padded(x: np.ndarray, pads: tuple[tuple[int, int], ...], fill: float = 0.0) -> np.ndarray:
    """Add places around the middle axes of x (batch, *places, features); a negative number takes some away."""
    if not any(before or after for before, after in pads):
        return x
    places = x.shape[1:-1]
    shape = tuple(n + before + after for n, (before, after) in zip(places, pads, strict=True))
    inside, kept = [], []
    for n, size, (before, after) in zip(places, shape, pads, strict=True):
        inside.append(slice(max(before, 0), size - max(after, 0)))
        kept.append(slice(max(-before, 0), n - max(-after, 0)))
    out = (
        np.full((x.shape[0], *shape, x.shape[-1]), fill, x.dtype)
        if fill
        else np.zeros((x.shape[0], *shape, x.shape[-1]), x.dtype)
    )
    out[(slice(None), *inside)] = x[(slice(None), *kept)]
    return out
