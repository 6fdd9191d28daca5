"""Activation functions as layers, to put into a Sequential."""

from __future__ import annotations

from mlcore import functions
from mlcore.autodiff.tensor import Tensor, TensorLike
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
        return functions.relu(x)


class Sigmoid(Module):
    """Logistic sigmoid, 1 / (1 + exp(-x)).

    Examples
    --------
    >>> Sigmoid()(Tensor([1.0, -2.0]))
    Tensor([0.7310586 , 0.11920293])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.sigmoid(x)


class Tanh(Module):
    """Hyperbolic tangent.

    Examples
    --------
    >>> Tanh()(Tensor([1.0, -2.0]))
    Tensor([ 0.7615942, -0.9640276])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.tanh(x)


class Softplus(Module):
    """Smooth version of ReLU, log(1 + exp(x)).

    Examples
    --------
    >>> Softplus()(Tensor([1.0, -2.0]))
    Tensor([1.3132616, 0.126928 ])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.softplus(x)


class SiLU(Module):
    """Sigmoid linear unit or swish, x * sigmoid(x).

    Examples
    --------
    >>> SiLU()(Tensor([1.0, -2.0]))
    Tensor([ 0.7310586 , -0.23840587])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.silu(x)


class Mish(Module):
    """Mish, x * tanh(log(1 + exp(x))).

    Examples
    --------
    >>> Mish()(Tensor([1.0, -2.0]))
    Tensor([ 0.8650984 , -0.25250146])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.mish(x)


class Softsign(Module):
    """Softsign, x / (1 + abs(x)).

    Examples
    --------
    >>> Softsign()(Tensor([1.0, -2.0]))
    Tensor([ 0.5      , -0.6666667])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.softsign(x)


class SELU(Module):
    """Self-normalizing linear unit, 1.0507 * elu(x, alpha=1.6733).

    Examples
    --------
    >>> SELU()(Tensor([1.0, -2.0]))
    Tensor([ 1.050701 , -1.5201665])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.selu(x)


class HardSwish(Module):
    """Swish with a hard sigmoid, x * min(max(x + 3, 0), 6) / 6.

    Examples
    --------
    >>> HardSwish()(Tensor([1.0, -2.0]))
    Tensor([ 0.6666667 , -0.33333334])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        return functions.hard_swish(x)
