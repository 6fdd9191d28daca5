"""Optimizers: from gradients to better parameters; schedules of the learning rate; clipping of gradients."""

from mlcore.optimizers.adadelta import Adadelta
from mlcore.optimizers.adagrad import AdaGrad
from mlcore.optimizers.adam import Adam, AdaMax, AdamW
from mlcore.optimizers.clipping import clip_gradients
from mlcore.optimizers.delta_bar_delta import DeltaBarDelta
from mlcore.optimizers.optimizer import Optimizer
from mlcore.optimizers.rmsprop import RMSProp
from mlcore.optimizers.schedules import (
    Plateau,
    cosine_decay,
    exponential_decay,
    inverse_time_decay,
    linear_decay,
    step_decay,
    warm_up,
)
from mlcore.optimizers.sgd import SGD

__all__ = [
    "SGD",
    "AdaGrad",
    "AdaMax",
    "Adadelta",
    "Adam",
    "AdamW",
    "DeltaBarDelta",
    "Optimizer",
    "Plateau",
    "RMSProp",
    "clip_gradients",
    "cosine_decay",
    "exponential_decay",
    "inverse_time_decay",
    "linear_decay",
    "step_decay",
    "warm_up",
]
