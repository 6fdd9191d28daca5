"""What all primitives have in common: how one is declared, called and recorded."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor, constant, mode, record

#: Types of constants that NumPy computes with as they are.
_PLAIN = frozenset({int, float, bool, np.bool_, np.float32, type(None)})


class Primitive:
    """What the four kinds have in common: a name, a function of arrays, and how to go both ways.

    ``function`` is what was decorated; ``apply`` is what users call, which also records.
    """

    __slots__ = ("accumulate", "apply", "defaults", "function", "kernel", "name")

    def __init__(self, function: Callable[..., Any], kernel: Callable[..., Any] | None = None) -> None:
        self.accumulate = None
        self.name = function.__name__
        self.function = function
        self.defaults = _keyword_defaults(function)
        self.kernel = kernel

    def pull(self, node: Tensor, g: Any, needs: Sequence[bool], record: bool) -> Sequence[Any]:
        """Return the cotangent of each input that needs one, None for the others."""
        raise NotImplementedError

    def push(self, node: Tensor, tangents: Sequence[Any], record: bool) -> Any:
        """Return the tangent of the result, given those of the inputs; None stands for zero."""
        raise NotImplementedError

    def explain(self, arrays: Sequence[Any]) -> None:
        """Raise an error that names the shapes, if they are why NumPy refused these arrays."""


def _keyword_defaults(function: Callable[..., Any]) -> dict[str, Any]:
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is not p.empty}


def _plain(x: Any, beside: Sequence[Tensor]) -> Any:
    """Make an input ready for NumPy so that, beside Tensors, no number, list or array of integers promotes them."""
    floating = [t.dtype for t in beside if t.dtype.kind == "f"]
    if beside and isinstance(x, (np.float64, np.integer)):
        return x.item()
    if isinstance(x, (list, tuple)):
        x = np.asarray(x)
        return x.astype(np.result_type(*floating)) if floating and x.dtype.kind in "iuf" else x
    if floating and isinstance(x, np.ndarray) and x.dtype.kind in "iu":
        return x.astype(np.result_type(*floating))
    return x


def declare(primitive: Primitive) -> Callable[..., Any]:
    """Make the function that users call: on Tensors it records, on arrays alone it is plain NumPy."""
    function, kernel, defaults = primitive.function, primitive.kernel, primitive.defaults

    @functools.wraps(function)
    def apply(*inputs: Any, **options: Any) -> Any:
        options = {**defaults, **options} if options else defaults
        any_tensor = any_grad = unusual = False
        arrays = []
        for x in inputs:
            if x.__class__ is Tensor:
                any_tensor = True
                if x.requires_grad:
                    any_grad = True
                arrays.append(x.data)
            else:
                if x.__class__ is np.ndarray:
                    unusual = unusual or x.dtype.kind in "iu"
                elif x.__class__ not in _PLAIN:
                    unusual = True
                arrays.append(x)
        if unusual:
            tensors = [x for x in inputs if isinstance(x, Tensor)]  # of a subclass, as well
            any_tensor, any_grad = bool(tensors), any(x.requires_grad for x in tensors)
            inputs = tuple(_plain(x, tensors) for x in inputs)
            arrays = values_of(inputs)
        try:
            if kernel is None:
                out, pullback = function(*arrays, **options), None
            elif mode.fused:
                out, pullback = kernel(*arrays, **options)
            else:
                return function(*inputs, **options)
        except ValueError:
            primitive.explain(arrays)
            raise
        if any_grad and mode.recording:
            return record(primitive, out, inputs, options, pullback)
        return constant(out) if any_tensor else out

    apply.primitive = primitive
    primitive.apply = apply
    return apply


def values_of(inputs: Sequence[Any]) -> list[Any]:
    """Return the arrays of Tensors, and constants as they are."""
    return [x.data if isinstance(x, Tensor) else x for x in inputs]


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum a cotangent over the axes that broadcasting added or stretched, back to the input's shape."""
    if g.shape == shape:
        return g
    added = g.ndim - len(shape)
    stretched = tuple(i + added for i, n in enumerate(shape) if n == 1 and g.shape[i + added] != 1)
    summed = g.sum(axis=(*range(added), *stretched))
    return summed if summed.shape == shape else summed.reshape(shape)
