"""One evaluation of a function, kept with the graph that it left: what every transform of a function starts with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.autodiff.forward_over_reverse import change_of_gradient
from mlcore.autodiff.primitive import Elementwise, multilinear
from mlcore.autodiff.tensor import Tensor, constant, mode, recorded, require_floating, value_of
from mlcore.autodiff.traversal import between, forward, reverse

# ---- nested structures ------------------------------------------------------------------------------------------


def leaves(structure: Any) -> list[Any]:
    """List what a nest of lists, tuples and dicts holds."""
    if isinstance(structure, dict):
        structure = list(structure.values())
    elif not isinstance(structure, (list, tuple)):
        return [structure]
    return [leaf for part in structure for leaf in leaves(part)]


def rebuild(structure: Any, leaves: Any) -> Any:
    """Make a nest like ``structure`` from an iterator over its new leaves."""
    if isinstance(structure, dict):
        return {key: rebuild(part, leaves) for key, part in structure.items()}
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*(rebuild(part, leaves) for part in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(rebuild(part, leaves) for part in structure)
    return next(leaves)


# ---- running a function on variables ----------------------------------------------------------------------------


@multilinear(lambda g, x: g)
def _variable(x: Any) -> Any:
    """Pass a value on unchanged: the place where a derivative with respect to it is taken."""
    return x


class Run:
    """One evaluation of a function: its variables, its result, and the graph between them."""

    def __init__(self, function: Callable[..., Any], args: tuple, arguments: tuple[int, ...], *, fused: bool) -> None:
        given = [x if isinstance(x, Tensor) else Tensor(x, copy=False) for i in arguments for x in leaves(args[i])]
        for x in given:
            require_floating(x)
        nested = mode.recording and any(x.requires_grad for x in given)
        with recorded(fused=fused and not nested and mode.fused):
            self.variables = [_variable(x) if x.requires_grad else _leaf(x) for x in given]
            variables, full = iter(self.variables), list(args)
            for i in arguments:
                full[i] = rebuild(args[i], variables)
            self.result = function(*full)
        self.outputs = leaves(self.result)
        for output in self.outputs:
            if not isinstance(output, Tensor):
                raise TypeError(f"expected the function to return Tensors; got {type(output).__name__}")
        reached = [output for output in self.outputs if output.requires_grad]
        self.nodes, others = between(self.variables, reached)
        self.record = mode.recording and (nested or others)

    def value(self) -> Any:
        """Return the result without the graph of this run, unless something outside depends on it."""
        return rebuild(self.result, iter([o if self.record else o.detach() for o in self.outputs]))

    def prepare(self) -> None:
        """Evaluate partial derivatives now, so that every pull or push finds them ready."""
        for node in self.nodes.values():
            if isinstance(node.primitive, Elementwise):
                node.primitive.prepare(node, [isinstance(x, Tensor) and x.order in self.nodes for x in node.inputs])

    def records(self, vectors: list[Any]) -> bool:
        """Whether a derivative along these vectors must itself be differentiable."""
        return self.record or (mode.recording and any(isinstance(v, Tensor) and v.requires_grad for v in vectors))

    def pull(self, cotangents: list[Any]) -> list[Tensor]:
        """Carry one cotangent for each output back to the variables."""
        record = self.records(cotangents)
        start: dict[int, Any] = {}
        for output, g in zip(self.outputs, cotangents, strict=True):
            if output.order in self.nodes:
                g = _like(g, output, record)
                start[output.order] = start[output.order] + g if output.order in start else g
        stops = {x.order for x in self.variables}
        arrived, owned = reverse(self.nodes, start, stops, record=record)
        return [_finish(arrived.get(x.order), x, x.order in owned) for x in self.variables]

    def push(self, tangents: list[Any]) -> list[Tensor]:
        """Carry one tangent for each variable forward to the outputs."""
        record = self.records(tangents)
        start = {x.order: _like(t, x, record) for x, t in zip(self.variables, tangents, strict=True)}
        arrived = forward(self.nodes, start, record=record)
        return [_finish(arrived.get(output.order), output, False) for output in self.outputs]

    def push_gradient(self, tangents: list[Any]) -> list[Tensor]:
        """Carry tangents forward to the one output and their changes of the gradient back; nothing is recorded."""
        variables = {x.order for x in self.variables}
        start = {x.order: _like(t, x, False) for x, t in zip(self.variables, tangents, strict=True)}
        changes: dict[int, Any] = {}
        if self.outputs[0].order in self.nodes:
            changes = change_of_gradient(self.nodes, forward(self.nodes, start), variables)
        return [_finish(changes.get(x.order), x, False) for x in self.variables]


def _leaf(x: Tensor) -> Tensor:
    leaf = constant(x.data)
    leaf.requires_grad = True
    return leaf


def _like(value: Any, x: Tensor, record: bool) -> Any:
    """Give a tangent or cotangent the type of the Tensor that it belongs to, and check its shape."""
    array = np.asarray(value_of(value), dtype=x.dtype)
    if array.shape != x.shape:
        raise ValueError(f"expected a vector of shape {x.shape}, that of its Tensor; got {array.shape}")
    if not record:
        return array
    return value if isinstance(value, Tensor) else constant(array)


def _finish(derivative: Any, x: Tensor, owned: bool) -> Tensor:
    """Make a derivative a Tensor of its own: zeros where there is none, no memory shared with a vector passed in."""
    if derivative is None:
        return constant(np.zeros(x.shape, x.dtype))
    if isinstance(derivative, Tensor):
        return derivative
    return constant(derivative if owned else np.array(derivative, dtype=x.dtype))
