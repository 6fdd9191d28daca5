"""Where learning starts: random weights of the right size.

Weights too large make activations and gradients explode with depth, weights too small make them vanish; both keep
their variance when the variance of a weight is about 1 over the number of inputs. Each function draws from a
``numpy.random.Generator`` that is handed in, and returns a float32 array.
"""

from __future__ import annotations

import math

import numpy as np


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return how many inputs feed an output and how many outputs an input feeds; features are the last two axes."""
    if len(shape) < 2:
        raise ValueError(f"expected the shape of a weight, (..., in, out); got {shape}")
    window = math.prod(shape[:-2])
    return shape[-2] * window, shape[-1] * window


def xavier(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Draw uniformly from (-b, b) with b = sqrt(6 / (in + out)): variance 2 / (in + out). Suits tanh and sigmoid.

    Parameters
    ----------
    shape : tuple of int
        (..., in, out)
    rng : numpy.random.Generator

    References
    ----------
    Glorot and Bengio (2010), equation 16.

    Examples
    --------
    >>> xavier((300, 200), np.random.default_rng(0)).std().round(3)
    np.float32(0.063)
    """
    bound = math.sqrt(6 / max(sum(_fans(shape)), 1))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def kaiming(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Draw from a normal distribution of variance 2 / in. Suits ReLU, which passes half of the variance on.

    Parameters
    ----------
    shape : tuple of int
        (..., in, out)
    rng : numpy.random.Generator

    References
    ----------
    He, Zhang, Ren and Sun (2015), equation 10.

    Examples
    --------
    >>> kaiming((200, 300), np.random.default_rng(0)).std().round(1)
    np.float32(0.1)
    """
    return (rng.standard_normal(shape) * math.sqrt(2 / max(_fans(shape)[0], 1))).astype(np.float32)
