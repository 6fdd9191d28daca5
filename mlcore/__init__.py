"""mlcore: how deep learning is really done, in NumPy.

A library to train neural networks with, written to be read. Start anywhere:

- ``mlcore.autodiff``: Tensors that remember how they were computed, and the derivatives that follow
- ``mlcore.functions``: activations, losses and other functions of Tensors
- ``mlcore.layers``: Modules, which hold parameters
- ``mlcore.optimizers``: from gradients to better parameters
- ``mlcore.regularization``: what keeps a model from learning the training set by heart
- ``mlcore.training``: a loop, and what may happen in it
- ``mlcore.data``: data sets, real and made up, and minibatches
- ``mlcore.metrics``: how good predictions are, in numbers
- ``mlcore.search``: search for hyperparameters
- ``mlcore.plotting``: pictures of learning, of networks and of what they compute

``mlcore/README.md`` explains the engine in two pages.

Examples
--------
>>> import numpy as np
>>> from mlcore import data, functions, layers, optimizers
>>> rng = np.random.default_rng(0)
>>> x, y = data.xor()
>>> model = layers.Sequential(layers.Dense(2, 8, rng=rng), layers.Tanh(), layers.Dense(8, 1, rng=rng))
>>> optimizer = optimizers.Adam(model.parameters(), learning_rate=0.1)
>>> for step in range(200):
...     loss = functions.mean_squared_error(model(x), y)
...     optimizer.zero_grad()
...     loss.backward()
...     optimizer.step()
>>> model(x).numpy().round(1).ravel() + 0.0
array([0., 1., 1., 0.], dtype=float32)
"""

from importlib import import_module
from types import ModuleType

from mlcore import autodiff, data, functions, layers, optimizers
from mlcore.autodiff import (
    Tensor,
    check_gradients,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linearize,
    no_grad,
    value_and_grad,
    vjp,
)

__all__ = [
    "Tensor",
    "autodiff",
    "check_gradients",
    "data",
    "functions",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "layers",
    "linearize",
    "metrics",
    "no_grad",
    "optimizers",
    "plotting",
    "regularization",
    "search",
    "training",
    "value_and_grad",
    "vjp",
]

#: Imported when they are first asked for.
_LATER = {"metrics", "plotting", "regularization", "search", "training"}


def __getattr__(name: str) -> ModuleType:
    if name in _LATER:
        return import_module(f"mlcore.{name}")
    raise AttributeError(f"module 'mlcore' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
