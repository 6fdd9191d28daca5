"""RMSProp, also with momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor
from mlcore.optimizers.optimizer import Optimizer, require_fraction, require_not_negative
from mlcore.optimizers.schedules import Schedule


class RMSProp(Optimizer):
    """RMSProp: each gradient over the root of the running mean of its squares.

    With g the gradient,

    - ``r = decay * r + (1 - decay) * g**2``, which starts at 0;
    - ``parameter -= learning_rate * u`` with ``u = g / (sqrt(r) + epsilon)``.

    Parameters
    ----------
    parameters : iterable of Tensor, or of dict
    learning_rate : float or callable
        About the size of a step of each weight.
    decay : float
        How much of the past the mean keeps, at least 0 and below 1.
    epsilon : float
        Keeps the step finite where the gradients are 0.
    momentum : float
        ``velocity = momentum * velocity + u`` and ``parameter -= learning_rate * velocity``.
    nesterov : bool
        ``parameter -= learning_rate * (u + momentum * velocity)``, with the velocity after its change.
    weight_decay : float
        Adds ``weight_decay * parameter`` to the gradient.

    Notes
    -----
    Korea University writes it so. *Deep Learning*, algorithm 8.5, has epsilon under the root, Penn and Lepetit
    (equation 70, with the step of equation 68) have none there. Lepetit's equation 67 is not RMSProp: it adds up all
    squares.

    *Deep Learning*, algorithm 8.6, computes Nesterov's gradient ahead of the parameter; here the parameter is itself
    the point looked ahead to (see `SGD`), and the rate stands outside the velocity, which is the same while it is
    constant.

    References
    ----------
    Hinton, Srivastava and Swersky (2012), *Neural Networks for Machine Learning*, lecture 6.

    Examples
    --------
    >>> w = Tensor([1.0, 100.0], requires_grad=True)
    >>> optimizer = RMSProp([w], learning_rate=0.25, decay=0.75)  # r is a quarter of the square
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([ 0.5, 99.5], requires_grad=True)
    """

    def __init__(
        self,
        parameters: Iterable[Tensor | dict[str, Any]],
        *,
        learning_rate: float | Schedule = 1e-2,
        decay: float = 0.99,
        epsilon: float = 1e-8,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        self.decay = decay
        self.epsilon = epsilon
        self.momentum = momentum
        self.nesterov = nesterov
        super().__init__(parameters, learning_rate=learning_rate, weight_decay=weight_decay)

    def check_options(self) -> None:
        """Require fractions, and momentum for what is a kind of momentum."""
        super().check_options()
        require_fraction(decay=self.decay, momentum=self.momentum)
        require_not_negative(epsilon=self.epsilon)
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov=True is a kind of momentum; expected momentum above 0")

    def initial_state(self, parameter: np.ndarray) -> dict[str, Any]:
        """Start the mean, and the velocity if there is one, at 0."""
        names = ("r", "velocity") if self.momentum else ("r",)
        return {name: np.zeros_like(parameter) for name in names}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        """Take one step."""
        r, step = state["r"], self.scratch(parameter)
        np.multiply(gradient, gradient, out=step)
        step *= 1 - self.decay
        r *= self.decay
        r += step
        np.sqrt(r, out=step)
        step += self.epsilon
        direction = np.divide(gradient, step, out=step)
        if self.momentum:
            velocity = state["velocity"]
            velocity *= self.momentum
            direction = np.add(velocity, step, out=velocity)
            if self.nesterov:
                ahead = np.multiply(velocity, self.momentum, out=self.scratch(parameter, "ahead"))
                direction = np.add(step, ahead, out=step)
        parameter -= np.multiply(direction, self.learning_rate, out=step)
