"""Splitting data: examples to learn from, and others to see what was learned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from mlcore.data.batches import count_examples

Examples = tuple[np.ndarray, ...]


def split(
    *arrays: np.ndarray, sizes: Sequence[float], rng: np.random.Generator, stratify: np.ndarray | None = None
) -> list[Examples]:
    """Part examples at random into training, validation and test sets, or any other number of sets.

    Parameters
    ----------
    *arrays : array, shape (n, ...)
        Inputs, targets and so on, for the same n examples.
    sizes : sequence of float or of int
        The part of the examples for each set: floats that add up to at most 1; or the number of examples: integers
        that add up to at most n.
    rng : numpy.random.Generator
    stratify : array of int, shape (n,), optional
        The classes, to put each class into all sets in proportion.

    Returns
    -------
    list of tuple of array
        One tuple of arrays for each set. What the sizes leave over is in none.

    Raises
    ------
    ValueError
        If the sizes are too large, or the arrays differ in length.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 5.3.

    Examples
    --------
    >>> x, y = np.arange(10), np.arange(10) ** 2
    >>> train, validation, test = split(x, y, sizes=(0.6, 0.2, 0.2), rng=np.random.default_rng(0))
    >>> train[0], validation[0], test[1]
    (array([4, 6, 2, 7, 3, 5]), array([9, 0]), array([64,  1]))
    """
    n = count_examples(*arrays)
    if not sizes or any(size < 0 for size in sizes):
        raise ValueError(f"expected sizes of at least 0; got {tuple(sizes)}")
    ends = np.cumsum(sizes)
    if ends.dtype.kind == "f":
        ends = np.round(ends * n).astype(int)
    if ends[-1] > n:
        raise ValueError(f"expected parts that add up to at most 1, or integers to at most {n}; got {tuple(sizes)}")
    parts = np.split(_order(n, rng, stratify), ends)[:-1]
    return [tuple(array[rows] for array in arrays) for rows in parts]


def k_fold(
    *arrays: np.ndarray, folds: int, rng: np.random.Generator, stratify: np.ndarray | None = None
) -> Iterator[tuple[Examples, Examples]]:
    """Yield training and validation sets for cross-validation: each example is used once to validate.

    Parameters
    ----------
    *arrays : array, shape (n, ...)
        Inputs, targets and so on, for the same n examples.
    folds : int
        How many pairs of sets, 2 to n.
    rng : numpy.random.Generator
    stratify : array of int, shape (n,), optional
        The classes, to put each class into all folds in proportion.

    Yields
    ------
    train, validation : tuple of array
        All folds but one, and that one.

    Raises
    ------
    ValueError
        If there are too few folds or too many, or the arrays differ in length.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, algorithm 5.1.

    Examples
    --------
    >>> for (train,), (validation,) in k_fold(np.arange(5), folds=2, rng=np.random.default_rng(0)):
    ...     print(train, validation)
    [0 1] [2 4 3]
    [2 4 3] [0 1]
    """
    n = count_examples(*arrays)
    if not 2 <= folds <= n:
        raise ValueError(f"expected 2 to {n} folds, as there are {n} examples; got {folds}")
    return _folds(arrays, np.array_split(_order(n, rng, stratify), folds))


def _folds(arrays: Examples, parts: list[np.ndarray]) -> Iterator[tuple[Examples, Examples]]:
    for i, validation in enumerate(parts):
        train = np.concatenate([*parts[:i], *parts[i + 1 :]])
        yield tuple(array[train] for array in arrays), tuple(array[validation] for array in arrays)


def _order(n: int, rng: np.random.Generator, classes: np.ndarray | None) -> np.ndarray:
    """Return all rows in random order; with classes, so that any piece of it has them all in proportion.

    The k-th of m examples of a class gets the place ``(k + u) / m``, with u random, of the way through.
    """
    order = rng.permutation(n)
    if classes is None:
        return order
    if np.shape(classes) != (n,):
        raise ValueError(f"expected one class for each of {n} examples to stratify by; got shape {np.shape(classes)}")
    shuffled = np.asarray(classes)[order]
    places = np.empty(n)
    for value in np.unique(shuffled):
        members = np.flatnonzero(shuffled == value)
        places[members] = (np.arange(len(members)) + rng.random()) / len(members)
    return order[np.argsort(places, kind="stable")]
