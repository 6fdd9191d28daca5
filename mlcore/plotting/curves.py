"""Curves: learning curves, precision against recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mlcore.plotting.axes import BLUE, GREY, axes_or_new, class_colors, hide_top_and_right


def plot_learning_curves(
    history: Mapping[str, Sequence[float]],
    metric: str = "loss",
    *,
    log: bool = False,
    unit: str = "epoch",
    ax: Any = None,
) -> Any:
    """Plot how a metric changed while a model learned, on the training set and on the others.

    Parameters
    ----------
    history : mapping from name to sequence of float
        Such as a `mlcore.training.History`. Drawn are ``metric`` itself, as "training", and every ``"<set>_<metric>"``,
        such as ``"validation_loss"``.
    metric : str
    log : bool
        Whether the metric has a logarithmic axis.
    unit : str
        What the numbers in a list are one for: for ``history.steps``, ``"step"``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the history has nothing of that metric.

    References
    ----------
    Jiang, ch. 8, "Fine-tuning Tricks".

    Examples
    --------
    >>> ax = plot_learning_curves({"loss": [1.0, 0.5, 0.25], "validation_loss": [1.1, 0.8, 0.9]})
    >>> [line.get_label() for line in ax.lines]
    ['training', 'validation']
    """
    curves = {name: values for name, values in history.items() if name == metric or name.endswith(f"_{metric}")}
    if not any(map(len, curves.values())):
        raise ValueError(f"the history has no values of {metric!r}; it has {', '.join(history) or 'nothing'}")
    ax = axes_or_new(ax)
    for (name, values), color in zip(curves.items(), class_colors(len(curves)), strict=True):
        label = name.removesuffix(metric).strip("_").replace("_", " ") or "training"
        marker = "o" if len(values) <= 15 else None
        ax.plot(np.arange(1, len(values) + 1), values, label=label, color=color, marker=marker, markersize=4)
    if log:
        ax.set_yscale("log")
    ax.xaxis.get_major_locator().set_params(integer=True)
    text = metric.replace("_", " ")
    ax.set(xlabel=unit, ylabel=text, title=f"{text[:1].upper()}{text[1:]} after each {unit}")
    ax.legend(frameon=False)
    hide_top_and_right(ax)
    return ax


def plot_precision_recall(
    precision: Sequence[float],
    recall: Sequence[float],
    *,
    average_precision: float | None = None,
    positives: float | None = None,
    ax: Any = None,
) -> Any:
    """Plot precision against recall, one point for each threshold, in steps.

    Parameters
    ----------
    precision, recall : array, shape (n,)
        Ordered by threshold, rising or falling.
    average_precision : float, optional
        To name in the title.
    positives : float, optional
        The share of positive examples: the precision of guessing, drawn as a dashed line.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ValueError
        If the lengths differ.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 11.1.

    Examples
    --------
    >>> ax = plot_precision_recall([1.0, 1.0, 2 / 3], [0.0, 0.5, 1.0], average_precision=0.83)
    >>> ax.get_title()
    'Average precision 0.83'
    """
    precision, recall = np.asarray(precision), np.asarray(recall)
    if precision.shape != recall.shape or precision.ndim != 1:
        raise ValueError(f"expected precision and recall of one shape (n,); got {precision.shape} and {recall.shape}")
    ax = axes_or_new(ax, size=(5.0, 4.2))
    if len(recall) and recall[0] > recall[-1]:
        precision, recall = precision[::-1], recall[::-1]
    ax.step(recall, precision, where="pre", color=BLUE)
    if positives is not None:
        ax.axhline(positives, color=GREY, linestyle="--", linewidth=1)
        ax.text(0, positives, " guessing", color=GREY, va="bottom")
    title = "Precision and recall" if average_precision is None else f"Average precision {average_precision:.2f}"
    ax.set(
        xlim=(-0.02, 1.02),
        ylim=(-0.02, 1.05),
        xlabel="recall: share of the positives that is found",
        ylabel="precision: share of the found that is positive",
        title=title,
    )
    hide_top_and_right(ax)
    return ax
