"""Losses of regression: how far predictions are from targets, as one number to make small.

Each loss is the mean over all predictions by default, so that its size does not depend on the size of the batch.
``reduction`` may be ``"mean"``, ``"sum"`` or ``"none"``, which gives the loss of every prediction.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import reductions
from mlcore.autodiff.elementwise import absolute, square
from mlcore.autodiff.fused import fused
from mlcore.autodiff.tensor import Tensor, TensorLike


def _check_same_shape(predictions: Any, targets: Any) -> None:
    if predictions.shape != targets.shape:
        raise ValueError(
            f"expected targets of the predictions' shape {predictions.shape}; got {targets.shape} "
            "(broadcasting would compare every prediction with every target)"
        )


def targets_like(predictions: np.ndarray, targets: Any) -> np.ndarray:
    """Give targets the floating-point type of the predictions: labels are often integers or bools."""
    targets = np.asarray(targets, dtype=predictions.dtype)
    _check_same_shape(predictions, targets)
    return targets


def checked_targets(predictions: Any, targets: Any) -> Any:
    """Do the same in a definition, where targets may also be Tensors to differentiate with respect to."""
    if not (isinstance(targets, Tensor) and targets.requires_grad):
        return targets_like(predictions, targets)
    _check_same_shape(predictions, targets)
    return targets


def share(reduction: str, count: int) -> float:
    """Return what each loss counts in the result, after checking the reduction: 1 / count in a mean, else 1."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"expected reduction 'mean', 'sum' or 'none'; got {reduction!r}")
    return 1 / count if reduction == "mean" and count else 1.0


def reduced(losses: np.ndarray, reduction: str) -> Any:
    """Reduce an array of losses, in a kernel."""
    factor = share(reduction, losses.size)
    if reduction == "none":
        return losses
    return np.add.reduce(losses, axis=None) * losses.dtype.type(factor)


def reduce(losses: Any, reduction: str) -> Any:
    """Reduce losses, in a definition."""
    factor = share(reduction, losses.size)
    return losses if reduction == "none" else reductions.sum(losses) * factor


# ---- squares ----------------------------------------------------------------------------------------------------


def _mean_squared_error_kernel(predictions: np.ndarray, targets: Any, *, reduction: str) -> tuple[Any, Any]:
    error = predictions - targets_like(predictions, targets)
    factor = share(reduction, error.size)

    def pullback(g: Any, needs: Any) -> tuple[Any, Any]:
        gx = error * (g * (2 * factor))
        return gx, -gx if needs[1] else None

    if reduction == "none":
        return error * error, pullback
    flat = error.ravel()
    return np.dot(flat, flat) * error.dtype.type(factor), pullback


@fused(_mean_squared_error_kernel)
def mean_squared_error(predictions: TensorLike, targets: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Mean of the squared differences, mean((predictions - targets)**2).

    Minimized by the mean of the targets. It is the negative log-likelihood of a Gaussian with fixed variance, up to
    constants.

    Parameters
    ----------
    predictions, targets : Tensor, one shape
    reduction : str
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor, shape (), or that of the predictions

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
    return reduce(square(predictions - checked_targets(predictions, targets)), reduction)


# ---- absolute values --------------------------------------------------------------------------------------------


def _mean_absolute_error_kernel(predictions: np.ndarray, targets: Any, *, reduction: str) -> tuple[Any, Any]:
    error = predictions - targets_like(predictions, targets)
    factor = share(reduction, error.size)

    def pullback(g: Any, needs: Any) -> tuple[Any, Any]:
        gx = np.sign(error) * (g * factor)
        return gx, -gx if needs[1] else None

    return reduced(np.absolute(error), reduction), pullback


@fused(_mean_absolute_error_kernel)
def mean_absolute_error(predictions: TensorLike, targets: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Mean of the absolute differences, mean(abs(predictions - targets)).

    Minimized by the median of the targets. The derivative where a difference is 0 is taken as 0.

    Parameters
    ----------
    predictions, targets : Tensor, one shape
    reduction : str
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor, shape (), or that of the predictions

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
    return reduce(absolute(predictions - checked_targets(predictions, targets)), reduction)


def _huber_kernel(predictions: np.ndarray, targets: Any, *, delta: float, reduction: str) -> tuple[Any, Any]:
    error = predictions - targets_like(predictions, targets)
    limited = np.clip(error, -delta, delta)
    factor = share(reduction, error.size)

    def pullback(g: Any, needs: Any) -> tuple[Any, Any]:
        gx = limited * (g * factor)
        return gx, -gx if needs[1] else None

    return reduced(limited * (error - 0.5 * limited), reduction), pullback


@fused(_huber_kernel)
def huber(predictions: TensorLike, targets: TensorLike, *, delta: float = 1.0, reduction: str = "mean") -> Tensor:
    """Mean of a loss that is quadratic for small differences and linear for large ones.

    For a difference e it is ``e**2 / 2`` where abs(e) <= delta, and ``delta * (abs(e) - delta / 2)`` elsewhere: smooth
    like the squared error, and hardly moved by outliers, like the absolute one.

    Parameters
    ----------
    predictions, targets : Tensor, one shape
    delta : float
    reduction : str
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor, shape (), or that of the predictions

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Huber (1964).

    Examples
    --------
    >>> huber(Tensor([0.0, 3.0]), Tensor([1.0, 0.0]), reduction="none")
    Tensor([0.5, 2.5])
    """
    error = predictions - checked_targets(predictions, targets)
    limited = np.clip(error, -delta, delta)
    return reduce(limited * (error - 0.5 * limited), reduction)
