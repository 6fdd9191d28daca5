"""Decision regions: which class a model gives to every point of the plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.layers import Module
from mlcore.plotting.axes import axes_or_new, class_colors
from mlcore.training import predict

_MARKERS = "osD^vP*Xph"


def plot_decision_regions(
    model: Module | Callable[[np.ndarray], Any],
    x: np.ndarray,
    y: np.ndarray,
    *,
    threshold: float = 0.0,
    steps: int = 200,
    ax: Any = None,
) -> Any:
    """Colour the plane by the class that a model predicts, and draw examples on top.

    Parameters
    ----------
    model : Module or callable
        Maps points (n, 2) to scores (n, classes), of which the highest wins; to one score (n, 1) or (n,), which means
        class 1 above the threshold; or to classes (n,), as integers.
    x : array, shape (n, 2)
    y : array of int, shape (n,)
        The true classes, 0, 1, ...
    threshold : float
        For one score: 0 for logits, 0.5 for probabilities.
    steps : int
        How finely the plane is sampled, along each axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> x, y = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])
    >>> ax = plot_decision_regions(lambda p: (p[:, 0] - 0.5) * (0.5 - p[:, 1]), x, y)
    >>> ax.get_title()
    'Decision regions: 4 of 4 examples right'
    """
    x, y = np.asarray(x), np.asarray(y).squeeze().astype(int)
    if x.ndim != 2 or x.shape[1] != 2 or y.shape != x.shape[:1]:
        raise ValueError(f"expected x of shape (n, 2) and y of shape (n,); got {x.shape} and {np.shape(y)}")
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float32)
    margin = 0.08 * (np.ptp(x, axis=0) + 1e-3)
    left, bottom = x.min(axis=0) - margin
    right, top = x.max(axis=0) + margin
    first, second = np.meshgrid(np.linspace(left, right, steps), np.linspace(bottom, top, steps))
    grid = np.stack([first, second], axis=-1).reshape(-1, 2).astype(dtype)
    regions = _classes(model, grid, threshold).reshape(steps, steps)
    right_ones = int(np.sum(_classes(model, x.astype(dtype), threshold) == y))

    from matplotlib.colors import ListedColormap

    count = int(max(regions.max(), y.max())) + 1
    colors = class_colors(count)
    ax = axes_or_new(ax, size=(5.2, 4.4))
    ax.imshow(
        regions,
        extent=(left, right, bottom, top),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=ListedColormap(colors),
        vmin=-0.5,
        vmax=count - 0.5,
        alpha=0.3,
    )
    for k in np.unique(y):
        marker = _MARKERS[k % len(_MARKERS)]
        ax.scatter(*x[y == k].T, marker=marker, color=colors[k], edgecolor="white", s=36, label=f"class {k}")
    ax.legend(loc="upper right", framealpha=0.9)
    title = f"Decision regions: {right_ones} of {len(y)} examples right"
    ax.set(xlabel="$x_1$", ylabel="$x_2$", title=title)
    return ax


def _classes(model: Any, points: np.ndarray, threshold: float) -> np.ndarray:
    """Return the predicted class of each point, shape (n,)."""
    out = predict(model, points) if isinstance(model, Module) else np.asarray(model(points))
    if out.ndim == 2 and out.shape[1] > 1:
        return out.argmax(axis=1)
    if out.size != len(points):
        raise ValueError(f"expected scores of shape ({len(points)},) or ({len(points)}, classes); got {out.shape}")
    out = out.reshape(-1)
    return (out > threshold).astype(int) if out.dtype.kind == "f" else out.astype(int)
