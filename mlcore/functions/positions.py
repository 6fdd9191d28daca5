"""Positional encodings: telling attention, which sees a set, where in the sequence everything stands."""

from __future__ import annotations

import numpy as np

from mlcore.autodiff.shaping import concatenate
from mlcore.autodiff.tensor import Tensor, TensorLike


def _angles(time: int, features: int, base: float, start: int) -> np.ndarray:
    """Return position times frequency, shape (time, ceil(features / 2))."""
    frequencies = base ** (-np.arange(0, features, 2) / max(features, 1))
    return np.arange(start, start + time)[:, None] * frequencies


def sinusoidal_positions(time: int, features: int, *, base: float = 10000.0) -> np.ndarray:
    """Return sines and cosines of the position at wavelengths from 2 pi to 2 pi * base.

    ``out[t, 2i] = sin(t / base**(2i / features))``, and ``out[t, 2i + 1]`` the cosine.

    Parameters
    ----------
    time, features : int
    base : float

    Returns
    -------
    array of float32, shape (time, features)
        To be added to the vectors of the words.

    References
    ----------
    Vaswani et al. (2017), section 3.5.

    Examples
    --------
    >>> sinusoidal_positions(2, 2)
    array([[0.        , 1.        ],
           [0.84147096, 0.5403023 ]], dtype=float32)
    """
    angles = _angles(time, features, base, 0)
    out = np.empty((time, features), np.float32)
    out[:, 0::2] = np.sin(angles)
    out[:, 1::2] = np.cos(angles[:, : features // 2])
    return out


def rotate_positions(x: TensorLike, *, base: float = 10000.0, start: int = 0) -> Tensor:
    """Rotate pairs of features by angles that grow with the position: products then depend on distances alone.

    Features i and i + d/2 turn by t / base**(2i / d) at position t.

    Parameters
    ----------
    x : Tensor, shape (..., time, d)
        Queries or keys; d is even.
    base : float
    start : int
        The first position.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ValueError
        If d is odd.

    References
    ----------
    Su et al. (2021), equation 34.

    Examples
    --------
    >>> rotate_positions(Tensor([[1.0, 0.0], [1.0, 0.0]]))
    Tensor([[1.        , 0.        ],
            [0.5403023 , 0.84147096]])
    """
    x = x if isinstance(x, Tensor) else np.asarray(x)
    if x.ndim < 2 or x.shape[-1] % 2:
        raise ValueError(f"expected x of shape (..., time, d) with an even d; got {x.shape}")
    time, d = x.shape[-2:]
    angles = _angles(time, d, base, start)
    cos, sin = np.cos(angles).astype(x.dtype), np.sin(angles).astype(x.dtype)
    first, second = x[..., : d // 2], x[..., d // 2 :]
    return concatenate([first * cos - second * sin, second * cos + first * sin], axis=-1)
