"""Pooling to a given size: over all places, or over as many regions as asked for."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import reductions
from mlcore.autodiff.elementwise import absolute
from mlcore.autodiff.linear_algebra.norms import root
from mlcore.autodiff.shaping import stack, transpose
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.average_pooling import sum_pool
from mlcore.functions.windows import for_each_axis


def _places(x: TensorLike) -> tuple[int, ...]:
    shape = np.shape(x)
    if len(shape) < 3:
        raise ValueError(f"expected x of shape (batch, *places, features); got {shape}")
    return tuple(range(1, len(shape) - 1))


def global_average_pool(x: TensorLike) -> Tensor:
    """Average each feature over all places.

    Parameters
    ----------
    x : Tensor, shape (batch, *places, features)

    Returns
    -------
    Tensor, shape (batch, features)

    References
    ----------
    Lin, Chen and Yan (2014), section 3.2.

    Examples
    --------
    >>> global_average_pool(Tensor([[[1.0, 10.0], [3.0, 30.0]]]))
    Tensor([[ 2., 20.]])
    """
    return reductions.mean(x, axis=_places(x))


def global_max_pool(x: TensorLike) -> Tensor:
    """Take the largest number of each feature over all places.

    Parameters
    ----------
    x : Tensor, shape (batch, *places, features)

    Returns
    -------
    Tensor, shape (batch, features)

    Examples
    --------
    >>> global_max_pool(Tensor([[[1.0, 10.0], [3.0, 30.0]]]))
    Tensor([[ 3., 30.]])
    """
    return reductions.max(x, axis=_places(x))


def _regions(places: int, positions: int) -> list[tuple[int, int]]:
    """Cut an axis into regions of nearly equal length; neighbours overlap where the length does not divide."""
    return [(i * places // positions, -(-(i + 1) * places // positions)) for i in range(positions)]


def adaptive_average_pool(x: TensorLike, positions: int | tuple[int, ...]) -> Tensor:
    """Average over as many regions as asked for along each axis, whatever the number of places.

    Region i of n goes from floor(i * places / n) to ceil((i + 1) * places / n).

    Parameters
    ----------
    x : Tensor, shape (batch, *places, features)
    positions : int or tuple of int

    Returns
    -------
    Tensor, shape (batch, *positions, features)

    Examples
    --------
    >>> adaptive_average_pool(Tensor([[[1.0], [3.0], [2.0], [0.0]]]), 2)
    Tensor([[[2.],
             [1.]]])
    """
    x = x if isinstance(x, Tensor) else np.asarray(x)
    for axis, n in zip(_places(x), for_each_axis(positions, x.ndim - 2, "positions"), strict=True):
        averages = np.zeros((x.shape[axis], n), x.dtype)
        for i, (start, stop) in enumerate(_regions(x.shape[axis], n)):
            averages[start:stop, i] = 1 / (stop - start)
        order: Any = [*(a for a in range(x.ndim) if a != axis), axis]
        x = transpose(transpose(x, axes=tuple(order)) @ averages, axes=tuple(np.argsort(order).tolist()))
    return x


def adaptive_max_pool(x: TensorLike, positions: int | tuple[int, ...]) -> Tensor:
    """Take the largest number of as many regions as asked for along each axis.

    Parameters
    ----------
    x : Tensor, shape (batch, *places, features)
    positions : int or tuple of int
        As in `adaptive_average_pool`.

    Returns
    -------
    Tensor, shape (batch, *positions, features)

    Examples
    --------
    >>> adaptive_max_pool(Tensor([[[1.0], [3.0], [2.0], [0.0]]]), 2)
    Tensor([[[3.],
             [2.]]])
    """
    x = x if isinstance(x, Tensor) else np.asarray(x)
    for axis, n in zip(_places(x), for_each_axis(positions, x.ndim - 2, "positions"), strict=True):
        before = (slice(None),) * axis
        regions = _regions(x.shape[axis], n)
        x = stack([reductions.max(x[(*before, slice(*region))], axis=axis) for region in regions], axis=axis)
    return x


def lp_pool(
    x: TensorLike,
    window: int | tuple[int, ...],
    *,
    p: float = 2.0,
    stride: int | tuple[int, ...] | None = None,
    padding: Any = "valid",
    dilation: int | tuple[int, ...] = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Take the p-norm of the numbers under a window: between their sum (p = 1) and the largest (p to infinity).

    The derivative where all numbers are 0 is taken as 0.

    Parameters
    ----------
    x : Tensor, shape (batch, *places, features)
    window, stride, padding, dilation, ceil_mode
        As in `max_pool`.
    p : float

    Returns
    -------
    Tensor, shape (batch, *positions, features)

    Examples
    --------
    >>> lp_pool(Tensor([[[3.0], [4.0]]]), 2)
    Tensor([[[5.]]])
    """
    powers = absolute(x) ** p
    total = sum_pool(powers, window, stride=stride, padding=padding, dilation=dilation, ceil_mode=ceil_mode)
    return root(total, p)
