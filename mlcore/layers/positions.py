"""Positional encodings as layers."""

from __future__ import annotations

import numpy as np

from mlcore import functions
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.layers.module import Module


def _check_time(x: TensorLike, longest: int) -> int:
    time = np.shape(x)[-2]
    if time > longest:
        raise ValueError(f"expected sequences of at most {longest} places; got {time}")
    return time


class SinusoidalPositions(Module):
    """Add sines and cosines of the position to every vector of a sequence.

    Parameters
    ----------
    features : int
    longest : int
        The longest sequence that will come.

    Examples
    --------
    >>> SinusoidalPositions(2)(np.zeros((1, 2, 2), np.float32))
    array([[[0.        , 1.        ],
            [0.84147096, 0.5403023 ]]], dtype=float32)
    """

    def __init__(self, features: int, *, longest: int = 512) -> None:
        self.table = functions.sinusoidal_positions(longest, features)

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (batch, time, features) to the same shape."""
        x = x if isinstance(x, Tensor) else np.asarray(x)
        return x + self.table[: _check_time(x, len(self.table))].astype(x.dtype, copy=False)


class LearnedPositions(Module):
    """Add a learned vector for its position to every vector of a sequence.

    Parameters
    ----------
    longest : int
        The longest sequence that will come.
    features : int
    rng : numpy.random.Generator
        Where the vectors start: normal numbers of standard deviation 0.02.

    Attributes
    ----------
    weight : Tensor, shape (longest, features)

    Examples
    --------
    >>> LearnedPositions(8, 2, rng=np.random.default_rng(0))(np.zeros((1, 3, 2), np.float32)).shape
    (1, 3, 2)
    """

    def __init__(self, longest: int, features: int, *, rng: np.random.Generator) -> None:
        start = (0.02 * rng.standard_normal((longest, features))).astype(np.float32)
        self.weight = Tensor(start, requires_grad=True, copy=False)

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (batch, time, features) to the same shape."""
        return x + self.weight[: _check_time(x, len(self.weight))]
