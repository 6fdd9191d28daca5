"""How far confidence can be trusted: coverage, the right to refuse, and calibration."""

from __future__ import annotations

from typing import Any

import numpy as np


def coverage_curve(confidence: Any, correct: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return how many examples a model answers, and how many of the answers are right, for each threshold.

    A model that may refuse answers only where its confidence is at least a threshold.

    Parameters
    ----------
    confidence : array or Tensor, shape (n,)
        For example the highest probability of each row, or a log-probability.
    correct : array of bool, shape (n,)
        Whether the answer is right.

    Returns
    -------
    coverage, accuracy : array, shape (m,)
        The share of the examples that are answered, growing to 1, and the share of right ones among them.
    thresholds : array, shape (m,)
        The different confidences, from the highest on.

    Raises
    ------
    ValueError
        If the shapes differ or there are no examples.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, sections 11.1 and 11.6.

    Examples
    --------
    >>> probabilities, targets = np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]]), np.array([0, 0, 0])
    >>> coverage, accuracy, thresholds = coverage_curve(
    ...     probabilities.max(axis=-1), probabilities.argmax(axis=-1) == targets
    ... )
    >>> print(coverage.round(2), accuracy.round(2), thresholds)
    [0.33 0.67 1.  ] [1.   1.   0.67] [0.9 0.8 0.6]
    """
    confidence, correct = _checked(confidence, correct)
    order = np.argsort(-confidence, kind="stable")
    confidence = confidence[order]
    last = np.append(np.flatnonzero(np.diff(confidence)), len(confidence) - 1)  # equal ones are answered together
    answered = last + 1
    return answered / len(confidence), np.cumsum(correct[order])[last] / answered, confidence[last]


def coverage_at_accuracy(confidence: Any, correct: Any, *, accuracy: float) -> float:
    """Return the largest share of examples that a model can answer while so many of its answers are right.

    Parameters
    ----------
    confidence, correct
        As in `coverage_curve`.
    accuracy : float
        What is asked for, such as 0.98.

    Returns
    -------
    float
        0 if no threshold gives that accuracy.

    Raises
    ------
    ValueError
        As `coverage_curve`, and if the accuracy is not from 0 to 1.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, sections 11.1 and 11.6: 95 % at an accuracy of 98 %.

    Examples
    --------
    >>> coverage_at_accuracy([0.9, 0.8, 0.7, 0.6], [True, True, False, True], accuracy=0.75)
    1.0
    >>> coverage_at_accuracy([0.9, 0.8, 0.7, 0.6], [True, True, False, True], accuracy=0.9)
    0.5
    """
    if not 0 <= accuracy <= 1:
        raise ValueError(f"expected an accuracy from 0 to 1; got {accuracy}")
    coverage, reached, _ = coverage_curve(confidence, correct)
    return float(np.max(coverage, where=reached >= accuracy, initial=0.0))


def calibration_error(confidence: Any, correct: Any, *, bins: int = 15) -> float:
    """Return by how much confidence and accuracy differ, on average over the examples.

    The confidences from 0 to 1 are put into bins of equal width, ((b - 1) / bins, b / bins]; in each, the share of
    right answers is compared with the mean confidence. Of 100 answers given with 80 %, 80 should be right.

    Parameters
    ----------
    confidence : array or Tensor, shape (n,)
        Probabilities.
    correct : array of bool, shape (n,)
        Whether the answer is right.
    bins : int

    Returns
    -------
    float
        The expected calibration error, 0 to 1; 0 is best.

    Raises
    ------
    ValueError
        If the shapes differ, there are no examples or no bins, or a confidence is not from 0 to 1.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger (2017), "On calibration of modern neural networks", equation 3.

    Examples
    --------
    >>> calibration_error([0.9, 0.9, 0.6, 0.6], [True, True, True, False]).__round__(3)
    0.1
    """
    confidence, correct = _checked(confidence, correct)
    if bins < 1 or confidence.min() < 0 or confidence.max() > 1:
        raise ValueError(f"expected at least one bin, and confidences from 0 to 1; got {bins} and {confidence}")
    number = np.maximum(np.ceil(confidence * bins).astype(int) - 1, 0)
    gaps = np.bincount(number, correct - confidence, minlength=bins)
    return float(np.abs(gaps).sum() / len(confidence))


def _checked(confidence: Any, correct: Any) -> tuple[np.ndarray, np.ndarray]:
    confidence, correct = np.asarray(confidence, np.float64), np.asarray(correct, np.float64)
    if confidence.ndim != 1 or confidence.shape != correct.shape or not confidence.size:
        raise ValueError(f"expected two arrays of one shape (n,); got {confidence.shape} and {correct.shape}")
    if np.isnan(confidence).any() or not np.isin(correct, (0, 1)).all():
        raise ValueError("expected confidences that are numbers, and whether each answer is right: True or False")
    return confidence, correct
