"""The dense layer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.dense import linear
from mlcore.layers.initializers import xavier
from mlcore.layers.module import Module


class Dense(Module):
    """Every output is a weighted sum of every input, x @ weight + bias.

    Parameters
    ----------
    inputs, outputs : int
        Number of features in and out.
    rng : numpy.random.Generator
        Where the initial weights come from.
    initializer : callable
        ``initializer(shape, rng)`` returns the initial weight; the bias starts at 0.
    bias : bool
        Whether to add one. A layer before batch normalization needs none.

    Attributes
    ----------
    weight : Tensor, shape (inputs, outputs)
    bias : Tensor, shape (outputs,), or None

    Examples
    --------
    >>> layer = Dense(3, 2, rng=np.random.default_rng(0))
    >>> layer
    Dense(weight (3, 2), bias (2,))
    >>> layer(np.ones((5, 3), np.float32)).shape
    (5, 2)
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        rng: np.random.Generator,
        initializer: Callable[[tuple[int, ...], np.random.Generator], Any] = xavier,
        bias: bool = True,
    ) -> None:
        self.weight = Tensor(initializer((inputs, outputs), rng), requires_grad=True)
        self.bias = Tensor(np.zeros(outputs, self.weight.dtype), requires_grad=True) if bias else None

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (..., inputs) to shape (..., outputs)."""
        return linear(x, self.weight, self.bias)
