"""Embedding as a layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore import functions
from mlcore.autodiff.tensor import Tensor
from mlcore.layers.module import Module


class Embedding(Module):
    """A learned vector for each word of a vocabulary.

    Parameters
    ----------
    words : int
        How many there are.
    features : int
        The length of a vector.
    rng : numpy.random.Generator
        Where the vectors start: standard normal numbers.
    padding_index : int, optional
        A word that stands for none: its vector is 0 and stays so.

    Attributes
    ----------
    weight : Tensor, shape (words, features)

    Examples
    --------
    >>> layer = Embedding(5, 2, rng=np.random.default_rng(0), padding_index=0)
    >>> layer([[1, 0, 4]]).shape
    (1, 3, 2)
    """

    def __init__(
        self, words: int, features: int, *, rng: np.random.Generator, padding_index: int | None = None
    ) -> None:
        weight = rng.standard_normal((words, features)).astype(np.float32)
        if padding_index is not None:
            weight[padding_index] = 0
        self.weight = Tensor(weight, requires_grad=True, copy=False)
        self.padding_index = padding_index

    def forward(self, indices: Any) -> Tensor:
        """Map words of any shape to vectors of shape (..., features)."""
        return functions.embedding(indices, self.weight, padding_index=self.padding_index)
