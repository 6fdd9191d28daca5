"""Losses of classification, from scores of any size: logits up to 10,000 and beyond are safe in float32."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import reductions
from mlcore.autodiff.elementwise import log, maximum
from mlcore.autodiff.fused import fused
from mlcore.autodiff.reductions import logsumexp, mean
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.activations import log_softmax, softplus
from mlcore.functions.dense import column_of_ones
from mlcore.functions.embedding import one_hot
from mlcore.functions.losses import checked_targets, reduce, reduced, share, targets_like

# ---- two classes ------------------------------------------------------------------------------------------------


def _binary_cross_entropy_kernel(logits: np.ndarray, targets: Any, *, reduction: str) -> tuple[Any, Any]:
    targets = targets_like(logits, targets)
    small = np.exp(-np.absolute(logits))  # never above 1
    losses = np.maximum(logits, 0) - logits * targets + np.log1p(small)
    factor = share(reduction, logits.size)

    def pullback(g: Any, needs: Any) -> tuple[Any, Any]:
        scale = g * factor
        probability = np.where(logits >= 0, 1, small) / (1 + small)
        return (probability - targets) * scale, logits * -scale if needs[1] else None

    return reduced(losses, reduction), pullback


@fused(_binary_cross_entropy_kernel)
def _binary_cross_entropy(logits: TensorLike, targets: TensorLike, *, reduction: str) -> Tensor:
    return reduce(softplus(logits) - logits * checked_targets(logits, targets), reduction)


def binary_cross_entropy(
    logits: TensorLike,
    targets: TensorLike,
    *,
    weights: Any = None,
    positive_weight: Any = None,
    from_logits: bool = True,
    reduction: str = "mean",
) -> Tensor:
    """Mean negative log-likelihood of yes/no targets, from logits.

    For a logit z and a target y it is ``max(z, 0) - z * y + log(1 + exp(-abs(z)))``, which equals
    ``-y * log(p) - (1 - y) * log(1 - p)`` with p = sigmoid(z) but neither overflows nor takes the logarithm of 0.

    Parameters
    ----------
    logits : Tensor
        Scores before the sigmoid.
    targets : array or Tensor, shape of logits
        0 or 1, or a probability between.
    weights : array, optional, of a shape that broadcasts
        What each loss is multiplied with.
    positive_weight : float or array, optional
        What the part ``y * log(p)`` is multiplied with, where one class is rare.
    from_logits : bool
        False if the first argument holds probabilities; their logarithms are limited to -100.
    reduction : str
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor, shape (), or that of the logits

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 6.2.2.2.

    Examples
    --------
    >>> binary_cross_entropy(Tensor([0.0, 10000.0]), np.array([1, 1]))
    Tensor(0.3465736)
    """
    if from_logits and weights is None and positive_weight is None:
        return _binary_cross_entropy(logits, targets, reduction=reduction)
    logits = logits if isinstance(logits, Tensor) else np.asarray(logits)
    y = checked_targets(logits, targets)
    positive = 1 if positive_weight is None else np.asarray(positive_weight, logits.dtype)
    if from_logits:
        losses = (1 - y) * logits + (1 + (positive - 1) * y) * softplus(-logits)
    else:
        with np.errstate(divide="ignore"):
            losses = -positive * y * maximum(log(logits), -100.0) - (1 - y) * maximum(log(1 - logits), -100.0)
    return reduce(losses if weights is None else losses * np.asarray(weights, logits.dtype), reduction)


# ---- many classes -----------------------------------------------------------------------------------------------


def _rows(logits: Any, targets: Any, ignored: int | None = None) -> np.ndarray:
    """Check class numbers against logits."""
    targets = np.asarray(targets)
    if targets.dtype.kind not in "iu":
        raise TypeError(f"expected targets to be class numbers (integers); got {targets.dtype}")
    if targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"expected targets of shape {logits.shape[:-1]}, one class number for each row of logits {logits.shape}; "
            f"got {targets.shape}"
        )
    counted = targets if ignored is None else targets[targets != ignored]
    if counted.size and (counted.min() < 0 or counted.max() >= logits.shape[-1]):
        raise ValueError(
            f"expected class numbers from 0 to {logits.shape[-1] - 1}, as logits have {logits.shape[-1]} columns; "
            f"got {counted.min()} to {counted.max()}"
        )
    return targets.reshape(-1)


def _softmax_cross_entropy_kernel(logits: np.ndarray, *, targets: Any) -> tuple[Any, Any]:
    classes = _rows(logits, targets)
    z = logits.reshape(-1, logits.shape[-1])
    n, k = z.shape
    rows = np.arange(n)
    shifted = z - np.maximum.reduce(z, axis=1, keepdims=True)
    picked = shifted[rows, classes]
    terms = np.exp(shifted, out=shifted)
    total = np.dot(terms, column_of_ones(k, z.dtype))
    loss = (np.add.reduce(np.log(total), axis=None) - np.add.reduce(picked)) / n

    def pullback(g: Any, needs: Any) -> tuple[np.ndarray]:
        gz = terms * (g / (n * total))
        gz[rows, classes] -= g / n
        return (gz.reshape(logits.shape),)

    return loss, pullback


@fused(_softmax_cross_entropy_kernel)
def _softmax_cross_entropy(logits: TensorLike, *, targets: Any) -> Tensor:
    classes = _rows(logits, targets)
    z = logits.reshape((-1, logits.shape[-1]))
    return mean(logsumexp(z, axis=1) - z[np.arange(len(classes)), classes])


def softmax_cross_entropy(
    logits: TensorLike,
    targets: Any,
    *,
    weights: Any = None,
    label_smoothing: float = 0.0,
    ignored: int | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean negative log-likelihood of the right classes, from logits.

    For a row z and its class y it is ``log(sum(exp(z))) - z[y]``, that is ``-log(softmax(z)[y])``; the derivative is
    ``softmax(z) - onehot(y)``, divided by the number of rows. The largest score of a row is subtracted first, so that
    logits of any size are safe. With probabilities p as targets it is ``-sum(p * log(softmax(z)))``.

    Parameters
    ----------
    logits : Tensor, shape (..., k)
        Scores before the softmax, one for each of k classes.
    targets : array of int, shape (...), or of probabilities, shape (..., k)
        The right class of each row, 0 to k - 1, or how probable each class is.
    weights : array, shape (k,), optional
        What the losses of each class count; a mean is then over the weights of the targets.
    label_smoothing : float
        Which part of each target is spread evenly over all classes.
    ignored : int, optional
        A class number that stands for no target: such rows do not count.
    reduction : str
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor, shape (), or (...) without reduction

    Raises
    ------
    TypeError
        If the targets are neither integers nor probabilities.
    ValueError
        If there is not one target for each row, or a target is not a class.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, sections 6.2.2.3 and 7.5.1.

    Examples
    --------
    >>> softmax_cross_entropy(Tensor([[0.0, 0.0], [10000.0, 0.0]]), np.array([0, 0]))
    Tensor(0.3465736)
    """
    plain = weights is None and not label_smoothing and ignored is None and reduction == "mean"
    if plain and not isinstance(targets, Tensor) and np.asarray(targets).dtype.kind in "iu":
        return _softmax_cross_entropy(logits, targets=targets)
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"expected label_smoothing from 0 to 1; got {label_smoothing}")
    log_probabilities = log_softmax(logits if isinstance(logits, Tensor) else np.asarray(logits))
    return _weighted(log_probabilities, targets, weights, label_smoothing, ignored, reduction)


def negative_log_likelihood(
    log_probabilities: TensorLike,
    targets: Any,
    *,
    weights: Any = None,
    ignored: int | None = None,
    reduction: str = "mean",
) -> Tensor:
    """Mean negative log-likelihood of the right classes, from logarithms of probabilities.

    Parameters
    ----------
    log_probabilities : Tensor, shape (..., k)
        What `log_softmax` returns.
    targets, weights, ignored, reduction
        As in `softmax_cross_entropy`.

    Returns
    -------
    Tensor, shape (), or (...) without reduction

    Examples
    --------
    >>> negative_log_likelihood(np.log([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 0]), reduction="none").round(3)
    array([0.693, 1.386])
    """
    given = log_probabilities if isinstance(log_probabilities, Tensor) else np.asarray(log_probabilities)
    return _weighted(given, targets, weights, 0.0, ignored, reduction)


def _weighted(
    log_probabilities: Any, targets: Any, weights: Any, smoothing: float, ignored: int | None, reduction: str
) -> Any:
    """Sum up what each class of each row counts, times its negative log-probability."""
    share(reduction, 1)
    shape, k, dtype = log_probabilities.shape, log_probabilities.shape[-1], log_probabilities.dtype
    of_class = np.ones(k, dtype) if weights is None else np.asarray(weights, dtype)
    if of_class.shape != (k,):
        raise ValueError(f"expected weights of shape ({k},), one for each class; got {of_class.shape}")
    if np.ndim(targets) == len(shape) and np.asarray(targets).dtype.kind == "f":  # probabilities
        counts = checked_targets(log_probabilities, targets) * (1 - smoothing) + smoothing / k
        rows = reductions.sum(log_probabilities * (counts * of_class), axis=-1) * -1.0
        return reduce(rows, reduction)
    classes = _rows(log_probabilities, targets, ignored).reshape(shape[:-1])
    valid = np.ones(classes.shape, bool) if ignored is None else classes != ignored
    right = one_hot(np.where(valid, classes, 0), k, dtype=dtype)
    counts = ((1 - smoothing) * right + smoothing / k) * of_class * valid[..., None].astype(dtype)
    rows = reductions.sum(log_probabilities * counts, axis=-1) * -1.0
    if reduction != "mean":
        return reduce(rows, reduction)
    return reductions.sum(rows) / float((right @ of_class)[valid].sum())
