"""Products of matrices and vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.autodiff.elementwise.arithmetic import multiply, subtract
from mlcore.autodiff.primitive import multilinear, unbroadcast
from mlcore.autodiff.shaping.indexing import take
from mlcore.autodiff.shaping.layout import reshape, transpose
from mlcore.autodiff.tensor import Tensor, TensorLike


def _product(x: Any, y: Any) -> Any:
    """Return x @ y: ``np.dot`` for two matrices, where it costs less than ``np.matmul``."""
    return np.dot(x, y) if x.__class__ is y.__class__ is np.ndarray and x.ndim == y.ndim == 2 else x @ y


def _by_first(g: Any, x: Any, y: Any) -> Any:
    """Transpose in x: g @ y.T, where a vector is a matrix of one row (x) or one column (y)."""
    if y.ndim == 1:
        gx = g[..., None] * y if x.ndim > 1 else g * y
    elif x.ndim == 1:
        gx = (y @ g[..., None])[..., 0]
    else:
        gx = _product(g, y.mT)
    return unbroadcast(gx, x.shape)


def _by_second(g: Any, x: Any, y: Any) -> Any:
    """Transpose in y: x.T @ g, with vectors as above."""
    if x.ndim == 1:
        gy = x[..., None] * g[..., None, :] if y.ndim > 1 else g * x
    elif y.ndim == 1:
        gy = (g[..., None, :] @ x)[..., 0, :]
    elif y.ndim == 2 and x.ndim > 2:  # a stack times one matrix: one product of all rows, not a sum of products
        rows = math.prod(x.shape[:-1])  # not -1, which an empty array does not determine
        gy = x.reshape((rows, x.shape[-1])).mT @ g.reshape((rows, g.shape[-1]))
    else:
        gy = _product(x.mT, g)
    return unbroadcast(gy, y.shape)


def _explain(arrays: Any) -> None:
    x, y = (np.shape(a) for a in arrays)
    if not x or not y:
        raise ValueError(f"matmul expected matrices or vectors; got shapes {x} and {y}: use * for a number")
    inner = y[-2] if len(y) > 1 else y[0]
    if x[-1] != inner:
        expected = f"(..., {inner})" if len(x) > 1 else f"({inner},)"
        raise ValueError(f"matmul expected x of shape {expected} to match y {y}; got {x}")


@multilinear(_by_first, _by_second, explain=_explain)
def matmul(x: TensorLike, y: TensorLike) -> Tensor:
    """Matrix product, x @ y.

    Parameters
    ----------
    x : Tensor, shape (..., m, k) or (k,)
    y : Tensor, shape (..., k, n) or (k,)
        The leading axes broadcast.

    Returns
    -------
    Tensor, shape (..., m, n), without m where x is a vector and without n where y is one.

    Raises
    ------
    ValueError
        If the two lengths k differ, or an input has no axes.

    Examples
    --------
    >>> matmul(Tensor([[1.0, 2.0]]), Tensor([[3.0], [4.0]]))
    Tensor([[11.]])
    """
    return _product(x, y)


# ---- other products, written as products of matrices ------------------------------------------------------------


def dot(x: TensorLike, y: TensorLike) -> Tensor:
    """Sum over the last axis of x and the last but one of y (its only one, if y is a vector), as ``np.dot`` does.

    A number multiplies.

    Examples
    --------
    >>> dot(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    Tensor(11.)
    """
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return multiply(x, y)
    if np.ndim(y) <= 2:
        return matmul(x, y)
    return tensordot(x, y, axes=((np.ndim(x) - 1,), (np.ndim(y) - 2,)))


def inner(x: TensorLike, y: TensorLike) -> Tensor:
    """Sum over the last axis of both, for all pairs of the other axes.

    Examples
    --------
    >>> inner(Tensor([[1.0, 2.0], [0.0, 1.0]]), Tensor([3.0, 4.0]))
    Tensor([11.,  4.])
    """
    if np.ndim(x) == 0 or np.ndim(y) == 0:
        return multiply(x, y)
    return tensordot(x, y, axes=((np.ndim(x) - 1,), (np.ndim(y) - 1,)))


def outer(x: TensorLike, y: TensorLike) -> Tensor:
    """Multiply every element of x by every element of y; both are flattened.

    Returns
    -------
    Tensor, shape (x.size, y.size)

    Examples
    --------
    >>> outer(Tensor([1.0, 2.0]), Tensor([3.0, 4.0]))
    Tensor([[3., 4.],
            [6., 8.]])
    """
    return multiply(reshape(x, shape=(-1, 1)), reshape(y, shape=(1, -1)))


def tensordot(x: TensorLike, y: TensorLike, *, axes: Any = 2) -> Tensor:
    """Sum over axes of x paired with axes of y, for all pairs of the other axes.

    Parameters
    ----------
    x, y : Tensor
    axes : int, or pair of int or tuples of int
        The last so many axes of x with the first of y, or the axes of x and those of y.

    Examples
    --------
    >>> tensordot(Tensor([[1.0, 2.0]]), Tensor([[3.0, 4.0]]), axes=((0, 1), (0, 1)))
    Tensor(11.)
    """
    x, y = (a if isinstance(a, Tensor) else np.asarray(a) for a in (x, y))
    if isinstance(axes, (int, np.integer)):
        axes = (tuple(range(x.ndim - axes, x.ndim)), tuple(range(axes)))
    of_x, of_y = (tuple(a) if np.ndim(a) else (int(a),) for a in axes)
    of_x, of_y = tuple(a % x.ndim for a in of_x), tuple(a % y.ndim for a in of_y)
    if [x.shape[a] for a in of_x] != [y.shape[a] for a in of_y]:
        raise ValueError(
            f"tensordot expected axes of equal lengths; got axes {of_x} of shape {x.shape} with {of_y} of {y.shape}"
        )
    rows = tuple(a for a in range(x.ndim) if a not in of_x)
    columns = tuple(a for a in range(y.ndim) if a not in of_y)
    shape = tuple(x.shape[a] for a in rows) + tuple(y.shape[a] for a in columns)
    summed = math.prod(x.shape[a] for a in of_x)
    left = transpose(x, axes=rows + of_x).reshape((math.prod(x.shape[a] for a in rows), summed))
    right = transpose(y, axes=of_y + columns).reshape((summed, math.prod(y.shape[a] for a in columns)))
    return matmul(left, right).reshape(shape)


def kron(x: TensorLike, y: TensorLike) -> Tensor:
    """Kronecker product: a copy of y for each element of x, times it, laid out as x is.

    Examples
    --------
    >>> kron(Tensor([1.0, 10.0]), Tensor([1.0, 2.0]))
    Tensor([ 1.,  2., 10., 20.])
    """
    ndim = max(np.ndim(x), np.ndim(y))
    of_x, of_y = ((1,) * (ndim - np.ndim(a)) + np.shape(a) for a in (x, y))
    apart_x = tuple(n for a in of_x for n in (a, 1))
    apart_y = tuple(n for b in of_y for n in (1, b))
    product = multiply(reshape(x, shape=apart_x), reshape(y, shape=apart_y))
    return reshape(product, shape=tuple(a * b for a, b in zip(of_x, of_y, strict=True)))


def cross(x: TensorLike, y: TensorLike, *, axis: int = -1) -> Tensor:
    """Cross product of vectors in space, along an axis of length 3.

    Examples
    --------
    >>> cross(Tensor([1.0, 0.0, 0.0]), Tensor([0.0, 1.0, 0.0]))
    Tensor([0., 0., 1.])
    """
    if np.shape(x)[axis] != 3 or np.shape(y)[axis] != 3:
        raise ValueError(f"cross expected vectors of length 3 on axis {axis}; got {np.shape(x)} and {np.shape(y)}")
    after, later = np.array([1, 2, 0]), np.array([2, 0, 1])

    def part(a: Any, order: np.ndarray) -> Any:
        return take(a, order, axis=axis)

    return subtract(multiply(part(x, after), part(y, later)), multiply(part(x, later), part(y, after)))


@multilinear(
    lambda g, x, y: np.convolve(g, y[::-1])[len(y) - 1 :][: len(x)],
    lambda g, x, y: np.convolve(g, x[::-1])[len(x) - 1 :][: len(y)],
)
def convolve(x: TensorLike, y: TensorLike) -> Tensor:
    """Convolve two vectors: out[k] is the sum of x[i] * y[j] over all i + j = k.

    Parameters
    ----------
    x : Tensor, shape (m,)
    y : Tensor, shape (n,)

    Returns
    -------
    Tensor, shape (m + n - 1,)

    Examples
    --------
    >>> convolve(Tensor([1.0, 2.0]), Tensor([1.0, 0.0, 3.0]))
    Tensor([1., 2., 3., 6.])
    """
    return np.convolve(x, y)
