"""Activation functions: what makes a network more than one linear map."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.elementwise import sigmoid, tanh
from mlcore.autodiff.fused import fused
from mlcore.autodiff.primitive import elementwise
from mlcore.autodiff.reductions import logsumexp
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.dense import column_of_ones

__all__ = ["log_softmax", "relu", "sigmoid", "softmax", "softplus", "tanh"]


@elementwise(lambda out, x: out > 0)
def relu(x: TensorLike) -> Tensor:
    """Rectified linear unit, max(x, 0). The derivative at 0 is taken as 0.

    Parameters
    ----------
    x : Tensor, any shape

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 6.3.1.

    Examples
    --------
    >>> relu(Tensor([1.0, -2.0]))
    Tensor([1., 0.])
    """
    return np.maximum(x, 0)


@elementwise(lambda out, x: sigmoid(x))
def softplus(x: TensorLike) -> Tensor:
    """Smooth version of relu, log(1 + exp(x)); its derivative is the sigmoid.

    Computed as max(x, 0) + log(1 + exp(-abs(x))), which does not overflow.

    Parameters
    ----------
    x : Tensor, any shape

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 3.10.

    Examples
    --------
    >>> softplus(Tensor([-1e4, 0.0, 1e4]))
    Tensor([0.000000e+00, 6.931472e-01, 1.000000e+04])
    """
    return np.maximum(x, 0) + np.log1p(np.exp(-np.absolute(x)))


def _exponentials(x: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x - max(x), its exponential and the sum of that, along an axis: what is common to the softmax family."""
    shifted = x - np.maximum.reduce(x, axis=axis, keepdims=True)
    terms = np.exp(shifted)
    if axis in (-1, x.ndim - 1):  # the sum of a row is its product with ones, which BLAS does faster
        return shifted, terms, np.matmul(terms, column_of_ones(x.shape[-1], x.dtype))
    return shifted, terms, np.add.reduce(terms, axis=axis, keepdims=True)


def _nothing(x: np.ndarray) -> tuple[np.ndarray, Any]:
    return x.copy(), lambda g, needs: (g,)


def _softmax_kernel(x: np.ndarray, *, axis: int) -> tuple[np.ndarray, Any]:
    if not x.size:  # no rows, or no classes
        return _nothing(x)
    _, out, total = _exponentials(x, axis)
    out /= total

    def pullback(g: np.ndarray, needs: Any) -> tuple[np.ndarray]:
        gx = g * out
        gx -= out * np.add.reduce(gx, axis=axis, keepdims=True)
        return (gx,)

    return out, pullback


@fused(_softmax_kernel)
def softmax(x: TensorLike, *, axis: int = -1) -> Tensor:
    """Turn scores into probabilities: exp(x) / sum(exp(x)) along an axis.

    Parameters
    ----------
    x : Tensor, shape (..., k)
        Scores of k classes, of any size: the largest is subtracted first, so nothing overflows.
    axis : int
        The axis of the classes.

    Returns
    -------
    Tensor, shape of x

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 6.2.2.3.

    Examples
    --------
    >>> softmax(Tensor([1000.0, 1000.0]))
    Tensor([0.5, 0.5])
    """
    return np.exp(log_softmax(x, axis=axis))


def _log_softmax_kernel(x: np.ndarray, *, axis: int) -> tuple[np.ndarray, Any]:
    if not x.size:
        return _nothing(x)
    out, terms, total = _exponentials(x, axis)
    out -= np.log(total)

    def pullback(g: np.ndarray, needs: Any) -> tuple[np.ndarray]:
        return (g - terms * (np.add.reduce(g, axis=axis, keepdims=True) / total),)

    return out, pullback


@fused(_log_softmax_kernel)
def log_softmax(x: TensorLike, *, axis: int = -1) -> Tensor:
    """Logarithm of the softmax, x - logsumexp(x): exact also where a probability is too small for its float.

    Parameters
    ----------
    x : Tensor, shape (..., k)
    axis : int
        The axis of the classes.

    Returns
    -------
    Tensor, shape of x

    Examples
    --------
    >>> log_softmax(Tensor([0.0, 1000.0]))
    Tensor([-1000.,     0.])
    """
    return x - logsumexp(x, axis=axis, keepdims=True)
