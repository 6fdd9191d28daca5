"""Dropout as a layer."""

from __future__ import annotations

import numpy as np

from mlcore import functions
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.layers.module import Module


class Dropout(Module):
    """Set each element to 0 with a probability while training, and divide the others by the probability to stay.

    Parameters
    ----------
    probability : float
        Of an element to be dropped.
    rng : numpy.random.Generator
        Where the choice comes from.
    whole_features : bool
        Drop a feature of an example at all its places, or not at all: for images, whose neighbours say the same.

    Examples
    --------
    >>> layer = Dropout(0.5, rng=np.random.default_rng(1))
    >>> layer(Tensor([1.0, 2.0, 3.0, 4.0]))
    Tensor([0., 4., 6., 8.])
    >>> layer.eval()(Tensor([1.0, 2.0, 3.0, 4.0]))
    Tensor([1., 2., 3., 4.])
    """

    def __init__(self, probability: float = 0.5, *, rng: np.random.Generator, whole_features: bool = False) -> None:
        self.probability = probability
        self.rng = rng
        self.whole_features = whole_features

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of any shape to the same shape."""
        drop = functions.dropout_features if self.whole_features else functions.dropout
        return drop(x, probability=self.probability, rng=self.rng, training=self.training)

    def describe(self) -> str:
        """Return what ``repr`` shows between the brackets."""
        return f"{self.probability}"
