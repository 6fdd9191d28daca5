"""How many decisions are right, and which are wrong: accuracy, confusion, precision, recall."""

from __future__ import annotations

from typing import Any

import numpy as np


def class_numbers(predictions: Any, targets: Any, threshold: float | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions as class numbers of the targets' shape, and the targets as integers, after checking both."""
    predictions, targets = np.asarray(predictions), np.asarray(targets)
    if targets.size == 0:
        raise ValueError("expected at least one prediction; got none")
    if (targets != np.round(targets)).any() or targets.min() < 0:
        raise ValueError("expected targets to be class numbers: whole, and not negative")
    if predictions.shape[:-1] == targets.shape and predictions.shape[-1:] > (1,):
        predictions = np.argmax(predictions, axis=-1)
    if predictions.shape != targets.shape:
        raise ValueError(
            f"expected predictions of the targets' shape {targets.shape}, or with one more axis scores for two or more "
            f"classes; got {predictions.shape}"
        )
    if predictions.dtype.kind == "f":
        if threshold is None:
            raise ValueError(
                "these predictions are scores for one class: pass threshold=0.0 for logits, or 0.5 for probabilities"
            )
        predictions = predictions > threshold
    return predictions.astype(np.int64), targets.astype(np.int64)


def accuracy(predictions: Any, targets: Any, *, threshold: float | None = None) -> float:
    """Return the share of predictions that are right.

    Parameters
    ----------
    predictions : array or Tensor, shape (...) or (..., k)
        Class numbers, or scores for k classes (the highest counts, of equal ones the first), or scores for one class.
    targets : array of int, shape (...)
        The right classes.
    threshold : float, optional
        Above which a score stands for class 1: 0 for logits, 0.5 for probabilities. Only for scores of one class.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If there are no targets, the shapes do not fit, or a threshold is missing.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 5.1.2.

    Examples
    --------
    >>> accuracy([[2.8, 1.1, -0.5], [0.0, 3.0, 1.0]], [0, 2])
    0.5
    >>> accuracy([0.9, 0.2, 0.4], [1, 0, 1], threshold=0.5).__round__(3)
    0.667
    """
    predictions, targets = class_numbers(predictions, targets, threshold)
    return float(np.mean(predictions == targets))


def top_k_accuracy(scores: Any, targets: Any, *, k: int = 5) -> float:
    """Return the share of examples whose right class is among the k with the highest scores.

    Parameters
    ----------
    scores : array or Tensor, shape (..., classes)
        Of equal scores, those of lower class numbers count as higher, so that k = 1 gives the accuracy.
    targets : array of int, shape (...)
    k : int

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If there are no targets, the shapes do not fit, or k is not 1 to the number of classes.

    References
    ----------
    Russakovsky et al. (2015), "ImageNet Large Scale Visual Recognition Challenge", section 4.1.

    Examples
    --------
    >>> top_k_accuracy([[0.5, 0.3, 0.2], [0.5, 0.3, 0.2]], [1, 2], k=2)
    0.5
    """
    scores = np.asarray(scores)
    _, targets = class_numbers(scores, targets)
    if scores.ndim != targets.ndim + 1 or not 1 <= k <= scores.shape[-1]:
        raise ValueError(f"expected scores for at least k = {k} classes, and k of at least 1; got shape {scores.shape}")
    best = np.argsort(-scores, axis=-1, kind="stable")[..., :k]
    return float(np.mean(np.any(best == targets[..., None], axis=-1)))


def confusion_matrix(
    predictions: Any, targets: Any, *, classes: int | None = None, threshold: float | None = None
) -> np.ndarray:
    """Count which class was taken for which.

    Parameters
    ----------
    predictions, targets, threshold
        As in `accuracy`.
    classes : int, optional
        How many classes there are; by default, as many as occur, and at least as many as there are scores.

    Returns
    -------
    array of int, shape (classes, classes)
        Row i, column j: how many examples of class i were predicted to be of class j. Right ones are on the diagonal.

    Raises
    ------
    ValueError
        As in `accuracy`, and if a class number is not below ``classes``.

    Examples
    --------
    >>> confusion_matrix([0, 1, 1, 2], [0, 0, 1, 2])
    array([[1, 1, 0],
           [0, 1, 0],
           [0, 0, 1]])
    """
    scored = np.shape(predictions)[-1] if np.ndim(predictions) > np.ndim(targets) else 2
    predictions, targets = class_numbers(predictions, targets, threshold)
    highest = int(max(predictions.max(), targets.max()))
    if classes is None:
        classes = max(scored, highest + 1)
    if highest >= classes or predictions.min() < 0:
        raise ValueError(f"expected class numbers from 0 to {classes - 1}; got {predictions.min()} to {highest}")
    pairs = targets.ravel() * classes + predictions.ravel()
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def precision(
    predictions: Any, targets: Any, *, average: str | None = "binary", threshold: float | None = None
) -> float | np.ndarray:
    """Return the share of the examples reported to be of a class that are of it: TP / (TP + FP).

    TP, true positives, are reported and right; FP, false positives, are reported and wrong.

    Parameters
    ----------
    predictions, targets, threshold
        As in `accuracy`.
    average : str or None
        ``"binary"``: of class 1, where there are only 0 and 1. ``"macro"``: the mean over the classes that occur;
        ``"weighted"``: the same, weighted by how many examples they have. ``"micro"``: from the counts of all classes
        together, which is the accuracy. None: of each class.

    Returns
    -------
    float, or array of shape (classes,) without an average
        0 where nothing is reported.

    Raises
    ------
    ValueError
        As in `accuracy`, and if the average is none of these.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 11.1.

    Examples
    --------
    >>> precision([1, 1, 1, 0], [1, 1, 0, 1]).__round__(3)
    0.667
    """
    return _averaged(predictions, targets, threshold, average, lambda right, reported, present: (right, reported))


def recall(
    predictions: Any, targets: Any, *, average: str | None = "binary", threshold: float | None = None
) -> float | np.ndarray:
    """Return the share of the examples of a class that are reported to be of it: TP / (TP + FN).

    TP, true positives, are reported; FN, false negatives, are missed.

    Parameters
    ----------
    predictions, targets, average, threshold
        As in `precision`.

    Returns
    -------
    float, or array of shape (classes,) without an average
        0 where there is nothing to report.

    Raises
    ------
    ValueError
        As in `precision`.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 11.1.

    Examples
    --------
    >>> recall([1, 0, 0, 0], [1, 1, 0, 0])
    0.5
    """
    return _averaged(predictions, targets, threshold, average, lambda right, reported, present: (right, present))


def f_score(
    predictions: Any, targets: Any, *, beta: float = 1.0, average: str | None = "binary", threshold: float | None = None
) -> float | np.ndarray:
    """Return the harmonic mean of precision p and recall r: 2 p r / (p + r).

    With a beta it is ``(1 + beta**2) p r / (beta**2 p + r)``: recall counts beta times as much as precision.

    Parameters
    ----------
    predictions, targets, average, threshold
        As in `precision`.
    beta : float

    Returns
    -------
    float, or array of shape (classes,) without an average
        0 where nothing is reported and there is nothing to report.

    Raises
    ------
    ValueError
        As in `precision`.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 11.1, equation 11.1; van Rijsbergen (1979), chapter 7.

    Examples
    --------
    >>> f_score([1, 0, 0, 0], [1, 1, 0, 0]).__round__(3)  # p = 1, r = 1/2
    0.667
    """
    b = beta**2
    return _averaged(
        predictions,
        targets,
        threshold,
        average,
        lambda right, reported, present: ((1 + b) * right, reported + b * present),
    )


def _averaged(predictions: Any, targets: Any, threshold: float | None, average: str | None, ratio: Any) -> Any:
    """Average a ratio of counts, for each class: right ones, those reported, those present."""
    matrix = confusion_matrix(predictions, targets, threshold=threshold)
    right, reported, present = matrix.diagonal(), matrix.sum(axis=0), matrix.sum(axis=1)
    if average == "micro":
        right, reported, present = (counts.sum(keepdims=True) for counts in (right, reported, present))
    above, below = ratio(right, reported, present)
    values = np.divide(above, below, out=np.zeros(len(right)), where=below > 0)
    if average is None:
        return values
    if average == "binary":
        if len(matrix) > 2:
            raise ValueError(f"average='binary' is for classes 0 and 1; for {len(matrix)} pass 'macro', 'micro', ...")
        return float(values[1])
    if average == "micro":
        return float(values[0])
    if average == "macro":
        return float(values[(reported > 0) | (present > 0)].mean())
    if average == "weighted":
        return float(np.average(values, weights=present))
    raise ValueError(f"expected average 'binary', 'macro', 'micro', 'weighted' or None; got {average!r}")
