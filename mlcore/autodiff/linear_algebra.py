"""Products of matrices and vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.primitive import multilinear, unbroadcast
from mlcore.autodiff.tensor import Tensor, TensorLike


def _by_first(g: Any, x: Any, y: Any) -> Any:
    """Transpose in x: g @ y.T, where a vector is a matrix of one row (x) or one column (y)."""
    if y.ndim == 1:
        gx = g[..., None] * y if x.ndim > 1 else g * y
    elif x.ndim == 1:
        gx = (y @ g[..., None])[..., 0]
    else:
        gx = g @ y.mT
    return unbroadcast(gx, x.shape)


def _by_second(g: Any, x: Any, y: Any) -> Any:
    """Transpose in y: x.T @ g, with vectors as above."""
    if x.ndim == 1:
        gy = x[..., None] * g[..., None, :] if y.ndim > 1 else g * x
    elif y.ndim == 1:
        gy = (g[..., None, :] @ x)[..., 0, :]
    elif y.ndim == 2 and x.ndim > 2:  # a stack times one matrix: one product of all rows, not a sum of products
        gy = x.reshape((-1, x.shape[-1])).mT @ g.reshape((-1, g.shape[-1]))
    else:
        gy = x.mT @ g
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
    return np.matmul(x, y)
