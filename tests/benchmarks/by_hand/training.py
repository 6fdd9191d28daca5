"""What the networks share: parameters in one vector, the loss, and the optimizers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np


def empty(*shape: int) -> np.ndarray:
    """Make an array of float32 to be filled."""
    return np.empty(shape, np.float32)


def ones(n: int) -> np.ndarray:
    """Make a row of ones; its product with a matrix is the fastest sum of columns."""
    return np.ones(n, np.float32)


class Parameters(NamedTuple):
    """All parameters as one vector and by name, and their gradients likewise."""

    vector: np.ndarray
    gradient: np.ndarray
    values: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]


def parameters(initial: dict[str, np.ndarray]) -> Parameters:
    """Lay parameters side by side in one vector, so that an optimizer needs a handful of calls for all."""
    line = 16  # numbers in a line of the cache, where each parameter starts
    starts = np.cumsum([0, *(-(-value.size // line) * line for value in initial.values())])
    vector, gradient = (np.zeros(starts[-1], np.float32) for _ in range(2))
    values, gradients = (
        {
            name: whole[start : start + value.size].reshape(value.shape)
            for start, (name, value) in zip(starts, initial.items(), strict=False)
        }
        for whole in (vector, gradient)
    )
    for name, value in initial.items():
        values[name][...] = value
    return Parameters(vector, gradient, values, gradients)


def softmax_cross_entropy(targets: np.ndarray, classes: int) -> Callable[[np.ndarray], float]:
    """Return a function of logits (n, classes) that gives the mean loss and turns the logits into its gradient."""
    n = len(targets)
    rows, total, top, picked = np.arange(n), empty(n, 1), empty(n, 1), empty(n)
    column = np.ones((classes, 1), np.float32)

    def loss(z: np.ndarray) -> float:
        np.maximum.reduce(z, axis=1, keepdims=True, out=top)
        np.subtract(z, top, out=z)
        picked[...] = z[rows, targets]
        np.exp(z, out=z)
        np.dot(z, column, out=total)
        np.multiply(total, n, out=top)
        np.divide(z, top, out=z)
        z[rows, targets] -= np.float32(1 / n)
        np.log(total, out=total)
        return float(total.sum() - picked.sum()) / n

    return loss


def updater(problem, own: Parameters) -> Callable[[], None]:
    """Return the step of the problem's optimizer."""
    return _adam(problem, own) if problem.opt == "adam" else _descent(problem, own)


def _adam(problem, own: Parameters, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8):
    """Adam with its means kept as m / (1 - beta1) and v / (1 - beta2), which saves a pass over each."""
    p, g = own.vector, own.gradient
    m, v, step = np.zeros_like(p), np.zeros_like(p), np.empty_like(p)
    steps = 0

    def update() -> None:
        nonlocal steps
        steps += 1
        scale = math.sqrt((1 - beta2) / (1 - beta2**steps))
        np.multiply(m, beta1, out=m)
        np.add(m, g, out=m)
        np.multiply(v, beta2, out=v)
        np.multiply(g, g, out=step)
        np.add(v, step, out=v)
        np.sqrt(v, out=step)
        np.add(step, epsilon / scale, out=step)
        np.divide(m, step, out=step)
        np.multiply(step, problem.lr * (1 - beta1) / (1 - beta1**steps) / scale, out=step)
        np.subtract(p, step, out=p)

    return update


def _descent(problem, own: Parameters):
    """Gradient descent, with momentum and with a limit to the gradient's norm where the problem has them."""
    p, g = own.vector, own.gradient
    step, velocity = np.empty_like(p), np.zeros_like(p) if problem.momentum else g

    def update() -> None:
        rate = problem.lr
        if problem.clip:
            rate *= min(1.0, problem.clip / math.sqrt(g.dot(g)))
        if problem.momentum:
            np.multiply(velocity, problem.momentum, out=velocity)
            np.add(velocity, g, out=velocity)
        np.multiply(velocity, rate, out=step)
        np.subtract(p, step, out=p)

    return update
