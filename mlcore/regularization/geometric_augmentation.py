"""Augmentation of images by moving their pixels: flips, shifts, rotations, scaling.

What an image shows stays the same, so its label does. Ask each time whether that holds: a 6 turned upside down is a 9.
"""

from __future__ import annotations

import numpy as np


def require_images(images: np.ndarray, *, floating: bool = False) -> np.ndarray:
    """Return images as an array, after checking that there is a batch of them (of floats, to compute with)."""
    images = np.asarray(images)
    if images.ndim != 4:
        raise ValueError(f"expected images of shape (batch, height, width, channels); got {images.shape}")
    if floating and images.dtype.kind != "f":
        raise TypeError(f"expected images of floats; got {images.dtype}: write images.astype(np.float32) / 255")
    return images


def random_flip(images: np.ndarray, *, probability: float = 0.5, rng: np.random.Generator) -> np.ndarray:
    """Mirror images at random, left to right.

    Parameters
    ----------
    images : array, shape (batch, height, width, channels)
    probability : float
        Of each image to be mirrored.
    rng : numpy.random.Generator
        Where the choice comes from.

    Returns
    -------
    array, shape of images

    Raises
    ------
    ValueError
        If the images have another number of axes.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.4; Penn CIS 419, "Data Augmentation".

    Examples
    --------
    >>> images = np.array([1.0, 2.0, 3.0]).reshape(1, 1, 3, 1)
    >>> random_flip(images, probability=1.0, rng=np.random.default_rng(0)).ravel()
    array([3., 2., 1.])
    """
    images = require_images(images)
    flipped = rng.random(len(images)) < probability
    return np.where(flipped[:, None, None, None], images[:, :, ::-1], images)


def random_shift(images: np.ndarray, *, pixels: int, fill: float = 0.0, rng: np.random.Generator) -> np.ndarray:
    """Move each image by whole pixels, up or down and left or right.

    The same as to pad the image and to cut a piece of its size out at random.

    Parameters
    ----------
    images : array, shape (batch, height, width, channels)
    pixels : int
        The longest way along each axis; all from -pixels to pixels are equally likely.
    fill : float
        What moves in from outside.
    rng : numpy.random.Generator
        Where the ways come from.

    Returns
    -------
    array, shape of images

    Raises
    ------
    ValueError
        If the images have another number of axes or pixels is negative.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.4.

    Examples
    --------
    >>> images = np.arange(1.0, 10.0).reshape(1, 3, 3, 1)
    >>> random_shift(images, pixels=1, rng=np.random.default_rng(4)).reshape(3, 3)
    array([[5., 6., 0.],
           [8., 9., 0.],
           [0., 0., 0.]])
    """
    images = require_images(images)
    if pixels < 0:
        raise ValueError(f"expected pixels of at least 0; got {pixels}")
    n, height, width, _ = images.shape
    padded = np.pad(images, ((0, 0), (pixels, pixels), (pixels, pixels), (0, 0)), constant_values=fill)
    starts = rng.integers(0, 2 * pixels + 1, (2, n, 1))
    rows, columns = starts[0] + np.arange(height), starts[1] + np.arange(width)
    return padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]


def transform_images(
    images: np.ndarray,
    *,
    degrees: float | np.ndarray = 0.0,
    scale: float | np.ndarray = 1.0,
    shift: tuple[float | np.ndarray, float | np.ndarray] = (0.0, 0.0),
    fill: float = 0.0,
) -> np.ndarray:
    """Rotate images about their centres, scale them, then shift them.

    What was at q, measured from the centre, moves to ``p = scale * R q + shift``, with R the rotation. To get every
    pixel of the result, the way is gone back: pixel p is read at q, between the four nearest pixels by bilinear
    interpolation.

    Parameters
    ----------
    images : array of float, shape (batch, height, width, channels)
    degrees : float or array of shape (batch,)
        Counter-clockwise.
    scale : float or array of shape (batch,)
        Above 1 enlarges.
    shift : pair of float or array of shape (batch,)
        Down and to the right, in pixels.
    fill : float
        What is outside the image.

    Returns
    -------
    array, shape of images

    Raises
    ------
    TypeError
        If the images are not floating-point.
    ValueError
        If the images have another number of axes or a scale is not positive.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.4.

    Examples
    --------
    >>> image = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    >>> transform_images(image, degrees=90).round(6).reshape(2, 2)
    array([[2., 4.],
           [1., 3.]])
    """
    images = require_images(images, floating=True)
    if not np.all(np.greater(scale, 0)):
        raise ValueError(f"expected scales above 0; got {scale}")
    n, height, width, _ = images.shape
    angle, scale, down, right = (
        np.broadcast_to(value, n)[:, None, None] for value in (np.deg2rad(degrees), scale, *shift)
    )
    rows = np.arange(height)[:, None] - (height - 1) / 2 - down
    columns = np.arange(width) - (width - 1) / 2 - right
    cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
    return _read(
        images,
        cosine * rows + sine * columns + (height - 1) / 2,
        cosine * columns - sine * rows + (width - 1) / 2,
        fill,
    )


def _read(images: np.ndarray, y: np.ndarray, x: np.ndarray, fill: float) -> np.ndarray:
    """Read images between pixels, at rows y and columns x of shape (batch, height, width)."""
    n, height, width, channels = images.shape
    # With a frame of the fill value, all that is outside lies on the frame or beyond, and is drawn back to it.
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=fill)
    y, x = np.clip(y + 1, 0, height + 1), np.clip(x + 1, 0, width + 1)
    top, left = np.minimum(y.astype(int), height), np.minimum(x.astype(int), width)
    down, right = ((a - b).astype(images.dtype)[..., None] for a, b in ((y, top), (x, left)))
    pixels = framed.reshape(-1, channels)
    first = (np.arange(n)[:, None, None] * (height + 2) + top) * (width + 2) + left
    upper = pixels[first] * (1 - right) + pixels[first + 1] * right
    lower = pixels[first + width + 2] * (1 - right) + pixels[first + width + 3] * right
    return upper * (1 - down) + lower * down


def random_transform(
    images: np.ndarray,
    *,
    degrees: float = 0.0,
    scale: tuple[float, float] = (1.0, 1.0),
    shift: float = 0.0,
    fill: float = 0.0,
    rng: np.random.Generator,
) -> np.ndarray:
    """Rotate, scale and shift each image at random; see `transform_images`.

    Parameters
    ----------
    images : array of float, shape (batch, height, width, channels)
    degrees : float
        The largest rotation, either way.
    scale : pair of float
        The smallest and the largest scale.
    shift : float
        The longest way along each axis, in pixels, either way; also parts of pixels.
    fill : float
        What is outside the image.
    rng : numpy.random.Generator
        Where the numbers come from, uniform in their ranges.

    Returns
    -------
    array, shape of images

    Raises
    ------
    TypeError, ValueError
        As `transform_images`.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.4; Penn CIS 419, "Data Augmentation".

    Examples
    --------
    >>> images = np.ones((2, 8, 8, 1), np.float32)
    >>> turned = random_transform(images, degrees=30, scale=(0.9, 1.1), shift=1, rng=np.random.default_rng(0))
    >>> turned.shape, turned.dtype
    ((2, 8, 8, 1), dtype('float32'))
    """
    n = len(images)
    return transform_images(
        images,
        degrees=rng.uniform(-degrees, degrees, n),
        scale=rng.uniform(*scale, n),
        shift=(rng.uniform(-shift, shift, n), rng.uniform(-shift, shift, n)),
        fill=fill,
    )
