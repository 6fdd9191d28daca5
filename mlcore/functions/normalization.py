"""Normalization of rows: every example by itself, over its features.

Which numbers share a mean and a variance is all that distinguishes the normalizations. With x of shape (n, d), layer
normalization standardizes each row, batch normalization (`mlcore.functions.batch_normalization`) each column;
`mlcore.functions.group_normalization` has those that do neither.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.autodiff.elementwise import sqrt, square
from mlcore.autodiff.fused import fused
from mlcore.autodiff.reductions import mean
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.dense import column_of_ones, row_of_ones


def _trailing(x: Any, weight: Any, bias: Any, axes: int) -> tuple[int, ...]:
    """Return the shape of the axes that are normalized, after checking that weight and bias have it."""
    shape = tuple(x.shape[x.ndim - axes :]) if 0 < axes <= x.ndim else None
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None and (shape is None or tuple(value.shape) != shape):
            raise ValueError(
                f"expected {name} of shape {shape}, the last {axes} axes of x {x.shape}; got {tuple(value.shape)}"
            )
    if shape is None:
        raise ValueError(f"expected x with at least {axes} axes to normalize; got shape {x.shape}")
    return shape


def _rows_pullback(
    g: np.ndarray, standardized: np.ndarray, scale: np.ndarray, weight: Any, needs: Any, center: bool
) -> tuple[Any, Any, Any]:
    """Go back through ``weight * standardized + bias`` where each row of ``standardized`` is x times ``scale``."""
    rows, d = standardized.shape
    g_rows = g.reshape(rows, d)
    g_weight = np.einsum("ij,ij->j", g_rows, standardized) if needs[1] else None
    g_bias = np.dot(row_of_ones(rows, g.dtype), g_rows) if needs[2] else None
    if not needs[0]:
        return None, g_weight, g_bias
    gx = g_rows.copy() if weight is None else g_rows * weight.reshape(d)
    along = np.einsum("ij,ij->i", gx, standardized)[:, None]
    along /= max(d, 1)
    if center:
        average = np.dot(gx, column_of_ones(d, gx.dtype))
        average /= max(d, 1)
        gx -= average
    gx -= standardized * along
    gx *= scale
    return gx, g_weight, g_bias


def inverse_root(squares: np.ndarray, d: int, epsilon: float) -> np.ndarray:
    """Turn sums of d squares into 1 / sqrt(their mean + epsilon), in place."""
    squares /= max(d, 1)
    squares += epsilon
    return np.reciprocal(np.sqrt(squares, out=squares), out=squares)


def affine(standardized: np.ndarray, weight: Any, bias: Any) -> np.ndarray:
    """Return ``weight * standardized + bias`` as a new array; None stands for 1 and 0."""
    if weight is None:
        return standardized.copy() if bias is None else standardized + bias.reshape(-1)
    out = standardized * weight.reshape(-1)
    if bias is not None:
        out += bias.reshape(-1)
    return out


def _layer_norm_kernel(x: np.ndarray, weight: Any, bias: Any, *, axes: int, epsilon: float) -> tuple[np.ndarray, Any]:
    d = math.prod(_trailing(x, weight, bias, axes))
    rows = x.reshape(math.prod(x.shape[: x.ndim - axes]), d)
    average = np.dot(rows, column_of_ones(d, x.dtype))
    average /= max(d, 1)
    standardized = rows - average
    scale = inverse_root(np.einsum("ij,ij->i", standardized, standardized)[:, None], d, epsilon)
    standardized *= scale

    def pullback(g: np.ndarray, needs: Any) -> tuple[Any, Any, Any]:
        gx, gw, gb = _rows_pullback(g, standardized, scale, weight, needs, center=True)
        return (
            None if gx is None else gx.reshape(x.shape),
            None if gw is None or weight is None else gw.reshape(weight.shape),
            None if gb is None or bias is None else gb.reshape(bias.shape),
        )

    return affine(standardized, weight, bias).reshape(x.shape), pullback


@fused(_layer_norm_kernel)
def _layer_norm(x: TensorLike, weight: Any, bias: Any, *, axes: int, epsilon: float) -> Tensor:
    _trailing(x, weight, bias, axes)
    last = tuple(range(-axes, 0))
    centered = x - mean(x, axis=last, keepdims=True)
    out = centered / sqrt(mean(square(centered), axis=last, keepdims=True) + epsilon)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


def layer_norm(
    x: TensorLike,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    *,
    axes: int | None = None,
    epsilon: float = 1e-5,
) -> Tensor:
    """Standardize each row of ``x``, then scale and shift it.

    With mean m and biased variance v over the last axis, ``out = weight * (x - m) / sqrt(v + epsilon) + bias``.

    Parameters
    ----------
    x : Tensor, shape (..., d)
    weight, bias : Tensor, shape (d,), optional
        1 and 0 where left out.
    axes : int, optional
        How many of the last axes share a mean and a variance; by default as many as the weight has, or one.
    epsilon : float
        Added to the variance, so that a constant row stays finite.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ValueError
        If weight or bias do not have the shape of the normalized axes.

    References
    ----------
    Ba, Kiros and Hinton (2016), equation 3.

    Examples
    --------
    >>> layer_norm(Tensor([[1.0, 3.0]]), epsilon=0.0)
    Tensor([[-1.,  1.]])
    """
    if axes is None:
        axes = max((np.ndim(a) for a in (weight, bias) if a is not None), default=1)
    return _layer_norm(x, weight, bias, axes=axes, epsilon=epsilon)


def _rms_norm_kernel(x: np.ndarray, weight: Any, *, axes: int, epsilon: float) -> tuple[np.ndarray, Any]:
    d = math.prod(_trailing(x, weight, None, axes))
    rows = x.reshape(math.prod(x.shape[: x.ndim - axes]), d)
    scale = inverse_root(np.einsum("ij,ij->i", rows, rows)[:, None], d, epsilon)
    standardized = rows * scale

    def pullback(g: np.ndarray, needs: Any) -> tuple[Any, Any]:
        gx, gw, _ = _rows_pullback(g, standardized, scale, weight, (*needs, False), center=False)
        return (
            None if gx is None else gx.reshape(x.shape),
            None if gw is None or weight is None else gw.reshape(weight.shape),
        )

    return affine(standardized, weight, None).reshape(x.shape), pullback


@fused(_rms_norm_kernel)
def _rms_norm(x: TensorLike, weight: Any, *, axes: int, epsilon: float) -> Tensor:
    _trailing(x, weight, None, axes)
    out = x / sqrt(mean(square(x), axis=tuple(range(-axes, 0)), keepdims=True) + epsilon)
    return out if weight is None else out * weight


def rms_norm(
    x: TensorLike, weight: TensorLike | None = None, *, axes: int | None = None, epsilon: float = 1e-5
) -> Tensor:
    """Divide each row of ``x`` by its root mean square, then scale it: layer normalization without the mean.

    ``out = weight * x / sqrt(mean(x**2) + epsilon)``.

    Parameters
    ----------
    x : Tensor, shape (..., d)
    weight : Tensor, shape (d,), optional
    axes : int, optional
        How many of the last axes belong to a row; by default as many as the weight has, or one.
    epsilon : float

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ValueError
        If the weight does not have the shape of the normalized axes.

    References
    ----------
    Zhang and Sennrich (2019), equation 4.

    Examples
    --------
    >>> rms_norm(Tensor([[3.0, 4.0]]), Tensor([1.0, 10.0]), epsilon=0.0)
    Tensor([[ 0.84852815, 11.313709  ]])
    """
    if axes is None:
        axes = 1 if weight is None else np.ndim(weight)
    return _rms_norm(x, weight, axes=axes, epsilon=epsilon)
