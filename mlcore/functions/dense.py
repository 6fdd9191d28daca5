"""The dense function: every output sees every input."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.linear_algebra import matmul
from mlcore.autodiff.tensor import Tensor, TensorLike


@lru_cache(maxsize=256)
def _ones(n: int, dtype: Any) -> np.ndarray:
    ones = np.ones(n, dtype)
    ones.flags.writeable = False
    return ones


def row_of_ones(n: int, dtype: Any) -> np.ndarray:
    """Return an array of shape (n,) to sum columns with: a product with ones is faster than a sum."""
    return _ones(n, dtype)


def column_of_ones(n: int, dtype: Any) -> np.ndarray:
    """Return an array of shape (n, 1) to sum rows with: a product with ones is faster than a sum."""
    return _ones(n, dtype)[:, None]


def _linear_kernel(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None = None) -> tuple[np.ndarray, Any]:
    if weight.ndim != 2 or x.shape[-1:] != weight.shape[:1] or (bias is not None and bias.shape != weight.shape[1:]):
        _explain(x, weight, bias)
    rows = x if x.ndim == 2 else x.reshape(-1, x.shape[-1])  # a stack of matrices is one product of all rows
    out = np.dot(rows, weight)
    if bias is not None:
        out += bias

    def pullback(g: np.ndarray, needs: Any) -> tuple[Any, ...]:
        g_rows = g if g.ndim == 2 else g.reshape(-1, g.shape[-1])
        gx = np.dot(g_rows, weight.T).reshape(x.shape) if needs[0] else None
        g_weight = np.dot(rows.T, g_rows) if needs[1] else None
        if len(needs) == 2:
            return gx, g_weight
        return gx, g_weight, np.dot(_ones(len(g_rows), g.dtype), g_rows) if needs[2] else None

    return out if x.ndim == 2 else out.reshape(*x.shape[:-1], weight.shape[1]), pullback


def _explain(x: np.ndarray, weight: np.ndarray, bias: np.ndarray | None) -> None:
    """Raise an error that says how the shapes do not fit."""
    if weight.ndim != 2:
        raise ValueError(f"expected weight of shape (in, out); got {weight.shape}")
    if bias is not None and bias.shape != weight.shape[1:]:
        raise ValueError(
            f"expected bias of shape ({weight.shape[1]},) to match weight {weight.shape}; got {bias.shape}"
        )
    if not x.ndim:
        raise ValueError(f"expected x of shape (..., {weight.shape[0]}) to match weight {weight.shape}; got a number")
    leading = ["n", "m", "l", "k"][: x.ndim - 1]
    expected, got = (
        f"({', '.join([*leading, str(size)])}{',' * (not leading)})" for size in (len(weight), x.shape[-1])
    )
    raise ValueError(f"expected x of shape {expected} to match weight {weight.shape}; got {got}")


@fused(_linear_kernel)
def linear(x: TensorLike, weight: TensorLike, bias: TensorLike | None = None) -> Tensor:
    """Apply a dense layer, x @ weight + bias.

    Parameters
    ----------
    x : Tensor, shape (..., in)
    weight : Tensor, shape (in, out)
    bias : Tensor, shape (out,), optional

    Returns
    -------
    Tensor, shape (..., out)

    Raises
    ------
    ValueError
        If the shapes do not fit.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 6.1.

    Examples
    --------
    >>> linear(Tensor([[1.0, 2.0]]), Tensor([[1.0], [10.0]]), Tensor([0.5]))
    Tensor([[21.5]])
    """
    out = matmul(x, weight)
    return out if bias is None else out + bias
