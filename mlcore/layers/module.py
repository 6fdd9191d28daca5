"""Module: what holds parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor


class Module:
    """Base of all layers and models: parameters as attributes, the computation in ``forward``.

    A subclass assigns Tensors with ``requires_grad=True``, other Modules, or lists, tuples and dicts of these to
    attributes in its constructor. They are found by walking the attributes; nothing needs to be registered.

    Attributes
    ----------
    training : bool
        True while training, False while a model is used. Layers such as dropout behave accordingly.

    Examples
    --------
    >>> class Scale(Module):
    ...     def __init__(self):
    ...         self.factor = Tensor([2.0], requires_grad=True)
    ...     def forward(self, x):
    ...         return self.factor * x
    >>> model = Scale()
    >>> model(Tensor([1.0, 3.0]))
    Tensor([2., 6.], requires_grad=True)
    >>> [name for name, parameter in model.named_parameters()]
    ['factor']
    """

    training = True

    def forward(self, *inputs: Any) -> Any:
        """Compute the output; what calling the module does."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(self, x)")

    def __call__(self, *inputs: Any) -> Any:
        """Compute the output."""
        return self.forward(*inputs)

    # ---- what it holds --------------------------------------------------------------------------------------------

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Yield each parameter once, with its path, such as ``"layers.0.weight"``, in the order of assignment."""
        seen: set[int] = set()
        for name, value in _walk(vars(self), ""):
            if isinstance(value, Tensor) and value.requires_grad and id(value) not in seen:
                seen.add(id(value))
                yield name, value

    def parameters(self) -> list[Tensor]:
        """Return all parameters."""
        return [parameter for _, parameter in self.named_parameters()]

    def modules(self) -> Iterator[Module]:
        """Yield this module and all modules inside."""
        yield self
        for _, value in _walk(vars(self), ""):
            if isinstance(value, Module):
                yield value

    # ---- what one does with it ------------------------------------------------------------------------------------

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def train(self) -> Module:
        """Switch this module and all inside to training; return it."""
        for module in self.modules():
            module.training = True
        return self

    def eval(self) -> Module:
        """Switch this module and all inside to use; return it."""
        for module in self.modules():
            module.training = False
        return self

    def state_dict(self) -> dict[str, np.ndarray]:
        """Return copies of the values of all parameters, by path."""
        return {name: parameter.data.copy() for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Set all parameters, in place, to values saved by ``state_dict``.

        Raises
        ------
        KeyError
            If a parameter is missing from ``state`` or a name in it is not a parameter.
        ValueError
            If a shape differs.
        """
        parameters = dict(self.named_parameters())
        if parameters.keys() != state.keys():
            missing, unknown = sorted(parameters.keys() - state.keys()), sorted(state.keys() - parameters.keys())
            raise KeyError(f"state does not fit this model: missing {missing}, unknown {unknown}")
        for name, parameter in parameters.items():
            if np.shape(state[name]) != parameter.shape:
                raise ValueError(f"expected {name} of shape {parameter.shape}; got {np.shape(state[name])}")
        for name, parameter in parameters.items():
            parameter.data[...] = state[name]
            parameter.mark_changed()

    def __repr__(self) -> str:
        children = [(name, value) for name, value in _walk(vars(self), "", deep=False) if isinstance(value, Module)]
        if not children:
            return f"{type(self).__name__}({self.describe()})"
        lines = [f"  {name}: " + repr(module).replace("\n", "\n  ") for name, module in children]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])

    def describe(self) -> str:
        """Return what ``repr`` shows between the brackets: by default, parameters with their shapes."""
        return ", ".join(f"{name} {parameter.shape}" for name, parameter in self.named_parameters())


def _walk(value: Any, path: str, *, deep: bool = True) -> Iterator[tuple[str, Any]]:
    """Yield the Tensors and Modules in a value with their paths; ``deep``: also those inside the Modules."""
    if isinstance(value, (Tensor, Module)):
        yield path, value
    if isinstance(value, Module):
        if not deep:
            return
        value = vars(value)
    if isinstance(value, dict):
        items: Any = value.items()
    elif isinstance(value, (list, tuple)):
        items = enumerate(value)
    else:
        return
    for key, part in items:
        yield from _walk(part, f"{path}.{key}" if path else str(key), deep=deep)
