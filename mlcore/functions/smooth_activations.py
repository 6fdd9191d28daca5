"""Smooth activation functions: GELU, SiLU and their relatives, which differ from ReLU mainly near zero."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.autodiff.elementwise import erf, sigmoid, tanh
from mlcore.autodiff.fused import fused
from mlcore.autodiff.primitive import elementwise
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.activations import softplus

#: tanh-GELU is x * sigmoid(x * (_LINEAR + _CUBIC * x**2)).
_LINEAR = 2 * math.sqrt(2 / math.pi)
_CUBIC = 0.044715 * _LINEAR


def _tanh_gelu(x: np.ndarray) -> tuple[np.ndarray, Any]:
    squares = np.square(x)
    share = np.asarray(squares * (_CUBIC / 2))
    share += _LINEAR / 2
    share *= x
    np.tanh(share, out=share)
    share += 1
    share *= 0.5
    out = x * share

    def pullback(g: np.ndarray, needs: Any) -> tuple[np.ndarray]:
        slope = squares * (3 * _CUBIC)  # share + out * (1 - share) * (_LINEAR + 3 * _CUBIC * x**2)
        slope += _LINEAR
        slope *= out
        slope *= 1 - share
        slope += share
        slope *= g
        return (slope,)

    return out, pullback


def _exact_gelu(x: np.ndarray) -> tuple[np.ndarray, Any]:
    share = np.asarray(erf(x * math.sqrt(0.5)))
    share += 1
    share *= 0.5

    def pullback(g: np.ndarray, needs: Any) -> tuple[np.ndarray]:
        slope = np.asarray(np.square(x))  # share + x times the density of a standard normal number
        slope *= -0.5
        np.exp(slope, out=slope)
        slope *= x
        slope *= 1 / math.sqrt(2 * math.pi)
        slope += share
        slope *= g
        return (slope,)

    return x * share, pullback


def _gelu_kernel(x: np.ndarray, *, approximate: str) -> tuple[np.ndarray, Any]:
    return _tanh_gelu(x) if approximate == "tanh" else _exact_gelu(x)


@fused(_gelu_kernel)
def _gelu(x: TensorLike, *, approximate: str) -> Tensor:
    if approximate == "tanh":
        return x * sigmoid(x * (_LINEAR + _CUBIC * x * x))
    return x * (0.5 * (erf(x * math.sqrt(0.5)) + 1))


def gelu(x: TensorLike, *, approximate: str = "none") -> Tensor:
    """Gaussian error linear unit: x times the probability that a standard normal number is below x.

    ``x * (1 + erf(x / sqrt(2))) / 2``.

    Parameters
    ----------
    x : Tensor, any shape
    approximate : str
        ``"tanh"`` for ``x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) / 2``, which is twice as fast and
        within 0.0005; ``"none"`` for the exact function.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    ValueError
        If ``approximate`` is neither.

    References
    ----------
    Hendrycks and Gimpel (2016), section 2.

    Examples
    --------
    >>> gelu(Tensor([-1.0, 0.0, 1.0]))
    Tensor([-0.15865526,  0.        ,  0.8413447 ])
    """
    if approximate not in ("none", "tanh"):
        raise ValueError(f"expected approximate to be 'none' or 'tanh'; got {approximate!r}")
    return _gelu(x, approximate=approximate)


def _silu_slope(out: Any, x: Any, *, beta: float) -> Any:
    plain = beta == 1  # spares two passes over the array
    share = sigmoid(x if plain else x * beta)
    return share + (out if plain else out * beta) * (1 - share)


@elementwise(_silu_slope)
def silu(x: TensorLike, *, beta: float = 1.0) -> Tensor:
    """Sigmoid linear unit or swish, x * sigmoid(beta * x): between x / 2 (beta 0) and relu (beta to infinity).

    Parameters
    ----------
    x : Tensor, any shape
    beta : float

    References
    ----------
    Elfwing, Uchibe and Doya (2018), equation 1; Ramachandran, Zoph and Le (2017), section 4.

    Examples
    --------
    >>> silu(Tensor([-1.0, 0.0, 1.0]))
    Tensor([-0.2689414,  0.       ,  0.7310586])
    """
    return x * sigmoid.primitive.function(x if beta == 1 else x * beta)


def _mish_slope(out: Any, x: Any) -> Any:
    gate = np.tanh(softplus(x))
    return gate + x * sigmoid(x) * (1 - gate * gate)


@elementwise(_mish_slope)
def mish(x: TensorLike) -> Tensor:
    """Mish, x * tanh(log(1 + exp(x))).

    Parameters
    ----------
    x : Tensor, any shape

    References
    ----------
    Misra (2019), equation 1.

    Examples
    --------
    >>> mish(Tensor([-1.0, 0.0, 1.0]))
    Tensor([-0.3034014,  0.       ,  0.8650984])
    """
    return x * np.tanh(softplus.primitive.function(x))


@elementwise(lambda out, x: (1 - np.absolute(out)) ** 2)
def softsign(x: TensorLike) -> Tensor:
    """Softsign, x / (1 + abs(x)): like tanh, but it saturates slowly.

    Parameters
    ----------
    x : Tensor, any shape

    References
    ----------
    Glorot and Bengio (2010), section 3.3.

    Examples
    --------
    >>> softsign(Tensor([-1.0, 0.0, 3.0]))
    Tensor([-0.5 ,  0.  ,  0.75])
    """
    return x / (1 + np.absolute(x))


def log_sigmoid(x: TensorLike) -> Tensor:
    """Logarithm of the sigmoid, -log(1 + exp(-x)), exact also where the sigmoid is too small for its float.

    Parameters
    ----------
    x : Tensor, any shape

    Examples
    --------
    >>> log_sigmoid(Tensor([0.0, -1000.0]))
    Tensor([-6.931472e-01, -1.000000e+03])
    """
    return -softplus(-np.asarray(x) if isinstance(x, (list, float, int)) else -x)


@elementwise(lambda out, x: np.square(tanh(x)))
def tanh_shrink(x: TensorLike) -> Tensor:
    """Tanh shrinkage, x - tanh(x).

    Parameters
    ----------
    x : Tensor, any shape

    Examples
    --------
    >>> tanh_shrink(Tensor([0.0, 1.0]))
    Tensor([0.        , 0.23840582])
    """
    return x - np.tanh(x)
