"""AdaGrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor
from mlcore.optimizers.optimizer import Optimizer, require_not_negative
from mlcore.optimizers.schedules import Schedule


class AdaGrad(Optimizer):
    """AdaGrad: a rate for each weight, which falls as its gradients add up.

    With g the gradient,

    - ``r = r + g**2``;
    - ``parameter -= learning_rate * g / (sqrt(r) + epsilon)``.

    Parameters
    ----------
    parameters : iterable of Tensor, or of dict
    learning_rate : float or callable
        The size of the first step of each weight.
    epsilon : float
        Keeps the step finite where all gradients have been 0.
    initial_sum : float
        Where r begins; above 0, the first steps are smaller.
    weight_decay : float
        Adds ``weight_decay * parameter`` to the gradient.

    Notes
    -----
    Lepetit (equation 68) and *Deep Learning* (algorithm 8.4) write it so. Penn has no epsilon: there a weight whose
    gradient is 0 from the beginning becomes NaN.

    References
    ----------
    Duchi, Hazan and Singer (2011), *Adaptive subgradient methods for online learning and stochastic optimization*.

    Examples
    --------
    >>> w = Tensor([1.0, 100.0], requires_grad=True)
    >>> optimizer = AdaGrad([w], learning_rate=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([ 0.75, 99.75], requires_grad=True)
    """

    def __init__(
        self,
        parameters: Iterable[Tensor | dict[str, Any]],
        *,
        learning_rate: float | Schedule = 1e-2,
        epsilon: float = 1e-10,
        initial_sum: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        self.epsilon = epsilon
        self.initial_sum = initial_sum
        super().__init__(parameters, learning_rate=learning_rate, weight_decay=weight_decay)

    def check_options(self) -> None:
        """Require what is under a root or divides not to be negative."""
        super().check_options()
        require_not_negative(epsilon=self.epsilon, initial_sum=self.initial_sum)

    def initial_state(self, parameter: np.ndarray) -> dict[str, Any]:
        """Start the sum of squares."""
        return {"r": np.full_like(parameter, self.initial_sum)}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        """Take one step."""
        r, step = state["r"], self.scratch(parameter)
        r += np.multiply(gradient, gradient, out=step)
        np.sqrt(r, out=step)
        step += self.epsilon
        np.divide(gradient, step, out=step)
        step *= self.learning_rate
        parameter -= step
