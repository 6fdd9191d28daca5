"""Optimizers: from gradients to better parameters."""

from mlcore.optimizers.adam import Adam
from mlcore.optimizers.optimizer import Optimizer
from mlcore.optimizers.sgd import SGD

__all__ = ["SGD", "Adam", "Optimizer"]
