"""Points in the plane, in classes that a straight line does not part."""

from __future__ import annotations

from typing import Any

import numpy as np


def xor() -> tuple[np.ndarray, np.ndarray]:
    """Return the exclusive or: the smallest problem that no linear model can solve.

    Returns
    -------
    x : array of float32, shape (4, 2)
        All pairs of 0 and 1.
    y : array of float32, shape (4, 1)
        1 where exactly one of the two is 1.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 6.1.

    Examples
    --------
    >>> x, y = xor()
    >>> y.ravel()
    array([0., 1., 1., 0.], dtype=float32)
    """
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    y = np.array([[0], [1], [1], [0]], np.float32)
    return x, y


def moons(n: int, *, rng: np.random.Generator, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Draw points from two half circles that reach into each other.

    Class 0 lies around (cos t, sin t) and class 1 around (1 - cos t, 1/2 - sin t), with t from 0 to pi.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator
    noise : float
        The standard deviation of what is added to each coordinate.

    Returns
    -------
    x : array of float32, shape (n, 2)
    y : array of int, shape (n,)
        0 or 1, each for half of the points, in random order.

    Examples
    --------
    >>> x, y = moons(4, rng=np.random.default_rng(0), noise=0.0)
    >>> x.shape, y
    ((4, 2), array([0, 0, 1, 1]))
    """
    y = _classes(n, 2, rng)
    t = np.pi * rng.random(n)
    sign = 1 - 2 * y
    x = np.stack([y + sign * np.cos(t), y / 2 + sign * np.sin(t)], axis=1)
    return _scattered(x, noise, rng), y


def circles(
    n: int, *, rng: np.random.Generator, ratio: float = 0.5, noise: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points from two circles with one center.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator
    ratio : float
        The radius of the inner circle, class 1, where the outer, class 0, has radius 1.
    noise : float
        The standard deviation of what is added to each coordinate.

    Returns
    -------
    x : array of float32, shape (n, 2)
    y : array of int, shape (n,)
        0 or 1, each for half of the points, in random order.

    Examples
    --------
    >>> x, y = circles(4, rng=np.random.default_rng(0), noise=0.0)
    >>> print(y, np.hypot(x[:, 0], x[:, 1]).round(3))
    [0 0 1 1] [1.  1.  0.5 0.5]
    """
    y = _classes(n, 2, rng)
    return _scattered(_on_circle(np.where(y, ratio, 1.0), rng.random(n)), noise, rng), y


def spirals(
    n: int, *, rng: np.random.Generator, classes: int = 2, turns: float = 1.0, noise: float = 0.02
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points from spirals that wind around each other.

    A point of class c at a distance r from the center, 0 to 1, lies ``turns * r + c / classes`` turns from the first
    axis.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator
    classes : int
        How many spirals.
    turns : float
        How often each goes around the center.
    noise : float
        The standard deviation of what is added to each coordinate.

    Returns
    -------
    x : array of float32, shape (n, 2)
    y : array of int, shape (n,)
        0 to classes - 1, each for as many points as the others or one more, in random order.

    References
    ----------
    Lang and Witbrock (1988), "Learning to tell two spirals apart".

    Examples
    --------
    >>> x, y = spirals(7, rng=np.random.default_rng(0), classes=3)
    >>> np.bincount(y)
    array([3, 2, 2])
    """
    y = _classes(n, classes, rng)
    radius = rng.random(n)
    return _scattered(_on_circle(radius, turns * radius + y / classes), noise, rng), y


def blobs(n: int, centers: Any, *, rng: np.random.Generator, noise: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Draw points from round Gaussian clouds.

    Parameters
    ----------
    n : int
    centers : array, shape (k, d)
        The mean of each cloud.
    rng : numpy.random.Generator
    noise : float
        The standard deviation in each direction.

    Returns
    -------
    x : array of float32, shape (n, d)
    y : array of int, shape (n,)
        0 to k - 1, each for as many points as the others or one more, in random order.

    Raises
    ------
    ValueError
        If the centers have another shape.

    Examples
    --------
    >>> x, y = blobs(3, [[0, 0], [9, 9]], rng=np.random.default_rng(0), noise=0.1)
    >>> print(y, x.round().ravel() + 0.0)
    [0 0 1] [0. 0. 0. 0. 9. 9.]
    """
    centers = np.asarray(centers, np.float64)
    if centers.ndim != 2 or not len(centers):
        raise ValueError(f"expected centers of shape (k, d), one row for each class; got {centers.shape}")
    y = _classes(n, len(centers), rng)
    return _scattered(centers[y], noise, rng), y


def _classes(n: int, classes: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a class for each point, all equally often as far as n allows."""
    if classes < 1:
        raise ValueError(f"expected at least one class; got {classes}")
    return rng.permutation(np.arange(n) % classes)


def _on_circle(radius: np.ndarray, turn: np.ndarray) -> np.ndarray:
    return radius[:, None] * np.stack([np.cos(2 * np.pi * turn), np.sin(2 * np.pi * turn)], axis=1)


def _scattered(x: np.ndarray, noise: float, rng: np.random.Generator) -> np.ndarray:
    return (x + noise * rng.standard_normal(x.shape)).astype(np.float32)
