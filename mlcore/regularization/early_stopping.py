"""Early stopping: train until the validation loss no longer improves, and keep the best model seen."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.layers.module import Module


class EarlyStopping:
    """Watch the validation loss, keep a copy of the best model, and say when to stop.

    Each loss below ``best_loss - min_delta`` is an improvement: the model is copied. After ``patience`` losses in a row
    that are none, it is time to stop. A loss that is not a number is never an improvement. Stopping early keeps weights
    near where they started: with a quadratic loss, t steps at a learning rate r act like an L2 penalty of strength
    1 / (r t).

    Parameters
    ----------
    patience : int
        How many losses in a row may fail to improve, 1 or more.
    min_delta : float
        By how much a loss must fall to count.

    Attributes
    ----------
    best_loss : float
        The lowest loss so far; infinity before the first.
    best_update : int
        Which update it came from, counted from 1; how long to train when all data are used. 0 before the first.
    updates : int
        How many losses have been seen.
    best_state : dict from str to array, or None
        The model's state at that time.

    Notes
    -----
    To watch a score that shall rise, such as accuracy, pass its negative.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, algorithm 7.1 and section 7.8.

    Examples
    --------
    >>> from mlcore import Tensor
    >>> model = Module()
    >>> model.w = Tensor([0.0], requires_grad=True)
    >>> stopper = EarlyStopping(patience=2)
    >>> for w, loss in enumerate([3.0, 1.0, 2.0, 1.5, 0.0]):
    ...     model.w.data[:] = w
    ...     if stopper.update(loss, model):
    ...         break
    >>> stopper.updates, stopper.best_update, stopper.best_loss
    (4, 2, 1.0)
    >>> stopper.restore(model)
    >>> model.w
    Tensor([1.], requires_grad=True)
    """

    def __init__(self, *, patience: int = 10, min_delta: float = 0.0) -> None:
        if patience < 1:
            raise ValueError(f"expected patience of at least 1; got {patience}")
        if min_delta < 0:
            raise ValueError(f"expected min_delta of at least 0; got {min_delta}")
        self.patience = patience
        self.min_delta = min_delta
        self.best_loss = math.inf
        self.best_update = 0
        self.updates = 0
        self.best_state: dict[str, np.ndarray] | None = None

    def update(self, loss: float, model: Module) -> bool:
        """Take note of a validation loss and the model that it belongs to; return whether to stop."""
        self.updates += 1
        loss = float(loss)
        if loss < self.best_loss - self.min_delta:
            self.best_loss, self.best_update, self.best_state = loss, self.updates, model.state_dict()
        return self.updates - self.best_update >= self.patience

    def restore(self, model: Module) -> None:
        """Set the model, in place, to the best state seen.

        Raises
        ------
        RuntimeError
            If no loss has been seen that is a number.
        """
        if self.best_state is None:
            raise RuntimeError("there is no best state: call update(loss, model) with a finite loss first")
        model.load_state_dict(self.best_state)

    def state_dict(self) -> dict[str, Any]:
        """Return what has been seen so far, to go on later exactly as if there had been no pause."""
        return {
            "best_loss": self.best_loss,
            "best_update": self.best_update,
            "updates": self.updates,
            "best_state": self.best_state,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what ``state_dict`` returned."""
        self.best_loss, self.best_update = state["best_loss"], state["best_update"]
        self.updates, self.best_state = state["updates"], state["best_state"]
