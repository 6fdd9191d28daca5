"""Scaling of features to a common size."""

from __future__ import annotations

from typing import Any

import numpy as np


class Standardizer:
    """Shift and scale each feature to mean 0 and standard deviation 1, as they are in the training set.

    ``(x - mean) / deviation``. Mean and deviation come from the training set alone, and are then used for all other
    data: a test set that has a say in them is no test. A feature that is constant becomes 0.

    Parameters
    ----------
    train : array, shape (n, ...)
        Each place of an example is a feature.

    Attributes
    ----------
    mean, deviation : array, shape (...)
        The deviation of a constant feature is taken as 1.

    Raises
    ------
    ValueError
        If there are no examples, or a feature is not finite.

    References
    ----------
    LeCun et al. (1998), "Efficient BackProp", section 4.3.

    Examples
    --------
    >>> train = np.array([[1.0, 5.0], [3.0, 5.0]], np.float32)
    >>> standardize = Standardizer(train)
    >>> standardize(train)
    array([[-1.,  0.],
           [ 1.,  0.]], dtype=float32)
    >>> standardize(np.array([[4.0, 6.0]], np.float32))
    array([[2., 1.]], dtype=float32)
    >>> standardize.inverse(np.array([[2.0, 1.0]], np.float32))
    array([[4., 6.]], dtype=float32)
    """

    def __init__(self, train: Any) -> None:
        train = _floating(train)
        if not len(train) or not np.isfinite(train).all():
            raise ValueError("expected at least one example, and finite numbers only: repair or leave out the others")
        self.mean = train.mean(axis=0, dtype=np.float64).astype(train.dtype)
        deviation = train.std(axis=0, dtype=np.float64).astype(train.dtype)
        self.deviation = np.where(train.min(axis=0) == train.max(axis=0), train.dtype.type(1), deviation)

    def __call__(self, x: Any) -> np.ndarray:
        """Map x of shape (m, ...) to the same shape."""
        x = _floating(x)
        return ((x - self.mean) / self.deviation).astype(x.dtype)

    def inverse(self, x: Any) -> np.ndarray:
        """Map standardized x of shape (m, ...) back: predicted targets, for example."""
        x = _floating(x)
        return (x * self.deviation + self.mean).astype(x.dtype)


def _floating(x: Any) -> np.ndarray:
    """Return x as it is if it has a floating-point type, else as float32."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(np.float32)
