"""Maxout and radial basis functions as layers, and additive attention with its weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore import functions
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.layers.dense import Dense
from mlcore.layers.initializers import xavier
from mlcore.layers.module import Module


class Maxout(Module):
    """Several dense layers side by side, of which the largest output counts.

    Parameters
    ----------
    inputs, outputs : int
    pieces : int
        How many dense layers.
    rng : numpy.random.Generator
        Where the initial weights come from.

    Attributes
    ----------
    dense : Dense
        With ``pieces * outputs`` outputs, those of one unit next to each other.

    References
    ----------
    Goodfellow et al. (2013).

    Examples
    --------
    >>> Maxout(3, 4, pieces=2, rng=np.random.default_rng(0))(np.ones((5, 3), np.float32)).shape
    (5, 4)
    """

    def __init__(self, inputs: int, outputs: int, *, pieces: int, rng: np.random.Generator) -> None:
        def several(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
            each = [xavier((inputs, outputs), rng) for _ in range(pieces)]
            return np.stack(each, axis=-1).reshape(shape)

        self.dense = Dense(inputs, pieces * outputs, rng=rng, initializer=several)
        self.pieces = pieces

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (..., inputs) to shape (..., outputs)."""
        return functions.maxout(self.dense(x), pieces=self.pieces)


class RadialBasis(Module):
    """Units that respond to what is near their center, exp(-||x - center||**2 / width**2).

    Parameters
    ----------
    inputs, outputs : int
    rng : numpy.random.Generator
        Where the centers start: standard normal numbers.
    width : float
        Where the widths start.

    Attributes
    ----------
    centers : Tensor, shape (inputs, outputs)
    widths : Tensor, shape (outputs,)

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 6.3.3.

    Examples
    --------
    >>> RadialBasis(2, 4, rng=np.random.default_rng(0))(np.ones((5, 2), np.float32)).shape
    (5, 4)
    """

    def __init__(self, inputs: int, outputs: int, *, rng: np.random.Generator, width: float = 1.0) -> None:
        self.centers = Tensor(rng.standard_normal((inputs, outputs)).astype(np.float32), requires_grad=True)
        self.widths = Tensor(np.full(outputs, width, np.float32), requires_grad=True)

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (..., inputs) to shape (..., outputs)."""
        return functions.radial_basis(x, self.centers, self.widths)


class AdditiveAttention(Module):
    """Attention whose scores come from a small network of query and key.

    Parameters
    ----------
    queries, keys : int
        Features of what asks and of what is asked.
    hidden : int
        The width of the network.
    rng : numpy.random.Generator
        Where the initial weights come from.

    Attributes
    ----------
    query, key : Dense
    weight : Tensor, shape (hidden,)

    References
    ----------
    Bahdanau, Cho and Bengio (2015), appendix A.1.2.

    Examples
    --------
    >>> layer = AdditiveAttention(3, 4, 8, rng=np.random.default_rng(0))
    >>> layer(np.ones((5, 1, 3), np.float32), np.ones((5, 7, 4), np.float32)).shape
    (5, 1, 4)
    """

    def __init__(self, queries: int, keys: int, hidden: int, *, rng: np.random.Generator) -> None:
        self.query = Dense(queries, hidden, rng=rng, bias=False)
        self.key = Dense(keys, hidden, rng=rng)
        self.weight = Tensor(xavier((hidden, 1), rng)[:, 0], requires_grad=True)

    def forward(self, x: TensorLike, memory: TensorLike | None = None, *, mask: Any = None) -> Tensor:
        """Map x of shape (batch, m, queries) and memory (batch, n, keys), x by default, to shape (batch, m, keys)."""
        memory = x if memory is None else memory
        return functions.additive_attention(self.query(x), self.key(memory), memory, self.weight, mask=mask)
