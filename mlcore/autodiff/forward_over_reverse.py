"""The derivative of a backward pass, without a record of it: Hessian-vector products at the cost of a few evaluations.

`reverse` with ``record=True`` makes a graph of the backward pass, which `forward` can then follow: right to any order,
but each operation becomes a node. Where only the one product is wanted, the two passes can go hand in hand. Every
cotangent g is accompanied by its own tangent: how fast g changes as the variables move. What a primitive does to the
pair follows from the rule that it has.

- A transpose is linear in g and in every other input, so its change is a sum of transposes.
- A partial derivative is a function of the result and the inputs, so its change is a derivative in forward mode.

References
----------
Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlcore.autodiff.primitive import Elementwise, Multilinear, unbroadcast, values_of
from mlcore.autodiff.tensor import Tensor, constant, recorded
from mlcore.autodiff.traversal import ancestors, forward


def change_of_gradient(nodes: dict[int, Tensor], tangents: dict[int, Any], variables: set[int]) -> dict[int, Any]:
    """Return how the gradient of the newest node, one number, changes in the direction of the tangents.

    Parameters
    ----------
    nodes : dict from order to Tensor
        The nodes between the variables and the result, oldest first.
    tangents : dict from order to array
        The tangent of every one of them, as `forward` leaves it.
    variables : set of int
        The orders of the variables.

    Returns
    -------
    dict from order to array
        The change of the cotangent of each variable; nothing where it is zero.
    """
    result = nodes[max(nodes)]
    cotangents: dict[int, Any] = {result.order: np.ones(result.shape, result.dtype)}
    changes: dict[int, Any] = {}
    for order in sorted(nodes, reverse=True):
        if order in variables or order not in cotangents:
            continue
        node, g, change = nodes[order], cotangents.pop(order), changes.pop(order, None)
        orders = [x.order if isinstance(x, Tensor) and x.order in nodes else None for x in node.inputs]
        given = [tangents.get(to) for to in orders]
        # of a variable's cotangent only the change is asked for, not the value
        inner = [to is not None and to not in variables for to in orders]
        if any(inner):
            _add(cotangents, orders, node.primitive.pull(node, g, inner, False))
        needs = [to is not None for to in orders]
        _add(changes, orders, _change_of_pull(node, g, change, needs, given, tangents[order]))
    return changes


def _add(totals: dict[int, Any], orders: Sequence[int | None], terms: Sequence[Any]) -> None:
    for to, term in zip(orders, terms, strict=True):
        if to is not None and term is not None:
            totals[to] = totals[to] + term if to in totals else term


def _change_of_pull(
    node: Tensor, g: Any, change: Any, needs: Sequence[bool], given: Sequence[Any], tangent: Any
) -> Sequence[Any]:
    """Return the change of each cotangent that a node passes on, None for zero.

    ``g`` and its ``change`` belong to the node's result, as does ``tangent``; ``given`` are the inputs' tangents.
    """
    primitive = node.primitive
    if isinstance(primitive, Multilinear) and primitive.transposes:
        return _of_transposes(primitive, node, g, change, needs, given)
    if isinstance(primitive, Elementwise):
        return _of_partials(primitive, node, g, change, needs, given, tangent)
    return _of_any(node, g, change, needs, given, tangent)


def _of_transposes(
    primitive: Multilinear, node: Tensor, g: Any, change: Any, needs: Sequence[bool], given: Sequence[Any]
) -> list[Any]:
    inputs, options = values_of(node.inputs), node.options
    if primitive.jointly:
        return [None] * len(inputs) if change is None else primitive.transposes[0](change, *inputs, **options)
    changes = []
    for i, (transpose, needed) in enumerate(zip(primitive.transposes, needs, strict=True)):
        total = transpose(change, *inputs, **options) if needed and change is not None else None
        for j, t in enumerate(given):
            if needed and t is not None and j != i:
                term = transpose(g, *inputs[:j], t, *inputs[j + 1 :], **options)
                total = term if total is None else total + term
        changes.append(total)
    return changes


def _of_partials(
    primitive: Elementwise,
    node: Tensor,
    g: Any,
    change: Any,
    needs: Sequence[bool],
    given: Sequence[Any],
    tangent: Any,
) -> list[Any]:
    values, tangents = [node.data, *values_of(node.inputs)], [tangent, *given]
    changes: list[Any] = []
    for partial, x, needed in zip(primitive.partials, node.inputs, needs, strict=True):
        if not needed:
            changes.append(None)
            continue
        if partial.__class__ is int:
            total = None if change is None else partial * change
        else:
            slope, change_of_slope = _value_and_tangent(partial, values, tangents, node.options)
            total = None if change is None else change * slope
            if change_of_slope is not None:
                term = g * change_of_slope
                total = term if total is None else total + term
        changes.append(total if total is None or total.shape == x.shape else unbroadcast(total, x.shape))
    return changes


def _of_any(
    node: Tensor, g: Any, change: Any, needs: Sequence[bool], given: Sequence[Any], tangent: Any
) -> Sequence[Any]:
    def pull(i: int) -> Callable[..., Any]:
        def of(g: Any, out: Tensor, *inputs: Any) -> Any:
            out.inputs, out.options = inputs, node.options  # a leaf that stands in for the node
            return node.primitive.pull(out, g, [j == i for j in range(len(inputs))], True)[i]

        return of

    inputs = [constant(x) if isinstance(x, np.ndarray) else x for x in values_of(node.inputs)]
    values, tangents = [constant(g), constant(node.data), *inputs], [change, tangent, *given]
    return [_value_and_tangent(pull(i), values, tangents, {})[1] if needed else None for i, needed in enumerate(needs)]


def _value_and_tangent(
    function: Callable[..., Any], values: Sequence[Any], tangents: Sequence[Any], options: dict[str, Any]
) -> tuple[Any, Any]:
    """Evaluate a rule and its derivative along tangents (None for zero), both as arrays."""
    inputs, start = list(values), {}
    for i, t in enumerate(tangents):
        if t is not None:
            x = values[i]
            inputs[i] = constant(x.data if isinstance(x, Tensor) else x)
            inputs[i].requires_grad = True
            start[inputs[i].order] = t
    with recorded(fused=False):
        out = function(*inputs, **options)
    if not isinstance(out, Tensor) or not out.requires_grad:
        return out.data if isinstance(out, Tensor) else out, None
    if out.order in start:
        return out.data, start[out.order]
    found = ancestors([out], [x for x in inputs if isinstance(x, Tensor) and x.order in start])
    return out.data, forward({order: found[order] for order in sorted(found)}, start)[out.order]
