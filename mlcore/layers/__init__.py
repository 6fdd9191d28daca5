"""Layers: parameters, and one call of a function."""

from mlcore.layers.activations import ReLU, Sigmoid, Tanh
from mlcore.layers.dense import Dense
from mlcore.layers.initializers import kaiming, xavier
from mlcore.layers.module import Module
from mlcore.layers.sequential import Sequential

__all__ = ["Dense", "Module", "ReLU", "Sequential", "Sigmoid", "Tanh", "kaiming", "xavier"]
