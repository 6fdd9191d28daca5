"""Primitives: the operations whose derivatives are known, each declared once.

A primitive is an ordinary NumPy function under one of four decorators, and from that one declaration come the
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
``@custom(push=, pull=)``         both rules                        what they say
================================  ================================  ==============================================

Rules are plain NumPy code. A first derivative gives them arrays, and they run at NumPy's speed. A derivative that
will be differentiated again gives them Tensors; NumPy then hands each call back to this library
(see `mlcore.autodiff.numpy_protocol`), which records it, and so derivatives have derivatives.

The first two decorators are here, the others in `mlcore.autodiff.fused` and `mlcore.autodiff.custom`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlcore.autodiff.declaration import Primitive, declare, unbroadcast, values_of
from mlcore.autodiff.tensor import Tensor, constant

__all__ = [
    "Elementwise",
    "Multilinear",
    "Primitive",
    "declare",
    "elementwise",
    "multilinear",
    "unbroadcast",
    "values_of",
]

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
        partials = self.partials if record or node.pullback is None else node.pullback
        for partial, x, needed in zip(partials, inputs, needs, strict=True):
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
        partials = self.partials if record or node.pullback is None else node.pullback
        for partial, t in zip(partials, tangents, strict=True):
            if t is not None:
                term = _times(t, partial, out, inputs, options)
                total = term if total is None else total + term
        return total if total.shape == out.shape else np.broadcast_to(total, out.shape)

    def prepare(self, node: Tensor, needs: Sequence[bool]) -> None:
        """Evaluate the partial derivatives once, for a node that will be passed many times."""
        out, inputs = node.data, values_of(node.inputs)
        values = [
            p(out, *inputs, **node.options) if needed and callable(p) else p
            for p, needed in zip(self.partials, needs, strict=True)
        ]
        # an int stands for a partial that is 1, -1 or 0 everywhere; the value of one may be any number
        node.pullback = [
            float(v) if v.__class__ is int and callable(p) else v for v, p in zip(values, self.partials, strict=True)
        ]

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
        if partial == 0:  # 0 * t would be NaN where t is infinite
            return constant(np.zeros(t.shape, t.dtype)) if isinstance(t, Tensor) else np.zeros(t.shape, t.dtype)
        return t if partial == 1 else -t
    return t * (partial(out, *inputs, **options) if callable(partial) else partial)


def elementwise(*partials: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a primitive that acts on each element by itself.

    Parameters
    ----------
    *partials : callable or 1 or -1 or 0 or None
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
