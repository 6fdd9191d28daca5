"""Reductions of the elements that go to one place of an array."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.reductions.extremes import max, min
from mlcore.autodiff.reductions.moments import sum
from mlcore.autodiff.reductions.products import prod
from mlcore.autodiff.shaping.indexing import replace, take
from mlcore.autodiff.shaping.joining import concatenate
from mlcore.autodiff.shaping.layout import broadcast_to, ravel, reshape
from mlcore.autodiff.tensor import Tensor, TensorLike

#: Each reduction, and the element that changes nothing.
_REDUCTIONS: dict[str, tuple[Any, float]] = {
    "sum": (sum, 0),
    "prod": (prod, 1),
    "max": (max, -np.inf),
    "min": (min, np.inf),
}


def scatter_reduce(x: TensorLike, updates: TensorLike, *, index: Any, reduction: str) -> Tensor:
    """Return x with updates taken into account at an index: the sum, product or extreme of x's element and theirs.

    Parameters
    ----------
    x : Tensor
    updates : Tensor, broadcasts to ``x[index]``
    index : slices, integers, arrays of integers or a mask
        A place may be named several times.
    reduction : str
        ``"sum"``, ``"prod"``, ``"max"`` or ``"min"``.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ValueError
        If the reduction is none of these.

    Examples
    --------
    >>> scatter_reduce(Tensor([1.0, 1.0]), Tensor([5.0, 3.0]), index=np.array([0, 0]), reduction="max")
    Tensor([5., 1.])
    """
    if reduction not in _REDUCTIONS:
        raise ValueError(f"expected reduction 'sum', 'prod', 'max' or 'min'; got {reduction!r}")
    reduce, neutral = _REDUCTIONS[reduction]
    targets = np.arange(x.size).reshape(x.shape)[index]
    by_place = np.argsort(targets, axis=None, kind="stable")
    places, starts, counts = np.unique(targets.ravel()[by_place], return_index=True, return_counts=True)
    # A row for each place: what x has there, then its updates, filled up with what changes nothing.
    row = np.repeat(np.arange(len(places)), counts)
    column = np.arange(targets.size) - np.repeat(starts, counts)
    empty = np.full((len(places), counts.max(initial=0)), neutral, x.dtype)
    sorted_updates = take(ravel(broadcast_to(updates, shape=targets.shape)), by_place)
    rows = concatenate(
        [reshape(take(x, places), shape=(-1, 1)), replace(empty, sorted_updates, index=(row, column))], axis=1
    )
    return reshape(replace(ravel(x), reduce(rows, axis=1), index=places), shape=x.shape)
