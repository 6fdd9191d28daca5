"""Activation functions with options or parameters, as layers."""

from __future__ import annotations

import numpy as np

from mlcore import functions
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.layers.module import Module


class LeakyReLU(Module):
    """Leaky ReLU: x where it is positive, slope * x elsewhere.

    Parameters
    ----------
    slope : float

    Examples
    --------
    >>> LeakyReLU(slope=0.25)(Tensor([1.0, -2.0]))
    Tensor([ 1. , -0.5])
    """

    def __init__(self, *, slope: float = 0.01) -> None:
        self.slope = slope

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.leaky_relu(x, slope=self.slope)

    def describe(self) -> str:
        """Return what ``repr`` shows between the brackets."""
        return f"slope={self.slope!r}"


class ELU(Module):
    """Exponential linear unit: x where it is positive, alpha * (exp(x) - 1) elsewhere.

    Parameters
    ----------
    alpha : float

    Examples
    --------
    >>> ELU()(Tensor([1.0, -2.0]))
    Tensor([ 1.        , -0.86466473])
    """

    def __init__(self, *, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.elu(x, alpha=self.alpha)

    def describe(self) -> str:
        """Return what ``repr`` shows between the brackets."""
        return f"alpha={self.alpha!r}"


class GELU(Module):
    """Gaussian error linear unit: x times the probability that a standard normal number is below x.

    Parameters
    ----------
    approximate : str
        ``"tanh"`` for the faster approximation.

    Examples
    --------
    >>> GELU()(Tensor([1.0, -2.0]))
    Tensor([ 0.8413447 , -0.04550034])
    """

    def __init__(self, *, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.gelu(x, approximate=self.approximate)

    def describe(self) -> str:
        """Return what ``repr`` shows between the brackets."""
        return f"approximate={self.approximate!r}"


class HardTanh(Module):
    """Tanh made of three lines, max(lower, min(x, upper)).

    Parameters
    ----------
    lower : float
    upper : float

    Examples
    --------
    >>> HardTanh()(Tensor([0.5, -2.0]))
    Tensor([ 0.5, -1. ])
    """

    def __init__(self, *, lower: float = -1.0, upper: float = 1.0) -> None:
        self.lower = lower
        self.upper = upper

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.hard_tanh(x, lower=self.lower, upper=self.upper)

    def describe(self) -> str:
        """Return what ``repr`` shows between the brackets."""
        return f"lower={self.lower!r}, upper={self.upper!r}"


class HardSigmoid(Module):
    """Sigmoid made of three lines, slope * x + offset limited to [0, 1].

    Parameters
    ----------
    slope : float
    offset : float

    Examples
    --------
    >>> HardSigmoid(slope=0.25)(Tensor([1.0, -4.0]))
    Tensor([0.75, 0.  ])
    """

    def __init__(self, *, slope: float = 1 / 6, offset: float = 0.5) -> None:
        self.slope = slope
        self.offset = offset

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.hard_sigmoid(x, slope=self.slope, offset=self.offset)

    def describe(self) -> str:
        """Return what ``repr`` shows between the brackets."""
        return f"slope={self.slope!r}, offset={self.offset!r}"


class Softmax(Module):
    """Turn scores into probabilities, exp(x) / sum(exp(x)) along an axis.

    Parameters
    ----------
    axis : int

    Examples
    --------
    >>> Softmax()(Tensor([0.0, 0.0]))
    Tensor([0.5, 0.5])
    """

    def __init__(self, *, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.softmax(x, axis=self.axis)

    def describe(self) -> str:
        """Return what ``repr`` shows between the brackets."""
        return f"axis={self.axis!r}"


class LogSoftmax(Module):
    """Logarithm of the softmax, x - logsumexp(x) along an axis.

    Parameters
    ----------
    axis : int

    Examples
    --------
    >>> LogSoftmax()(Tensor([0.0, 1000.0]))
    Tensor([-1000.,     0.])
    """

    def __init__(self, *, axis: int = -1) -> None:
        self.axis = axis

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.log_softmax(x, axis=self.axis)

    def describe(self) -> str:
        """Return what ``repr`` shows between the brackets."""
        return f"axis={self.axis!r}"


class PReLU(Module):
    """Leaky ReLU that learns its slope for negative numbers, one for each feature.

    Parameters
    ----------
    features : int
        1 for a slope that all features share.
    slope : float
        Where learning starts.

    Attributes
    ----------
    slope : Tensor, shape (features,)

    Examples
    --------
    >>> PReLU(2)(Tensor([[1.0, -2.0]]))
    Tensor([[ 1. , -0.5]], requires_grad=True)
    """

    def __init__(self, features: int = 1, *, slope: float = 0.25) -> None:
        self.slope = Tensor(np.full(features, slope, np.float32), requires_grad=True)

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (..., features) to the same shape."""
        return functions.prelu(x, self.slope)
