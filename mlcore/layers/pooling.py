"""Pooling and flattening as layers; the number of dimensions is that of what comes in."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore import functions
from mlcore.autodiff.shaping import reshape
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.layers.module import Module


class _Pool(Module):
    """What poolings share: a window and how it moves."""

    def __init__(
        self,
        window: int | tuple[int, ...],
        *,
        stride: int | tuple[int, ...] | None = None,
        padding: Any = "valid",
        ceil_mode: bool = False,
    ) -> None:
        self.window = window
        self.options = {"stride": stride, "padding": padding, "ceil_mode": ceil_mode}

    def describe(self) -> str:
        """Return what ``repr`` shows between the brackets."""
        return f"{self.window}"


class MaxPool(_Pool):
    """Take the largest number under a window, for each feature by itself.

    Parameters
    ----------
    window : int or tuple of int
    stride, padding, ceil_mode
        As in `mlcore.functions.max_pool`.

    Examples
    --------
    >>> MaxPool(2)(Tensor([[[1.0], [3.0], [2.0], [0.0]]]))
    Tensor([[[3.],
             [2.]]])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (batch, *places, features) to shape (batch, *positions, features)."""
        return functions.max_pool(x, self.window, **self.options)


class AveragePool(_Pool):
    """Average the numbers under a window, for each feature by itself.

    Parameters
    ----------
    window : int or tuple of int
    stride, padding, ceil_mode
        As in `mlcore.functions.average_pool`.

    Examples
    --------
    >>> AveragePool(2)(Tensor([[[1.0], [3.0], [2.0], [0.0]]]))
    Tensor([[[2.],
             [1.]]])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (batch, *places, features) to shape (batch, *positions, features)."""
        return functions.average_pool(x, self.window, **self.options)


class GlobalAveragePool(Module):
    """Average each feature over all places.

    Examples
    --------
    >>> GlobalAveragePool()(Tensor([[[1.0], [3.0]]]))
    Tensor([[2.]])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (batch, *places, features) to shape (batch, features)."""
        return functions.global_average_pool(x)


class GlobalMaxPool(Module):
    """Take the largest number of each feature over all places.

    Examples
    --------
    >>> GlobalMaxPool()(Tensor([[[1.0], [3.0]]]))
    Tensor([[3.]])
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (batch, *places, features) to shape (batch, features)."""
        return functions.global_max_pool(x)


class Flatten(Module):
    """Make one row of each example.

    Examples
    --------
    >>> Flatten()(np.zeros((2, 3, 4))).shape
    (2, 12)
    """

    def forward(self, x: TensorLike) -> Tensor:
        """Map x of shape (batch, ...) to shape (batch, the product of the rest)."""
        batch, *rest = np.shape(x)
        return reshape(x, shape=(batch, math.prod(rest)))
