"""Functions that networks are made of: activations, the dense function, losses."""

from mlcore.autodiff.reductions import logsumexp
from mlcore.functions.activations import log_softmax, relu, sigmoid, softmax, softplus, tanh
from mlcore.functions.dense import linear
from mlcore.functions.losses import (
    binary_cross_entropy,
    mean_absolute_error,
    mean_squared_error,
    softmax_cross_entropy,
)

__all__ = [
    "binary_cross_entropy",
    "linear",
    "log_softmax",
    "logsumexp",
    "mean_absolute_error",
    "mean_squared_error",
    "relu",
    "sigmoid",
    "softmax",
    "softmax_cross_entropy",
    "softplus",
    "tanh",
]
