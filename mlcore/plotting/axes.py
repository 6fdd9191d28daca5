"""Axes to draw on, and colours that everybody can tell apart."""

from __future__ import annotations

from typing import Any

import numpy as np

BLUE, ORANGE, GREEN, VERMILION = "#0072B2", "#E69F00", "#009E73", "#D55E00"
GREY = "#666666"
#: The palette of Okabe and Ito (2008), for colour-blind readers as well; its yellow is too pale for lines.
COLORS = (BLUE, ORANGE, GREEN, VERMILION, "#CC79A7", "#56B4E9", "#000000")


def axes_or_new(ax: Any, *, size: tuple[float, float] = (6.0, 3.8)) -> Any:
    """Return ``ax``, or the axes of a new figure of that size in inches if it is None."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    return plt.subplots(figsize=size, layout="constrained")[1]


def class_colors(count: int) -> list[Any]:
    """Return a colour for each of so many classes: the palette, or, if it is too short, steps of viridis."""
    if count <= len(COLORS):
        return list(COLORS[:count])
    from matplotlib import colormaps

    return list(colormaps["viridis"](np.linspace(0, 1, count)))


def hide_top_and_right(ax: Any) -> None:
    """Leave of the frame the two sides that carry numbers."""
    ax.spines[["top", "right"]].set_visible(False)


def add_colorbar(ax: Any, image: Any, label: str) -> None:
    """Explain the colours of an image beside it."""
    ax.figure.colorbar(image, ax=ax, label=label, fraction=0.046, pad=0.03)
