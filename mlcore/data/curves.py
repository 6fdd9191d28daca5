"""Curves with noise: regression where the truth is known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def noisy_sine(
    n: int, *, rng: np.random.Generator, noise: float = 0.1, periods: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points around a sine curve: y = sin(pi * periods * x) plus noise, with x from -1 to 1.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator
    noise : float
        The standard deviation of what is added to y.
    periods : float
        How many waves there are from -1 to 1.

    Returns
    -------
    x, y : array of float32, shape (n, 1)

    Examples
    --------
    >>> x, y = noisy_sine(3, rng=np.random.default_rng(0), noise=0.0)
    >>> bool(np.allclose(y, np.sin(np.pi * x), atol=1e-6))
    True
    """
    x = rng.uniform(-1, 1, (n, 1))
    return _observed(x, np.sin(np.pi * periods * x), noise, rng)


def noisy_polynomial(
    n: int, coefficients: Sequence[float], *, rng: np.random.Generator, noise: float = 0.1
) -> tuple[np.ndarray, np.ndarray]:
    """Draw points around a polynomial: y = c[0] + c[1] x + c[2] x**2 + ... plus noise, with x from -1 to 1.

    Parameters
    ----------
    n : int
    coefficients : sequence of float
        The constant first.
    rng : numpy.random.Generator
    noise : float
        The standard deviation of what is added to y.

    Returns
    -------
    x, y : array of float32, shape (n, 1)

    Examples
    --------
    >>> x, y = noisy_polynomial(2, [1.0, 0.0, 3.0], rng=np.random.default_rng(0), noise=0.0)
    >>> bool(np.allclose(y, 1 + 3 * x**2))
    True
    """
    x = rng.uniform(-1, 1, (n, 1))
    return _observed(x, np.polynomial.Polynomial(coefficients)(x), noise, rng)


def _observed(x: np.ndarray, y: np.ndarray, noise: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return x.astype(np.float32), (y + noise * rng.standard_normal(y.shape)).astype(np.float32)
