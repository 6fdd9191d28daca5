"""The logarithm of a sum of exponentials, which no float is too small for."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.reductions.axes import Axis, axes_of, drop, expand
from mlcore.autodiff.reductions.moments import sum
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of


def _finite_max(x: np.ndarray, axis: Axis) -> np.ndarray:
    """Return the maximum to subtract before exp; 0 where it is infinite, since inf - inf is not a number."""
    largest = np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)
    return np.where(np.isfinite(largest), largest, np.zeros_like(largest))


def _logsumexp_kernel(x: np.ndarray, *, axis: Axis, keepdims: bool) -> tuple[Any, Any]:
    axis = axes_of(axis, x.ndim)
    largest = _finite_max(x, axis)
    terms = np.exp(x - largest)
    total = np.add.reduce(terms, axis=axis, keepdims=True)
    with np.errstate(divide="ignore"):
        out = np.log(total) + largest
    out = drop(out, axis, keepdims)

    def pullback(g: Any, needs: Any) -> tuple[Any]:
        return (terms * (expand(g, x.shape, axis, keepdims) / total),)

    return out, pullback


@fused(_logsumexp_kernel)
def logsumexp(x: TensorLike, *, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Logarithm of the sum of exponentials, without overflow: m + log(sum(exp(x - m))) with m = max(x).

    Its derivative is the softmax of x. Of no elements it is minus infinity.

    Examples
    --------
    >>> logsumexp(Tensor([1000.0, 1000.0]))
    Tensor(1000.6932)
    """
    axis = axes_of(axis, x.ndim)
    largest = _finite_max(value_of(x), axis)
    with np.errstate(divide="ignore"):
        total = np.log(sum(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return drop(total, axis, keepdims)
