"""Layers one after another."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlcore.layers.module import Module


class Sequential(Module):
    """Apply modules one after another.

    Parameters
    ----------
    *layers : Module

    Examples
    --------
    >>> import numpy as np
    >>> from mlcore.layers import Dense, ReLU
    >>> rng = np.random.default_rng(0)
    >>> model = Sequential(Dense(2, 8, rng=rng), ReLU(), Dense(8, 1, rng=rng))
    >>> model
    Sequential(
      layers.0: Dense(weight (2, 8), bias (8,))
      layers.1: ReLU()
      layers.2: Dense(weight (8, 1), bias (1,))
    )
    """

    def __init__(self, *layers: Module) -> None:
        self.layers = list(layers)

    def forward(self, x: Any) -> Any:
        """Pass x through all layers."""
        for layer in self.layers:
            x = layer(x)
        return x

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)

    def __getitem__(self, index: int) -> Module:
        return self.layers[index]
