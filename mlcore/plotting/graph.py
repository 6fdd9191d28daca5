"""The graph of a computation as a list of nodes, ready to be drawn or written down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlcore.autodiff import Tensor
from mlcore.autodiff.traversal import ancestors, require_scalar, reverse

_SYMBOLS = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷", "matmul": "@", "power": "**", "negative": "−"}
_MOST_NODES = 200


@dataclass(frozen=True)
class Node:
    """One node of a drawn graph: what made it, its value, the derivative of the result with respect to it."""

    kind: str  # "operation", "variable" or "constant"
    label: str
    value: str
    adjoint: str  # empty if there is none
    inputs: tuple[int, ...]  # places of the operands in the list of nodes, all before this one

    @property
    def lines(self) -> list[str]:
        """What there is to read in the node, line by line."""
        return [text for text in (self.label, self.value, self.adjoint) if text]


def read_graph(output: Tensor, *, names: Mapping[str, Tensor], adjoints: bool) -> list[Node]:
    """List the nodes of the graph that ends in a Tensor, operands before results. Options as in `draw_graph`."""
    differentiable = ancestors((output,))
    tensors = _tensors(output)
    if len(tensors) > _MOST_NODES:
        raise ValueError(
            f"expected a graph of at most {_MOST_NODES} nodes, since more cannot be read; got {len(tensors)}: "
            "draw fewer steps or layers"
        )
    derivatives = _adjoints(output, differentiable) if adjoints else {}
    name_of = {id(tensor): name for name, tensor in names.items()}
    nodes: list[Node] = []
    places: dict[int, int] = {}
    for tensor in tensors:
        inputs = []
        for x in tensor.inputs:
            if isinstance(x, Tensor):
                inputs.append(places[id(x)])
            elif x is not None:
                inputs.append(len(nodes))
                nodes.append(Node("constant", "", _describe(np.asarray(x)), "", ()))
        places[id(tensor)] = len(nodes)
        if tensor.primitive is None:
            kind, label = ("variable" if tensor.requires_grad else "constant"), ""
        else:
            kind, name = "operation", tensor.primitive.name.strip("_")
            label = _SYMBOLS.get(name, name)
        label = ": ".join(filter(None, (name_of.get(id(tensor)), label)))
        derivative = derivatives.get(tensor.order)
        adjoint = "" if derivative is None else f"∂ {_describe(derivative, norm=True)}"
        nodes.append(Node(kind, label, _describe(tensor.data), adjoint, tuple(inputs)))
    return nodes


def _tensors(output: Tensor) -> list[Tensor]:
    """Find all Tensors that a Tensor was computed from, the oldest first."""
    found = {id(output): output}
    stack = [output]
    while stack:
        for x in stack.pop().inputs:
            if isinstance(x, Tensor) and id(x) not in found:
                found[id(x)] = x
                stack.append(x)
    return sorted(found.values(), key=lambda tensor: tensor.order)


def _adjoints(output: Tensor, nodes: Mapping[int, Tensor]) -> dict[int, np.ndarray]:
    """Return the derivative of a number with respect to every node, by order: a reverse pass that stops there."""
    require_scalar(output, "adjoints=True")
    one = np.ones(output.shape, output.dtype)
    return {order: reverse(dict(nodes), {output.order: one}, {order})[0][order] for order in nodes}


def _describe(array: np.ndarray, *, norm: bool = False) -> str:
    """Write one number, a few of them, or the shape; ``norm``: with the length instead of the shape."""
    if array.size == 1:
        return _number(array.item())
    if array.ndim == 1 and array.size <= 3:
        return f"[{', '.join(_number(v, digits=3) for v in array.tolist())}]"
    return f"norm {_number(float(np.linalg.norm(array)))}" if norm else str(array.shape)


def _number(value: float, *, digits: int = 4) -> str:
    return f"{value:.{digits}g}".replace("-", "−")
