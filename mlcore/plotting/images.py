"""Images: examples with what a model says of them, and the filters of a convolution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlcore.plotting.axes import VERMILION, add_colorbar, axes_or_new


def plot_images(
    images: np.ndarray,
    *,
    labels: Sequence[Any] | None = None,
    predictions: Sequence[Any] | None = None,
    columns: int = 8,
    ax: Any = None,
) -> Any:
    """Show images in rows; over each its label, its prediction, or where they differ ``prediction ≠ label``.

    Parameters
    ----------
    images : array, shape (n, height, width), (n, height, width, 1) or (n, height, width, 3)
        With three channels, colours from 0 to 1 (or integers from 0 to 255); else any range.
    labels, predictions : sequence of n, optional
    columns : int
        Images in a row.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the shape is another, or there is not one label or prediction for each image.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 11.5: visualize the worst mistakes.

    Examples
    --------
    >>> ax = plot_images(np.zeros((3, 8, 8)), labels=[1, 2, 3], predictions=[1, 2, 7])
    >>> [text.get_text() for text in ax.texts]
    ['1', '2', '7 ≠ 3']
    """
    images = np.asarray(images)
    images = images[..., None] if images.ndim == 3 else images
    if images.ndim != 4 or images.shape[-1] not in (1, 3) or not len(images):
        raise ValueError(f"expected images of shape (n, height, width[, 1 or 3]); got {images.shape}")
    for name, given in (("labels", labels), ("predictions", predictions)):
        if given is not None and len(given) != len(images):
            raise ValueError(f"expected {name} for {len(images)} images; got {len(given)}")
    n, height, width, channels = images.shape
    columns = min(columns, n)
    captioned = labels is not None or predictions is not None
    gap = max(1, round(0.45 * height)) if captioned else max(1, round(0.1 * height))
    tiles = _mosaic(images, columns, gap)
    ax = axes_or_new(ax, size=_size(tiles))
    ax.imshow(tiles.squeeze(-1) if channels == 1 else _colors(tiles, images.dtype), cmap="gray")
    for i in range(n if captioned else 0):
        row, column = divmod(i, columns)
        right = labels is None or predictions is None or predictions[i] == labels[i]
        shown = predictions if labels is None else labels
        ax.text(
            gap + column * (width + gap) + (width - 1) / 2,
            gap + row * (height + gap) - 0.5,
            str(shown[i]) if right else f"{predictions[i]} ≠ {labels[i]}",
            ha="center",
            va="bottom",
            color="black" if right else VERMILION,
            fontweight="normal" if right else "bold",
        )
    if labels is not None and predictions is not None:
        right_ones = sum(p == t for p, t in zip(predictions, labels, strict=True))
        ax.set_title(f"{right_ones} of {n} right; elsewhere prediction ≠ label")
    ax.axis("off")
    return ax


def plot_filters(weight: Any, *, columns: int = 8, ax: Any = None) -> Any:
    """Show the filters of a convolution as images.

    Parameters
    ----------
    weight : array or Tensor, shape (height, width, inputs, filters)
        For one or three input channels one image (three: in colours) is a filter; for others one row is a filter,
        with an image for each input channel. For a dense layer on images, ``weight.reshape(height, width, 1, -1)``.
    columns : int
        Filters in a row, for one or three channels.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the shape is another.

    Examples
    --------
    >>> ax = plot_filters(np.ones((5, 5, 1, 6)), columns=3)
    >>> ax.images[0].get_array().shape
    (13, 19)
    """
    weight = np.asarray(weight)
    if weight.ndim != 4:
        raise ValueError(
            f"expected a weight of shape (height, width, inputs, filters); got {weight.shape}: "
            "a dense layer's, weight.reshape(height, width, 1, -1)"
        )
    height, width, inputs, filters = weight.shape
    largest = np.abs(weight).max() or 1.0
    if inputs == 3:
        tiles = _mosaic(weight.transpose(3, 0, 1, 2), min(columns, filters), 1)
        ax = axes_or_new(ax, size=_size(tiles))
        ax.imshow(np.nan_to_num(0.5 + 0.5 * tiles / largest, nan=1.0))
    else:
        images = weight.transpose(3, 2, 0, 1).reshape(filters * inputs, height, width, 1)
        tiles = _mosaic(images, min(columns, filters) if inputs == 1 else inputs, 1)
        ax = axes_or_new(ax, size=_size(tiles))
        image = ax.imshow(tiles.squeeze(-1), cmap="PuOr", vmin=-largest, vmax=largest)
        add_colorbar(ax, image, "weight")
    ax.set_title(f"{filters} filters of {height} × {width}" + (f", {inputs} channels" if inputs > 1 else ""))
    if inputs not in (1, 3):
        ax.set(xlabel="input channel", ylabel="filter")
        ax.set_xticks(1 + np.arange(inputs) * (width + 1) + (width - 1) / 2, range(inputs))
        ax.set_yticks(1 + np.arange(filters) * (height + 1) + (height - 1) / 2, range(filters))
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
    else:
        ax.axis("off")
    return ax


def _mosaic(images: np.ndarray, columns: int, gap: int) -> np.ndarray:
    """Lay images (n, height, width, channels) out in one, with gaps of NaN around each."""
    n, height, width, channels = images.shape
    rows = -(-n // columns)
    tiles = np.full((rows * columns, height + gap, width + gap, channels), np.nan)
    tiles[:n, gap:, gap:] = images
    tiles = tiles.reshape(rows, columns, height + gap, width + gap, channels).swapaxes(1, 2)
    tiles = tiles.reshape(rows * (height + gap), columns * (width + gap), channels)
    return np.pad(tiles, ((0, gap), (0, gap), (0, 0)), constant_values=np.nan)


def _colors(tiles: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Scale integers from 0 to 255 down to 1, and make the gaps white."""
    tiles = tiles / 255 if dtype.kind in "ui" else tiles
    return np.clip(np.nan_to_num(tiles, nan=1.0), 0, 1)


def _size(tiles: np.ndarray) -> tuple[float, float]:
    """Return the size of a figure for a mosaic: 6 inches wide, or less if it would be too high."""
    height, width, _ = tiles.shape
    inches = min(6.0 / width, 5.5 / height)
    return max(inches * width, 3.0) + 0.2, max(inches * height, 1.0) + 0.5
