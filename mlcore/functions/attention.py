"""Attention: every query takes an average of values, weighted by how well their keys match it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of
from mlcore.functions.activations import softmax
from mlcore.functions.dense import column_of_ones
from mlcore.functions.masks import is_learned, scores_bias


def _weights(scores: np.ndarray, bias: Any) -> np.ndarray:
    """Turn scores into weights that add up to 1 along the last axis, in place; to 0 where every key is hidden."""
    if bias is not None:
        scores += bias
    if not scores.shape[-1]:
        return scores
    largest = np.maximum.reduce(scores, axis=-1, keepdims=True)
    if bias is not None:
        largest[np.isneginf(largest)] = 0
    scores -= largest
    np.exp(scores, out=scores)
    total = np.matmul(scores, column_of_ones(scores.shape[-1], scores.dtype))
    if bias is not None:
        total[total == 0] = 1
    scores /= total
    return scores


def attend(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, out: np.ndarray, scale: float, bias: Any, softcap: float | None = None
) -> tuple[np.ndarray, Any]:
    """Write the attention of q, k and v, each (..., time, features), into ``out``.

    Return the weights and the derivatives of the capped scores, None without a cap.
    """
    scores = np.matmul(q, k.mT)
    scores *= scale
    slopes = None
    if softcap is not None:
        scores /= softcap
        np.tanh(scores, out=scores)
        slopes = 1 - scores * scores
        scores *= softcap
    weights = _weights(scores, bias)
    np.matmul(weights, v, out=out)
    return weights, slopes


def attend_back(
    g: np.ndarray,
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    weights: np.ndarray,
    slopes: Any,
    scale: float,
    outs: Any,
) -> None:
    """Write the cotangents of q, k and v into ``outs``."""
    gq, gk, gv = outs
    if gv is not None:
        np.matmul(weights.mT, g, out=gv)
    if gq is None and gk is None:
        return
    scores = np.matmul(g, v.mT)
    scores -= np.einsum("...ij,...ij->...i", scores, weights)[..., None]
    scores *= weights
    if slopes is not None:
        scores *= slopes
    scores *= scale
    if gq is not None:
        np.matmul(scores, k, out=gq)
    if gk is not None:
        np.matmul(scores.mT, q, out=gk)


def _check(q: Any, k: Any, v: Any) -> None:
    fits = min(q.ndim, k.ndim, v.ndim) >= 2 and q.shape[-1] == k.shape[-1] and k.shape[-2] == v.shape[-2]
    try:
        np.broadcast_shapes(*(x.shape[:-2] for x in (q, k, v)))
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            "expected queries (..., m, d), keys (..., n, d) and values (..., n, e) with leading axes that broadcast; "
            f"got {q.shape}, {k.shape} and {v.shape}"
        )


def _attention_kernel(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, *, mask: Any, causal: bool, scale: float, softcap: float | None
) -> tuple[np.ndarray, Any]:
    out = np.empty((*q.shape[:-1], v.shape[-1]), q.dtype)
    bias = scores_bias(mask, causal, (*q.shape[:-1], k.shape[-2]), q.dtype)
    weights, slopes = attend(q, k, v, out, scale, bias, softcap)

    def pullback(g: np.ndarray, needs: Any) -> list[Any]:
        outs = [np.empty(a.shape, a.dtype) if needed else None for a, needed in zip((q, k, v), needs, strict=True)]
        attend_back(g, q, k, v, weights, slopes, scale, outs)
        return outs

    return out, pullback


@fused(_attention_kernel)
def _attention(q: TensorLike, k: TensorLike, v: TensorLike, **options: Any) -> Tensor:
    return attention_weights(q, k, **options) @ v


def attention(
    queries: TensorLike,
    keys: TensorLike,
    values: TensorLike,
    *,
    mask: Any = None,
    causal: bool = False,
    scale: float | None = None,
    softcap: float | None = None,
) -> Tensor:
    """Scaled dot-product attention, softmax(queries @ keys.T / sqrt(d)) @ values.

    Parameters
    ----------
    queries : Tensor, shape (..., m, d)
    keys : Tensor, shape (..., n, d)
    values : Tensor, shape (..., n, e)
        Leading axes broadcast.
    mask : array or Tensor, optional, of a shape that broadcasts to (..., m, n)
        Of bool: True where a query may see a key. Of numbers: added to the scores; a Tensor of numbers can be learned.
    causal : bool
        Let query i see keys 0 to i only.
    scale : float, optional
        What products are multiplied with instead of 1 / sqrt(d).
    softcap : float, optional
        Keep scores between -softcap and softcap, as softcap * tanh(scores / softcap).

    Returns
    -------
    Tensor, shape (..., m, e)
        Zeros for a query that may see nothing.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    References
    ----------
    Vaswani et al. (2017), equation 1; Gemma Team (2024), section 2, for ``softcap``.

    Examples
    --------
    >>> attention(Tensor([[0.0]]), Tensor([[1.0], [2.0]]), Tensor([[10.0], [20.0]]))
    Tensor([[15.]])
    """
    q, k, v = (x if isinstance(x, Tensor) else np.asarray(x) for x in (queries, keys, values))
    _check(q, k, v)
    options = {"mask": mask, "causal": causal, "scale": _scale(q, scale), "softcap": softcap}
    if is_learned(mask) or not q.shape[:-2] == k.shape[:-2] == v.shape[:-2]:  # beyond what the kernel can do
        return attention_weights(q, k, **options) @ v
    return _attention(q, k, v, **options)


def _scale(q: Any, scale: float | None) -> float:
    return 1 / math.sqrt(max(q.shape[-1], 1)) if scale is None else float(scale)


def attention_weights(
    queries: TensorLike,
    keys: TensorLike,
    *,
    mask: Any = None,
    causal: bool = False,
    scale: float | None = None,
    softcap: float | None = None,
) -> Tensor:
    """Weights that scaled dot-product attention gives the values: what to look at to see where a query looks.

    Parameters
    ----------
    queries : Tensor, shape (..., m, d)
    keys : Tensor, shape (..., n, d)
    mask, causal, scale, softcap
        As in `attention`.

    Returns
    -------
    Tensor, shape (..., m, n)
        Each row adds up to 1, or is 0 for a query that may see nothing.

    Examples
    --------
    >>> attention_weights(Tensor([[0.0]]), Tensor([[1.0], [2.0]]))
    Tensor([[0.5, 0.5]])
    """
    q, k = (x if isinstance(x, Tensor) else np.asarray(x) for x in (queries, keys))
    _check(q, k, k)
    scores = (q @ k.mT) * _scale(q, scale)
    if softcap is not None:
        scores = softcap * np.tanh(scores / softcap)
    return softmax_of_visible(scores, scores_bias(mask, causal, tuple(scores.shape), scores.dtype))


def softmax_of_visible(scores: Any, bias: Any) -> Any:
    """Turn scores into weights; those of a query that may see nothing are 0."""
    if bias is None:
        return softmax(scores)
    visible = np.logical_not(np.isneginf(value_of(bias)).all(axis=-1, keepdims=True))
    return softmax(np.where(visible, scores + np.where(visible, bias, 0), 0)) * visible.astype(scores.dtype)
