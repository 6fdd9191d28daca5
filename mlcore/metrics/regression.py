"""How far predicted numbers are from the right ones."""

from __future__ import annotations

from typing import Any

import numpy as np


def mean_absolute_error(predictions: Any, targets: Any) -> float:
    """Return the mean of abs(predictions - targets), in the unit of the targets.

    Parameters
    ----------
    predictions, targets : array or Tensor, one shape

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ or there are no targets.

    Examples
    --------
    >>> mean_absolute_error([1.0, 2.0], [1.0, 4.0])
    1.0
    """
    return float(np.mean(np.abs(_errors(predictions, targets))))


def root_mean_squared_error(predictions: Any, targets: Any) -> float:
    """Return the square root of the mean of (predictions - targets)**2, in the unit of the targets.

    Parameters
    ----------
    predictions, targets : array or Tensor, one shape

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ or there are no targets.

    Examples
    --------
    >>> root_mean_squared_error([1.0, 2.0], [2.0, 9.0])
    5.0
    """
    return float(np.sqrt(np.mean(_errors(predictions, targets) ** 2)))


def r2_score(predictions: Any, targets: Any) -> float:
    """Return which part of the variance of the targets the predictions explain.

    ``1 - sum((targets - predictions)**2) / sum((targets - mean(targets))**2)``: 1 is best, 0 is as good as always
    predicting the mean, and worse predictions are negative.

    Parameters
    ----------
    predictions, targets : array or Tensor, shape (n,) or (n, d)
        With d numbers for each example, the result is the mean over them.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ, there are no targets, or all are the same.

    Examples
    --------
    >>> r2_score([1.0, 2.0, 4.0], [1.0, 3.0, 5.0])
    0.75
    """
    errors, targets = _errors(predictions, targets), np.asarray(targets, np.float64)
    total = np.sum((targets - targets.mean(axis=0)) ** 2, axis=0)
    if (total == 0).any():
        raise ValueError("all targets are the same: there is no variance to explain")
    return float(np.mean(1 - np.sum(errors**2, axis=0) / total))


def _errors(predictions: Any, targets: Any) -> np.ndarray:
    predictions, targets = np.asarray(predictions, np.float64), np.asarray(targets, np.float64)
    if predictions.shape != targets.shape or not targets.size:
        raise ValueError(
            f"expected predictions and targets of one shape, with at least one number; got {predictions.shape} and "
            f"{targets.shape}"
        )
    return predictions - targets
