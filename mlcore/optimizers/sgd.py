"""Stochastic gradient descent, with the kinds of momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor
from mlcore.optimizers.optimizer import Optimizer, require_fraction
from mlcore.optimizers.schedules import Schedule


class SGD(Optimizer):
    """Stochastic gradient descent, with or without momentum.

    ``parameter -= learning_rate * velocity`` where ``velocity = momentum * velocity + gradient``, which starts at 0;
    without momentum the velocity is the gradient.

    Parameters
    ----------
    parameters : iterable of Tensor, or of dict
    learning_rate : float or callable
    momentum : float
        Which part of the velocity is kept, at least 0 and below 1. With a constant gradient the steps grow to
        1 / (1 - momentum) times their size.
    dampening : float
        ``velocity = momentum * velocity + (1 - dampening) * gradient``, except that a parameter's first gradient
        enters whole. With ``dampening=momentum`` the velocity is an exponential average of the gradients.
    nesterov : bool
        ``parameter -= learning_rate * (gradient + momentum * velocity)``, with the velocity after its change.
    rate_in_velocity : bool
        ``velocity = momentum * velocity + learning_rate * gradient`` and ``parameter -= velocity``.
    weight_decay : float
        Adds ``weight_decay * parameter`` to the gradient.

    Notes
    -----
    There are three conventions. While the rate is constant, they differ in the size of the steps alone.

    - The default is that of PyTorch: a new rate acts on the whole velocity at once.
    - *Deep Learning*, algorithm 8.2, Penn and Korea University put the rate into the velocity: a new rate acts on new
      gradients only. That is ``rate_in_velocity=True`` (their velocity is the negative of this one).
    - Lepetit, equation 64, averages: ``velocity = momentum * velocity + (1 - momentum) * gradient``, which makes steps
      (1 - momentum) times as long. That is ``dampening=momentum``, with the average starting at the first gradient.

    *Deep Learning*, algorithm 8.3, and Penn compute Nesterov's gradient at the point where the velocity alone would
    lead, ``parameter + momentum * velocity``. Here the gradient is that of the parameter: what the optimizer holds
    *is* the point looked ahead to, and one formula needs one gradient. With ``rate_in_velocity=True`` it visits
    exactly the points at which theirs computes gradients.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, algorithms 8.1 to 8.3; Sutskever et al. (2013), *On the
    importance of initialization and momentum*.

    Examples
    --------
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], learning_rate=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([0.5], requires_grad=True)
    """

    def __init__(
        self,
        parameters: Iterable[Tensor | dict[str, Any]],
        *,
        learning_rate: float | Schedule,
        momentum: float = 0.0,
        dampening: float = 0.0,
        nesterov: bool = False,
        rate_in_velocity: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        self.momentum = momentum
        self.dampening = dampening
        self.nesterov = nesterov
        self.rate_in_velocity = rate_in_velocity
        super().__init__(parameters, learning_rate=learning_rate, weight_decay=weight_decay)

    def check_options(self) -> None:
        """Require fractions, and momentum for what is a kind of momentum."""
        super().check_options()
        require_fraction(momentum=self.momentum, dampening=self.dampening)
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov=True is a kind of momentum; expected momentum above 0")

    def initial_state(self, parameter: np.ndarray) -> dict[str, Any]:
        """Start at rest."""
        if not self.momentum:
            return {}
        return {"velocity": np.zeros_like(parameter)} | ({"steps": 0} if self.dampening else {})

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        """Go one step against the gradient."""
        step, rate = self.scratch(parameter), self.learning_rate
        if self.momentum:
            if self.rate_in_velocity:
                gradient, rate = np.multiply(gradient, rate, out=self.scratch(parameter, "gradient")), 1.0
            gradient = self._direction(gradient, state, step)
        parameter -= np.multiply(gradient, rate, out=step)

    def _direction(self, gradient: np.ndarray, state: dict[str, Any], step: np.ndarray) -> np.ndarray:
        """Let the gradient enter the velocity and return the way to go; ``step`` is room for intermediate results."""
        velocity, entering = state["velocity"], gradient
        if self.dampening:
            if state["steps"]:
                entering = np.multiply(gradient, 1 - self.dampening, out=step)
            state["steps"] += 1
        velocity *= self.momentum
        velocity += entering
        if not self.nesterov:
            return velocity
        np.multiply(velocity, self.momentum, out=step)
        return np.add(step, gradient, out=step)
