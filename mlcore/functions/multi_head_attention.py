"""Attention in several heads, each on its own share of the features.

Self-attention takes one array that holds queries, keys and values, as one dense layer makes them. Its kernel works on
views into it and writes the heads' results side by side, so no array is split, permuted or joined by copying.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.shaping import repeat, reshape, transpose
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.attention import attend, attend_back, attention
from mlcore.functions.masks import is_learned, scores_bias


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
    weights, _ = attend(q, k, v, _split(out, 1, heads)[0], scale, bias)

    def pullback(g: np.ndarray, needs: Any) -> tuple[np.ndarray]:
        gx = np.empty(packed.shape, packed.dtype)
        attend_back(_split(g, 1, heads)[0], q, k, v, weights, None, scale, _split(gx, 3, heads))
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
    if is_learned(mask):  # beyond what the kernel can do
        return _self_attention.primitive.function(packed, heads=heads, mask=mask, causal=causal)
    return _self_attention(packed, heads=heads, mask=mask, causal=causal)


def multi_head_attention(
    queries: TensorLike,
    keys: TensorLike,
    values: TensorLike,
    *,
    heads: int,
    key_heads: int | None = None,
    mask: Any = None,
    causal: bool = False,
    scale: float | None = None,
    softcap: float | None = None,
) -> Tensor:
    """Attention in several heads, each on its own share of the features.

    Parameters
    ----------
    queries : Tensor, shape (batch, m, heads * d)
    keys : Tensor, shape (batch, n, key_heads * d)
    values : Tensor, shape (batch, n, key_heads * e)
    heads : int
    key_heads : int, optional
        How many heads keys and values have, a divisor of ``heads``: each is then shared by a group of queries' heads.
        As many as queries by default; 1 shares one among all.
    mask : array, optional, of a shape that broadcasts to (batch, heads, m, n)
        As in `attention`.
    causal, scale, softcap
        As in `attention`.

    Returns
    -------
    Tensor, shape (batch, m, heads * e)
        The heads' results side by side.

    Raises
    ------
    ValueError
        If the features do not divide among the heads, or shapes do not fit.

    References
    ----------
    Vaswani et al. (2017), section 3.2.2; Ainslie et al. (2023), section 2.2, for ``key_heads``.

    Examples
    --------
    >>> x = Tensor([[[0.0, 1.0], [0.0, 3.0]]])
    >>> multi_head_attention(x, 0.0 * x, x, heads=2)
    Tensor([[[0., 2.],
             [0., 2.]]])
    """
    key_heads = heads if key_heads is None else key_heads
    if key_heads < 1 or heads % key_heads:
        raise ValueError(f"expected key_heads to divide heads={heads}; got {key_heads}")
    q, k, v = (
        _by_head(queries, heads, "queries"),
        _by_head(keys, key_heads, "keys"),
        _by_head(values, key_heads, "values"),
    )
    if key_heads < heads:
        k, v = (repeat(x, heads // key_heads, axis=1) for x in (k, v))
    out = transpose(attention(q, k, v, mask=mask, causal=causal, scale=scale, softcap=softcap), axes=(0, 2, 1, 3))
    return reshape(out, shape=(*np.shape(out)[:2], heads * np.shape(v)[-1]))


def _by_head(x: TensorLike, heads: int, name: str) -> Any:
    """Turn (batch, time, heads * d) into (batch, heads, time, d)."""
    shape = np.shape(x)
    if len(shape) != 3 or shape[-1] % heads:
        raise ValueError(f"expected {name} of shape (batch, time, d) with d a multiple of heads={heads}; got {shape}")
    return transpose(reshape(x, shape=(*shape[:2], heads, shape[-1] // heads)), axes=(0, 2, 1, 3))
