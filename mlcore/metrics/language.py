"""How well a language model predicts the next symbol."""

from __future__ import annotations

from typing import Any

import numpy as np


def perplexity(logits: Any, targets: Any, *, ignored: int | None = None) -> float:
    """Return the exponential of the mean negative log-likelihood of the right symbols.

    A perplexity of k means: as uncertain as if each symbol were drawn evenly from k.

    Parameters
    ----------
    logits : array or Tensor, shape (..., k)
        Scores before the softmax.
    targets : array of int, shape (...)
        The right symbol of each place, 0 to k - 1.
    ignored : int, optional
        A number that stands for no symbol, such as padding: such places do not count.

    Returns
    -------
    float
        1 to infinity.

    Raises
    ------
    ValueError
        If the shapes do not fit, or no place counts.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 12.4; Jelinek et al. (1977).

    Examples
    --------
    >>> perplexity(np.zeros((2, 5, 8)), np.ones((2, 5), int)).__round__(6)
    8.0
    """
    logits, targets = np.asarray(logits, np.float64), np.asarray(targets)
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            f"expected targets of shape {logits.shape[:-1]}, for logits {logits.shape}; got {targets.shape}"
        )
    counted = np.ones(targets.shape, bool) if ignored is None else targets != ignored
    rows, right = logits[counted], targets[counted]
    if not right.size or right.min() < 0 or right.max() >= logits.shape[-1]:
        raise ValueError(
            f"expected symbols from 0 to {logits.shape[-1] - 1}, and at least one that counts; got {right}"
        )
    shifted = rows - rows.max(axis=-1, keepdims=True)
    log_likelihood = shifted[np.arange(len(right)), right] - np.log(np.exp(shifted).sum(axis=-1))
    return float(np.exp(-log_likelihood.mean()))
