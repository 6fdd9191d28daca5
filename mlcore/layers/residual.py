"""Residual connections: a layer learns what to add to its input."""

from __future__ import annotations

from typing import Any

from mlcore.autodiff.tensor import TensorLike
from mlcore.layers.module import Module


class Residual(Module):
    """Add to x what a layer makes of it, x + layer(x), so that gradients have a way around the layer.

    Parameters
    ----------
    layer : Module
        Whose output has the shape of its input, or of the shortcut's output.
    shortcut : Module, optional
        What x passes on its way around, where shapes differ: a dense layer or a 1x1 convolution.

    References
    ----------
    He, Zhang, Ren and Sun (2016), equations 1 and 2.

    Examples
    --------
    >>> import numpy as np
    >>> from mlcore.layers import ReLU
    >>> Residual(ReLU())(np.array([1.0, -2.0]))
    array([ 2., -2.])
    """

    def __init__(self, layer: Module, *, shortcut: Module | None = None) -> None:
        self.layer = layer
        self.shortcut = shortcut

    def forward(self, x: TensorLike, *inputs: Any, **options: Any) -> Any:
        """Compute x + layer(x); what else is given goes to the layer."""
        around = x if self.shortcut is None else self.shortcut(x)
        change = self.layer(x, *inputs, **options)
        if change.shape != around.shape:
            raise ValueError(
                f"a residual connection adds what it goes around: expected the layer to return shape {around.shape}; "
                f"got {change.shape}. Pass shortcut=, a layer that gives x that shape"
            )
        return around + change
