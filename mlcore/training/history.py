"""History: what happened while a model was trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np


class History(dict[str, list[float]]):
    """Loss, metrics and learning rate of every epoch: a dict from name to list.

    ``history["loss"]`` and the metrics of the training set are those of the model as it changed during the epoch;
    ``history["validation_loss"]`` and the like are those of the model at the epoch's end.

    Attributes
    ----------
    steps : dict from str to list of float
        ``"loss"`` and ``"learning_rate"`` of every step, and ``"gradient_norm"`` before clipping where there is that.
    interrupted : bool
        Whether the training was interrupted from the keyboard.

    Examples
    --------
    >>> history = History()
    >>> history.append({"loss": 0.5, "validation_loss": 0.75})
    >>> history.append({"loss": 0.25, "validation_loss": 0.5})
    >>> history["loss"]
    [0.5, 0.25]
    >>> history
    History(2 epochs: loss 0.25, validation_loss 0.5)
    """

    def __init__(self) -> None:
        super().__init__()
        self.steps: dict[str, list[float]] = {}
        self.interrupted = False

    def append(self, row: Mapping[str, float]) -> None:
        """Add the numbers of one more epoch."""
        for name, value in row.items():
            self.setdefault(name, []).append(value)

    def append_step(self, row: Mapping[str, float]) -> None:
        """Add the numbers of one more step."""
        for name, value in row.items():
            self.steps.setdefault(name, []).append(value)

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of all numbers, as arrays of float64."""
        return {
            "epochs": {name: np.array(values) for name, values in self.items()},
            "steps": {name: np.array(values) for name, values in self.steps.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what ``state_dict`` returned."""
        self.clear()
        self.update({name: values.tolist() for name, values in state["epochs"].items()})
        self.steps = {name: values.tolist() for name, values in state["steps"].items()}

    def __repr__(self) -> str:
        epochs = max(map(len, self.values()), default=0)
        last = ", ".join(f"{name} {values[-1]:.4g}" for name, values in self.items())
        interrupted = ", interrupted" * self.interrupted
        return f"History({epochs} epoch{'s' * (epochs != 1)}{interrupted}: {last})"
