"""Where to draw the nodes and edges of a graph: layer by layer, from left to right. Lengths are in inches."""

from __future__ import annotations

import subprocess
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

COLUMN_GAP, ROW_GAP = 0.4, 0.2


@dataclass(frozen=True)
class Layout:
    """Places of nodes and courses of edges.

    Attributes
    ----------
    centers : array, shape (n, 2)
    curves : list of array, shape (3 k + 1, 2)
        For each edge the control points of k cubic Bézier curves, one after the other.
    """

    centers: np.ndarray
    curves: list[np.ndarray]


def layered_layout(inputs: Sequence[Sequence[int]], sizes: np.ndarray) -> Layout:
    """Place every node in a column right of all its inputs, near the height of its neighbours.

    An edge that passes columns gets a place in each of them, as if it went through invisible nodes. The heights come
    from sweeps over the columns, to and fro: each column is sorted by the mean heights of the neighbours in the
    column before, and its members pushed apart.

    Parameters
    ----------
    inputs : sequence of sequence of int
        For each node the nodes that it is computed from, all of them earlier in the sequence.
    sizes : array, shape (n, 2)
        Width and height of each node.

    References
    ----------
    Sugiyama, Tagawa and Toda (1981), "Methods for Visual Understanding of Hierarchical System Structures".
    """
    column_of = _columns(inputs)
    heights = list(sizes[:, 1])
    columns: list[list[int]] = [[] for _ in range(max(column_of) + 1)]
    for node, column in enumerate(column_of):
        columns[column].append(node)
    chains = []  # for each edge: source, invisible nodes, target
    for target, sources in enumerate(inputs):
        for source in sources:
            passed = range(column_of[source] + 1, column_of[target])
            invisible = list(range(len(heights), len(heights) + len(passed)))
            heights += [0.0] * len(passed)
            for node, column in zip(invisible, passed, strict=True):
                columns[column].append(node)
            chains.append([source, *invisible, target])

    y = _heights(columns, chains, np.array(heights))
    widths = np.array([max(sizes[node, 0] for node in column if node < len(sizes)) for column in columns])
    rights = np.cumsum(widths + COLUMN_GAP) - COLUMN_GAP
    lefts = rights - widths
    x = (lefts + widths / 2)[column_of]
    centers = np.stack([x, y[: len(sizes)]], axis=1)

    curves = []
    copies, seen = Counter((chain[0], chain[-1]) for chain in chains), Counter()
    for source, *invisible, target in chains:
        # edges between the same two nodes run side by side
        aside = 0.14 * (seen[source, target] - (copies[source, target] - 1) / 2)
        seen[source, target] += 1
        # straight through the columns, curved only between them
        start, end = y[source] + aside, y[target] + aside
        points = [(x[source] + sizes[source, 0] / 2, start), (rights[column_of[source]], start)]
        for column, node in enumerate(invisible, start=column_of[source] + 1):
            points += [(lefts[column], y[node]), (rights[column], y[node])]
        points += [(lefts[column_of[target]], end), (x[target] - sizes[target, 0] / 2, end)]
        curves.append(_smooth(points))
    return Layout(centers, curves)


def _columns(inputs: Sequence[Sequence[int]]) -> list[int]:
    """Give each operation the column after its last input, and each leaf the column before its first use."""
    column_of: list[int] = []
    for sources in inputs:
        column_of.append(1 + max(column_of[source] for source in sources) if sources else 0)
    first_use: dict[int, int] = {}
    for target, sources in enumerate(inputs):
        for source in sources:
            first_use[source] = min(first_use.get(source, column_of[target]), column_of[target])
    return [column if inputs[i] else first_use.get(i, 1) - 1 for i, column in enumerate(column_of)]


def _heights(columns: list[list[int]], chains: list[list[int]], heights: np.ndarray) -> np.ndarray:
    """Return the height at which each node is drawn."""
    before, after = defaultdict(list), defaultdict(list)
    for chain in chains:
        for left, right in pairwise(chain):
            after[left].append(right)
            before[right].append(left)
    y = np.zeros(len(heights))
    for column in columns:
        y[column] = -np.arange(len(column))
    for _ in range(6):
        for neighbours, order in ((before, columns), (after, columns[::-1])):
            for column in order:
                wanted = {node: np.mean(y[neighbours[node]]) if neighbours[node] else y[node] for node in column}
                column.sort(key=wanted.get)
                edge = -np.inf
                for node in column:
                    y[node] = max(wanted[node], edge + heights[node] / 2)
                    edge = y[node] + heights[node] / 2 + ROW_GAP
                y[column] -= np.mean(y[column] - [wanted[node] for node in column])
    return y


def _smooth(points: list[tuple[float, float]]) -> np.ndarray:
    """Join points by curves that leave and arrive horizontally."""
    controls = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        if x1 > x0:
            middle = (x0 + x1) / 2
            controls += [(middle, y0), (middle, y1), (x1, y1)]
    return np.array(controls)


def graphviz_layout(source: str, count: int) -> Layout:
    """Let Graphviz's program ``dot`` find the places of the nodes 0, 1, ..., count - 1 of a graph in its language."""
    # without arrowheads, curves end at the boxes and not a head's length before
    run = subprocess.run(["dot", "-Tplain", "-Edir=none"], input=source, capture_output=True, text=True, check=True)
    centers, curves = np.zeros((count, 2)), []
    for line in run.stdout.splitlines():
        kind, *fields = line.split()
        if kind == "node":
            centers[int(fields[0])] = [float(v) for v in fields[1:3]]
        elif kind == "edge":
            curves.append(np.array(fields[3 : 3 + 2 * int(fields[2])], dtype=float).reshape(-1, 2))
    return Layout(centers, curves)
