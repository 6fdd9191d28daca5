"""Draw the graph of a computation."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlcore.autodiff import Tensor
from mlcore.plotting.axes import BLUE, GREY, VERMILION, axes_or_new
from mlcore.plotting.graph import Node, read_graph
from mlcore.plotting.graph_layout import COLUMN_GAP, ROW_GAP, graphviz_layout, layered_layout

_FILL = {"operation": "#FFFFFF", "variable": "#DCEBF5", "constant": "#EEEEEE"}
_FONT_SIZE, _CHARACTER, _LINE = 9, 0.08, 0.17  # points; inches


def draw_graph(
    output: Tensor, *, names: Mapping[str, Tensor] | None = None, adjoints: bool = False, ax: Any = None
) -> Any:
    """Draw how a Tensor was computed: a box for each variable (blue), constant (grey) and operation (white).

    A box says what made the number, and below it the number, or an array's shape. Graphviz finds the places of the
    boxes where its program ``dot`` is installed, `mlcore` itself elsewhere.

    Parameters
    ----------
    output : Tensor
        The result, before ``backward()`` lets its graph go.
    names : mapping from str to Tensor, optional
        Names of variables or results; for those of a model ``dict(model.named_parameters())``.
    adjoints : bool
        Whether to show, after ∂, the derivative of the result with respect to each node (for arrays, its norm).
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of the size of the graph.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    RuntimeError
        If the graph has been freed by ``backward()``, or adjoints are wanted of more than one number.
    ValueError
        If the graph has more than 200 nodes.

    References
    ----------
    Lepetit, on the evaluation trace of ln(x1) + x1 x2 - sin(x2); Baydin et al. (2018), figure 4.

    Examples
    --------
    >>> x1, x2 = Tensor(2.0, requires_grad=True), Tensor(5.0, requires_grad=True)
    >>> y = np.log(x1) + x1 * x2 - np.sin(x2)
    >>> ax = draw_graph(y, names={"x1": x1, "x2": x2}, adjoints=True)
    >>> [text.get_text() for text in ax.texts][:3]
    ['x1', '2', '∂ 5.5']
    """
    nodes = read_graph(output, names=names or {}, adjoints=adjoints)
    sizes = np.array([_size(node) for node in nodes])
    if shutil.which("dot"):
        layout = graphviz_layout(_source(nodes), len(nodes))
    else:
        layout = layered_layout([node.inputs for node in nodes], sizes)

    corners = np.concatenate([layout.centers - sizes / 2, layout.centers + sizes / 2, *layout.curves])
    low, high = corners.min(axis=0) - 0.1, corners.max(axis=0) + 0.1
    ax = axes_or_new(ax, size=tuple(high - low + [0.0, 0.3]))
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    ax.axis("off")
    ax.set_title("Computation graph" + (", ∂: derivative of the result" if adjoints else ""), fontsize="medium")
    window = ax.get_window_extent().size / ax.figure.dpi
    scale = min(1.0, *(window / (high - low)))
    for curve in layout.curves:
        _draw_arrow(ax, curve)
    for node, center, size in zip(nodes, layout.centers, sizes, strict=True):
        _draw_box(ax, node, center, size, scale * _FONT_SIZE)
    return ax


def _draw_arrow(ax: Any, curve: np.ndarray) -> None:
    """Draw an edge, given the control points of its Bézier curves."""
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    path = Path(curve, [Path.MOVETO] + [Path.CURVE4] * (len(curve) - 1))
    ax.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=9, color=GREY))


def _draw_box(ax: Any, node: Node, center: np.ndarray, size: np.ndarray, font_size: float) -> None:
    """Draw a node: a box, with rounder corners for an operation, and its text."""
    from matplotlib.patches import FancyBboxPatch

    style = f"round,pad=0,rounding_size={0.12 if node.kind == 'operation' else 0.02}"
    box = FancyBboxPatch(center - size / 2, *size, boxstyle=style, facecolor=_FILL[node.kind], edgecolor=BLUE)
    ax.add_patch(box)
    y = center[1] + _LINE * (len(node.lines) - 1) / 2
    for line, color in ((node.label, "black"), (node.value, BLUE), (node.adjoint, VERMILION)):
        if line:
            ax.text(center[0], y, line, ha="center", va="center", color=color, fontsize=font_size)
            y -= _LINE


def to_dot(output: Tensor, *, names: Mapping[str, Tensor] | None = None, adjoints: bool = False) -> str:
    """Describe how a Tensor was computed in Graphviz's language, for its programs and ``graphviz.Source``.

    Parameters
    ----------
    output, names, adjoints
        As for `draw_graph`.

    Returns
    -------
    str

    Raises
    ------
    RuntimeError, ValueError
        As `draw_graph`.

    References
    ----------
    https://graphviz.org/doc/info/lang.html

    Examples
    --------
    >>> x = Tensor(3.0, requires_grad=True)
    >>> print(to_dot(x * x, names={"x": x}))
    digraph {
      rankdir=LR; nodesep=0.2; ranksep=0.4
      node [shape=box, style="rounded,filled", color="#0072B2", fontsize=9, fixedsize=true]
      0 [label="x\\n3", fillcolor="#DCEBF5", width=0.40, height=0.44]
      1 [label="×\\n9", fillcolor="#FFFFFF", width=0.40, height=0.44]
      0 -> 1
      0 -> 1
    }
    """
    return _source(read_graph(output, names=names or {}, adjoints=adjoints))


def _source(nodes: list[Node]) -> str:
    lines = [
        f"  rankdir=LR; nodesep={ROW_GAP}; ranksep={COLUMN_GAP}",
        f'  node [shape=box, style="rounded,filled", color="{BLUE}", fontsize={_FONT_SIZE}, fixedsize=true]',
    ]
    for i, node in enumerate(nodes):
        label = "\n".join(node.lines).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        width, height = _size(node)
        lines.append(f'  {i} [label="{label}", fillcolor="{_FILL[node.kind]}", width={width:.2f}, height={height:.2f}]')
    lines += [f"  {source} -> {target}" for target, node in enumerate(nodes) for source in node.inputs]
    return "\n".join(["digraph {", *lines, "}"])


def _size(node: Node) -> tuple[float, float]:
    """Return width and height in inches of a box for the node's text."""
    return max(0.4, 0.12 + _CHARACTER * max(map(len, node.lines))), 0.1 + _LINE * len(node.lines)
