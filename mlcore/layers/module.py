"""Module: what holds parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from os import PathLike, fspath
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

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        """Compute the output."""
        return self.forward(*inputs, **options)

    # ---- what it holds --------------------------------------------------------------------------------------------

    def named_tensors(self) -> Iterator[tuple[str, Tensor]]:
        """Yield each Tensor once, with its path, such as ``"layers.0.weight"``, in the order of assignment.

        Besides parameters these are what else belongs to the state, such as running averages.
        """
        seen: set[int] = set()
        for name, value in _walk(vars(self), ""):
            if isinstance(value, Tensor) and id(value) not in seen:
                seen.add(id(value))
                yield name, value

    def named_parameters(self) -> Iterator[tuple[str, Tensor]]:
        """Yield each parameter once, with its path: the Tensors that require a gradient."""
        for name, value in self.named_tensors():
            if value.requires_grad:
                yield name, value

    def parameters(self) -> list[Tensor]:
        """Return all parameters."""
        return [parameter for _, parameter in self.named_parameters()]

    def modules(self) -> Iterator[Module]:
        """Yield this module and all modules inside."""
        for _, module in self.named_modules():
            yield module

    def named_modules(self) -> Iterator[tuple[str, Module]]:
        """Yield this module, under the name ``""``, and each module inside once with its path."""
        seen = {id(self)}
        yield "", self
        for name, value in _walk(vars(self), ""):
            if isinstance(value, Module) and id(value) not in seen:
                seen.add(id(value))
                yield name, value

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
        """Return copies of the values of all parameters and other Tensors of the state, by path."""
        return {name: tensor.data.copy() for name, tensor in self.named_tensors()}

    def load_state_dict(self, state: Mapping[str, np.ndarray]) -> None:
        """Set all parameters and the rest of the state, in place, to values saved by ``state_dict``.

        Raises
        ------
        KeyError
            If something is missing from ``state`` or a name in it is not of this model.
        ValueError
            If a shape differs.
        """
        tensors = dict(self.named_tensors())
        if tensors.keys() != state.keys():
            missing, unknown = sorted(tensors.keys() - state.keys()), sorted(state.keys() - tensors.keys())
            raise KeyError(f"state does not fit this model: missing {missing}, unknown {unknown}")
        for name, tensor in tensors.items():
            if np.shape(state[name]) != tensor.shape:
                raise ValueError(f"expected {name} of shape {tensor.shape}; got {np.shape(state[name])}")
        for name, tensor in tensors.items():
            tensor.data[...] = state[name]
            tensor.mark_changed()

    def save(self, path: str | PathLike) -> None:
        """Write the state to a file of NumPy's format npz, one array for each Tensor.

        Parameters
        ----------
        path : str or path
            The ending ``.npz`` is added where it is missing.
        """
        np.savez(_with_ending(path), **self.state_dict())

    def load(self, path: str | PathLike) -> Module:
        """Take the state from a file that ``save`` wrote; return this module.

        Raises
        ------
        KeyError, ValueError
            As ``load_state_dict``.
        """
        with np.load(_with_ending(path), allow_pickle=False) as state:
            self.load_state_dict(state)
        return self

    def summary(self, *inputs: Any) -> str:
        """Describe every layer in a table: name, kind, shape of the output if inputs are given, parameters.

        Parameters
        ----------
        *inputs : array or Tensor, optional
            What the model would be called with, to see the shapes inside. The model is left as it was.

        Returns
        -------
        str
            One line for each layer that holds no other, and the number of parameters in all.

        Examples
        --------
        >>> from mlcore.layers import Dense, ReLU, Sequential
        >>> rng = np.random.default_rng(0)
        >>> model = Sequential(Dense(2, 8, rng=rng), ReLU(), Dense(8, 1, rng=rng))
        >>> print(model.summary(np.zeros((5, 2), np.float32)))
        layer     kind   output  parameters
        layers.0  Dense  (5, 8)          24
        layers.1  ReLU   (5, 8)           0
        layers.2  Dense  (5, 1)           9
        total                            33
        """
        from mlcore.layers.summary import summarize

        return summarize(self, inputs)

    def __repr__(self) -> str:
        children = [(name, value) for name, value in _walk(vars(self), "", deep=False) if isinstance(value, Module)]
        if not children:
            return f"{type(self).__name__}({self.describe()})"
        lines = [f"  {name}: " + repr(module).replace("\n", "\n  ") for name, module in children]
        return "\n".join([f"{type(self).__name__}(", *lines, ")"])

    def describe(self) -> str:
        """Return what ``repr`` shows between the brackets: by default, parameters with their shapes."""
        return ", ".join(f"{name} {parameter.shape}" for name, parameter in self.named_parameters())


def _with_ending(path: str | PathLike) -> str:
    path = fspath(path)
    return path if path.endswith(".npz") else path + ".npz"


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
