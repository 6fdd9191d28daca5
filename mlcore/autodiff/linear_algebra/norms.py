"""Norms: the lengths of vectors and the sizes of matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.elementwise.arithmetic import absolute
from mlcore.autodiff.fused import fused
from mlcore.autodiff.linear_algebra.spectra import singular_values
from mlcore.autodiff.reductions.axes import Axis, expand
from mlcore.autodiff.reductions.extremes import max, min
from mlcore.autodiff.reductions.moments import sum
from mlcore.autodiff.shaping.layout import expand_dims, moveaxis
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of


def _euclidean_kernel(x: np.ndarray, *, axis: Axis, keepdims: bool) -> tuple[Any, Any]:
    out = np.sqrt(np.add.reduce(x * x, axis=axis, keepdims=keepdims))

    def pullback(g: Any, needs: Any) -> tuple[Any]:
        share = g / np.where(out == 0, 1, out)
        return (x * expand(share, x.shape, axis, keepdims),)

    return out, pullback


@fused(_euclidean_kernel)
def _euclidean(x: TensorLike, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    return root(sum(x * x, axis=axis, keepdims=keepdims), 2)


def root(total: Any, order: float) -> Any:
    """Return total ** (1 / order), with a derivative of 0 where total is 0."""
    zero = value_of(total) == 0
    return np.where(zero, 0, np.where(zero, 1, total) ** (1 / order))


def norm(x: TensorLike, *, order: Any = None, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Length of vectors or size of matrices, with the orders of ``np.linalg.norm``.

    Parameters
    ----------
    x : Tensor
    order : float, inf, -inf, "fro" or "nuc", optional
        The p of a vector's ``sum(abs(x)**p)**(1/p)``, 2 by default; of a matrix, "fro" for the root of the sum of
        squares, "nuc" for the sum of the singular values, 2 for the largest of them, 1 and inf for the largest sum of
        a column or row.
    axis : int, or two ints for matrices
        By default all of x, as one vector if no order is given.
    keepdims : bool

    Notes
    -----
    At its corners, where elements or all of x are 0, the derivative is taken as 0.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 2.5.

    Examples
    --------
    >>> norm(Tensor([3.0, -4.0])), norm(Tensor([3.0, -4.0]), order=1)
    (Tensor(5.), Tensor(7.))
    """
    if order is None or (order in (2, "fro") and isinstance(axis, tuple) and len(axis) == 2 and order == "fro"):
        return _euclidean(x, axis=axis, keepdims=keepdims)
    if axis is None:
        axis = tuple(range(x.ndim))
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    if len(axes) == 1:
        return _of_vectors(x, order, axes[0], keepdims)
    if len(axes) != 2:
        raise ValueError(f"norm expected one axis (vectors) or two (matrices) for order {order}; got {axes}")
    return _of_matrices(x, order, axes, keepdims)


def _of_vectors(x: Any, order: Any, axis: int, keepdims: bool) -> Any:
    if order == 2:
        return _euclidean(x, axis=axis, keepdims=keepdims)
    if order == 0:
        return sum(np.where(value_of(x) != 0, np.ones_like(x), 0), axis=axis, keepdims=keepdims) + 0 * sum(
            x, axis=axis, keepdims=keepdims
        )
    if isinstance(order, str):
        raise ValueError(f"norm expected a number as the order for vectors; got {order!r}")
    sizes = absolute(x)
    if np.isinf(order):
        return (max if order > 0 else min)(sizes, axis=axis, keepdims=keepdims)
    if order == 1:
        return sum(sizes, axis=axis, keepdims=keepdims)
    return root(sum(_power(sizes, order), axis=axis, keepdims=keepdims), order)


def _power(sizes: Any, order: float) -> Any:
    """Return sizes ** order, with a derivative of 0 where a size is 0."""
    if order > 1:
        return sizes**order
    zero = value_of(sizes) == 0
    return np.where(zero, 0 if order > 0 else np.inf, np.where(zero, 1, sizes) ** order)


def _of_matrices(x: Any, order: Any, axes: tuple[int, int], keepdims: bool) -> Any:
    if order == "fro":
        return _euclidean(x, axis=axes, keepdims=keepdims)
    matrices = moveaxis(x, source=axes, destination=(-2, -1))
    if order in (1, -1, np.inf, -np.inf):
        sums = sum(absolute(matrices), axis=-2 if abs(order) == 1 else -1)
        out = (max if order > 0 else min)(sums, axis=-1)
    elif order in (2, -2, "nuc"):
        values = singular_values(matrices)
        out = (sum if order == "nuc" else max if order == 2 else min)(values, axis=-1)
    else:
        raise ValueError(f"norm expected order 1, -1, 2, -2, inf, -inf, 'fro' or 'nuc' for matrices; got {order!r}")
    return expand_dims(out, axis=tuple(sorted(a % x.ndim for a in axes))) if keepdims else out
