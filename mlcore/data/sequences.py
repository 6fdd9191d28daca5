"""Sequences that ask for memory: what was seen long ago decides what is right now."""

from __future__ import annotations

import numpy as np


def adding(n: int, length: int, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw sequences of numbers, two of which are marked, and are to be added.

    One mark lies in the first half and one in the second. Who always answers 1 has a mean squared error of 1/6.

    Parameters
    ----------
    n : int
    length : int
        At least 2.
    rng : numpy.random.Generator

    Returns
    -------
    x : array of float32, shape (n, length, 2)
        Numbers from 0 to 1, and marks: 1 at two steps, else 0.
    y : array of float32, shape (n, 1)
        The sum of the two marked numbers.

    Raises
    ------
    ValueError
        If the length is below 2.

    References
    ----------
    Hochreiter and Schmidhuber (1997), experiment 4; Le, Jaitly and Hinton (2015), section 4.1.

    Examples
    --------
    >>> x, y = adding(1, 4, rng=np.random.default_rng(0))
    >>> print(x[0, :, 0].round(2), x[0, :, 1], y.round(2))
    [0.64 0.27 0.04 0.02] [1. 0. 0. 1.] [[0.65]]
    """
    if length < 2:
        raise ValueError(f"expected a length of at least 2, to mark two numbers; got {length}")
    x = np.zeros((n, length, 2), np.float32)
    x[..., 0] = rng.random((n, length))
    rows = np.arange(n)
    x[rows, rng.integers(0, length // 2, n), 1] = 1
    x[rows, rng.integers(length // 2, length, n), 1] = 1
    return x, np.sum(x[..., 0] * x[..., 1], axis=1, keepdims=True)


def copying(
    n: int, length: int, *, delay: int, rng: np.random.Generator, symbols: int = 8
) -> tuple[np.ndarray, np.ndarray]:
    """Draw symbols to remember over a delay, and to repeat when a signal comes.

    The input is ``length`` symbols, then blanks, at step ``length + delay`` the signal, then blanks. The target is
    blank up to the signal, and after it the symbols. A model without memory has a cross-entropy of
    ``length * log(symbols) / (2 * length + delay + 1)`` at best.

    Parameters
    ----------
    n : int
    length : int
        How many symbols to remember.
    delay : int
        How many blanks there are before the signal.
    rng : numpy.random.Generator
    symbols : int
        How many different symbols there are.

    Returns
    -------
    x, y : array of int, shape (n, 2 * length + delay + 1)
        1 to ``symbols``; 0 is a blank, and ``symbols + 1`` the signal.

    References
    ----------
    Hochreiter and Schmidhuber (1997), experiment 5; Arjovsky, Shah and Bengio (2016), section 4.1.

    Examples
    --------
    >>> x, y = copying(1, 3, delay=2, rng=np.random.default_rng(0))
    >>> print(x[0], y[0], sep="\\n")
    [7 6 5 0 0 9 0 0 0]
    [0 0 0 0 0 0 7 6 5]
    """
    remembered = rng.integers(1, symbols + 1, (n, length))
    x = np.zeros((n, 2 * length + delay + 1), np.int64)
    y = np.zeros_like(x)
    x[:, :length] = remembered
    x[:, length + delay] = symbols + 1
    y[:, length + delay + 1 :] = remembered
    return x, y


def echo(n: int, length: int, *, delay: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw random bits, to be said again some steps later: y[t] = x[t - delay].

    Parameters
    ----------
    n : int
    length : int
    delay : int
        0 to length.
    rng : numpy.random.Generator

    Returns
    -------
    x, y : array of float32, shape (n, length, 1)
        0 or 1. The first ``delay`` targets are 0.

    Raises
    ------
    ValueError
        If the delay is negative or longer than the sequence.

    Examples
    --------
    >>> x, y = echo(1, 6, delay=2, rng=np.random.default_rng(0))
    >>> print(x.ravel(), y.ravel(), sep="\\n")
    [1. 1. 1. 0. 0. 0.]
    [0. 0. 1. 1. 1. 0.]
    """
    if not 0 <= delay <= length:
        raise ValueError(f"expected a delay from 0 to the length {length}; got {delay}")
    x = _bits(n, length, rng)
    y = np.zeros_like(x)
    y[:, delay:] = x[:, : length - delay]
    return x, y


def parity(n: int, length: int, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw random bits, and tell whether the number of ones so far is odd: y[t] = x[0] xor ... xor x[t].

    Parameters
    ----------
    n : int
    length : int
    rng : numpy.random.Generator

    Returns
    -------
    x, y : array of float32, shape (n, length, 1)
        0 or 1.

    Examples
    --------
    >>> x, y = parity(1, 6, rng=np.random.default_rng(0))
    >>> print(x.ravel(), y.ravel(), sep="\\n")
    [1. 1. 1. 0. 0. 0.]
    [1. 0. 1. 1. 1. 1.]
    """
    x = _bits(n, length, rng)
    return x, np.cumsum(x, axis=1) % 2


def _bits(n: int, length: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 2, (n, length, 1)).astype(np.float32)
