"""Adam."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from mlcore.autodiff.tensor import Tensor
from mlcore.optimizers.optimizer import Optimizer


class Adam(Optimizer):
    """Adam: a step for each weight in proportion to its mean gradient over its root mean square.

    With g the gradient and t the number of the step,

    - ``m = beta1 * m + (1 - beta1) * g``, and without the bias of starting at 0: ``m / (1 - beta1**t)``;
    - ``v = beta2 * v + (1 - beta2) * g**2``, likewise ``v / (1 - beta2**t)``;
    - ``parameter -= learning_rate * m / (sqrt(v) + epsilon)`` with the corrected m and v.

    Parameters
    ----------
    parameters : iterable of Tensor
    learning_rate : float
        About the size of a step of each weight.
    betas : tuple of float
        beta1 and beta2: how much of the past the two means keep.
    epsilon : float
        Keeps the step finite where the gradient is 0.

    References
    ----------
    Kingma and Ba (2015), algorithm 1.

    Examples
    --------
    >>> w = Tensor([1.0, 100.0], requires_grad=True)
    >>> optimizer = Adam([w], learning_rate=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([ 0.75, 99.75], requires_grad=True)
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        *,
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
    ) -> None:
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"expected betas of at least 0 and below 1; got {betas}")
        self.betas = betas
        self.epsilon = epsilon
        super().__init__(parameters, learning_rate=learning_rate)

    def initial_state(self, parameter: np.ndarray) -> dict[str, np.ndarray]:
        """Start both means at 0."""
        return {"m": np.zeros_like(parameter), "v": np.zeros_like(parameter)}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, np.ndarray]) -> None:
        """Take one step.

        The state holds m / (1 - beta1) and v / (1 - beta2), which saves a pass over each array; the factors and the
        bias corrections are two numbers for the whole array.
        """
        beta1, beta2 = self.betas
        m, v, step = state["m"], state["v"], self.scratch(parameter)
        np.multiply(m, beta1, out=m)
        np.add(m, gradient, out=m)
        np.multiply(v, beta2, out=v)
        np.add(v, np.multiply(gradient, gradient, out=step), out=v)
        scale = math.sqrt((1 - beta2) / (1 - beta2**self.steps))
        rate = self.learning_rate * (1 - beta1) / (1 - beta1**self.steps) / scale
        np.sqrt(v, out=step)
        np.add(step, self.epsilon / scale, out=step)
        np.divide(m, step, out=step)
        np.multiply(step, rate, out=step)
        np.subtract(parameter, step, out=parameter)
