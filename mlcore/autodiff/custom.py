"""Custom primitives: both rules by hand. The fourth way to declare one, for what is neither elementwise nor linear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mlcore.autodiff.primitive import Primitive, declare, values_of
from mlcore.autodiff.tensor import Tensor


class Custom(Primitive):
    """A function with a rule for each direction. See `custom`."""

    __slots__ = ("pull_rule", "push_rule")

    def __init__(self, function: Callable[..., Any], push: Callable[..., Any], pull: Callable[..., Any]) -> None:
        super().__init__(function)
        self.push_rule = push
        self.pull_rule = pull

    def pull(self, node: Tensor, g: Any, needs: Sequence[bool], record: bool) -> Sequence[Any]:
        """Apply the reverse rule."""
        out, inputs = (node, node.inputs) if record else (node.data, values_of(node.inputs))
        return self.pull_rule(g, out, *inputs, **node.options)

    def push(self, node: Tensor, tangents: Sequence[Any], record: bool) -> Any:
        """Apply the forward rule."""
        out, inputs = (node, node.inputs) if record else (node.data, values_of(node.inputs))
        return self.push_rule(tangents, out, *inputs, **node.options)


def custom(*, push: Callable[..., Any], pull: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a primitive by its two rules, in plain NumPy code.

    Parameters
    ----------
    push : callable
        Forward mode: ``push(tangents, out, *inputs, **options)`` returns the tangent of the result. ``tangents`` has
        one for each input; None stands for zero.
    pull : callable
        Reverse mode: ``pull(g, out, *inputs, **options)`` returns a tuple with the cotangent of each input.

    Notes
    -----
    The rules may use the result ``out``. Where a derivative will be differentiated again they get Tensors, ``out``
    among them, so that second derivatives follow from the same two rules.

    Examples
    --------
    >>> import numpy as np
    >>> @custom(push=lambda t, out, x: 3 * x**2 * t[0], pull=lambda g, out, x: (3 * x**2 * g,))
    ... def cube(x):
    ...     return x**3
    >>> x = Tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    array(12., dtype=float32)
    """
    return lambda function: declare(Custom(function, push, pull))
