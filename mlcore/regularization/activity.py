"""Penalties on activations: representations in which few units are active at a time."""

from __future__ import annotations

import numpy as np

from mlcore.autodiff import reductions
from mlcore.autodiff.elementwise import absolute, clip, log
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of


def l1_activity_penalty(activations: TensorLike) -> Tensor:
    """Mean over examples of the sum of absolute activations, sum(abs(h)) / batch.

    It does to representations what the L1 penalty does to weights: many become exactly 0.

    Parameters
    ----------
    activations : Tensor, shape (batch, ...)

    Returns
    -------
    Tensor, shape ()

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.10.

    Examples
    --------
    >>> l1_activity_penalty(Tensor([[1.0, -2.0], [0.0, 1.0]]))
    Tensor(2.)
    """
    return reductions.sum(absolute(activations)) * (1 / max(len(activations), 1))


def kl_sparsity_penalty(activations: TensorLike, *, target: float = 0.05) -> Tensor:
    """Price of units that are on more, or less, often than a target says.

    With m the mean of one unit over all examples and places, and t the target, it is the sum over units of
    ``t log(t / m) + (1 - t) log((1 - t) / (1 - m))``: the Kullback-Leibler divergence between coins that fall on heads
    with probabilities t and m. It is 0 where every mean is on target. A single example may be on as strongly as it
    likes.

    Parameters
    ----------
    activations : Tensor, shape (batch, ..., units)
        From 0 to 1, as out of a sigmoid.
    target : float
        The mean activation that each unit shall have, between 0 and 1.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ValueError
        If the target or an activation is out of its range.

    Notes
    -----
    The means are kept one rounding error away from 0 and 1, so that units that are never on have a finite price.

    References
    ----------
    Ng (2011), "Sparse autoencoder", section 3; Goodfellow, Bengio and Courville, *Deep Learning*, section 7.10.

    Examples
    --------
    >>> round(kl_sparsity_penalty(Tensor([[0.1, 0.5], [0.3, 0.5]]), target=0.2).item(), 4)
    0.1927
    """
    if not 0 < target < 1:
        raise ValueError(f"expected a target between 0 and 1; got {target}")
    values = np.asarray(value_of(activations))
    if values.size and (values.min() < 0 or values.max() > 1):
        raise ValueError(
            f"expected activations from 0 to 1, as out of a sigmoid; got {values.min()} to {values.max()}: "
            "for other activations use l1_activity_penalty"
        )
    epsilon = float(np.finfo(values.dtype).eps)
    means = clip(reductions.mean(activations, axis=tuple(range(values.ndim - 1))), lower=epsilon, upper=1 - epsilon)
    off = log((1 - target) / (1 - means)) * (1 - target)
    return reductions.sum(log(target / means) * target + off)
