"""Positional encodings: telling attention, which sees a set, where in the sequence everything stands."""

from __future__ import annotations

import numpy as np

from mlcore.autodiff.shaping import concatenate, reshape, stack
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


def rotate_pairs(x: TensorLike, cos: TensorLike, sin: TensorLike, *, interleaved: bool = False) -> Tensor:
    """Rotate pairs of features by angles whose cosines and sines are given.

    A pair (a, b) becomes (a * cos - b * sin, b * cos + a * sin).

    Parameters
    ----------
    x : Tensor, shape (..., d)
        d is even.
    cos, sin : Tensor, shape (..., d / 2), or one that broadcasts
    interleaved : bool
        Pair features 2i and 2i + 1; by default i and i + d/2.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ValueError
        If d is odd, or there is not one angle for each pair.

    References
    ----------
    Su et al. (2021), equation 34.

    Examples
    --------
    >>> rotate_pairs(Tensor([1.0, 2.0, 3.0, 4.0]), np.array([0.0, 1.0]), np.array([1.0, 0.0]))
    Tensor([-3.,  2.,  1.,  4.])
    """
    x = x if isinstance(x, Tensor) else np.asarray(x)
    cos, sin = (a if isinstance(a, Tensor) else np.asarray(a, x.dtype) for a in (cos, sin))
    half = x.shape[-1] // 2 if x.ndim else 0
    if not x.ndim or x.shape[-1] % 2 or {half} != {*cos.shape[-1:], *sin.shape[-1:]}:
        raise ValueError(
            f"expected x of shape (..., d) with an even d, cos and sin (..., d / 2); got {x.shape}, {cos.shape} and "
            f"{sin.shape}"
        )
    first, second = (x[..., ::2], x[..., 1::2]) if interleaved else (x[..., :half], x[..., half:])
    turned = first * cos - second * sin, second * cos + first * sin
    if not interleaved:
        return concatenate(turned, axis=-1)
    return reshape(stack(turned, axis=-1), shape=(*turned[0].shape[:-1], 2 * half))


def rotate_positions(x: TensorLike, *, base: float = 10000.0, start: int = 0, interleaved: bool = False) -> Tensor:
    """Rotate pairs of features by angles that grow with the position: products then depend on distances alone.

    Pair i turns by t / base**(2i / d) at position t.

    Parameters
    ----------
    x : Tensor, shape (..., time, d)
        Queries or keys; d is even.
    base : float
    start : int
        The first position.
    interleaved : bool
        As in `rotate_pairs`.

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
    shape = np.shape(x)
    if len(shape) < 2 or shape[-1] % 2:
        raise ValueError(f"expected x of shape (..., time, d) with an even d; got {shape}")
    angles = _angles(*shape[-2:], base, start)
    return rotate_pairs(x, np.cos(angles), np.sin(angles), interleaved=interleaved)
