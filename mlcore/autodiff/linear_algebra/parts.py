"""Parts of matrices: diagonals, triangles, the trace."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.primitive import multilinear
from mlcore.autodiff.reductions.moments import sum
from mlcore.autodiff.tensor import Tensor, TensorLike


def _from_diagonal(g: Any, x: Any, *, offset: int, axis1: int, axis2: int) -> Any:
    return _on_diagonal(g, shape=x.shape, offset=offset, axis1=axis1, axis2=axis2)


@multilinear(_from_diagonal)
def diagonal(x: TensorLike, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Select the diagonal of the matrices in two axes; it becomes the last axis.

    Parameters
    ----------
    x : Tensor
    offset : int
        How far above (below, if negative) the main diagonal.
    axis1, axis2 : int

    Examples
    --------
    >>> diagonal(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([1., 4.])
    """
    return np.diagonal(x, offset, axis1, axis2)


@multilinear(lambda g, x, *, shape, offset, axis1, axis2: diagonal(g, offset=offset, axis1=axis1, axis2=axis2))
def _on_diagonal(x: TensorLike, *, shape: tuple[int, ...], offset: int, axis1: int, axis2: int) -> Tensor:
    out = np.zeros(shape, x.dtype)
    view = np.moveaxis(out, (axis1, axis2), (-2, -1))
    rows = np.arange(x.shape[-1]) + max(-offset, 0)
    view[..., rows, rows + offset] = x
    return out


def diag(x: TensorLike, *, offset: int = 0) -> Tensor:
    """Make a matrix with a vector on its diagonal, or select the diagonal of a matrix.

    Parameters
    ----------
    x : Tensor, shape (n,) or (m, n)
    offset : int
        How far above (below, if negative) the main diagonal.

    Examples
    --------
    >>> diag(Tensor([1.0, 2.0]))
    Tensor([[1., 0.],
            [0., 2.]])
    """
    if x.ndim == 1:
        n = x.shape[0] + abs(offset)
        return _on_diagonal(x, shape=(n, n), offset=offset, axis1=0, axis2=1)
    if x.ndim == 2:
        return diagonal(x, offset=offset)
    raise ValueError(f"diag expected a vector or a matrix; got shape {x.shape}")


def trace(x: TensorLike, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Sum of the diagonal of the matrices in two axes.

    Examples
    --------
    >>> trace(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor(5.)
    """
    return sum(diagonal(x, offset=offset, axis1=axis1, axis2=axis2), axis=-1)


@multilinear(lambda g, x, *, k: tril(g, k=k))
def tril(x: TensorLike, *, k: int = 0) -> Tensor:
    """Lower triangle of matrices: zeros above the diagonal (above the k-th, which lies k to the right).

    Examples
    --------
    >>> tril(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([[1., 0.],
            [3., 4.]])
    """
    return np.tril(x, k)


@multilinear(lambda g, x, *, k: triu(g, k=k))
def triu(x: TensorLike, *, k: int = 0) -> Tensor:
    """Upper triangle of matrices: zeros below the diagonal (below the k-th, which lies k to the right).

    Examples
    --------
    >>> triu(Tensor([[1.0, 2.0], [3.0, 4.0]]))
    Tensor([[1., 2.],
            [0., 4.]])
    """
    return np.triu(x, k)
