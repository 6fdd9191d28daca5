"""How well scores rank examples, whatever the threshold: PR and ROC curves and the areas under them."""

from __future__ import annotations

from typing import Any

import numpy as np


def precision_recall_curve(scores: Any, targets: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return precision and recall for each threshold that makes a difference.

    Parameters
    ----------
    scores : array or Tensor, shape (n,)
        The higher, the more likely an example is of class 1: logits or probabilities.
    targets : array of int, shape (n,)
        0 or 1.

    Returns
    -------
    precision, recall : array, shape (m + 1,)
        When all examples are reported whose score is at least the threshold. The last are 1 and 0: nothing is reported.
    thresholds : array, shape (m,)
        The different scores, from the lowest on.

    Raises
    ------
    ValueError
        If the shapes differ, targets are not 0 or 1, or none is 1.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 11.1; Davis and Goadrich (2006).

    Examples
    --------
    >>> precision, recall, thresholds = precision_recall_curve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    >>> print(precision.round(3), recall, thresholds)
    [0.5   0.667 0.5   1.    1.   ] [1.  1.  0.5 0.5 0. ] [0.1  0.35 0.4  0.8 ]
    """
    thresholds, right, wrong = _reported(scores, targets)
    if right[-1] == 0:
        raise ValueError("recall is a share of the examples of class 1; there are none")
    precision, recall = right / (right + wrong), right / right[-1]
    return np.append(precision[::-1], 1.0), np.append(recall[::-1], 0.0), thresholds[::-1]


def average_precision(scores: Any, targets: Any) -> float:
    """Return the area under the PR curve: the sum of each precision times the recall that its threshold adds.

    No straight lines are drawn between the points: they would promise a precision that no threshold gives.

    Parameters
    ----------
    scores, targets
        As in `precision_recall_curve`.

    Returns
    -------
    float
        1 is best; scores at random give about the share of class 1.

    Raises
    ------
    ValueError
        As `precision_recall_curve`.

    References
    ----------
    Manning, Raghavan and Schütze (2008), *Introduction to Information Retrieval*, section 8.4.

    Examples
    --------
    >>> average_precision([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1]).__round__(3)
    0.833
    """
    precision, recall, _ = precision_recall_curve(scores, targets)
    return float(-np.sum(np.diff(recall) * precision[:-1]))


def roc_curve(scores: Any, targets: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rates of false and true positives for each threshold that makes a difference.

    Parameters
    ----------
    scores : array or Tensor, shape (n,)
        The higher, the more likely an example is of class 1.
    targets : array of int, shape (n,)
        0 or 1.

    Returns
    -------
    false_positive_rate, true_positive_rate : array, shape (m + 1,)
        Which share of class 0, and of class 1, is reported. The first are 0: nothing is reported.
    thresholds : array, shape (m + 1,)
        Infinity, then the different scores from the highest on.

    Raises
    ------
    ValueError
        If the shapes differ, targets are not 0 or 1, or one of them does not occur.

    References
    ----------
    Fawcett (2006), "An introduction to ROC analysis".

    Examples
    --------
    >>> false_positive_rate, true_positive_rate, thresholds = roc_curve([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])
    >>> print(false_positive_rate, true_positive_rate, thresholds)
    [0.  0.  0.5 0.5 1. ] [0.  0.5 0.5 1.  1. ] [ inf 0.8  0.4  0.35 0.1 ]
    """
    thresholds, right, wrong = _reported(scores, targets)
    if right[-1] == 0 or wrong[-1] == 0:
        raise ValueError("the rates are shares of the examples of class 0 and of class 1; one of them has none")
    start = np.zeros(1)
    return (
        np.concatenate([start, wrong / wrong[-1]]),
        np.concatenate([start, right / right[-1]]),
        np.concatenate([start + np.inf, thresholds]),
    )


def roc_auc(scores: Any, targets: Any) -> float:
    """Return the area under the ROC curve.

    It is the probability that an example of class 1 has a higher score than one of class 0, where equal scores count
    one half.

    Parameters
    ----------
    scores, targets
        As in `roc_curve`.

    Returns
    -------
    float
        1 is best; scores at random give about 1/2.

    Raises
    ------
    ValueError
        As `roc_curve`.

    References
    ----------
    Hanley and McNeil (1982).

    Examples
    --------
    >>> roc_auc([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])  # three of four pairs are in order
    0.75
    """
    false_positive_rate, true_positive_rate, _ = roc_curve(scores, targets)
    return float(np.trapezoid(true_positive_rate, false_positive_rate))


def _reported(scores: Any, targets: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the different scores, highest first, and how many of class 1 and of class 0 have at least that score."""
    scores, targets = np.asarray(scores), np.asarray(targets)
    if scores.ndim != 1 or scores.shape != targets.shape or not scores.size:
        raise ValueError(f"expected scores and targets of one shape (n,); got {scores.shape} and {targets.shape}")
    if np.isnan(scores).any() or not np.isin(targets, (0, 1)).all():
        raise ValueError("expected scores that are numbers, and targets that are 0 or 1")
    order = np.argsort(-scores, kind="stable")
    scores, right = scores[order], np.cumsum(targets[order], dtype=np.float64)
    last = np.append(np.flatnonzero(np.diff(scores)), len(scores) - 1)  # of each group of equal scores
    return scores[last], right[last], last + 1 - right[last]
