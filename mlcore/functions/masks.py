"""Masks: which places of a sequence may be seen, from where."""

from __future__ import annotations

from typing import Any

import numpy as np


def causal_mask(queries: int, keys: int | None = None) -> np.ndarray:
    """Return which keys each query may see if it must not see the future: True where key <= query.

    Parameters
    ----------
    queries : int
    keys : int, optional
        As many as queries by default.

    Returns
    -------
    array of bool, shape (queries, keys)

    Examples
    --------
    >>> causal_mask(3)
    array([[ True, False, False],
           [ True,  True, False],
           [ True,  True,  True]])
    """
    return np.tri(queries, queries if keys is None else keys, dtype=bool)


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


def scores_bias(mask: Any, causal: bool, shape: tuple[int, ...], dtype: Any) -> Any:
    """Turn a mask of either kind into one array to add to scores of the given shape, or None.

    A hidden key gets the score minus infinity.
    """
    bias = None
    if mask is not None:
        mask = np.asarray(mask)
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
