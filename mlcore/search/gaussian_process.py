"""Gaussian processes: a distribution over functions, conditioned on what is known of one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

#: A kernel maps squared scaled distances to correlations and their derivatives by the squared distance.
Kernel = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def rbf(squared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlate points by the radial basis function, k = exp(-r**2 / 2); functions are infinitely smooth.

    Parameters
    ----------
    squared : array, any shape
        Squared distances r**2, in units of the length scales.

    Returns
    -------
    k, derivative : array, shape of ``squared``
        The correlation, and its derivative with respect to r**2.

    References
    ----------
    Rasmussen and Williams, *Gaussian Processes for Machine Learning*, equation 4.9.

    Examples
    --------
    >>> rbf(np.array([0.0, 2.0]))[0].round(3)
    array([1.   , 0.368])
    """
    k = np.exp(-0.5 * squared)
    return k, -0.5 * k


def matern(squared: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Correlate points by Matérn's function of order 5/2, k = (1 + a + a**2 / 3) exp(-a) with a = sqrt(5) r.

    Functions have two derivatives and no more, as one expects of a validation loss rather than of a formula.

    Parameters
    ----------
    squared : array, any shape
        Squared distances r**2, in units of the length scales.

    Returns
    -------
    k, derivative : array, shape of ``squared``
        The correlation, and its derivative with respect to r**2.

    References
    ----------
    Rasmussen and Williams, *Gaussian Processes for Machine Learning*, equation 4.17.

    Examples
    --------
    >>> matern(np.array([0.0, 2.0]))[0].round(3)
    array([1.   , 0.317])
    """
    a = np.sqrt(5 * squared)
    decay = np.exp(-a)
    return (1 + a + a * a / 3) * decay, -5 / 6 * (1 + a) * decay


class GaussianProcess:
    """A Gaussian process given observations: y = f(x) + noise, cov(f(x), f(x')) = signal * k(x, x').

    Parameters
    ----------
    x : array, shape (n, d)
    y : array, shape (n,)
        The prior mean is 0: standardize y first.
    length_scales : array, shape (d,)
        How far one has to go in each coordinate before the function is another.
    signal, noise : float
        Variances of the function and of the noise in y.
    kernel : callable
        `rbf` or `matern`.

    Attributes
    ----------
    log_likelihood : float
        log p(y | x), the log marginal likelihood.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    References
    ----------
    Rasmussen and Williams, *Gaussian Processes for Machine Learning*, algorithm 2.1.

    Examples
    --------
    >>> x = np.array([[0.0], [1.0]])
    >>> process = GaussianProcess(x, np.array([1.0, -1.0]), length_scales=[0.5], signal=1.0, noise=1e-6)
    >>> mean, deviation = process.predict(np.array([[0.0], [0.5]]))
    >>> mean.round(3) + 0.0, deviation.round(3)
    (array([1., 0.]), array([0.001, 0.72 ]))
    """

    def __init__(
        self, x: np.ndarray, y: np.ndarray, *, length_scales: Any, signal: float, noise: float, kernel: Kernel = matern
    ) -> None:
        self.x, self.y = np.asarray(x, np.float64), np.asarray(y, np.float64)
        self.length_scales = np.asarray(length_scales, np.float64)
        if self.x.ndim != 2 or self.y.shape != self.x.shape[:1] or self.length_scales.shape != self.x.shape[1:]:
            raise ValueError(
                "expected x of shape (n, d), y of shape (n,) and length_scales of shape (d,); "
                f"got {self.x.shape}, {self.y.shape} and {self.length_scales.shape}"
            )
        self.signal, self.noise, self.kernel = float(signal), float(noise), kernel
        self._differences = _squared_differences(self.x, self.x)
        self._k, self._slope = kernel(_scaled(self._differences, self.length_scales))
        n = len(self.y)
        factor = np.linalg.cholesky(self.signal * self._k + self.noise * np.eye(n))
        self._half_inverse = np.linalg.solve(factor, np.eye(n))
        self._weights = self._half_inverse.T @ (self._half_inverse @ self.y)
        log_determinant = 2 * np.log(np.diag(factor)).sum()
        self.log_likelihood = float(-0.5 * (self.y @ self._weights + log_determinant + n * math.log(2 * math.pi)))

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the mean and the standard deviation of the function at new points.

        With K the covariances of the observations, noise included, and k those of a new point with them, the mean is
        ``k.T K^-1 y`` and the variance ``signal - k.T K^-1 k``.

        Parameters
        ----------
        x : array, shape (m, d)

        Returns
        -------
        mean, deviation : array, shape (m,)
        """
        k, _ = self.kernel(_scaled(_squared_differences(np.asarray(x, np.float64), self.x), self.length_scales))
        k *= self.signal
        explained = np.square(k @ self._half_inverse.T).sum(axis=1)
        return k @ self._weights, np.sqrt(np.maximum(self.signal - explained, 0.0))

    def gradient(self) -> np.ndarray:
        """Return the derivative of ``log_likelihood`` with respect to the logarithms of what shapes the process.

        By a parameter t of K it is ``(w.T dK/dt w - trace(K^-1 dK/dt)) / 2`` with ``w = K^-1 y``.

        Returns
        -------
        array, shape (d + 2,)
            By the log of each length scale, of the signal and of the noise.

        References
        ----------
        Rasmussen and Williams, *Gaussian Processes for Machine Learning*, equation 5.9.
        """
        inner = np.outer(self._weights, self._weights) - self._half_inverse.T @ self._half_inverse
        by_length = np.einsum("nm,nm,nmd->d", inner, self._slope, self._differences) / self.length_scales**2
        by_signal = 0.5 * np.sum(inner * self._k)
        by_noise = 0.5 * np.trace(inner)
        return np.array([*(-self.signal * by_length), self.signal * by_signal, self.noise * by_noise])


def _squared_differences(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return (a_i - b_j)**2 in each coordinate, shape (n, m, d)."""
    return np.square(a[:, None, :] - b[None, :, :])


def _scaled(differences: np.ndarray, length_scales: np.ndarray) -> np.ndarray:
    """Add up the coordinates in units of their length scales, shape (n, m)."""
    return differences @ (1 / length_scales**2)


def fit_gaussian_process(x: np.ndarray, y: np.ndarray, *, kernel: Kernel = matern, steps: int = 60) -> GaussianProcess:
    """Find the length scales, signal and noise under which the observations are most likely.

    Ascends the log marginal likelihood, with a prior that keeps few observations from proving too much, by Rprop:
    every parameter has a step size of its own, which grows while the sign of its derivative stays and shrinks when
    the sign changes.

    Parameters
    ----------
    x : array, shape (n, d)
        In coordinates whose range is about 1.
    y : array, shape (n,)
        Standardized.
    kernel : callable
        `rbf` or `matern`.
    steps : int
        How often to step.

    Returns
    -------
    GaussianProcess

    References
    ----------
    Blum and Riedmiller (2013), "Optimization of Gaussian Process Hyperparameters using Rprop".

    Examples
    --------
    >>> x = np.linspace(0, 1, 12)[:, None]
    >>> process = fit_gaussian_process(x, np.sin(6 * x[:, 0]))
    >>> mean, deviation = process.predict(np.array([[0.55]]))
    >>> bool(abs(mean[0] - np.sin(6 * 0.55)) < 0.01)
    True
    """
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    # logarithms of length scales, signal and noise: the means of their normal priors, and standard deviations
    center = np.log([*[0.5] * x.shape[1], 1.0, 1e-3])
    spread = np.array([*[1.0] * x.shape[1], 1.0, 2.0])
    low, high = center - 4 * spread, center + 4 * spread

    theta, step, before = center, np.full(len(center), 0.3), np.zeros(len(center))
    best, best_posterior = None, -np.inf
    for _ in range(steps):
        *lengths, signal, noise = np.exp(theta)
        process = GaussianProcess(x, y, length_scales=lengths, signal=signal, noise=noise, kernel=kernel)
        posterior = process.log_likelihood - 0.5 * np.sum(np.square((theta - center) / spread))
        if posterior > best_posterior:
            best, best_posterior = process, posterior
        slope = process.gradient() - (theta - center) / spread**2
        agreement = slope * before
        step = np.clip(step * np.where(agreement > 0, 1.2, np.where(agreement < 0, 0.5, 1.0)), 1e-4, 1.0)
        before = slope
        theta = np.clip(theta + step * np.sign(slope), low, high)
    return best
