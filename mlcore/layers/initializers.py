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


def xavier_normal(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Draw from a normal distribution of variance 2 / (in + out): `xavier` with tails.

    Parameters
    ----------
    shape : tuple of int
        (..., in, out)
    rng : numpy.random.Generator

    References
    ----------
    Glorot and Bengio (2010), equation 12.

    Examples
    --------
    >>> xavier_normal((300, 200), np.random.default_rng(0)).std().round(3)
    np.float32(0.063)
    """
    return (rng.standard_normal(shape) * math.sqrt(2 / max(sum(_fans(shape)), 1))).astype(np.float32)


def kaiming_uniform(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Draw uniformly from (-b, b) with b = sqrt(6 / in), of variance 2 / in: `kaiming` without tails.

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
    >>> kaiming_uniform((200, 300), np.random.default_rng(0)).std().round(1)
    np.float32(0.1)
    """
    bound = math.sqrt(6 / max(_fans(shape)[0], 1))
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def orthogonal(shape: tuple[int, ...], rng: np.random.Generator, *, gain: float = 1.0) -> np.ndarray:
    """Draw a rotation: columns (or rows, if there are fewer) of length ``gain`` at right angles to each other.

    The matrix is that of all inputs of an output, (the product of the other axes, out). It keeps the length of what
    passes through, through any number of layers or steps in time.

    Parameters
    ----------
    shape : tuple of int
        (..., in, out)
    rng : numpy.random.Generator
    gain : float

    References
    ----------
    Saxe, McClelland and Ganguli (2014); Goodfellow, Bengio and Courville, *Deep Learning*, section 8.4.

    Examples
    --------
    >>> w = orthogonal((3, 2), np.random.default_rng(0))
    >>> (w.T @ w).round(3) + 0.0
    array([[1., 0.],
           [0., 1.]], dtype=float32)
    """
    _fans(shape)
    rows, columns = math.prod(shape[:-1]), shape[-1]
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q *= np.sign(np.diagonal(r))  # without this, the rotations would not be equally likely
    return (gain * (q if rows >= columns else q.T)).reshape(shape).astype(np.float32)


def sparse(
    shape: tuple[int, ...], rng: np.random.Generator, *, connections: int = 15, deviation: float = 1.0
) -> np.ndarray:
    """Give every output a few normal weights and no others, so that its input does not grow with their number.

    Parameters
    ----------
    shape : tuple of int
        (..., in, out)
    rng : numpy.random.Generator
    connections : int
        How many weights of an output are not 0.
    deviation : float
        Their standard deviation.

    References
    ----------
    Martens (2010), section 5; Goodfellow, Bengio and Courville, *Deep Learning*, section 8.4.

    Examples
    --------
    >>> np.count_nonzero(sparse((100, 3), np.random.default_rng(0)), axis=0)
    array([15, 15, 15])
    """
    _fans(shape)
    rows, columns = math.prod(shape[:-1]), shape[-1]
    kept = rng.random((rows, columns)).argsort(axis=0) < min(connections, rows)
    return (kept * rng.standard_normal((rows, columns)) * deviation).reshape(shape).astype(np.float32)
