"""Made-up images."""

from __future__ import annotations

import numpy as np


def bars(
    n: int, *, rng: np.random.Generator, size: int = 8, probability: float | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Draw images of horizontal and vertical bars: few causes behind many pixels.

    Each of the ``size`` rows and ``size`` columns is a bar with the same probability, independently of all others; a
    pixel is 1 where a bar is, and also where two cross.

    Parameters
    ----------
    n : int
    rng : numpy.random.Generator
    size : int
        Height and width of an image.
    probability : float, optional
        Of each bar; by default 1 / size, that is two bars in an image on average.

    Returns
    -------
    x : array of float32, shape (n, size, size, 1)
        0 or 1.
    y : array of float32, shape (n, 2 * size)
        Which bars there are: the rows from above, then the columns from the left.

    References
    ----------
    Földiák (1990), "Forming sparse representations by local anti-Hebbian learning", section 4.

    Examples
    --------
    >>> x, y = bars(1, rng=np.random.default_rng(1), size=3)
    >>> y
    array([[0., 0., 1., 0., 1., 0.]], dtype=float32)
    >>> x[0, :, :, 0]
    array([[0., 1., 0.],
           [0., 1., 0.],
           [1., 1., 1.]], dtype=float32)
    """
    y = (rng.random((n, 2 * size)) < (1 / size if probability is None else probability)).astype(np.float32)
    x = np.maximum(y[:, :size, None, None], y[:, None, size:, None])
    return x, y
