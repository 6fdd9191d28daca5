"""Optimizer: what all optimizers share. A subclass is the formula for one array."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from mlcore.autodiff.tensor import Tensor
from mlcore.optimizers.schedules import Schedule


class Group(NamedTuple):
    """Parameters that share options: each with what is remembered about it, and the options of the group alone."""

    members: list[tuple[Tensor, dict[str, Any]]]
    options: dict[str, Any]


class Optimizer:
    """Base of all optimizers: walks over the parameters and keeps what each needs to remember.

    A subclass defines ``update(parameter, gradient, state)`` for one array, in place. If it has options, its
    constructor takes them by keyword, stores them as attributes and then calls this one. It defines ``initial_state``
    if it remembers something, and ``check_options`` if not every value of an option makes sense.

    Parameters
    ----------
    parameters : iterable of Tensor, or of dict
        For example ``model.parameters()``. Or groups with options of their own, any that the constructor takes:
        ``[{"parameters": weights, "weight_decay": 0.01}, {"parameters": biases}]``.
    learning_rate : float or callable
        How far to go against the gradient; or a schedule, which is called before each step with the number of steps
        taken so far and returns the rate.
    weight_decay : float
        Adds ``weight_decay * parameter`` to the gradient before anything else, which is the gradient of the penalty
        ``weight_decay / 2 * sum(parameter**2)``. `AdamW` decays the parameter itself instead.

    Attributes
    ----------
    learning_rate : float or callable
        May be changed between steps. Within ``update`` it is the number for this step.
    steps : int
        How many steps have been taken; 1 during the first update.
    groups : list of Group
        Each with ``members``, which are parameters with what is remembered about them, and the ``options`` of its
        own, whose values may be changed too.
    decoupled : bool
        Of the class: whether weight decay multiplies the parameter by ``1 - learning_rate * weight_decay`` instead of
        entering the gradient, where an adaptive optimizer would rescale it.

    Raises
    ------
    TypeError
        If something given is not a parameter or a group, or a group has an unknown option.
    ValueError
        If there is no parameter, or one twice, or an option is out of its range.

    References
    ----------
    Korea University, "Regularization: Weight Decay", and *Deep Learning*, section 7.1.1, for coupled decay; Loshchilov
    and Hutter (2019), *Decoupled Weight Decay Regularization*. Jiang, ch. 8, "Regularization in Neural Networks",
    subtracts ``weight_decay * parameter`` without the learning rate.

    Examples
    --------
    >>> class SignDescent(Optimizer):
    ...     def update(self, parameter, gradient, state):
    ...         parameter -= self.learning_rate * np.sign(gradient)
    >>> w, b = Tensor([3.0, -3.0], requires_grad=True), Tensor([1.0], requires_grad=True)
    >>> groups = [{"parameters": [w]}, {"parameters": [b], "learning_rate": 0.125}]
    >>> optimizer = SignDescent(groups, learning_rate=0.5)
    >>> (w * w + b).sum().backward()
    >>> optimizer.step()
    >>> w, b
    (Tensor([ 2.5, -2.5], requires_grad=True), Tensor([0.875], requires_grad=True))
    """

    decoupled = False

    def __init__(
        self,
        parameters: Iterable[Tensor | dict[str, Any]],
        *,
        learning_rate: float | Schedule,
        weight_decay: float = 0.0,
    ) -> None:
        self.learning_rate = learning_rate if callable(learning_rate) else float(learning_rate)
        self.weight_decay = weight_decay
        names = set(vars(self))  # a subclass has stored its options by now
        given = list(parameters)
        if not any(isinstance(entry, dict) for entry in given):
            given = [{"parameters": given}]
        self.groups = [self._group(entry, names) for entry in given]
        self.parameters = [parameter for group in self.groups for parameter, _ in group.members]
        self.states = [state for group in self.groups for _, state in group.members]
        if not self.parameters:
            raise ValueError("an optimizer needs at least one parameter; got none")
        if len(set(map(id, self.parameters))) < len(self.parameters):
            raise ValueError("expected each parameter once; one is there twice, perhaps in two groups")
        self.steps = 0
        self._scratch: dict[Any, np.ndarray] = {}

    def _group(self, entry: Any, names: set[str]) -> Group:
        """Make a group of what was given for it."""
        if not isinstance(entry, dict) or "parameters" not in entry:
            raise TypeError(f"expected a dict with 'parameters' for each group; got {entry!r}")
        options = {name: value for name, value in entry.items() if name != "parameters"}
        if unknown := options.keys() - names:
            raise TypeError(f"{type(self).__name__} has the options {sorted(names)}; a group has {sorted(unknown)}")
        parameters = list(entry["parameters"])
        for parameter in parameters:
            if not isinstance(parameter, Tensor) or not parameter.requires_grad or parameter.primitive is not None:
                raise TypeError(f"expected Tensors made with requires_grad=True; got {parameter!r}")
        rule = self._with(options)
        rule.check_options()
        return Group([(parameter, rule.initial_state(parameter.data)) for parameter in parameters], options)

    def _with(self, options: dict[str, Any]) -> Optimizer:
        """Return this optimizer as ``update`` shall see it: with these options in place of its own."""
        variant = copy.copy(self)
        vars(variant).update(options)
        return variant

    def check_options(self) -> None:
        """Raise ValueError if an option is out of its range."""
        require_not_negative(weight_decay=self.weight_decay)
        if not callable(self.learning_rate):
            require_not_negative(learning_rate=self.learning_rate)

    def initial_state(self, parameter: np.ndarray) -> dict[str, Any]:
        """Return what to remember about one array, before the first step: arrays and numbers."""
        return {}

    def update(self, parameter: np.ndarray, gradient: np.ndarray, state: dict[str, Any]) -> None:
        """Change one array in place, given its gradient and what is remembered about it."""
        raise NotImplementedError(f"{type(self).__name__} must define update(self, parameter, gradient, state)")

    def step(self) -> None:
        """Update every parameter that has a gradient."""
        self.steps += 1
        for members, options in self.groups:
            rate = options.get("learning_rate", self.learning_rate)
            if callable(rate):
                options = {**options, "learning_rate": float(rate(self.steps - 1))}
            rule = self._with(options) if options else self
            update, weight_decay = rule.update, rule.weight_decay
            for parameter, state in members:
                gradient = parameter.grad
                if gradient is not None:
                    gradient = np.asarray(gradient)
                    if weight_decay:
                        gradient = rule._decay(parameter.data, gradient)
                    update(parameter.data, gradient, state)
                    parameter.mark_changed()

    def _decay(self, parameter: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        """Apply weight decay to the parameter or to the gradient; return the gradient to go on with."""
        if self.decoupled:
            parameter *= 1 - self.learning_rate * self.weight_decay
            return gradient
        total = np.multiply(parameter, self.weight_decay, out=self.scratch(parameter, "gradient"))
        return np.add(total, gradient, out=total)

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def scratch(self, like: np.ndarray, name: str = "step") -> np.ndarray:
        """Return an array of the shape of another for intermediate results; its content is undefined.

        The same array is returned to all who ask for this shape, type and name.
        """
        key = name, like.shape, like.dtype
        try:
            return self._scratch[key]
        except KeyError:
            return self._scratch.setdefault(key, np.empty_like(like))

    # ---- saving and restoring -------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of all that is remembered, to go on later exactly as if there had been no pause.

        Returns
        -------
        dict of str to array or number
            Such as ``"steps"``, ``"learning_rate"`` and ``"0.velocity"``, for the velocity of the first parameter.
            ``np.savez(path, **state)`` writes it and ``np.load(path)`` reads it. Other options than learning rates
            are not in it, nor are schedules: those come from the constructor. What a `Plateau` remembers is.
        """
        return {"parameters": len(self.parameters)} | {
            name: copy.copy(place[key]) for name, place, key in self._memory()
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what ``state_dict`` returned.

        Raises
        ------
        ValueError
            If it is about another number of parameters, or parameters of other shapes.
        KeyError
            If it is that of another optimizer.
        """
        own, given = len(self.parameters), state.get("parameters", len(self.parameters))
        if given != own:
            raise ValueError(f"expected the state of {own} parameters; got {given}")
        memory = list(self._memory())
        names = {"parameters", *(name for name, _, _ in memory)}
        if names != set(state):
            missing, unknown = sorted(names - set(state)), sorted(set(state) - names)
            raise KeyError(f"state does not fit this {type(self).__name__}: missing {missing}, unknown {unknown}")
        for name, place, key in memory:
            if np.shape(state[name]) != np.shape(place[key]):
                raise ValueError(f"expected {name} of shape {np.shape(place[key])}; got {np.shape(state[name])}")
        for name, place, key in memory:
            is_array = isinstance(place[key], np.ndarray)
            place[key] = np.array(state[name], place[key].dtype) if is_array else np.asarray(state[name]).item()

    def _memory(self) -> Iterator[tuple[str, dict[str, Any], str]]:
        """Yield all that is remembered: its name, and the dict and the key where it is kept."""
        yield "steps", vars(self), "steps"
        for prefix, options in [("", vars(self)), *((f"groups.{i}.", g.options) for i, g in enumerate(self.groups))]:
            rate = options.get("learning_rate")
            if callable(rate):
                yield from ((f"{prefix}learning_rate.{key}", rate.state, key) for key in getattr(rate, "state", {}))
            elif rate is not None:
                yield f"{prefix}learning_rate", options, "learning_rate"
        for i, state in enumerate(self.states):
            yield from ((f"{i}.{key}", state, key) for key in state)


def require_not_negative(**options: float) -> None:
    """Raise ValueError unless all options are at least 0."""
    for name, value in options.items():
        if not value >= 0:
            raise ValueError(f"expected {name} of at least 0; got {value}")


def require_fraction(**options: float) -> None:
    """Raise ValueError unless all options are at least 0 and below 1."""
    for name, value in options.items():
        if not 0 <= value < 1:
            raise ValueError(f"expected {name} of at least 0 and below 1; got {value}")
