"""Products along an axis, whole and running: right also where elements are zero, where out / x is not defined."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.reductions.axes import Axis, axes_of, expand, rows_back, rows_last
from mlcore.autodiff.shaping.joining import concatenate
from mlcore.autodiff.tensor import Tensor, TensorLike


def _before(x: np.ndarray) -> np.ndarray:
    """Return at each place the product of all elements before it, along the last axis."""
    out = np.ones_like(x)
    np.multiply.accumulate(x[..., :-1], axis=-1, out=out[..., 1:])
    return out


def _prod_kernel(x: np.ndarray, *, axis: Axis, keepdims: bool) -> tuple[Any, Any]:
    out = np.multiply.reduce(x, axis=axis, keepdims=keepdims, dtype=x.dtype)

    def pullback(g: Any, needs: Any) -> tuple[Any]:
        rows, permutation = rows_last(x, axis)
        others = _before(rows)
        others *= _before(rows[..., ::-1])[..., ::-1]
        return (rows_back(others, x.shape, permutation) * expand(g, x.shape, axis, keepdims),)

    return out, pullback


@fused(_prod_kernel)
def prod(x: TensorLike, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Multiply the elements along an axis.

    The derivative at each element is the product of the others: right also where elements are 0.

    Examples
    --------
    >>> x = Tensor([2.0, 0.0, 3.0], requires_grad=True)
    >>> prod(x).backward()
    >>> x.grad
    array([0., 6., 0.], dtype=float32)
    """
    if not axes_of(axis, x.ndim):
        return x * 1
    rows, _ = rows_last(x, axis)
    if not rows.shape[-1]:
        rows = rows.sum(axis=-1, keepdims=True) + 1  # the product of nothing
    while rows.shape[-1] > 1:  # multiply the first half by the second
        half = rows.shape[-1] // 2
        product = rows[..., :half] * rows[..., half : 2 * half]
        rows = concatenate([product, rows[..., 2 * half :]], axis=-1) if rows.shape[-1] % 2 else product
    out = rows[..., 0]
    return expand(out, x.shape, axis, False) if keepdims else out


def _cumprod_kernel(x: np.ndarray, *, axis: int | None) -> tuple[Any, Any]:
    flat = x.reshape(-1) if axis is None or x.ndim == 0 else x
    out = np.multiply.accumulate(flat, axis=axis or 0, dtype=x.dtype)

    def pullback(g: Any, needs: Any) -> tuple[Any]:
        rows, permutation = rows_last(flat, axis or 0)
        weights = rows_last(g, axis or 0)[0].copy()
        for i in range(rows.shape[-1] - 2, -1, -1):  # the later products, each without what comes before it
            weights[..., i] += weights[..., i + 1] * rows[..., i + 1]
        weights *= _before(rows)
        return (rows_back(weights, flat.shape, permutation).reshape(x.shape),)

    return out, pullback


@fused(_cumprod_kernel)
def cumprod(x: TensorLike, *, axis: int | None = None) -> Tensor:
    """Multiply up the elements along an axis, keeping every product on the way; flattened first by default.

    The derivative is right also where elements are 0.

    Examples
    --------
    >>> cumprod(Tensor([2.0, 3.0, 4.0]))
    Tensor([ 2.,  6., 24.])
    """
    if axis is None or x.ndim == 0:
        x, axis = x.reshape(-1), 0
    rows = np.swapaxes(x, axis, -1)
    shift = 1
    while shift < rows.shape[-1]:  # each product so far, of `shift` elements, times the one that ends before it starts
        rows = concatenate([rows[..., :shift], rows[..., shift:] * rows[..., :-shift]], axis=-1)
        shift *= 2
    return np.swapaxes(rows, axis, -1)
