"""Losses that ask for a margin and no more: right by enough costs nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import reductions
from mlcore.autodiff.shaping import getitem
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.activations import relu, softplus
from mlcore.functions.embedding import class_numbers, one_hot
from mlcore.functions.losses import checked_targets, reduce


def _array(x: Any) -> Any:
    return x if isinstance(x, Tensor) else np.asarray(x)


def hinge(scores: TensorLike, targets: Any, *, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """Mean of max(0, margin - y * score) for targets y of -1 and 1: the loss of support vector machines.

    The derivative at the corner is taken as 0.

    Parameters
    ----------
    scores : Tensor, any shape
    targets : array, shape of scores
        -1 or 1.
    margin : float
    reduction : str
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor, shape (), or that of the scores

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Cortes and Vapnik (1995); Goodfellow, Bengio and Courville, *Deep Learning*, section 5.7.2.

    Examples
    --------
    >>> hinge(Tensor([2.0, 0.5, -1.0]), [1, 1, 1], reduction="none")
    Tensor([0. , 0.5, 2. ])
    """
    scores = _array(scores)
    return reduce(relu(margin - checked_targets(scores, targets) * scores), reduction)


def multiclass_hinge(scores: TensorLike, targets: Any, *, margin: float = 1.0, reduction: str = "mean") -> Tensor:
    """Mean over rows of the sum of max(0, margin + score[j] - score[y]) over all wrong classes j.

    Parameters
    ----------
    scores : Tensor, shape (n, k)
    targets : array of int, shape (n,)
        The right class y of each row.
    margin : float
    reduction : str
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor, shape (), or (n,) without reduction

    References
    ----------
    Weston and Watkins (1999).

    Examples
    --------
    >>> multiclass_hinge(Tensor([[3.0, 1.0, 2.5]]), [0])
    Tensor(0.5)
    """
    scores = _array(scores)
    classes = class_numbers(targets, scores.shape[-1], "targets")
    if scores.ndim != 2 or classes.shape != scores.shape[:1]:
        raise ValueError(f"expected scores (n, k) and targets (n,); got {scores.shape} and {classes.shape}")
    right = getitem(scores, index=(np.arange(len(classes)), classes)).reshape((len(classes), 1))
    wrong = 1 - one_hot(classes, scores.shape[-1], dtype=scores.dtype)
    return reduce(reductions.sum(relu(scores - right + margin) * wrong, axis=1), reduction)


def margin_ranking(
    first: TensorLike, second: TensorLike, targets: Any, *, margin: float = 0.0, reduction: str = "mean"
) -> Tensor:
    """Mean of max(0, margin - y * (first - second)): the first score shall be larger where y is 1, smaller where -1.

    Parameters
    ----------
    first, second : Tensor, one shape
        Scores of what is to be ranked.
    targets : array, the same shape
        1 or -1.
    margin : float
    reduction : str
        ``"mean"``, ``"sum"`` or ``"none"``.

    Returns
    -------
    Tensor, shape (), or that of the scores

    Raises
    ------
    ValueError
        If the shapes differ.

    References
    ----------
    Herbrich, Graepel and Obermayer (2000); Goodfellow, Bengio and Courville, *Deep Learning*, equation 12.16.

    Examples
    --------
    >>> margin_ranking(Tensor([2.0, 2.0]), Tensor([1.0, 3.0]), [1, 1], reduction="none")
    Tensor([0., 1.])
    """
    first, second = _array(first), _array(second)
    difference = first - second
    if first.shape != second.shape:
        raise ValueError(f"expected scores of one shape; got {first.shape} and {second.shape}")
    return reduce(relu(margin - checked_targets(difference, targets) * difference), reduction)


def noise_contrastive(
    data_scores: TensorLike,
    noise_scores: TensorLike,
    *,
    data_log_noise: Any,
    noise_log_noise: Any,
    reduction: str = "mean",
) -> Tensor:
    """Mean loss of telling data from noise, which trains a model whose probabilities need not add up to 1.

    With k samples of noise for each example, s the model's unnormalized log-probability and q the noise's, the odds of
    data against noise are ``exp(s) / (k * q)``; the loss is the negative log-likelihood of telling right,
    ``softplus(-(s - log(k * q)))`` for data and ``softplus(s - log(k * q))`` for each sample of noise.

    Parameters
    ----------
    data_scores : Tensor, shape (n,)
    noise_scores : Tensor, shape (n, k)
        Log-probabilities by the model.
    data_log_noise, noise_log_noise : array, shapes (n,) and (n, k)
        Log-probabilities of the same by the noise.
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
    Gutmann and Hyvarinen (2010); Goodfellow, Bengio and Courville, *Deep Learning*, section 18.6.

    Examples
    --------
    >>> noise_contrastive(Tensor([0.0]), Tensor([[0.0]]), data_log_noise=[0.0], noise_log_noise=[[0.0]])
    Tensor(1.3862944)
    """
    data_scores, noise_scores = _array(data_scores), _array(noise_scores)
    if noise_scores.ndim != 2 or data_scores.shape != noise_scores.shape[:1]:
        raise ValueError(
            f"expected scores of data (n,) and of noise (n, k); got {data_scores.shape} and {noise_scores.shape}"
        )
    log_k = float(np.log(noise_scores.shape[1]))
    of_data = data_scores - (checked_targets(data_scores, data_log_noise) + log_k)
    of_noise = noise_scores - (checked_targets(noise_scores, noise_log_noise) + log_k)
    return reduce(softplus(-of_data) + reductions.sum(softplus(of_noise), axis=1), reduction)
