"""Fused functions: mathematics in primitives, run by a hand-tuned kernel. The third way to declare a primitive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mlcore.autodiff.primitive import Primitive, declare
from mlcore.autodiff.tensor import Tensor, recorded
from mlcore.autodiff.traversal import between, forward, reverse


class Fused(Primitive):
    """Mathematics in other primitives, with a faster kernel. See `fused`."""

    __slots__ = ()

    def pull(self, node: Tensor, g: Any, needs: Sequence[bool], record: bool) -> Sequence[Any]:
        """Call the kernel's pullback, or go back through the definition where that is to be recorded."""
        if not record:
            return node.pullback(g, needs)
        with recorded(fused=False):
            out = self.function(*node.inputs, **node.options)
        variables = {x.order: x for x, needed in zip(node.inputs, needs, strict=True) if needed}
        nodes, _ = between(list(variables.values()), [out])
        arrived, _ = reverse(nodes, {out.order: g}, variables, record=True)
        # An input given twice gets its whole cotangent once.
        return [arrived.pop(x.order, None) if needed else None for x, needed in zip(node.inputs, needs, strict=True)]

    def push(self, node: Tensor, tangents: Sequence[Any], record: bool) -> Any:
        """Go forward through the definition."""
        inputs = list(node.inputs)
        if not record:
            for i, t in enumerate(tangents):
                if t is not None:
                    inputs[i] = Tensor(inputs[i].data, requires_grad=True, copy=False)
        with recorded(fused=False):
            out = self.function(*inputs, **node.options)
        start = {x.order: t for x, t in zip(inputs, tangents, strict=True) if t is not None}
        nodes, _ = between([x for x, t in zip(inputs, tangents, strict=True) if t is not None], [out])
        return forward(nodes, start, record=record)[out.order]


def fused(kernel: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a function by its mathematics, to be run by a hand-tuned kernel.

    Parameters
    ----------
    kernel : callable
        ``kernel(*arrays, **options)`` returns ``(out, pullback)``, all on arrays. ``pullback(g, needs)`` returns one
        cotangent for each input; those that ``needs`` says are not needed may be None. Each must be a new array,
        ``g`` itself or a view of it: the caller may go on to change it in place.

    Notes
    -----
    The decorated function is the definition. The kernel runs forward and in first-order reverse mode; the definition
    is used in forward mode and where a derivative is differentiated again.

    Examples
    --------
    >>> import numpy as np
    >>> def _sum_of_squares(x):
    ...     return np.vdot(x, x), lambda g, needs: (x * (2 * g),)
    >>> @fused(_sum_of_squares)
    ... def sum_of_squares(x):
    ...     return (x * x).sum()
    >>> x = Tensor([1.0, 2.0], requires_grad=True)
    >>> sum_of_squares(x).backward()
    >>> x.grad
    array([2., 4.], dtype=float32)
    """
    return lambda function: declare(Fused(function, kernel))
