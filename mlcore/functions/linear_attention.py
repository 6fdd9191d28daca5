"""Linear attention: without the softmax, attention is a recurrent network whose state is a matrix."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from mlcore.autodiff.shaping import stack, unstack
from mlcore.autodiff.tensor import Tensor, TensorLike


def linear_attention(
    queries: TensorLike,
    keys: TensorLike,
    values: TensorLike,
    *,
    decay: TensorLike | None = None,
    beta: TensorLike | None = None,
    state: TensorLike | None = None,
    scale: float | None = None,
) -> tuple[Tensor, Tensor]:
    """Attend with weights proportional to query @ key: what was seen so far is one matrix, whatever the time.

    At each step the state S (d, e) takes up a key k and its value v, and answers a query q:

    - it forgets, ``S = decay * S``, row by row;
    - it writes, ``S = S + outer(k, v)``; or with beta, by the delta rule, ``S = S + outer(k, beta * (v - k @ S))``,
      which replaces what it held for this key;
    - it is read, ``out = scale * q @ S``.

    A step costs d * e however many came before; those of `attention` cost more and more.

    Parameters
    ----------
    queries, keys : Tensor, shape (..., time, d)
        Leading axes broadcast.
    values : Tensor, shape (..., time, e)
    decay : Tensor, shape (..., time, d) or (..., time, 1), optional
        From 0 to 1; nothing is forgotten by default.
    beta : Tensor, shape (..., time, 1), optional
        Which part of the old value is replaced, from 0 to 1.
    state : Tensor, shape (..., d, e), optional
        Where S starts; zeros by default.
    scale : float, optional
        1 / sqrt(d) by default.

    Returns
    -------
    outputs : Tensor, shape (..., time, e)
    state : Tensor, shape (..., d, e)
        The last one.

    Raises
    ------
    ValueError
        If there are no steps, or not equally many queries, keys and values, or features of queries and keys.

    References
    ----------
    Katharopoulos et al. (2020), section 3.4; Yang, Kautz and Hatamizadeh (2025), section 3.1, for decay and beta.

    Examples
    --------
    >>> one = Tensor([[1.0], [1.0]])
    >>> linear_attention(one, one, Tensor([[1.0], [5.0]]))[0].numpy().ravel()  # adds up
    array([1., 6.], dtype=float32)
    >>> linear_attention(one, one, Tensor([[1.0], [5.0]]), beta=one)[0].numpy().ravel()  # replaces
    array([1., 5.], dtype=float32)
    """
    shapes = [np.shape(x) for x in (queries, keys, values)]
    if min(map(len, shapes)) < 2 or len({s[-2] for s in shapes}) > 1 or shapes[0][-1] != shapes[1][-1]:
        raise ValueError(
            "expected queries (..., time, d), keys (..., time, d) and values (..., time, e); "
            f"got {shapes[0]}, {shapes[1]} and {shapes[2]}"
        )
    (*leading, time, d), e = shapes[1], shapes[2][-1]
    if not time:
        raise ValueError(f"expected at least one step; got keys of shape {shapes[1]}")
    q, k, v = (_steps(x) for x in (queries, keys, values))
    decays, betas = (itertools.repeat(None, time) if x is None else _steps(x) for x in (decay, beta))
    state = np.zeros((*leading, d, e), k[0].dtype) if state is None else state
    outputs = []
    for qt, kt, vt, decay_t, beta_t in zip(q, k, v, decays, betas, strict=True):
        if decay_t is not None:
            state = decay_t[..., None] * state
        new = vt if beta_t is None else beta_t * (vt - _read(kt, state))
        state = state + kt[..., :, None] * new[..., None, :]
        outputs.append(_read(qt, state))
    return stack(outputs, axis=-2) * (1 / math.sqrt(d) if scale is None else scale), state


def _steps(x: Any) -> tuple[Any, ...]:
    return unstack(x if isinstance(x, Tensor) else np.asarray(x), axis=-2)


def _read(key: Any, state: Any) -> Any:
    """Return key @ state for each example."""
    return (key[..., None, :] @ state)[..., 0, :]
