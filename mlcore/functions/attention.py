"""Attention: every query takes an average of values, weighted by how well their keys match it.

Two fused kernels, one for queries, keys and values apart, and one for a single array that holds all three, as
self-attention makes them. Both work on views into the arrays given, and write the heads' results side by side, so no
array is split, permuted or joined by copying.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.shaping import reshape, transpose
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.activations import softmax
from mlcore.functions.dense import column_of_ones
from mlcore.functions.masks import scores_bias


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


def _attend(q: np.ndarray, k: np.ndarray, v: np.ndarray, out: np.ndarray, scale: float, bias: Any) -> np.ndarray:
    """Write the attention of q, k and v, each (..., time, features), into ``out``; return the weights."""
    scores = np.matmul(q, k.mT)
    scores *= scale
    weights = _weights(scores, bias)
    np.matmul(weights, v, out=out)
    return weights


def _attend_back(
    g: np.ndarray, q: np.ndarray, k: np.ndarray, v: np.ndarray, weights: np.ndarray, scale: float, outs: Any
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
    scores *= scale
    if gq is not None:
        np.matmul(scores, k, out=gq)
    if gk is not None:
        np.matmul(scores.mT, q, out=gk)


# ---- the general form -------------------------------------------------------------------------------------------


def _check(q: Any, k: Any, v: Any) -> None:
    same = q.shape[:-2] == k.shape[:-2] == v.shape[:-2]
    if min(q.ndim, k.ndim, v.ndim) < 2 or not same or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ValueError(
            "expected queries (..., m, d), keys (..., n, d) and values (..., n, e) with equal leading axes; "
            f"got {q.shape}, {k.shape} and {v.shape}"
        )


def _attention_kernel(
    q: np.ndarray, k: np.ndarray, v: np.ndarray, *, mask: Any, causal: bool, scale: float
) -> tuple[np.ndarray, Any]:
    _check(q, k, v)
    out = np.empty((*q.shape[:-1], v.shape[-1]), q.dtype)
    bias = scores_bias(mask, causal, (*q.shape[:-1], k.shape[-2]), q.dtype)
    weights = _attend(q, k, v, out, scale, bias)

    def pullback(g: np.ndarray, needs: Any) -> list[Any]:
        outs = [np.empty(a.shape, a.dtype) if needed else None for a, needed in zip((q, k, v), needs, strict=True)]
        _attend_back(g, q, k, v, weights, scale, outs)
        return outs

    return out, pullback


def softmax_of_visible(scores: Any, bias: Any) -> Any:
    """Turn scores into weights; those of a query that may see nothing are 0."""
    if bias is None:
        return softmax(scores)
    visible = np.logical_not(np.isneginf(bias).all(axis=-1, keepdims=True))
    return softmax(np.where(visible, scores + np.where(visible, bias, 0), 0)) * visible.astype(scores.dtype)


@fused(_attention_kernel)
def _attention(q: TensorLike, k: TensorLike, v: TensorLike, *, mask: Any, causal: bool, scale: float) -> Tensor:
    _check(q, k, v)
    scores = (q @ k.mT) * scale
    return softmax_of_visible(scores, scores_bias(mask, causal, scores.shape, scores.dtype)) @ v


def attention(
    queries: TensorLike,
    keys: TensorLike,
    values: TensorLike,
    *,
    mask: Any = None,
    causal: bool = False,
    scale: float | None = None,
) -> Tensor:
    """Scaled dot-product attention, softmax(queries @ keys.T / sqrt(d)) @ values.

    Parameters
    ----------
    queries : Tensor, shape (..., m, d)
    keys : Tensor, shape (..., n, d)
    values : Tensor, shape (..., n, e)
    mask : array, optional, of a shape that broadcasts to (..., m, n)
        Of bool: True where a query may see a key. Of numbers: added to the scores. A constant.
    causal : bool
        Let query i see keys 0 to i only.
    scale : float, optional
        What products are multiplied with instead of 1 / sqrt(d).

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
    Vaswani et al. (2017), equation 1.

    Examples
    --------
    >>> attention(Tensor([[0.0]]), Tensor([[1.0], [2.0]]), Tensor([[10.0], [20.0]]))
    Tensor([[15.]])
    """
    scale = 1 / math.sqrt(max(np.shape(queries)[-1], 1)) if scale is None else float(scale)
    return _attention(queries, keys, values, mask=mask, causal=causal, scale=scale)


# ---- several heads ----------------------------------------------------------------------------------------------


def _split(packed: np.ndarray, parts: int, heads: int) -> np.ndarray:
    """View (batch, time, parts * d) as (parts, batch, heads, time, d / heads)."""
    batch, time, width = packed.shape
    return packed.reshape(batch, time, parts, heads, width // (parts * heads)).transpose(2, 0, 3, 1, 4)


def _check_packed(packed: Any, heads: int) -> None:
    if packed.ndim != 3 or packed.shape[-1] % (3 * heads):
        raise ValueError(
            f"expected packed of shape (batch, time, 3 * d) with d a multiple of heads={heads}; got {packed.shape}"
        )


def _self_attention_kernel(packed: np.ndarray, *, heads: int, mask: Any, causal: bool) -> tuple[np.ndarray, Any]:
    _check_packed(packed, heads)
    batch, time, width = packed.shape
    packed = np.ascontiguousarray(packed)
    q, k, v = _split(packed, 3, heads)
    scale = 1 / math.sqrt(max(q.shape[-1], 1))
    out = np.empty((batch, time, width // 3), packed.dtype)
    bias = scores_bias(mask, causal, (batch, heads, time, time), packed.dtype)
    weights = _attend(q, k, v, _split(out, 1, heads)[0], scale, bias)

    def pullback(g: np.ndarray, needs: Any) -> tuple[np.ndarray]:
        gx = np.empty(packed.shape, packed.dtype)
        _attend_back(_split(g, 1, heads)[0], q, k, v, weights, scale, _split(gx, 3, heads))
        return (gx,)

    return out, pullback


@fused(_self_attention_kernel)
def _self_attention(packed: TensorLike, *, heads: int, mask: Any, causal: bool) -> Tensor:
    _check_packed(packed, heads)
    batch, time, width = packed.shape
    parts = transpose(reshape(packed, shape=(batch, time, 3, heads, width // (3 * heads))), axes=(2, 0, 3, 1, 4))
    out = attention(parts[0], parts[1], parts[2], mask=mask, causal=causal)
    return reshape(transpose(out, axes=(0, 2, 1, 3)), shape=(batch, time, width // 3))


def self_attention(packed: TensorLike, *, heads: int, mask: Any = None, causal: bool = False) -> Tensor:
    """Attention of a sequence to itself, in several heads, from queries, keys and values in one array.

    Parameters
    ----------
    packed : Tensor, shape (batch, time, 3 * d)
        All queries' features, then the keys', then the values'; each are d / heads features for every head in turn.
    heads : int
        A divisor of d.
    mask : array, optional, of a shape that broadcasts to (batch, heads, time, time)
        As in `attention`.
    causal : bool
        Let each place see itself and earlier ones only.

    Returns
    -------
    Tensor, shape (batch, time, d)
        The heads' results side by side.

    Raises
    ------
    ValueError
        If the features are not three parts for each head, or the mask does not fit.

    References
    ----------
    Vaswani et al. (2017), section 3.2.2.

    Examples
    --------
    >>> self_attention(Tensor([[[0.0, 0.0, 1.0], [0.0, 0.0, 3.0]]]), heads=1)
    Tensor([[[2.],
             [2.]]])
    """
    return _self_attention(packed, heads=heads, mask=mask, causal=causal)


def multi_head_attention(
    queries: TensorLike,
    keys: TensorLike,
    values: TensorLike,
    *,
    heads: int,
    mask: Any = None,
    causal: bool = False,
) -> Tensor:
    """Attention in several heads, each on its own share of the features.

    Parameters
    ----------
    queries : Tensor, shape (batch, m, d)
    keys : Tensor, shape (batch, n, d)
    values : Tensor, shape (batch, n, e)
    heads : int
        A divisor of d and e.
    mask : array, optional, of a shape that broadcasts to (batch, heads, m, n)
        As in `attention`.
    causal : bool

    Returns
    -------
    Tensor, shape (batch, m, e)
        The heads' results side by side.

    References
    ----------
    Vaswani et al. (2017), section 3.2.2.

    Examples
    --------
    >>> x = Tensor([[[0.0, 1.0], [0.0, 3.0]]])
    >>> multi_head_attention(x, 0.0 * x, x, heads=2)
    Tensor([[[0., 2.],
             [0., 2.]]])
    """
    split = []
    for name, x in (("queries", queries), ("keys", keys), ("values", values)):
        shape = np.shape(x)
        if len(shape) != 3 or shape[-1] % heads:
            raise ValueError(
                f"expected {name} of shape (batch, time, d) with d a multiple of heads={heads}; got {shape}"
            )
        split.append(transpose(reshape(x, shape=(*shape[:2], heads, shape[-1] // heads)), axes=(0, 2, 1, 3)))
    out = transpose(attention(*split, mask=mask, causal=causal), axes=(0, 2, 1, 3))
    return reshape(out, shape=(*np.shape(out)[:2], np.shape(values)[-1]))
