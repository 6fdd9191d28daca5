"""Dropout: switch units off at random while training, so that no unit relies on another."""

from __future__ import annotations

import numpy as np

from mlcore.autodiff.elementwise import multiply
from mlcore.autodiff.tensor import Tensor, TensorLike


def _mask(
    shape: tuple[int, ...], dtype: np.dtype, probability: float, rng: np.random.Generator | None
) -> np.ndarray | None:
    """Draw 0 with the given probability, else 1 / (1 - probability); None if nothing is dropped."""
    if not 0 <= probability <= 1:
        raise ValueError(f"expected a probability from 0 to 1; got {probability}")
    if probability == 0:
        return None
    if rng is None:
        raise ValueError("dropout draws random numbers: pass rng=np.random.default_rng(seed)")
    if probability == 1:
        return np.zeros(shape, dtype)
    noise = rng.random(shape, dtype if dtype in (np.float32, np.float64) else np.float32)
    return np.multiply(noise >= probability, 1 / (1 - probability), dtype=dtype)


def dropout(
    x: TensorLike, *, probability: float = 0.5, rng: np.random.Generator | None = None, training: bool = True
) -> Tensor:
    """Set each element to 0 with a probability, and divide the others by the probability to stay.

    The expected value of each element is thus unchanged, and in use (``training=False``) nothing is done.

    Parameters
    ----------
    x : Tensor, any shape
    probability : float
        Of an element to be dropped.
    rng : numpy.random.Generator
        Where the choice comes from; needed while training.
    training : bool

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ValueError
        If the probability is not one, or there is no ``rng`` to draw from.

    References
    ----------
    Srivastava et al. (2014), section 4; Goodfellow, Bengio and Courville, *Deep Learning*, section 7.12.

    Examples
    --------
    >>> dropout(Tensor([1.0, 2.0, 3.0, 4.0]), probability=0.5, rng=np.random.default_rng(1))
    Tensor([0., 4., 6., 8.])
    """
    return _apply(x, np.shape(x), probability, rng, training)


def dropout_features(
    x: TensorLike, *, probability: float = 0.5, rng: np.random.Generator | None = None, training: bool = True
) -> Tensor:
    """Drop whole features of an example, at all its places at once: neighbouring places say nearly the same.

    Parameters
    ----------
    x : Tensor, shape (batch, ..., d)
    probability : float
        Of a feature to be dropped.
    rng : numpy.random.Generator
        Where the choice comes from; needed while training.
    training : bool

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ValueError
        If the probability is not one, or there is no ``rng`` to draw from.

    References
    ----------
    Tompson et al. (2015), section 3.2.

    Examples
    --------
    >>> dropout_features(Tensor([[[1.0, 2.0], [3.0, 4.0]]]), probability=0.5, rng=np.random.default_rng(1))
    Tensor([[[0., 4.],
             [0., 8.]]])
    """
    shape = np.shape(x)
    if len(shape) < 2:
        raise ValueError(f"expected x of shape (batch, ..., d); got {shape}")
    return _apply(x, (shape[0], *[1] * (len(shape) - 2), shape[-1]), probability, rng, training)


def _apply(
    x: TensorLike, shape: tuple[int, ...], probability: float, rng: np.random.Generator | None, training: bool
) -> Tensor:
    x = x if isinstance(x, Tensor) else np.asarray(x)
    mask = _mask(shape, x.dtype, probability, rng) if training else None
    return x if mask is None else multiply(x, mask)
