"""Adadelta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor
from mlcore.optimizers.optimizer import Optimizer, require_fraction, require_not_negative
from mlcore.optimizers.schedules import Schedule


class Adadelta(Optimizer):
    """Adadelta: steps in the units of the weights, their size taken from the steps before.

    With g the gradient,

    - ``r = decay * r + (1 - decay) * g**2``;
    - ``step = g * sqrt(s + epsilon) / sqrt(r + epsilon)``;
    - ``s = decay * s + (1 - decay) * step**2``;
    - ``parameter -= learning_rate * step``.

    Parameters
    ----------
    parameters : iterable of Tensor, or of dict
    learning_rate : float or callable
        1 in the paper, which wants none.
    decay : float
        How much of the past the two means keep, at least 0 and below 1.
    epsilon : float
        Gets it going: the first step is about ``sqrt(epsilon / (1 - decay))``.
    weight_decay : float
        Adds ``weight_decay * parameter`` to the gradient.

    References
    ----------
    Zeiler (2012), *ADADELTA: an adaptive learning rate method*, algorithm 1.

    Examples
    --------
    >>> w = Tensor([100.0, 900.0], requires_grad=True)
    >>> optimizer = Adadelta([w], decay=0.75, epsilon=1 / 64)
    >>> (w * w).sum().backward()
    >>> optimizer.step()  # about sqrt(4 / 64)
    >>> w
    Tensor([ 99.75, 899.75], requires_grad=True)
    """

    def __init__(
        self,
        parameters: Iterable[Tensor | dict[str, Any]],
        *,
        learning_rate: float | Schedule = 1.0,
        decay: float = 0.9,
        epsilon: float = 1e-6,
        weight_decay: float = 0.0,
    ) -> None:
        self.decay = decay
        self.epsilon = epsilon
        super().__init__(parameters, learning_rate=learning_rate, weight_decay=weight_decay)

    def check_options(self) -> None:
        """Require a fraction, and that roots are real."""
        super().check_options()
        require_fraction(decay=self.decay)
        require_not_negative(epsilon=self.epsilon)

    def initial_state(self, parameter: np.ndarray) -> dict[str, Any]:
        """Start the mean squares of gradients, r, and of steps, s, at 0."""
        return {"r": np.zeros_like(parameter), "s": np.zeros_like(parameter)}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        """Take one step."""
        r, s, step, root = state["r"], state["s"], self.scratch(parameter), self.scratch(parameter, "root")
        self._average(r, gradient, out=step)
        np.sqrt(np.add(r, self.epsilon, out=root), out=root)
        np.sqrt(np.add(s, self.epsilon, out=step), out=step)
        step /= root
        step *= gradient
        self._average(s, step, out=root)
        step *= self.learning_rate
        parameter -= step

    def _average(self, mean: np.ndarray, x: np.ndarray, *, out: np.ndarray) -> None:
        """Let the square of x enter a mean; ``out`` is overwritten on the way."""
        np.multiply(x, x, out=out)
        out *= 1 - self.decay
        mean *= self.decay
        mean += out
