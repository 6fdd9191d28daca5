"""Delta-bar-delta."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor
from mlcore.optimizers.optimizer import Optimizer, require_fraction, require_not_negative
from mlcore.optimizers.schedules import Schedule


class DeltaBarDelta(Optimizer):
    """Delta-bar-delta: a weight whose gradient keeps its sign goes faster, one whose gradient turns goes slower.

    With g the gradient and a an average of those before,

    - ``gain += increase`` where ``a * g > 0``, ``gain *= 1 - decrease`` where ``a * g < 0``;
    - ``a = smoothing * a + (1 - smoothing) * g``, which starts at 0;
    - ``parameter -= learning_rate * gain * g``, where gains start at 1.

    Gains grow along a line and shrink as a power: growing faster would overshoot.

    Parameters
    ----------
    parameters : iterable of Tensor, or of dict
    learning_rate : float or callable
        The rate of each weight at first. Use it with gradients of all examples: the noise of minibatches turns signs.
    increase : float
        kappa of the paper, divided by the learning rate.
    decrease : float
        phi of the paper, at least 0 and below 1.
    smoothing : float
        theta of the paper: how much of the past the average keeps, at least 0 and below 1.
    weight_decay : float
        Adds ``weight_decay * parameter`` to the gradient.

    References
    ----------
    Jacobs (1988), *Increased rates of convergence through learning rate adaptation*; *Deep Learning*, section 8.5.

    Examples
    --------
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = DeltaBarDelta([w], learning_rate=0.25, increase=0.5)
    >>> for _ in range(2):
    ...     optimizer.zero_grad()
    ...     w.sum().backward()  # a gradient of 1
    ...     optimizer.step()
    >>> w  # 1 - 0.25 - 0.25 * 1.5
    Tensor([0.375], requires_grad=True)
    """

    def __init__(
        self,
        parameters: Iterable[Tensor | dict[str, Any]],
        *,
        learning_rate: float | Schedule,
        increase: float = 0.05,
        decrease: float = 0.1,
        smoothing: float = 0.7,
        weight_decay: float = 0.0,
    ) -> None:
        self.increase = increase
        self.decrease = decrease
        self.smoothing = smoothing
        super().__init__(parameters, learning_rate=learning_rate, weight_decay=weight_decay)

    def check_options(self) -> None:
        """Require fractions."""
        super().check_options()
        require_not_negative(increase=self.increase)
        require_fraction(decrease=self.decrease, smoothing=self.smoothing)

    def initial_state(self, parameter: np.ndarray) -> dict[str, Any]:
        """Start gains at 1 and averages at 0."""
        return {"gain": np.ones_like(parameter), "average": np.zeros_like(parameter)}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        """Take one step."""
        gain, average, step = state["gain"], state["average"], self.scratch(parameter)
        np.multiply(average, gradient, out=step)
        np.add(gain, self.increase, out=gain, where=step > 0)
        np.multiply(gain, 1 - self.decrease, out=gain, where=step < 0)
        np.multiply(gradient, 1 - self.smoothing, out=step)
        average *= self.smoothing
        average += step
        np.multiply(gain, gradient, out=step)
        step *= self.learning_rate
        parameter -= step
