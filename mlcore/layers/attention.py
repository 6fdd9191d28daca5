"""Attention as a layer, with its projections."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore import functions
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.layers.dense import Dense
from mlcore.layers.initializers import xavier
from mlcore.layers.module import Module


class MultiHeadAttention(Module):
    """Let every place of a sequence gather what it needs from all places of another, or of its own.

    Queries, keys and values are dense functions of the inputs; each head attends with its share of their features;
    a last dense layer mixes what the heads found.

    Parameters
    ----------
    features : int
    heads : int
        A divisor of the features.
    rng : numpy.random.Generator
        Where the initial weights come from.
    causal : bool
        Let each place see itself and earlier ones only.

    Attributes
    ----------
    projection : Dense
        From features to queries, keys and values: weight of shape (features, 3 * features).
    output : Dense

    References
    ----------
    Vaswani et al. (2017), section 3.2.2.

    Examples
    --------
    >>> layer = MultiHeadAttention(8, 2, rng=np.random.default_rng(0))
    >>> layer(np.ones((5, 3, 8), np.float32)).shape
    (5, 3, 8)
    >>> layer(np.ones((5, 3, 8), np.float32), np.ones((5, 7, 8), np.float32)).shape
    (5, 3, 8)
    """

    def __init__(self, features: int, heads: int, *, rng: np.random.Generator, causal: bool = False) -> None:
        if heads < 1 or features % heads:
            raise ValueError(f"expected heads to divide features={features}; got {heads}")
        # Three square projections side by side, each of a size that suits a square one.
        self.projection = Dense(features, 3 * features, rng=rng, initializer=_three_squares)
        self.output = Dense(features, features, rng=rng)
        self.features = features
        self.heads = heads
        self.causal = causal

    def forward(self, x: TensorLike, memory: TensorLike | None = None, *, mask: Any = None) -> Tensor:
        """Map x of shape (batch, m, features) to the same shape.

        Parameters
        ----------
        x : Tensor, shape (batch, m, features)
            What asks.
        memory : Tensor, shape (batch, n, features), optional
            What is asked; x itself by default.
        mask : array, optional, of a shape that broadcasts to (batch, heads, m, n)
            As in `mlcore.functions.attention`.
        """
        if memory is None:
            attended = functions.self_attention(self.projection(x), heads=self.heads, mask=mask, causal=self.causal)
            return self.output(attended)
        weight, bias, d = self.projection.weight, self.projection.bias, self.features
        queries = functions.linear(x, weight[:, :d], bias[:d])
        pairs = functions.linear(memory, weight[:, d:], bias[d:])
        attended = functions.multi_head_attention(
            queries, pairs[..., :d], pairs[..., d:], heads=self.heads, mask=mask, causal=self.causal
        )
        return self.output(attended)


def _three_squares(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    return np.concatenate([xavier((shape[0], shape[0]), rng) for _ in range(3)], axis=1)
