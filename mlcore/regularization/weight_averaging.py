"""Averages of the weights over the steps of training: one model in place of an ensemble of its past selves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from mlcore.autodiff.tensor import Tensor
from mlcore.regularization.weights import restored


class WeightAverage:
    """A moving average of parameters: where training goes to and fro, its middle.

    Each update does ``average = keep * average + (1 - keep) * parameter`` with ``keep = min(decay, t / (t + 1))``, t
    being the number of updates before. The first ones thus form a plain mean, which forgets the random start; later the
    weight of the past falls exponentially. With decay 1 it stays the plain mean of all.

    Parameters
    ----------
    parameters : iterable of Tensor
        For example ``model.parameters()``.
    decay : float
        How much of the past an update keeps, 0 to 1; averages over about the last 1 / (1 - decay) steps.

    Attributes
    ----------
    averages : list of array
        Of the shapes of the parameters, in their order.
    updates : int
        How many there have been.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 8.7.3; Polyak and Juditsky (1992).

    Examples
    --------
    >>> w = Tensor([0.0], requires_grad=True)
    >>> average = WeightAverage([w], decay=0.9)
    >>> for value in (1.0, 2.0, 6.0):  # in place of steps of an optimizer
    ...     w.data[:] = value
    ...     average.update()
    >>> with average.applied():
    ...     print(w)
    Tensor([3.], requires_grad=True)
    >>> w
    Tensor([6.], requires_grad=True)
    """

    def __init__(self, parameters: Iterable[Tensor], *, decay: float = 0.999) -> None:
        if not 0 <= decay <= 1:
            raise ValueError(f"expected a decay from 0 to 1; got {decay}")
        self.parameters = list(parameters)
        self.decay = decay
        self.averages = [parameter.data.copy() for parameter in self.parameters]
        self.updates = 0

    def update(self) -> None:
        """Take in the present values of the parameters; to be called after each step."""
        keep = min(self.decay, self.updates / (self.updates + 1))
        self.updates += 1
        for average, parameter in zip(self.averages, self.parameters, strict=True):
            average *= keep
            average += (1 - keep) * parameter.data

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Give the parameters their averages for a block, to evaluate or save the model, and then their values back."""
        with restored(self.parameters):
            self.apply()
            yield

    def apply(self) -> None:
        """Give the parameters their averages, for good: at the end of training."""
        for average, parameter in zip(self.averages, self.parameters, strict=True):
            parameter.data[...] = average
            parameter.mark_changed()

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of all that is remembered, to go on later exactly as if there had been no pause."""
        return {"updates": self.updates, "averages": [average.copy() for average in self.averages]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up what ``state_dict`` returned.

        Raises
        ------
        ValueError
            If it is about parameters of other shapes.
        """
        expected, given = ([a.shape for a in averages] for averages in (self.averages, state["averages"]))
        if expected != given:
            raise ValueError(f"expected averages of shapes {expected}; got {given}")
        self.updates = state["updates"]
        self.averages = [average.copy() for average in state["averages"]]
