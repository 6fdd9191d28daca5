"""Small made-up data sets."""

from __future__ import annotations

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
