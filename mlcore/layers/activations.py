"""Activation functions as layers, to put into a Sequential."""

from __future__ import annotations

from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions import activations
from mlcore.layers.module import Module


class ReLU(Module):
    """Rectified linear unit, max(x, 0).

    Examples
    --------
    >>> ReLU()(Tensor([1.0, -2.0]))
    Tensor([1., 0.])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return activations.relu(x)


class Sigmoid(Module):
    """Logistic sigmoid, 1 / (1 + exp(-x)).

    Examples
    --------
    >>> Sigmoid()(Tensor([0.0]))
    Tensor([0.5])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return activations.sigmoid(x)


class Tanh(Module):
    """Hyperbolic tangent.

    Examples
    --------
    >>> Tanh()(Tensor([0.0]))
    Tensor([0.])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return activations.tanh(x)
