"""The two traversals of a graph: cotangents go from newest to oldest, tangents from oldest to newest.

Both walk the same list of nodes, sorted by the time at which they were made. An operation is always younger than
its inputs, so going down the list meets every use of a node before the node itself, and going up meets every
input before its result. There is no recursion: a chain of a million operations is as good as a short one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor, mode, require_floating


class _Freed:
    """The primitive of a node whose inputs an earlier backward pass let go."""

    name = "an operation whose graph is gone"


FREED = _Freed()


def ancestors(outputs: Sequence[Tensor], variables: Sequence[Tensor] = ()) -> dict[int, Tensor]:
    """Find every differentiable node that the outputs were computed from, keyed by age; look no further than variables.

    Raises
    ------
    RuntimeError
        If the graph has been freed, or an input was changed in place after it was used.
    """
    stops = {x.order for x in variables}
    found: dict[int, Tensor] = {}
    stack = list(outputs)
    while stack:
        node = stack.pop()
        order = node.order
        if order in found:
            continue
        found[order] = node
        if order in stops:
            continue
        if node.primitive is FREED:
            raise RuntimeError(
                "this graph was freed by an earlier backward(); "
                "compute the result again, or pass retain_graph=True to the first backward()"
            )
        for x in node.inputs:
            if isinstance(x, Tensor):
                if x.order > order:
                    raise RuntimeError(
                        f"an input of {node.primitive.name} was changed in place after it was used; "
                        "call backward() before the change, or change a copy"
                    )
                if x.requires_grad:
                    stack.append(x)
    return found


def between(variables: Sequence[Tensor], outputs: Sequence[Tensor]) -> tuple[dict[int, Tensor], bool]:
    """Find the nodes through which outputs depend on variables: the variables, then the others, oldest first.

    Returns
    -------
    nodes : dict from order to Tensor
    others : bool
        Whether the outputs also depend on other leaves that require a gradient. Then a derivative of the
        outputs is itself a function of those leaves, and must be recorded.
    """
    found = ancestors(outputs, variables)
    nodes = {x.order: x for x in variables}
    others = any(node.primitive is None and order not in nodes for order, node in found.items())
    for order in sorted(found):
        node = found[order]
        if not others:  # then whatever is differentiable depends on a variable
            nodes[order] = node
            continue
        for x in node.inputs:
            if isinstance(x, Tensor) and x.order in nodes:
                nodes[order] = node
                break
    return nodes, others


def reverse(
    nodes: dict[int, Tensor],
    cotangents: dict[int, Any],
    stops: Any = (),
    *,
    record: bool = False,
    free: bool = False,
) -> tuple[dict[int, Any], set[int]]:
    """Carry cotangents from results back to leaves and stops: the chain rule from the left.

    Parameters
    ----------
    nodes : dict from order to Tensor
        The nodes to pass, oldest first. Emptied on the way when ``free``.
    cotangents : dict from order to array (Tensor when ``record``)
        The cotangent of each output. Changed on the way.
    stops : container of int
        Orders of nodes to stop at, besides leaves.
    record : bool
        Whether the derivative shall itself be differentiable: rules then get Tensors and record what they do.
    free : bool
        Let each node's inputs go as soon as it has been passed.

    Returns
    -------
    cotangents : dict
        What arrived at leaves and stops.
    owned : set of int
        The orders whose array belongs to nobody else: it may be kept, or changed in place.
    """
    owned: set[int] = set()
    wanted = set(nodes) if free else nodes
    for order in sorted(nodes, reverse=True):
        node = nodes.pop(order) if free else nodes[order]
        primitive = node.primitive
        if primitive is None or order in stops:
            continue
        g = cotangents.pop(order, None)
        if g is None:
            continue
        inputs = node.inputs
        if primitive.accumulate is not None and not record and inputs[0].order in owned:
            primitive.accumulate(cotangents[inputs[0].order], g, **node.options)
            if free:
                node.primitive, node.inputs = FREED, ()
            continue
        needs = [isinstance(x, Tensor) and x.order in wanted for x in inputs]
        for x, gx, needed in zip(inputs, primitive.pull(node, g, needs, record), needs, strict=True):
            if gx is None or not needed:
                continue
            if gx.dtype is not x.data.dtype:
                gx = gx.astype(x.data.dtype, copy=False)
            to = x.order
            previous = cotangents.get(to)
            if previous is None:
                cotangents[to] = gx
                if gx is not g and not record and gx.base is None:  # a new array, not g or a view of something
                    owned.add(to)
            elif to in owned:
                previous += gx  # rebinds where NumPy made a 0-d result a scalar, hence the next line
                cotangents[to] = previous
            else:
                cotangents[to] = previous + gx
                if not record:
                    owned.add(to)
        if free:
            node.primitive, node.inputs, node.pullback = FREED, (), None
    return cotangents, owned


def forward(nodes: dict[int, Tensor], tangents: dict[int, Any], *, record: bool = False) -> dict[int, Any]:
    """Carry tangents from variables to results: the chain rule from the right.

    Parameters
    ----------
    nodes : dict from order to Tensor
        The nodes to pass, oldest first.
    tangents : dict from order to array (Tensor when ``record``)
        The tangent of each variable; every node's is added.
    record : bool
        Whether the derivative shall itself be differentiable.
    """
    for order, node in nodes.items():
        if order not in tangents:
            given = [tangents.get(x.order) if isinstance(x, Tensor) else None for x in node.inputs]
            tangents[order] = node.primitive.push(node, given, record)
    return tangents


def backward(tensor: Tensor, gradient: Any = None, *, retain_graph: bool = False, create_graph: bool = False) -> None:
    """Add the derivative of this Tensor to ``grad`` of every leaf that it was computed from.

    Parameters
    ----------
    gradient : array_like, shape of the Tensor, optional
        The cotangent to start from; 1 for a Tensor with one element.
    retain_graph : bool
        Keep the graph, to go backward through it again. By default its memory goes as the pass moves on.
    create_graph : bool
        Record the derivative as well: ``grad`` of the leaves become Tensors that can be differentiated again.

    Raises
    ------
    RuntimeError
        If nothing here requires a gradient, the Tensor has several elements and no ``gradient`` is given, the graph
        has been freed, or an input was changed in place.

    Examples
    --------
    >>> x = Tensor(3.0, requires_grad=True)
    >>> (x**2).backward()
    >>> x.grad
    array(6., dtype=float32)
    """
    if not tensor.requires_grad:
        raise RuntimeError(
            "backward() on a Tensor that depends on nothing with requires_grad=True (or was computed under no_grad())"
        )
    data = tensor.data
    if gradient is None:
        if data.size != 1:
            raise RuntimeError(
                f"backward() starts from one number, such as a loss; got shape {data.shape}: "
                "reduce it with .sum() or .mean(), or pass the cotangent, backward(gradient)"
            )
        g = np.ones(data.shape, data.dtype)
    else:
        g = np.asarray(gradient, dtype=data.dtype)
        if g.shape != data.shape:
            raise ValueError(f"expected gradient of the Tensor's shape {data.shape}; got {g.shape}")
    if create_graph:
        g = gradient if isinstance(gradient, Tensor) else Tensor(g)
    nodes = ancestors((tensor,))
    leaves = {order: node for order, node in nodes.items() if node.primitive is None}
    record = create_graph and mode.recording
    arrived, owned = reverse(nodes, {tensor.order: g}, record=record, free=not (retain_graph or create_graph))
    for order, g in arrived.items():
        leaf = leaves[order]
        if leaf.grad is not None:
            leaf.grad = leaf.grad + g if create_graph else np.add(leaf.grad, g, out=leaf.grad)
        elif create_graph:
            leaf.grad = g
        else:
            leaf.grad = np.asarray(g) if order in owned else np.array(g)


def require_scalar(tensor: Any, name: str) -> None:
    """Raise unless a function to differentiate gave one floating-point number."""
    if not isinstance(tensor, Tensor):
        raise TypeError(f"{name} expects a function that returns a Tensor; got {type(tensor).__name__}")
    if tensor.size != 1:
        raise RuntimeError(f"{name} expects a function that returns one number; got shape {tensor.shape}")
    require_floating(tensor)
