"""Normalization over groups of features and over places, and of weights instead of activations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.autodiff import reductions
from mlcore.autodiff.elementwise import sqrt, square
from mlcore.autodiff.fused import fused
from mlcore.autodiff.reductions import mean
from mlcore.autodiff.shaping import reshape
from mlcore.autodiff.tensor import Tensor, TensorLike


def _standardize_kernel(x: np.ndarray, *, axes: tuple[int, ...], epsilon: float) -> tuple[np.ndarray, Any]:
    count = max(math.prod(x.shape[a] for a in axes), 1)
    out = x - np.add.reduce(x, axis=axes, keepdims=True) / count
    scale = np.add.reduce(out * out, axis=axes, keepdims=True)
    scale /= count
    scale += epsilon
    np.reciprocal(np.sqrt(scale, out=scale), out=scale)
    out *= scale

    def pullback(g: np.ndarray, needs: Any) -> tuple[np.ndarray]:
        gx = out * (np.add.reduce(g * out, axis=axes, keepdims=True) / -count)
        gx += g
        gx -= np.add.reduce(g, axis=axes, keepdims=True) / count
        gx *= scale
        return (gx,)

    return out, pullback


@fused(_standardize_kernel)
def standardize(x: TensorLike, *, axes: tuple[int, ...], epsilon: float = 1e-5) -> Tensor:
    """Subtract the mean and divide by the standard deviation, (x - m) / sqrt(v + epsilon), over given axes.

    Parameters
    ----------
    x : Tensor, any shape
    axes : tuple of int
        The axes over which numbers share a mean m and a biased variance v.
    epsilon : float

    Returns
    -------
    Tensor, shape of x

    Examples
    --------
    >>> standardize(Tensor([[1.0, 5.0], [3.0, 9.0]]), axes=(0,), epsilon=0.0)
    Tensor([[-1., -1.],
            [ 1.,  1.]])
    """
    centered = x - mean(x, axis=axes, keepdims=True)
    return centered / sqrt(mean(square(centered), axis=axes, keepdims=True) + epsilon)


def group_norm(
    x: TensorLike,
    weight: TensorLike | None = None,
    bias: TensorLike | None = None,
    *,
    groups: int,
    epsilon: float = 1e-5,
) -> Tensor:
    """Standardize each group of features of each example over all its places, then scale and shift each feature.

    One group is layer normalization of a whole image; as many groups as features is instance normalization.

    Parameters
    ----------
    x : Tensor, shape (batch, ..., d)
    weight, bias : Tensor, shape (d,), optional
    groups : int
        A divisor of d.
    epsilon : float

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ValueError
        If the groups do not divide the features.

    References
    ----------
    Wu and He (2018), section 3.

    Examples
    --------
    >>> group_norm(Tensor([[1.0, 3.0, 10.0, 30.0]]), groups=2, epsilon=0.0)
    Tensor([[-1.,  1., -1.,  1.]])
    """
    shape = np.shape(x)
    if len(shape) < 2 or groups < 1 or shape[-1] % groups:
        raise ValueError(f"expected x of shape (batch, ..., d) with d a multiple of groups={groups}; got {shape}")
    split = (shape[0], math.prod(shape[1:-1]), groups, shape[-1] // groups)
    out = reshape(standardize(reshape(x, shape=split), axes=(1, 3), epsilon=epsilon), shape=shape)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


def instance_norm(
    x: TensorLike, weight: TensorLike | None = None, bias: TensorLike | None = None, *, epsilon: float = 1e-5
) -> Tensor:
    """Standardize each feature of each example over its places, then scale and shift it.

    Parameters
    ----------
    x : Tensor, shape (batch, ..., d)
    weight, bias : Tensor, shape (d,), optional
    epsilon : float

    Returns
    -------
    Tensor, shape of x

    References
    ----------
    Ulyanov, Vedaldi and Lempitsky (2016), equation 4.

    Examples
    --------
    >>> instance_norm(Tensor([[[1.0, 5.0], [3.0, 9.0]]]), epsilon=0.0)
    Tensor([[[-1., -1.],
             [ 1.,  1.]]])
    """
    return group_norm(x, weight, bias, groups=np.shape(x)[-1], epsilon=epsilon)


def local_response_norm(
    x: TensorLike, *, size: int, alpha: float = 1e-4, beta: float = 0.75, bias: float = 1.0
) -> Tensor:
    """Divide each feature by a power of the energy of its neighbours among the features.

    ``out[c] = x[c] / (bias + alpha / size * sum of x[c']**2)**beta`` over the ``size`` features around c.

    Parameters
    ----------
    x : Tensor, shape (..., d)
    size : int
        The number of neighbours; of an even number, the extra one is below.
    alpha, beta, bias : float

    Returns
    -------
    Tensor, shape of x

    References
    ----------
    Krizhevsky, Sutskever and Hinton (2012), section 3.3.

    Examples
    --------
    >>> local_response_norm(Tensor([[3.0, 4.0]]), size=1, alpha=1.0, beta=0.5, bias=0.0)
    Tensor([[1., 1.]])
    """
    d = np.shape(x)[-1]
    offsets = np.arange(d)[:, None] - np.arange(d)  # how far feature row lies above feature column
    near = (offsets >= -((size - 1) // 2)) & (offsets <= size // 2)
    x = x if isinstance(x, Tensor) else np.asarray(x)
    return x / (bias + alpha / size * (square(x) @ near.T.astype(x.dtype))) ** beta


def weight_norm(direction: TensorLike, magnitude: TensorLike) -> Tensor:
    """Give the weights of each output a length of their own: magnitude * direction / ||direction||.

    Parameters
    ----------
    direction : Tensor, shape (..., in, out)
        The norm is over all axes but the last.
    magnitude : Tensor, shape (out,)

    Returns
    -------
    Tensor, shape of direction

    References
    ----------
    Salimans and Kingma (2016), equation 2.

    Examples
    --------
    >>> weight_norm(Tensor([[3.0], [4.0]]), Tensor([10.0]))
    Tensor([[6.],
            [8.]])
    """
    axes = tuple(range(np.ndim(direction) - 1))
    return direction * (magnitude / sqrt(reductions.sum(square(direction), axis=axes)))
