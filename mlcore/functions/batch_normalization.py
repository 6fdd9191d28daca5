"""Batch normalization: every feature by itself, over the examples of a batch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.autodiff.elementwise import sqrt, square
from mlcore.autodiff.fused import fused
from mlcore.autodiff.reductions import mean
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.dense import row_of_ones
from mlcore.functions.normalization import affine, inverse_root


def _check_features(x: Any, **arrays: Any) -> None:
    if x.ndim < 1:
        raise ValueError("expected x of shape (..., d); got a number")
    for name, value in arrays.items():
        if value is not None and tuple(value.shape) != (x.shape[-1],):
            raise ValueError(
                f"expected {name} of shape ({x.shape[-1]},), the features of x {x.shape}; got {tuple(value.shape)}"
            )


def _batch_norm_kernel(
    x: np.ndarray, weight: Any, bias: Any, *, epsilon: float, running: Any, momentum: float
) -> tuple[np.ndarray, Any]:
    _check_features(x, weight=weight, bias=bias)
    d = x.shape[-1]
    rows = x.reshape(math.prod(x.shape[:-1]), d)
    n = len(rows)
    ones = row_of_ones(n, x.dtype)
    average = np.dot(ones, rows)
    average /= max(n, 1)
    standardized = rows - average
    variance = np.einsum("ij,ij->j", standardized, standardized)
    if running is not None and n:
        for array, new in ((running[0], average), (running[1], variance / max(n - 1, 1))):
            array *= 1 - momentum
            array += momentum * new
    scale = inverse_root(variance, n, epsilon)
    standardized *= scale

    def pullback(g: np.ndarray, needs: Any) -> tuple[Any, Any, Any]:
        g_rows = g.reshape(rows.shape)
        g_bias = np.dot(ones, g_rows)
        g_weight = np.einsum("ij,ij->j", g_rows, standardized)
        gx = None
        if needs[0]:
            gx = standardized * (g_weight / -max(n, 1))
            gx += g_rows
            gx -= g_bias / max(n, 1)
            gx *= scale if weight is None else scale * weight
            gx = gx.reshape(x.shape)
        return gx, g_weight, g_bias

    return affine(standardized, weight, bias).reshape(x.shape), pullback


@fused(_batch_norm_kernel)
def _batch_norm(x: TensorLike, weight: Any, bias: Any, *, epsilon: float, running: Any, momentum: float) -> Tensor:
    # The running averages are left alone here: differentiating once more is not another batch.
    _check_features(x, weight=weight, bias=bias)
    rows = tuple(range(x.ndim - 1))
    centered = x - mean(x, axis=rows, keepdims=True)
    out = centered / sqrt(mean(square(centered), axis=rows, keepdims=True) + epsilon)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


def batch_norm(
    x: TensorLike,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    *,
    running_mean: np.ndarray | None = None,
    running_var: np.ndarray | None = None,
    training: bool = True,
    momentum: float = 0.1,
    epsilon: float = 1e-5,
) -> Tensor:
    """Standardize each feature over the batch, then scale and shift it.

    With mean m and biased variance v of a feature over all axes but the last,
    ``out = weight * (x - m) / sqrt(v + epsilon) + bias``. In use (``training=False``) m and v are the running ones.

    Parameters
    ----------
    x : Tensor, shape (..., d)
    weight, bias : Tensor, shape (d,), optional
    running_mean, running_var : array, shape (d,), optional
        While training, changed in place to ``(1 - momentum) * running + momentum * batch``, with the unbiased
        variance of the batch.
    training : bool
    momentum : float
        The part of the running averages that each batch renews.
    epsilon : float
        Added to the variance, so that a constant feature stays finite.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ValueError
        If a shape is not (d,), or there are no running averages to use.

    References
    ----------
    Ioffe and Szegedy (2015), algorithm 1; Goodfellow, Bengio and Courville, *Deep Learning*, section 8.7.1.

    Examples
    --------
    >>> batch_norm(Tensor([[1.0, 5.0], [3.0, 9.0]]), epsilon=0.0)
    Tensor([[-1., -1.],
            [ 1.,  1.]])
    """
    both = running_mean is not None and running_var is not None
    if training:
        running = (np.asarray(running_mean), np.asarray(running_var)) if both else None
        return _batch_norm(x, weight, bias, epsilon=epsilon, running=running, momentum=momentum)
    if not both:
        raise ValueError("batch_norm with training=False needs running_mean and running_var")
    x = x if isinstance(x, Tensor) else np.asarray(x)
    average, variance = (np.asarray(a, x.dtype) for a in (running_mean, running_var))
    _check_features(x, weight=weight, bias=bias, running_mean=average, running_var=variance)
    scale = 1 / np.sqrt(variance + epsilon)
    scale = scale if weight is None else weight * scale
    shift = -average * scale
    return x * scale + (shift if bias is None else shift + bias)
