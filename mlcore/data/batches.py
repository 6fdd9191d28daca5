"""Minibatches."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def count_examples(*arrays: np.ndarray) -> int:
    """Return the number of examples that arrays hold together, or refuse arrays that do not belong together."""
    lengths = [len(a) for a in arrays]
    if not lengths or len(set(lengths)) > 1:
        raise ValueError(f"expected arrays with the same number of examples; got lengths {lengths}")
    return lengths[0]


def batches(
    *arrays: np.ndarray, batch_size: int, rng: np.random.Generator | None = None, shuffle: bool = True
) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield all examples once, a few at a time: one epoch.

    Parameters
    ----------
    *arrays : array, shape (n, ...)
        Inputs, targets and so on, for the same n examples.
    batch_size : int
        Examples in a batch; the last batch has what is left.
    rng : numpy.random.Generator
        Where the order comes from; needed to shuffle.
    shuffle : bool
        Whether to take the examples in random order.

    Yields
    ------
    tuple of array, shape (batch_size, ...)
        One for each array, of the same examples.

    Raises
    ------
    ValueError
        If the arrays differ in length, the batch size is not positive, or there is no ``rng`` to shuffle with.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 8.1.3.

    Examples
    --------
    >>> for x, y in batches(np.arange(5), np.arange(5) ** 2, batch_size=2, shuffle=False):
    ...     print(x, y)
    [0 1] [0 1]
    [2 3] [4 9]
    [4] [16]
    """
    n = count_examples(*arrays)
    if batch_size < 1:
        raise ValueError(f"expected a batch size of at least 1; got {batch_size}")
    if shuffle and rng is None:
        raise ValueError("shuffling needs a random generator: pass rng=np.random.default_rng(seed), or shuffle=False")
    return _batches(arrays, n, batch_size, rng if shuffle else None)


def _batches(
    arrays: tuple[np.ndarray, ...], n: int, batch_size: int, rng: np.random.Generator | None
) -> Iterator[tuple[np.ndarray, ...]]:
    order = None if rng is None else rng.permutation(n)
    for start in range(0, n, batch_size):
        part = slice(start, start + batch_size)
        yield tuple(a[part] if order is None else a[order[part]] for a in arrays)
