"""Matrices as pictures: confusion between classes, attention between tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mlcore.plotting.axes import add_colorbar, axes_or_new


def plot_confusion_matrix(matrix: np.ndarray, *, labels: Sequence[Any] | None = None, ax: Any = None) -> Any:
    """Show how often each class was taken for each other: the count in a cell, its share of the row as the colour.

    Parameters
    ----------
    matrix : array of int, shape (classes, classes)
        Row: the true class; column: the predicted one.
    labels : sequence, optional
        Names of the classes; by default 0, 1, ...
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the matrix is not square, or there is not one label for each class.

    Examples
    --------
    >>> ax = plot_confusion_matrix([[8, 2], [0, 10]], labels=["cat", "dog"])
    >>> ax.get_title()
    'Accuracy 90.0 % of 20 examples'
    """
    matrix = np.asarray(matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(f"expected a matrix of shape (classes, classes); got {matrix.shape}")
    labels = _require_labels(labels, len(matrix), "labels")
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    side = max(4.0, 0.5 * len(matrix) + 1.5)
    ax = axes_or_new(ax, size=(side + 0.8, side))
    image = _show(ax, shares, labels, labels, cmap="Blues")
    for (i, j), count in np.ndenumerate(matrix):
        if count:  # the empty cells are most of them
            ax.text(j, i, str(count), ha="center", va="center", color="white" if shares[i, j] > 0.5 else "black")
    accuracy = np.trace(matrix) / max(matrix.sum(), 1)
    title = f"Accuracy {100 * accuracy:.1f} % of {matrix.sum()} examples"
    ax.set(xlabel="predicted class", ylabel="true class", title=title)
    add_colorbar(ax, image, "share of the true class")
    return ax


def plot_attention(
    weights: Any, *, queries: Sequence[Any] | None = None, keys: Sequence[Any] | None = None, ax: Any = None
) -> Any:
    """Show how much each query attends to each key.

    Parameters
    ----------
    weights : array or Tensor, shape (m, n)
        Row: a query, whose weights add up to 1; column: a key.
    queries : sequence of m, optional
        Tokens that attend; by default 0, 1, ...
    keys : sequence of n, optional
        Tokens that are attended to.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the weights are not a matrix, or there is not one token for each row and column.

    References
    ----------
    Bahdanau, Cho and Bengio (2015), figure 3.

    Examples
    --------
    >>> ax = plot_attention([[0.9, 0.1], [0.2, 0.8]], queries=["le", "chat"], keys=["the", "cat"])
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['the', 'cat']
    """
    weights = np.asarray(weights)
    if weights.ndim != 2:
        raise ValueError(
            f"expected weights of shape (queries, keys); got {weights.shape}: "
            "of a batch with several heads show one, weights[example, head]"
        )
    m, n = weights.shape
    rows, columns = _require_labels(queries, m, "queries"), _require_labels(keys, n, "keys")
    ax = axes_or_new(ax, size=(min(max(4.0, 0.4 * n + 2.2), 9.0), min(max(3.2, 0.4 * m + 1.4), 8.0)))
    image = _show(ax, weights, rows, columns, cmap="cividis")
    ax.set(xlabel="key: attended to", ylabel="query: attends", title="Attention")
    add_colorbar(ax, image, "weight")
    return ax


def _require_labels(labels: Sequence[Any] | None, count: int, name: str) -> Sequence[Any]:
    if labels is None:
        return range(count)
    if len(labels) != count:
        raise ValueError(f"expected {count} {name}; got {len(labels)}")
    return labels


def _show(ax: Any, matrix: np.ndarray, rows: Sequence[Any], columns: Sequence[Any], *, cmap: str) -> Any:
    """Show a matrix of numbers from 0 to 1 with names at its rows and columns."""
    image = ax.imshow(matrix, cmap=cmap, vmin=0, vmax=1, aspect="equal")
    long = max(len(str(c)) for c in columns) > 2
    ax.set_xticks(range(len(columns)), columns, rotation=45 if long else 0, ha="right" if long else "center")
    ax.tick_params(length=0)
    if long:
        for label in ax.get_xticklabels():
            label.set_rotation_mode("anchor")
    ax.set_yticks(range(len(rows)), rows)
    return image
