"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from mlcore.autodiff.tensor import Tensor
from mlcore.optimizers.optimizer import Optimizer


class SGD(Optimizer):
    """Stochastic gradient descent, with or without momentum.

    ``parameter -= learning_rate * velocity`` where ``velocity = momentum * velocity + gradient``; without momentum the
    velocity is the gradient.

    Parameters
    ----------
    parameters : iterable of Tensor
    learning_rate : float
    momentum : float
        Which part of the velocity is kept, 0 to 1. With a constant gradient the steps grow to
        1 / (1 - momentum) times their size.

    Notes
    -----
    This is the convention of PyTorch. *Deep Learning*, algorithm 8.2, puts the learning rate into the velocity, which
    is the same as long as the rate is constant. Others scale the gradient by (1 - momentum), which shortens the steps.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, sections 8.3.1 and 8.3.2.

    Examples
    --------
    >>> w = Tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], learning_rate=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([0.5], requires_grad=True)
    """

    def __init__(self, parameters: Iterable[Tensor], *, learning_rate: float, momentum: float = 0.0) -> None:
        if not 0 <= momentum < 1:
            raise ValueError(f"expected momentum of at least 0 and below 1; got {momentum}")
        self.momentum = momentum
        super().__init__(parameters, learning_rate=learning_rate)

    def initial_state(self, parameter: np.ndarray) -> dict[str, np.ndarray]:
        """Start at rest."""
        return {"velocity": np.zeros_like(parameter)} if self.momentum else {}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, np.ndarray]) -> None:
        """Go one step against the gradient."""
        if self.momentum:
            velocity = state["velocity"]
            np.multiply(velocity, self.momentum, out=velocity)
            gradient = np.add(velocity, gradient, out=velocity)
        np.subtract(parameter, np.multiply(gradient, self.learning_rate, out=self.scratch(parameter)), out=parameter)
