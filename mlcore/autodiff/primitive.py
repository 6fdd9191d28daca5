"""Primitives: the operations whose derivatives are known, each declared once.

A primitive is an ordinary NumPy function under one of three decorators, and from that one declaration come the
reverse mode, the forward mode and every higher derivative:

================================  ================================  ==============================================
decorator                         you write                         what follows from it
================================  ================================  ==============================================
``@elementwise(*partials)``       each partial derivative, from     forward: the sum of tangent times partial;
                                  ``(out, *inputs)``                reverse: cotangent times partial, summed back
                                                                    to the input's shape
``@multilinear(*transposes)``     the transpose in each input,      forward: the function itself, with one input
                                  from ``(g, *inputs)``             replaced by its tangent; reverse: the transpose
``@fused(kernel)``                the mathematics in other          reverse: the kernel's pullback; everything
                                  primitives, and a hand-tuned      else: the mathematics
                                  kernel ``(out, pullback)``
================================  ================================  ==============================================

Rules are plain NumPy code. A first derivative gives them arrays, and they run at NumPy's speed. A derivative that
will be differentiated again gives them Tensors; NumPy then hands each call back to this library
(see `mlcore.autodiff.numpy_protocol`), which records it, and so derivatives have derivatives.

The first two decorators are here, the third is in `mlcore.autodiff.fused`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor, constant, mode, record

#: Types of constants that NumPy computes with as they are.
_PLAIN = frozenset({np.ndarray, int, float, bool, np.bool_, np.float32, type(None)})


class Primitive:
    """What the three kinds have in common: a name, a function of arrays, and how to go both ways.

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


def _plain(x: Any, beside_tensor: bool) -> Any:
    """Make an input ready for NumPy; beside a Tensor, a float64 scalar counts as a Python float: it never promotes."""
    if beside_tensor and isinstance(x, np.float64):
        return float(x)
    return np.asarray(x) if isinstance(x, (list, tuple)) else x


def declare(primitive: Primitive) -> Callable[..., Any]:
    """Make the function that users call: on Tensors it records, on arrays alone it is plain NumPy."""
    function, kernel, defaults = primitive.function, primitive.kernel, primitive.defaults

    @functools.wraps(function)
    def apply(*inputs: Any, **options: Any) -> Any:
        options = {**defaults, **options} if options else defaults
        any_tensor = any_grad = unusual = False
        arrays = []
        for x in inputs:
            if isinstance(x, Tensor):
                any_tensor = True
                any_grad = any_grad or x.requires_grad
                arrays.append(x.data)
            else:
                unusual = unusual or x.__class__ not in _PLAIN
                arrays.append(x)
        if unusual:
            inputs = tuple(_plain(x, any_tensor) for x in inputs)
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


# ---- elementwise ------------------------------------------------------------------------------------------------


class Elementwise(Primitive):
    """An operation on each element by itself, with broadcasting. See `elementwise`."""

    __slots__ = ("partials",)

    def __init__(self, function: Callable[..., Any], partials: tuple[Any, ...]) -> None:
        super().__init__(function)
        self.partials = partials

    def pull(self, node: Tensor, g: Any, needs: Sequence[bool], record: bool) -> list[Any]:
        """Multiply the cotangent by each partial derivative, and undo broadcasting."""
        options = node.options
        out, inputs = (node, node.inputs) if record else (node.data, values_of(node.inputs))
        cotangents = []
        for partial, x, needed in zip(self.partials, inputs, needs, strict=True):
            if not needed:
                cotangents.append(None)
                continue
            gx = _times(g, partial, out, inputs, options)
            cotangents.append(gx if gx.shape == x.shape else unbroadcast(gx, x.shape))
        return cotangents

    def push(self, node: Tensor, tangents: Sequence[Any], record: bool) -> Any:
        """Add up each tangent times its partial derivative."""
        options = node.options
        out, inputs = (node, node.inputs) if record else (node.data, values_of(node.inputs))
        total = None
        for partial, t in zip(self.partials, tangents, strict=True):
            if t is not None:
                term = _times(t, partial, out, inputs, options)
                total = term if total is None else total + term
        return total if total.shape == out.shape else np.broadcast_to(total, out.shape)

    def explain(self, arrays: Sequence[Any]) -> None:
        """Name the shapes if they do not broadcast."""
        shapes = [np.shape(a) for a in arrays]
        try:
            np.broadcast_shapes(*shapes)
        except ValueError:
            raise ValueError(
                f"{self.name} expected shapes that broadcast (equal or 1, aligned at the last axis); "
                f"got {' and '.join(map(str, shapes))}"
            ) from None


def _times(t: Any, partial: Any, out: Any, inputs: Sequence[Any], options: dict[str, Any]) -> Any:
    """Multiply a tangent or cotangent by a partial derivative."""
    if partial.__class__ is int:
        return t if partial == 1 else -t
    return t * partial(out, *inputs, **options)


def elementwise(*partials: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a primitive that acts on each element by itself.

    Parameters
    ----------
    *partials : callable or 1 or -1 or None
        For each input its partial derivative, ``partial(out, *inputs, **options)``; the numbers where it is constant,
        None where there is none (an input that only selects).

    Notes
    -----
    With out = f(x, y): forward mode gives ``t_x * fx + t_y * fy``; reverse mode gives ``g * fx`` and ``g * fy``,
    each summed over the axes that broadcasting stretched.

    Examples
    --------
    >>> @elementwise(lambda out, x: 3 * x**2)
    ... def cube(x):
    ...     return x * x * x
    >>> x = Tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    array(12., dtype=float32)
    """
    return lambda function: declare(Elementwise(function, partials))


# ---- multilinear ------------------------------------------------------------------------------------------------


class Multilinear(Primitive):
    """An operation that is linear in each input. See `multilinear`."""

    __slots__ = ("explain", "jointly", "transposes")

    def __init__(
        self, function: Any, transposes: tuple[Callable[..., Any], ...], jointly: bool, explain: Any, accumulate: Any
    ) -> None:
        super().__init__(function)
        self.accumulate = accumulate
        self.transposes = transposes
        self.jointly = jointly
        self.explain = explain or super().explain

    def pull(self, node: Tensor, g: Any, needs: Sequence[bool], record: bool) -> Sequence[Any]:
        """Apply the transposes to the cotangent."""
        inputs, options = node.inputs if record else values_of(node.inputs), node.options
        if self.jointly:
            cotangents = self.transposes[0](g, *inputs, **options)
            return [gx if needed else None for gx, needed in zip(cotangents, needs, strict=True)]
        return [
            transpose(g, *inputs, **options) if needed else None
            for transpose, needed in zip(self.transposes, needs, strict=True)
        ]

    def push(self, node: Tensor, tangents: Sequence[Any], record: bool) -> Any:
        """Apply the function with its inputs replaced by their tangents: all at once, or each in its turn."""
        inputs, options = node.inputs if record else values_of(node.inputs), node.options
        call = self.apply if record else self.function
        if len(inputs) == 1:
            return call(tangents[0], **options)
        if self.jointly:
            filled = [np.zeros(x.shape, x.dtype) if t is None else t for x, t in zip(inputs, tangents, strict=True)]
            return call(*filled, **options)
        total = None
        for i, t in enumerate(tangents):
            if t is not None:
                term = call(*inputs[:i], t, *inputs[i + 1 :], **options)
                total = term if total is None else total + term
        return total


def multilinear(
    *transposes: Callable[..., Any],
    jointly: bool = False,
    explain: Callable[[Sequence[Any]], None] | None = None,
    accumulate: Callable[..., None] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a primitive that is linear in each of its inputs.

    Parameters
    ----------
    *transposes : callable
        For each input ``transpose(g, *inputs, **options)``, the cotangent of that input.
    jointly : bool
        The function is linear in all inputs together, as ``concatenate`` is and a product is not. There is then one
        transpose, which returns the cotangents of all inputs, and there may be any number of inputs.
    explain : callable, optional
        Called with the arrays when NumPy refuses them; raises a ValueError that says how their shapes do not fit.
    accumulate : callable, optional
        For one input of which little is used: ``accumulate(total, g, **options)`` adds the transpose into the array
        of what has already arrived there, without making an array of that size.

    Notes
    -----
    For a product out = x @ y, forward mode gives ``t_x @ y + x @ t_y``; reverse mode gives ``g @ y.T`` and ``x.T @ g``.

    Examples
    --------
    >>> @multilinear(lambda g, x, *, factor: factor * g)
    ... def scale(x, *, factor=2.0):
    ...     return factor * x
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> scale(x, factor=3.0).sum().backward()
    >>> x.grad
    array([3., 3.], dtype=float32)
    """
    return lambda function: declare(Multilinear(function, transposes, jointly, explain, accumulate))
