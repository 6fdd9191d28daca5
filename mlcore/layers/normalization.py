"""Normalization as layers, with the gain and the shift that they learn."""

from __future__ import annotations

import numpy as np

from mlcore import functions
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.layers.module import Module


class _Normalization(Module):
    """What the normalizations share: a weight that starts at 1 and a bias that starts at 0, for each feature."""

    def __init__(self, features: int, *, epsilon: float = 1e-5) -> None:
        self.weight = Tensor(np.ones(features, np.float32), requires_grad=True)
        self.bias = Tensor(np.zeros(features, np.float32), requires_grad=True)
        self.epsilon = epsilon


class LayerNorm(_Normalization):
    """Standardize each row, then scale and shift it.

    Parameters
    ----------
    features : int
    epsilon : float
        Added to the variance, so that a constant row stays finite.

    Attributes
    ----------
    weight, bias : Tensor, shape (features,)

    Examples
    --------
    >>> LayerNorm(2)(Tensor([[1.0, 3.0]])).numpy().round(3)
    array([[-1.,  1.]], dtype=float32)
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (..., features) to the same shape."""
        return functions.layer_norm(x, self.weight, self.bias, epsilon=self.epsilon)


class RMSNorm(Module):
    """Divide each row by its root mean square, then scale it.

    Parameters
    ----------
    features : int
    epsilon : float

    Attributes
    ----------
    weight : Tensor, shape (features,)

    Examples
    --------
    >>> RMSNorm(2)(Tensor([[3.0, 4.0]])).numpy().round(3)
    array([[0.849, 1.131]], dtype=float32)
    """

    def __init__(self, features: int, *, epsilon: float = 1e-5) -> None:
        self.weight = Tensor(np.ones(features, np.float32), requires_grad=True)
        self.epsilon = epsilon

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (..., features) to the same shape."""
        return functions.rms_norm(x, self.weight, epsilon=self.epsilon)


class BatchNorm(_Normalization):
    """Standardize each feature over the batch, then scale and shift it; in use, by the running averages.

    Parameters
    ----------
    features : int
    momentum : float
        The part of the running averages that each batch renews.
    epsilon : float
        Added to the variance, so that a constant feature stays finite.

    Attributes
    ----------
    weight, bias : Tensor, shape (features,)
    running_mean, running_var : Tensor, shape (features,)
        Constants of the state, not parameters.

    Examples
    --------
    >>> layer = BatchNorm(1)
    >>> layer(Tensor([[1.0], [3.0]])).numpy().round(3).ravel()
    array([-1.,  1.], dtype=float32)
    >>> layer.running_mean
    Tensor([0.2])
    """

    def __init__(self, features: int, *, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        super().__init__(features, epsilon=epsilon)
        self.running_mean = Tensor(np.zeros(features, np.float32))
        self.running_var = Tensor(np.ones(features, np.float32))
        self.momentum = momentum

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (..., features) to the same shape."""
        return functions.batch_norm(
            x,
            self.weight,
            self.bias,
            running_mean=self.running_mean.data,
            running_var=self.running_var.data,
            training=self.training,
            momentum=self.momentum,
            epsilon=self.epsilon,
        )


class GroupNorm(_Normalization):
    """Standardize each group of features of each example over all its places, then scale and shift each feature.

    Parameters
    ----------
    features : int
    groups : int
        A divisor of the features; as many as features for instance normalization.
    epsilon : float

    Attributes
    ----------
    weight, bias : Tensor, shape (features,)

    Examples
    --------
    >>> GroupNorm(4, groups=2)(Tensor([[1.0, 3.0, 10.0, 30.0]])).numpy().round(3)
    array([[-1.,  1., -1.,  1.]], dtype=float32)
    """

    def __init__(self, features: int, *, groups: int, epsilon: float = 1e-5) -> None:
        super().__init__(features, epsilon=epsilon)
        self.groups = groups

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (batch, ..., features) to the same shape."""
        return functions.group_norm(x, self.weight, self.bias, groups=self.groups, epsilon=self.epsilon)


class InstanceNorm(_Normalization):
    """Standardize each feature of each example over its places, then scale and shift it.

    Parameters
    ----------
    features : int
    epsilon : float

    Attributes
    ----------
    weight, bias : Tensor, shape (features,)

    Examples
    --------
    >>> InstanceNorm(1)(Tensor([[[1.0], [3.0]]])).numpy().round(3).ravel()
    array([-1.,  1.], dtype=float32)
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (batch, ..., features) to the same shape."""
        return functions.instance_norm(x, self.weight, self.bias, epsilon=self.epsilon)


class WeightNorm(Module):
    """Another layer whose weight is learned as a direction and a length for each output.

    Parameters
    ----------
    layer : Module
        With a parameter ``weight`` of shape (..., in, out), which this layer takes over.

    Attributes
    ----------
    direction : Tensor, shape of the weight
    magnitude : Tensor, shape (out,)

    Examples
    --------
    >>> from mlcore.layers import Dense
    >>> layer = WeightNorm(Dense(3, 2, rng=np.random.default_rng(0)))
    >>> [name for name, _ in layer.named_parameters()]
    ['layer.bias', 'direction', 'magnitude']
    """

    def __init__(self, layer: Module) -> None:
        weight = layer.weight
        self.layer = layer
        self.layer.weight = None
        self.direction = weight
        length = np.sqrt(np.square(weight.data).sum(axis=tuple(range(weight.ndim - 1))))
        self.magnitude = Tensor(length, requires_grad=True)

    def forward(self, *inputs: TensorLike) -> Tensor:
        """Compute what the layer does, with the weight put together anew."""
        self.layer.weight = functions.weight_norm(self.direction, self.magnitude)
        try:
            return self.layer(*inputs)
        finally:
            self.layer.weight = None
