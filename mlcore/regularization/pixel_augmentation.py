"""Augmentation of images by changing the values of their pixels: light, colour, a hidden part."""

from __future__ import annotations

import numpy as np

from mlcore.regularization.geometric_augmentation import require_images


def jitter_colors(
    images: np.ndarray,
    *,
    brightness: float = 0.0,
    contrast: float = 0.0,
    saturation: float = 0.0,
    color: float = 0.0,
    limits: tuple[float, float] = (0.0, 1.0),
    rng: np.random.Generator,
) -> np.ndarray:
    """Change brightness, contrast, saturation and colour of each image by random factors.

    Each option j makes factors f uniform from 1 - j to 1 + j, one for each image. In this order,

    - brightness: ``f * x``;
    - contrast: ``m + f * (x - m)``, with m the mean of the image;
    - saturation: ``g + f * (x - g)``, with g the mean of the pixel over its channels;
    - color: ``f * x``, with a factor of its own for each channel.

    Parameters
    ----------
    images : array of float, shape (batch, height, width, channels)
    brightness, contrast, saturation, color : float
        How far the factors may be from 1, 0 to 1.
    limits : pair of float
        The values of black and white; nothing leaves this range.
    rng : numpy.random.Generator
        Where the factors come from.

    Returns
    -------
    array, shape of images

    Raises
    ------
    TypeError
        If the images are not floating-point.
    ValueError
        If the images have another number of axes or an option is not from 0 to 1.

    References
    ----------
    Penn CIS 419, "Data Augmentation" (colour shifts); Krizhevsky et al. (2012), section 4.1.

    Examples
    --------
    >>> images = np.full((1, 1, 1, 3), 0.5, np.float32)
    >>> jitter_colors(images, brightness=0.5, rng=np.random.default_rng(0)).ravel().round(3)
    array([0.568, 0.568, 0.568], dtype=float32)
    """
    x = require_images(images, floating=True)

    def factors(jitter: float, channels: int = 1) -> np.ndarray:
        if not 0 <= jitter <= 1:
            raise ValueError(f"expected brightness, contrast, saturation and color from 0 to 1; got {jitter}")
        return rng.uniform(1 - jitter, 1 + jitter, (len(x), 1, 1, channels)).astype(x.dtype)

    x = x * factors(brightness)
    mean = x.mean(axis=(1, 2, 3), keepdims=True)
    x = mean + factors(contrast) * (x - mean)
    gray = x.mean(axis=3, keepdims=True)
    x = gray + factors(saturation) * (x - gray)
    return np.clip(x * factors(color, x.shape[3]), *limits)


def cutout(images: np.ndarray, *, size: int, fill: float = 0.0, rng: np.random.Generator) -> np.ndarray:
    """Hide a square at a random place of each image, so that the model looks at all parts.

    The centre of the square is equally likely at every pixel; at a border, the part inside is hidden.

    Parameters
    ----------
    images : array, shape (batch, height, width, channels)
    size : int
        The length of a side, in pixels.
    fill : float
        What the square is painted with.
    rng : numpy.random.Generator
        Where the places come from.

    Returns
    -------
    array, shape of images

    Raises
    ------
    ValueError
        If the images have another number of axes or the size is negative.

    References
    ----------
    DeVries and Taylor (2017), "Improved regularization of convolutional neural networks with cutout", section 3.

    Examples
    --------
    >>> cutout(np.ones((1, 4, 4, 1)), size=2, rng=np.random.default_rng(0)).reshape(4, 4)
    array([[1., 1., 1., 1.],
           [1., 1., 1., 1.],
           [1., 0., 0., 1.],
           [1., 0., 0., 1.]])
    """
    images = require_images(images)
    if size < 0:
        raise ValueError(f"expected a size of at least 0; got {size}")

    def hidden(length: int) -> np.ndarray:
        start = rng.integers(0, length, (len(images), 1)) - size // 2
        place = np.arange(length)
        return (start <= place) & (place < start + size)

    rows, columns = hidden(images.shape[1]), hidden(images.shape[2])
    square = rows[:, :, None, None] & columns[:, None, :, None]
    return np.where(square, images.dtype.type(fill), images)
