"""Losses that are negative log-likelihoods or divergences of distributions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.autodiff import reductions
from mlcore.autodiff.elementwise import exp, log, maximum, square, where
from mlcore.autodiff.reductions import logsumexp
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.activations import log_softmax
from mlcore.functions.losses import checked_targets, reduce

_LOG_TWO_PI = math.log(2 * math.pi)


def _array(x: Any) -> Any:
    return x if isinstance(x, Tensor) else np.asarray(x)


def kl_divergence(log_predictions: TensorLike, targets: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Mean over rows of the Kullback-Leibler divergence from predictions q to targets p, sum(p * (log(p) - log(q))).

    Parameters
    ----------
    log_predictions : Tensor, shape (..., k)
        log(q), as `log_softmax` returns it.
    targets : Tensor, shape (..., k)
        Probabilities p; where p is 0 nothing is added.
    reduction : str
        ``"mean"`` over rows, ``"sum"``, or ``"none"`` for the divergence of every row.

    Returns
    -------
    Tensor, shape (), or (...) without reduction

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, equation 3.50.

    Examples
    --------
    >>> kl_divergence(np.log([[0.5, 0.5]]), np.array([[1.0, 0.0]])).round(3)
    np.float64(0.693)
    """
    log_predictions = _array(log_predictions)
    p = checked_targets(log_predictions, targets)
    positive = np.asarray(p) > 0
    terms = p * (log(where(positive, p, 1)) - log_predictions)
    return reduce(reductions.sum(where(positive, terms, 0), axis=-1), reduction)


def gaussian_kl_divergence(means: TensorLike, log_variances: TensorLike, *, reduction: str = "mean") -> Tensor:
    """Mean over rows of the divergence of Gaussians from the standard one, sum(exp(v) + m**2 - 1 - v) / 2.

    Parameters
    ----------
    means, log_variances : Tensor, shape (..., d)
        m and v.
    reduction : str
        ``"mean"`` over rows, ``"sum"``, or ``"none"`` for the divergence of every row.

    Returns
    -------
    Tensor, shape (), or (...) without reduction

    References
    ----------
    Kingma and Welling (2014), appendix B.

    Examples
    --------
    >>> gaussian_kl_divergence(Tensor([[0.0, 2.0]]), Tensor([[0.0, 0.0]]))
    Tensor(2.)
    """
    log_variances = _array(log_variances)
    terms = exp(log_variances) + square(means) - 1 - log_variances
    return reduce(0.5 * reductions.sum(terms, axis=-1), reduction)


def gaussian_nll(
    means: TensorLike,
    targets: TensorLike,
    variances: TensorLike,
    *,
    full: bool = False,
    epsilon: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:
    """Mean negative log-likelihood of targets under Gaussians, (log(v) + (m - y)**2 / v) / 2.

    A network that predicts the variance too learns how sure to be.

    Parameters
    ----------
    means, targets : Tensor, one shape
    variances : Tensor, of a shape that broadcasts
        Taken as at least ``epsilon``, where the derivative is 0.
    full : bool
        Add the constant log(2 pi) / 2.
    epsilon : float
    reduction : str
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor, shape (), or that of the means

    Raises
    ------
    ValueError
        If the shapes of means and targets differ, or a variance is negative.

    References
    ----------
    Nix and Weigend (1994); Goodfellow, Bengio and Courville, *Deep Learning*, section 6.2.2.4.

    Examples
    --------
    >>> gaussian_nll(Tensor([1.0]), Tensor([3.0]), Tensor([1.0]))
    Tensor(2.)
    """
    means, variances = _array(means), _array(variances)
    if (np.asarray(variances) < 0).any():
        raise ValueError("expected variances of at least 0; got a negative one: predict their logarithm, and take exp")
    v = where(np.asarray(variances) > epsilon, variances, epsilon)
    losses = 0.5 * (log(v) + square(means - checked_targets(means, targets)) / v)
    return reduce(losses + 0.5 * _LOG_TWO_PI if full else losses, reduction)


def mixture_density_nll(
    logits: TensorLike,
    means: TensorLike,
    log_deviations: TensorLike,
    targets: TensorLike,
    *,
    reduction: str = "mean",
) -> Tensor:
    """Mean negative log-likelihood of targets under mixtures of Gaussians with independent coordinates.

    ``-log(sum over components of softmax(logits) * normal(y; m, exp(s)))``, computed with logarithms throughout, so
    that a target far from every component still has a gradient.

    Parameters
    ----------
    logits : Tensor, shape (n, k)
        Scores of the k components.
    means : Tensor, shape (n, k, d)
    log_deviations : Tensor, shape (n, k, d) or (n, k, 1)
        Logarithms s of the standard deviations.
    targets : Tensor, shape (n, d)
    reduction : str
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor, shape (), or (n,) without reduction

    Raises
    ------
    ValueError
        If shapes do not fit.

    References
    ----------
    Bishop (1994); Goodfellow, Bengio and Courville, *Deep Learning*, equation 6.35.

    Examples
    --------
    >>> one = np.ones((1, 1, 1))
    >>> mixture_density_nll(one[0], one, 0 * one, one[0]).round(3)
    np.float64(0.919)
    """
    logits, means, log_deviations, targets = map(_array, (logits, means, log_deviations, targets))
    if not isinstance(targets, Tensor):
        targets = targets.astype(means.dtype, copy=False)
    n, k, d = means.shape if means.ndim == 3 else (-1, -1, -1)
    deviations_fit = log_deviations.shape in ((n, k, d), (n, k, 1))
    if logits.shape != (n, k) or targets.shape != (n, d) or not deviations_fit:
        raise ValueError(
            "expected logits (n, k), means (n, k, d), log_deviations (n, k, d) or (n, k, 1) and targets (n, d); "
            f"got {logits.shape}, {means.shape}, {log_deviations.shape} and {targets.shape}"
        )
    distance = (targets.reshape((n, 1, d)) - means) * exp(-log_deviations)
    terms = -0.5 * square(distance) - log_deviations - 0.5 * _LOG_TWO_PI
    return reduce(-logsumexp(log_softmax(logits) + reductions.sum(terms, axis=-1), axis=-1), reduction)


def poisson_nll(
    log_rates: TensorLike, targets: TensorLike, *, from_log: bool = True, epsilon: float = 1e-8, reduction: str = "mean"
) -> Tensor:
    """Mean negative log-likelihood of counts y under Poisson distributions of rate r, r - y * log(r), up to constants.

    Parameters
    ----------
    log_rates : Tensor, any shape
        log(r).
    targets : Tensor, the same shape
    from_log : bool
        False if the first argument holds r itself.
    epsilon : float
        Added to r before its logarithm is taken.
    reduction : str
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor, shape (), or that of the rates

    Examples
    --------
    >>> poisson_nll(Tensor([0.0]), Tensor([3.0]))
    Tensor(1.)
    """
    log_rates = _array(log_rates)
    y = checked_targets(log_rates, targets)
    losses = exp(log_rates) - y * log_rates if from_log else log_rates - y * log(maximum(log_rates, 0) + epsilon)
    return reduce(losses, reduction)
