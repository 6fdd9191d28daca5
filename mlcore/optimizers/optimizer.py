"""Optimizer: what all optimizers share. A subclass is the formula for one array."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor


class Optimizer:
    """Base of all optimizers: walks over the parameters and keeps what each needs to remember.

    A subclass defines ``update(parameter, gradient, state)`` for one array, in place, and ``initial_state`` if it
    remembers something.

    Parameters
    ----------
    parameters : iterable of Tensor
        For example ``model.parameters()``.
    learning_rate : float
        How far to go against the gradient.

    Attributes
    ----------
    learning_rate : float
        May be changed between steps.
    steps : int
        How many steps have been taken; 1 during the first update.

    Examples
    --------
    >>> class SignDescent(Optimizer):
    ...     def update(self, parameter, gradient, state):
    ...         parameter -= self.learning_rate * np.sign(gradient)
    >>> w = Tensor([3.0, -3.0], requires_grad=True)
    >>> optimizer = SignDescent([w], learning_rate=0.5)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    Tensor([ 2.5, -2.5], requires_grad=True)
    """

    def __init__(self, parameters: Iterable[Tensor], *, learning_rate: float) -> None:
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError("an optimizer needs at least one parameter; got none")
        for parameter in self.parameters:
            if not isinstance(parameter, Tensor) or not parameter.requires_grad or parameter.primitive is not None:
                raise TypeError(f"expected Tensors made with requires_grad=True; got {parameter!r}")
        self.learning_rate = learning_rate
        self.steps = 0
        self.states = [self.initial_state(parameter.data) for parameter in self.parameters]
        self._scratch: dict[Any, np.ndarray] = {}

    def initial_state(self, parameter: np.ndarray) -> dict[str, np.ndarray]:
        """Return what to remember about one array, before the first step."""
        return {}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, np.ndarray]) -> None:
        """Change one array in place, given its gradient and what is remembered about it."""
        raise NotImplementedError(f"{type(self).__name__} must define update(self, parameter, gradient, state)")

    def step(self) -> None:
        """Update every parameter that has a gradient."""
        self.steps += 1
        update = self.update
        for parameter, state in zip(self.parameters, self.states, strict=True):
            if parameter.grad is not None:
                update(parameter.data, np.asarray(parameter.grad), state)
                parameter.mark_changed()

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def scratch(self, like: np.ndarray) -> np.ndarray:
        """Return an array of the shape of another for intermediate results; its content is undefined."""
        key = like.shape, like.dtype
        buffer = self._scratch.get(key)
        if buffer is None:
            buffer = self._scratch[key] = np.empty_like(like)
        return buffer

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of all that is remembered, to go on later exactly as if there had been no pause."""
        states = [{name: array.copy() for name, array in state.items()} for state in self.states]
        return {"steps": self.steps, "learning_rate": self.learning_rate, "states": states}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what ``state_dict`` returned.

        Raises
        ------
        ValueError
            If it is about another number of parameters.
        """
        if len(state["states"]) != len(self.parameters):
            raise ValueError(f"expected the state of {len(self.parameters)} parameters; got {len(state['states'])}")
        self.steps, self.learning_rate = state["steps"], state["learning_rate"]
        self.states = [{name: array.copy() for name, array in saved.items()} for saved in state["states"]]
