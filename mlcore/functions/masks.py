"""Masks: which places of a sequence may be seen, from where."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor


def window_mask(
    queries: int, keys: int | None = None, *, before: int | None = None, after: int | None = None, offset: Any = 0
) -> np.ndarray:
    """Return which keys each query may see if it sees only places near its own.

    Query i stands at place i + offset, and sees the keys from ``before`` places before it to ``after`` places after.

    Parameters
    ----------
    queries : int
    keys : int, optional
        As many as queries by default.
    before, after : int, optional
        No limit by default.
    offset : int, or array of int, shape (...)
        How many keys lie before the first query, as when a text is continued.

    Returns
    -------
    array of bool, shape (..., queries, keys)

    References
    ----------
    Beltagy, Peters and Cohan (2020), section 3.1.

    Examples
    --------
    >>> window_mask(3, before=1, after=0)
    array([[ True, False, False],
           [ True,  True, False],
           [False,  True,  True]])
    """
    places = np.arange(queries)[:, None] + np.asarray(offset)[..., None, None]
    distances = np.arange(queries if keys is None else keys) - places
    mask = np.ones(distances.shape, bool)
    if before is not None:
        mask &= distances >= -before
    if after is not None:
        mask &= distances <= after
    return mask


def causal_mask(queries: int, keys: int | None = None, *, offset: Any = 0) -> np.ndarray:
    """Return which keys each query may see if it must not see the future: True where key <= query + offset.

    Parameters
    ----------
    queries : int
    keys : int, optional
        As many as queries by default.
    offset : int, or array of int, shape (...)
        How many keys lie before the first query, as when a text is continued.

    Returns
    -------
    array of bool, shape (..., queries, keys)

    Examples
    --------
    >>> causal_mask(3)
    array([[ True, False, False],
           [ True,  True, False],
           [ True,  True,  True]])
    """
    return window_mask(queries, keys, after=0, offset=offset)


def padding_mask(lengths: Any, time: int) -> np.ndarray:
    """Return which places of padded sequences hold something: True before each sequence's end.

    Parameters
    ----------
    lengths : array of int, shape (batch,)
        How long each sequence is.
    time : int
        To which length all are padded.

    Returns
    -------
    array of bool, shape (batch, time)
        ``mask[:, None, None, :]`` is a mask for attention in several heads.

    Raises
    ------
    ValueError
        If a length is negative or above ``time``.

    Examples
    --------
    >>> padding_mask([1, 3], 3)
    array([[ True, False, False],
           [ True,  True,  True]])
    """
    lengths = np.asarray(lengths)
    if lengths.size and (lengths.min() < 0 or lengths.max() > time):
        raise ValueError(f"expected lengths from 0 to {time}; got {lengths.min()} to {lengths.max()}")
    return np.arange(time) < lengths[:, None]


def is_learned(mask: Any) -> bool:
    """Whether a mask is a Tensor to differentiate with respect to."""
    return isinstance(mask, Tensor) and mask.requires_grad


def scores_bias(mask: Any, causal: bool, shape: tuple[int, ...], dtype: Any) -> Any:
    """Turn a mask of either kind into one array to add to scores of the given shape, or None.

    A hidden key gets the score minus infinity. A Tensor of numbers stays one, to be learned.
    """
    bias = None
    if mask is not None:
        mask = mask if is_learned(mask) else np.asarray(mask)
        bias = np.where(mask, 0, dtype.type(-np.inf)) if mask.dtype == bool else mask.astype(dtype, copy=False)
        try:
            fits = np.broadcast_shapes(bias.shape, shape) == shape
        except ValueError:
            fits = False
        if not fits:
            raise ValueError(f"expected a mask that broadcasts to the scores' shape {shape}; got {mask.shape}")
    if causal:
        later = np.where(causal_mask(*shape[-2:]), 0, dtype.type(-np.inf))
        bias = later if bias is None else bias + later
    return bias
