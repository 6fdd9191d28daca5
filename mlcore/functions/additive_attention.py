"""Additive attention: how well a query and a key match, judged by a small network."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.elementwise import tanh
from mlcore.autodiff.shaping import reshape
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.attention import softmax_of_visible
from mlcore.functions.masks import scores_bias


def additive_attention(
    queries: TensorLike,
    keys: TensorLike,
    values: TensorLike,
    weight: TensorLike,
    *,
    mask: Any = None,
) -> Tensor:
    """Average values with weights softmax(weight . tanh(query + key)).

    Queries and keys are what dense layers made of the two sequences, with equally many features.

    Parameters
    ----------
    queries : Tensor, shape (..., m, d)
    keys : Tensor, shape (..., n, d)
    values : Tensor, shape (..., n, e)
    weight : Tensor, shape (d,)
    mask : array, optional, of a shape that broadcasts to (..., m, n)
        Of bool: True where a query may see a key. Of numbers: added to the scores.

    Returns
    -------
    Tensor, shape (..., m, e)

    Raises
    ------
    ValueError
        If shapes do not fit.

    References
    ----------
    Bahdanau, Cho and Bengio (2015), section 3.1.

    Examples
    --------
    >>> q, k, v = Tensor([[0.0]]), Tensor([[1.0], [1.0]]), Tensor([[10.0], [20.0]])
    >>> additive_attention(q, k, v, Tensor([1.0]))
    Tensor([[15.]])
    """
    q, k, v = np.shape(queries), np.shape(keys), np.shape(values)
    if min(len(q), len(k), len(v)) < 2 or q[-1] != k[-1] or k[-2] != v[-2] or np.shape(weight) != q[-1:]:
        raise ValueError(
            "expected queries (..., m, d), keys (..., n, d), values (..., n, e) and weight (d,); "
            f"got {q}, {k}, {v} and {np.shape(weight)}"
        )
    pairs = tanh(reshape(queries, shape=(*q[:-1], 1, q[-1])) + reshape(keys, shape=(*k[:-2], 1, *k[-2:])))
    scores = pairs @ weight
    return softmax_of_visible(scores, scores_bias(mask, False, tuple(scores.shape), scores.dtype)) @ values
