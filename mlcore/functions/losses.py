"""Losses: how wrong a prediction is, as one number to make small.

Each loss is the mean over all predictions, so that its size does not depend on the size of the batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.elementwise import absolute, square
from mlcore.autodiff.fused import fused
from mlcore.autodiff.reductions import logsumexp, mean
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.activations import softplus
from mlcore.functions.dense import column_of_ones


def _check_same_shape(predictions: Any, targets: Any) -> None:
    if predictions.shape != targets.shape:
        raise ValueError(
            f"expected targets of the predictions' shape {predictions.shape}; got {targets.shape} "
            "(broadcasting would compare every prediction with every target)"
        )


def _targets_like(predictions: np.ndarray, targets: Any) -> np.ndarray:
    """Give targets the floating-point type of the predictions: labels are often integers or bools."""
    targets = np.asarray(targets, dtype=predictions.dtype)
    _check_same_shape(predictions, targets)
    return targets


def _checked_targets(predictions: Any, targets: Any) -> Any:
    """Do the same in a definition, where targets may also be Tensors to differentiate with respect to."""
    if not (isinstance(targets, Tensor) and targets.requires_grad):
        return _targets_like(predictions, targets)
    _check_same_shape(predictions, targets)
    return targets


# ---- regression -------------------------------------------------------------------------------------------------


def _mean_squared_error_kernel(predictions: np.ndarray, targets: Any) -> tuple[Any, Any]:
    error = predictions - _targets_like(predictions, targets)
    flat = error.ravel()

    def pullback(g: Any, needs: Any) -> tuple[Any, Any]:
        gx = error * (g * (2 / error.size))
        return gx, -gx if needs[1] else None

    return np.dot(flat, flat) / error.size, pullback


@fused(_mean_squared_error_kernel)
def mean_squared_error(predictions: TensorLike, targets: TensorLike) -> Tensor:
    """Mean of the squared differences, mean((predictions - targets)**2).

    Minimized by the mean of the targets. It is the negative log-likelihood of a Gaussian with fixed variance, up to
    constants.

    Parameters
    ----------
    predictions, targets : Tensor, one shape

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 6.2.1.2.

    Examples
    --------
    >>> mean_squared_error(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
    Tensor(2.)
    """
    return mean(square(predictions - _checked_targets(predictions, targets)))


def _mean_absolute_error_kernel(predictions: np.ndarray, targets: Any) -> tuple[Any, Any]:
    error = predictions - _targets_like(predictions, targets)

    def pullback(g: Any, needs: Any) -> tuple[Any, Any]:
        gx = np.sign(error) * (g / error.size)
        return gx, -gx if needs[1] else None

    return np.add.reduce(np.absolute(error), axis=None) / error.size, pullback


@fused(_mean_absolute_error_kernel)
def mean_absolute_error(predictions: TensorLike, targets: TensorLike) -> Tensor:
    """Mean of the absolute differences, mean(abs(predictions - targets)).

    Minimized by the median of the targets. The derivative where a difference is 0 is taken as 0.

    Parameters
    ----------
    predictions, targets : Tensor, one shape

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 6.2.1.2.

    Examples
    --------
    >>> mean_absolute_error(Tensor([1.0, 2.0]), Tensor([1.0, 4.0]))
    Tensor(1.)
    """
    return mean(absolute(predictions - _checked_targets(predictions, targets)))


# ---- classification ---------------------------------------------------------------------------------------------


def _binary_cross_entropy_kernel(logits: np.ndarray, targets: Any) -> tuple[Any, Any]:
    targets = _targets_like(logits, targets)
    small = np.exp(-np.absolute(logits))  # never above 1
    losses = np.maximum(logits, 0) - logits * targets + np.log1p(small)

    def pullback(g: Any, needs: Any) -> tuple[Any, Any]:
        scale = g / logits.size
        probability = np.where(logits >= 0, 1, small) / (1 + small)
        return (probability - targets) * scale, logits * -scale if needs[1] else None

    return np.add.reduce(losses, axis=None) / logits.size, pullback


@fused(_binary_cross_entropy_kernel)
def binary_cross_entropy(logits: TensorLike, targets: TensorLike) -> Tensor:
    """Mean negative log-likelihood of yes/no targets, from logits.

    For a logit z and a target y it is ``max(z, 0) - z * y + log(1 + exp(-abs(z)))``, which equals
    ``-y * log(p) - (1 - y) * log(1 - p)`` with p = sigmoid(z) but neither overflows nor takes the logarithm of 0.

    Parameters
    ----------
    logits : Tensor
        Scores before the sigmoid.
    targets : array or Tensor, shape of logits
        0 or 1, or a probability between.

    Returns
    -------
    Tensor, shape ()

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
    return mean(softplus(logits) - logits * _checked_targets(logits, targets))


def _rows(logits: Any, targets: Any) -> np.ndarray:
    """Check class numbers against logits."""
    targets = np.asarray(targets)
    if targets.dtype.kind not in "iu":
        raise TypeError(f"expected targets to be class numbers (integers); got {targets.dtype}")
    if targets.shape != logits.shape[:-1]:
        raise ValueError(
            f"expected targets of shape {logits.shape[:-1]}, one class number for each row of logits {logits.shape}; "
            f"got {targets.shape}"
        )
    if targets.size and (targets.min() < 0 or targets.max() >= logits.shape[-1]):
        raise ValueError(
            f"expected class numbers from 0 to {logits.shape[-1] - 1}, as logits have {logits.shape[-1]} columns; "
            f"got {targets.min()} to {targets.max()}"
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


def softmax_cross_entropy(logits: TensorLike, targets: Any) -> Tensor:
    """Mean negative log-likelihood of the right classes, from logits.

    For a row z and its class y it is ``log(sum(exp(z))) - z[y]``, that is ``-log(softmax(z)[y])``; the derivative is
    ``softmax(z) - onehot(y)``, divided by the number of rows. The largest score of a row is subtracted first, so that
    logits of any size are safe.

    Parameters
    ----------
    logits : Tensor, shape (..., k)
        Scores before the softmax, one for each of k classes.
    targets : array of int, shape (...)
        The right class of each row, 0 to k - 1.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    TypeError
        If the targets are not integers.
    ValueError
        If there is not one target for each row, or a target is not a class.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 6.2.2.3.

    Examples
    --------
    >>> softmax_cross_entropy(Tensor([[0.0, 0.0], [10000.0, 0.0]]), np.array([0, 0]))
    Tensor(0.3465736)
    """
    return _softmax_cross_entropy(logits, targets=targets)
