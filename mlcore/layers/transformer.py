"""Transformer blocks: attention between places, then a small network at every place, each with a way around it."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore import functions
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.layers.attention import MultiHeadAttention
from mlcore.layers.dense import Dense
from mlcore.layers.module import Module
from mlcore.layers.normalization import LayerNorm


class FeedForward(Module):
    """The network at every place: dense to more features, GELU or ReLU, dense back.

    Parameters
    ----------
    features, hidden : int
    rng : numpy.random.Generator
    activation : str
        ``"gelu"`` (in the approximation by tanh) or ``"relu"``.

    Examples
    --------
    >>> FeedForward(4, 16, rng=np.random.default_rng(0))(np.ones((2, 3, 4), np.float32)).shape
    (2, 3, 4)
    """

    def __init__(self, features: int, hidden: int, *, rng: np.random.Generator, activation: str = "gelu") -> None:
        if activation not in ("gelu", "relu"):
            raise ValueError(f"expected activation 'gelu' or 'relu'; got {activation!r}")
        self.expand = Dense(features, hidden, rng=rng)
        self.contract = Dense(hidden, features, rng=rng)
        self.activation = activation

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (..., features) to the same shape."""
        h = self.expand(x)
        h = functions.relu(h) if self.activation == "relu" else functions.gelu(h, approximate="tanh")
        return self.contract(h)


class _Block(Module):
    """What encoder and decoder blocks share: parts that are normalized, dropped out of and gone around."""

    def __init__(self, *, dropout: float, rng: np.random.Generator, norm_first: bool) -> None:
        self.dropout = dropout
        self.rng = rng
        self.norm_first = norm_first

    def _around(self, x: TensorLike, norm: LayerNorm, part: Any, *inputs: Any, **options: Any) -> Tensor:
        h = part(norm(x) if self.norm_first else x, *inputs, **options)
        out = x + functions.dropout(h, probability=self.dropout, rng=self.rng, training=self.training)
        return out if self.norm_first else norm(out)


class TransformerEncoderBlock(_Block):
    """Self-attention and a feed-forward network, with normalization, dropout and residual connections.

    With ``norm_first``, ``x = x + attention(norm(x))`` and ``x = x + network(norm(x))``, which trains without warm-up;
    otherwise ``x = norm(x + attention(x))`` and so on, as in the first transformer.

    Parameters
    ----------
    features, heads, hidden : int
        The width of the vectors, a divisor of it, and the width of the network inside.
    rng : numpy.random.Generator
        Where the initial weights come from, and dropout draws.
    dropout : float
        The probability of an element to be dropped before it is added.
    norm_first, causal : bool
        ``causal`` lets each place see itself and earlier ones only: the block of a language model.
    activation : str
        ``"gelu"`` or ``"relu"``.

    References
    ----------
    Vaswani et al. (2017), section 3.1; Xiong et al. (2020) on where to normalize.

    Examples
    --------
    >>> block = TransformerEncoderBlock(8, 2, 32, rng=np.random.default_rng(0))
    >>> block(np.ones((5, 3, 8), np.float32)).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        features: int,
        heads: int,
        hidden: int,
        *,
        rng: np.random.Generator,
        dropout: float = 0.0,
        norm_first: bool = True,
        causal: bool = False,
        activation: str = "gelu",
    ) -> None:
        super().__init__(dropout=dropout, rng=rng, norm_first=norm_first)
        self.attention_norm = LayerNorm(features)
        self.attention = MultiHeadAttention(features, heads, rng=rng, causal=causal)
        self.network_norm = LayerNorm(features)
        self.network = FeedForward(features, hidden, rng=rng, activation=activation)

    def forward(self, x: TensorLike, *, mask: Any = None) -> Tensor:
        """Map x of shape (batch, time, features) to the same shape; the mask is that of `MultiHeadAttention`."""
        x = self._around(x, self.attention_norm, self.attention, mask=mask)
        return self._around(x, self.network_norm, self.network)


class TransformerDecoderBlock(_Block):
    """Causal self-attention, attention to what an encoder made, and a feed-forward network.

    Parameters
    ----------
    features, heads, hidden : int
    rng : numpy.random.Generator
    dropout : float
    norm_first : bool
        As in `TransformerEncoderBlock`.
    activation : str
        ``"gelu"`` or ``"relu"``.

    References
    ----------
    Vaswani et al. (2017), section 3.1.

    Examples
    --------
    >>> block = TransformerDecoderBlock(8, 2, 32, rng=np.random.default_rng(0))
    >>> block(np.ones((5, 3, 8), np.float32), np.ones((5, 7, 8), np.float32)).shape
    (5, 3, 8)
    """

    def __init__(
        self,
        features: int,
        heads: int,
        hidden: int,
        *,
        rng: np.random.Generator,
        dropout: float = 0.0,
        norm_first: bool = True,
        activation: str = "gelu",
    ) -> None:
        super().__init__(dropout=dropout, rng=rng, norm_first=norm_first)
        self.self_norm = LayerNorm(features)
        self.self_attention = MultiHeadAttention(features, heads, rng=rng, causal=True)
        self.memory_norm = LayerNorm(features)
        self.memory_attention = MultiHeadAttention(features, heads, rng=rng)
        self.network_norm = LayerNorm(features)
        self.network = FeedForward(features, hidden, rng=rng, activation=activation)

    def forward(self, x: TensorLike, memory: TensorLike, *, mask: Any = None, memory_mask: Any = None) -> Tensor:
        """Map x of shape (batch, m, features) to the same shape.

        Parameters
        ----------
        x : Tensor, shape (batch, m, features)
        memory : Tensor, shape (batch, n, features)
            What the encoder made; never changed.
        mask, memory_mask : array, optional, of shapes that broadcast to (batch, heads, m, m) and (batch, heads, m, n)
            As in `mlcore.functions.attention`; ``mask`` comes on top of the causal one.
        """
        x = self._around(x, self.self_norm, self.self_attention, mask=mask)
        x = self._around(x, self.memory_norm, self.memory_attention, memory, mask=memory_mask)
        return self._around(x, self.network_norm, self.network)
