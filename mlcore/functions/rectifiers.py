"""Rectifiers and other piecewise functions: ReLU's relatives that do not die, and saturating functions made of lines.

At a corner each function has two slopes; the derivative there is the one from below unless its docstring says else.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.primitive import elementwise
from mlcore.autodiff.tensor import Tensor, TensorLike

#: Of SELU: with these two, activations of mean 0 and variance 1 keep them from layer to layer.
_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


def _choose(condition: np.ndarray, yes: Any, no: Any, x: Any) -> Any:
    """Return ``np.where`` of two numbers in the type of x; two Python floats alone would make float64."""
    number = x.dtype.type
    return np.where(condition, number(yes), number(no))


@elementwise(lambda out, x, *, slope: _choose(x > 0, 1, slope, x))
def leaky_relu(x: TensorLike, *, slope: float = 0.01) -> Tensor:
    """Leaky ReLU: x where it is positive, slope * x elsewhere.

    Parameters
    ----------
    x : Tensor, any shape
    slope : float

    References
    ----------
    Maas, Hannun and Ng (2013); Goodfellow, Bengio and Courville, *Deep Learning*, section 6.3.1.

    Examples
    --------
    >>> leaky_relu(Tensor([2.0, -2.0]), slope=0.25)
    Tensor([ 2. , -0.5])
    """
    return np.where(x > 0, x, slope * x)


@elementwise(lambda out, x, slope: np.where(x > 0, 1, slope), lambda out, x, slope: np.where(x > 0, 0, x))
def prelu(x: TensorLike, slope: TensorLike) -> Tensor:
    """Parametric ReLU: leaky ReLU whose slope for negative numbers is learned.

    Parameters
    ----------
    x : Tensor, shape (..., d)
    slope : Tensor, shape (d,) or one that broadcasts

    References
    ----------
    He, Zhang, Ren and Sun (2015), equation 1.

    Examples
    --------
    >>> prelu(Tensor([[2.0, -2.0], [-2.0, -2.0]]), Tensor([0.5, 0.25]))
    Tensor([[ 2. , -0.5],
            [-1. , -0.5]])
    """
    return np.where(x > 0, x, slope * x)


@elementwise(lambda out, x, *, alpha: np.where(x > 0, 1, out + alpha))
def elu(x: TensorLike, *, alpha: float = 1.0) -> Tensor:
    """Exponential linear unit: x where it is positive, alpha * (exp(x) - 1) elsewhere.

    Parameters
    ----------
    x : Tensor, any shape
    alpha : float

    References
    ----------
    Clevert, Unterthiner and Hochreiter (2016), equation 15.

    Examples
    --------
    >>> elu(Tensor([2.0, -1e4]))
    Tensor([ 2., -1.])
    """
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@elementwise(lambda out, x, *, alpha: np.where(x > 0, 1, out / alpha + 1))
def celu(x: TensorLike, *, alpha: float = 1.0) -> Tensor:
    """ELU whose slope is continuous for every alpha: x where positive, alpha * (exp(x / alpha) - 1) elsewhere.

    Parameters
    ----------
    x : Tensor, any shape
    alpha : float

    References
    ----------
    Barron (2017), equation 2.

    Examples
    --------
    >>> celu(Tensor([2.0, -1e4]), alpha=2.0)
    Tensor([ 2., -2.])
    """
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


@elementwise(lambda out, x: np.where(x > 0, _SELU_SCALE, out + _SELU_SCALE * _SELU_ALPHA))
def selu(x: TensorLike) -> Tensor:
    """Self-normalizing linear unit, 1.0507 * elu(x, alpha=1.6733): keeps mean 0 and variance 1 through the layers.

    Parameters
    ----------
    x : Tensor, any shape

    References
    ----------
    Klambauer, Unterthiner, Mayr and Hochreiter (2017), equation 2.

    Examples
    --------
    >>> selu(Tensor([1.0, -1e4]))
    Tensor([ 1.050701 , -1.7580993])
    """
    return _SELU_SCALE * np.where(x > 0, x, _SELU_ALPHA * np.expm1(np.minimum(x, 0)))


@elementwise(lambda out, x: (x > 0) & (x < 6))
def relu6(x: TensorLike) -> Tensor:
    """ReLU that saturates at 6, min(max(x, 0), 6). Flat at both corners.

    Parameters
    ----------
    x : Tensor, any shape

    References
    ----------
    Krizhevsky (2010), *Convolutional Deep Belief Networks on CIFAR-10*.

    Examples
    --------
    >>> relu6(Tensor([-1.0, 2.0, 9.0]))
    Tensor([0., 2., 6.])
    """
    return np.minimum(np.maximum(x, 0), 6)


@elementwise(lambda out, x, *, lower, upper: (x > lower) & (x < upper))
def hard_tanh(x: TensorLike, *, lower: float = -1.0, upper: float = 1.0) -> Tensor:
    """Tanh made of three lines, max(lower, min(x, upper)). Flat at both corners.

    Parameters
    ----------
    x : Tensor, any shape
    lower, upper : float

    References
    ----------
    Collobert (2004); Goodfellow, Bengio and Courville, *Deep Learning*, section 6.3.3.

    Examples
    --------
    >>> hard_tanh(Tensor([-3.0, 0.5, 3.0]))
    Tensor([-1. ,  0.5,  1. ])
    """
    return np.minimum(np.maximum(x, lower), upper)


@elementwise(lambda out, x, *, slope, offset: _choose((out > 0) & (out < 1), slope, 0, x))
def hard_sigmoid(x: TensorLike, *, slope: float = 1 / 6, offset: float = 0.5) -> Tensor:
    """Sigmoid made of three lines, slope * x + offset limited to [0, 1]. Flat at both corners.

    Parameters
    ----------
    x : Tensor, any shape
    slope, offset : float
        1/6 and 1/2 as in PyTorch; others take 0.2 and 1/2.

    Examples
    --------
    >>> hard_sigmoid(Tensor([-4.0, 0.0, 1.5]))
    Tensor([0.  , 0.5 , 0.75])
    """
    return np.minimum(np.maximum(slope * x + offset, 0), 1)


@elementwise(lambda out, x: np.where(x <= -3, 0, np.where(x >= 3, 1, x / 3 + 0.5)))
def hard_swish(x: TensorLike) -> Tensor:
    """Swish with a hard sigmoid, x * min(max(x + 3, 0), 6) / 6.

    Parameters
    ----------
    x : Tensor, any shape

    References
    ----------
    Howard et al. (2019), section 5.2.

    Examples
    --------
    >>> hard_swish(Tensor([-4.0, 1.0, 4.0]))
    Tensor([-0.       ,  0.6666667,  4.       ])
    """
    return x * (np.minimum(np.maximum(x + 3, 0), 6) / 6)


@elementwise(lambda out, x, *, threshold: np.absolute(x) > threshold)
def hard_shrink(x: TensorLike, *, threshold: float = 0.5) -> Tensor:
    """Set small numbers to 0: x where abs(x) > threshold.

    Parameters
    ----------
    x : Tensor, any shape
    threshold : float

    Examples
    --------
    >>> hard_shrink(Tensor([-2.0, 0.25, 2.0]))
    Tensor([-2.,  0.,  2.])
    """
    return np.where(np.absolute(x) > threshold, x, 0)


@elementwise(lambda out, x, *, threshold: np.absolute(x) > threshold)
def soft_shrink(x: TensorLike, *, threshold: float = 0.5) -> Tensor:
    """Move numbers towards 0 by a threshold, and small ones to it: what an L1 penalty does to a weight.

    Parameters
    ----------
    x : Tensor, any shape
    threshold : float

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, equation 7.23.

    Examples
    --------
    >>> soft_shrink(Tensor([-2.0, 0.25, 2.0]))
    Tensor([-1.5,  0. ,  1.5])
    """
    return np.maximum(x - threshold, 0) + np.minimum(x + threshold, 0)


@elementwise(lambda out, x, *, at, value: x > at)
def threshold(x: TensorLike, *, at: float = 0.0, value: float = 0.0) -> Tensor:
    """Keep numbers above a threshold, and set the others to a value.

    Parameters
    ----------
    x : Tensor, any shape
    at, value : float

    Examples
    --------
    >>> threshold(Tensor([0.5, 2.0]), at=1.0, value=-1.0)
    Tensor([-1.,  2.])
    """
    return np.where(x > at, x, value)
