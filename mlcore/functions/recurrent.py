"""Recurrent networks: the same cell at every step of a sequence.

The states of all steps come from one fused kernel where it applies; peepholes, GRUs that reset first and sequences of
different lengths go step by step through the cells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.autodiff.fused import fused
from mlcore.autodiff.shaping import getitem, stack, transpose
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions import recurrent_kernels as kernels
from mlcore.functions.masks import padding_mask
from mlcore.functions.recurrent_cells import gru_cell, lstm_cell, rnn_cell, step_kept


def _scan(x: Any, step: Callable[[Any, Any], Any], state: tuple, alive: Any = None) -> list[tuple]:
    """Apply a cell at every time in turn; return the state after each."""
    states = []
    for t in range(x.shape[1]):
        new = step(x[:, t], state)
        state = tuple(step_kept(n, o, None if alive is None else alive[:, t]) for n, o in zip(new, state, strict=True))
        states.append(state)
    return states


def _ready(x: TensorLike, state: Any, hidden: int, lengths: Any, reverse: bool) -> tuple[Any, Any, Any, Any]:
    """Return x as an array or Tensor in the cell's order of time, its state, which steps are alive, and the order."""
    x = x if isinstance(x, Tensor) else np.asarray(x)
    if x.ndim != 3:
        raise ValueError(f"expected x of shape (batch, time, in); got {x.shape}")
    batch, time = x.shape[:2]
    if state is None:
        state = np.zeros((batch, hidden), x.dtype)
    alive = None if lengths is None else padding_mask(lengths, time)
    order: Any = None
    if reverse:
        order = (slice(None), slice(None, None, -1))
        if alive is not None:  # each sequence is turned around within its length
            steps, ends = np.arange(time), np.asarray(lengths)[:, None]
            order = np.arange(batch)[:, None], np.where(steps < ends, ends - 1 - steps, steps)
    return x if order is None else getitem(x, index=order), state, alive, order


def _outputs(states: Any, alive: Any, order: Any) -> Any:
    """Turn states (time, batch, hidden) into outputs (batch, time, hidden), with zeros after a sequence's end."""
    out = transpose(states, axes=(1, 0, 2))
    if alive is not None:
        out = out * alive[..., None].astype(out.dtype)
    return out if order is None else getitem(out, index=order)


# ---- simple recurrent network -----------------------------------------------------------------------------------


@fused(kernels.rnn)
def _rnn_states(x: Any, h: Any, weight_x: Any, weight_h: Any, bias: Any, *, activation: str) -> Tensor:
    def step(xt: Any, state: tuple) -> tuple:
        return (rnn_cell(xt, *state, weight_x, weight_h, bias, activation=activation),)

    return stack([h for (h,) in _scan(x, step, (h,))])


def rnn(
    x: TensorLike,
    weight_x: TensorLike,
    weight_h: TensorLike,
    bias: TensorLike | None = None,
    *,
    state: TensorLike | None = None,
    activation: str = "tanh",
    lengths: Any = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """Run a simple recurrent network over sequences, h = tanh(x[t] @ weight_x + h @ weight_h + bias).

    Parameters
    ----------
    x : Tensor, shape (batch, time, in)
    weight_x : Tensor, shape (in, hidden)
    weight_h : Tensor, shape (hidden, hidden)
    bias : Tensor, shape (hidden,), optional
    state : Tensor, shape (batch, hidden), optional
        Where h starts; zeros by default.
    activation : str
        ``"tanh"`` or ``"relu"``.
    lengths : array of int, shape (batch,), optional
        How long each sequence is; outputs are 0 from there on, and the state stays.
    reverse : bool
        Go from the end to the beginning.

    Returns
    -------
    outputs : Tensor, shape (batch, time, hidden)
        The state after each step.
    state : Tensor, shape (batch, hidden)
        The last one.

    Raises
    ------
    ValueError
        If shapes do not fit, or the activation is neither.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 10.2.

    Examples
    --------
    >>> one = Tensor([[1.0]])
    >>> outputs, last = rnn(Tensor([[[1.0], [0.0], [0.0]]]), one, 0.5 * one, activation="relu")
    >>> outputs.numpy().ravel()
    array([1.  , 0.5 , 0.25], dtype=float32)
    """
    if activation not in ("tanh", "relu"):
        raise ValueError(f"expected activation 'tanh' or 'relu'; got {activation!r}")
    x, h, alive, order = _ready(x, state, np.shape(weight_h)[0], lengths, reverse)
    if not x.shape[1]:
        return transpose(_no_steps(x, h), axes=(1, 0, 2)), h
    if alive is None:
        states = _rnn_states(x, h, weight_x, weight_h, bias, activation=activation)
    else:

        def step(xt: Any, state: tuple) -> tuple:
            return (rnn_cell(xt, *state, weight_x, weight_h, bias, activation=activation),)

        states = stack([h for (h,) in _scan(x, step, (h,), alive)])
    return _outputs(states, alive, order), states[-1]


def _no_steps(x: Any, h: Any) -> np.ndarray:
    return np.zeros((0, *h.shape), x.dtype)


# ---- long short-term memory -------------------------------------------------------------------------------------


@fused(kernels.lstm)
def _lstm_states(x: Any, h: Any, c: Any, weight_x: Any, weight_h: Any, bias: Any) -> Tensor:
    states = _scan(x, lambda xt, state: lstm_cell(xt, *state, weight_x, weight_h, bias), (h, c))
    return stack([*(h for h, _ in states), states[-1][1]])


def lstm(
    x: TensorLike,
    weight_x: TensorLike,
    weight_h: TensorLike,
    bias: TensorLike | None = None,
    *,
    state: tuple[TensorLike, TensorLike] | None = None,
    peephole: TensorLike | None = None,
    lengths: Any = None,
    reverse: bool = False,
) -> tuple[Tensor, tuple[Tensor, Tensor]]:
    """Run a long short-term memory over sequences; each step is that of `lstm_cell`.

    Parameters
    ----------
    x : Tensor, shape (batch, time, in)
    weight_x : Tensor, shape (in, 4 * hidden)
    weight_h : Tensor, shape (hidden, 4 * hidden)
    bias : Tensor, shape (4 * hidden,), optional
    state : pair of Tensor, shape (batch, hidden), optional
        Where h and c start; zeros by default.
    peephole : Tensor, shape (3, hidden), optional
        As in `lstm_cell`.
    lengths : array of int, shape (batch,), optional
        How long each sequence is; outputs are 0 from there on, and the state stays.
    reverse : bool
        Go from the end to the beginning.

    Returns
    -------
    outputs : Tensor, shape (batch, time, hidden)
        h after each step.
    state : pair of Tensor, shape (batch, hidden)
        The last h and c.

    Raises
    ------
    ValueError
        If shapes do not fit.

    References
    ----------
    Hochreiter and Schmidhuber (1997); Goodfellow, Bengio and Courville, *Deep Learning*, section 10.10.1.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> outputs, (h, c) = lstm(np.ones((2, 5, 3)), rng.normal(size=(3, 16)), rng.normal(size=(4, 16)))
    >>> outputs.shape, h.shape
    ((2, 5, 4), (2, 4))
    """
    hidden = np.shape(weight_h)[0]
    h, c = (None, None) if state is None else state
    x, h, alive, order = _ready(x, h, hidden, lengths, reverse)
    c = np.zeros((x.shape[0], hidden), x.dtype) if c is None else c
    if not x.shape[1]:
        return transpose(_no_steps(x, h), axes=(1, 0, 2)), (h, c)
    if alive is None and peephole is None:
        states = _lstm_states(x, h, c, weight_x, weight_h, bias)
        return _outputs(states[:-1], None, order), (states[-2], states[-1])

    def step(xt: Any, state: tuple) -> tuple:
        return lstm_cell(xt, *state, weight_x, weight_h, bias, peephole=peephole)

    steps = _scan(x, step, (h, c), alive)
    return _outputs(stack([h for h, _ in steps]), alive, order), steps[-1]


# ---- gated recurrent unit ---------------------------------------------------------------------------------------


@fused(kernels.gru)
def _gru_states(x: Any, h: Any, weight_x: Any, weight_h: Any, bias: Any, candidate_bias: Any) -> Tensor:
    def step(xt: Any, state: tuple) -> tuple:
        return (gru_cell(xt, *state, weight_x, weight_h, bias, candidate_bias),)

    return stack([h for (h,) in _scan(x, step, (h,))])


def gru(
    x: TensorLike,
    weight_x: TensorLike,
    weight_h: TensorLike,
    bias: TensorLike | None = None,
    candidate_bias: TensorLike | None = None,
    *,
    state: TensorLike | None = None,
    reset_after: bool = True,
    lengths: Any = None,
    reverse: bool = False,
) -> tuple[Tensor, Tensor]:
    """Run a gated recurrent unit over sequences; each step is that of `gru_cell`.

    Parameters
    ----------
    x : Tensor, shape (batch, time, in)
    weight_x : Tensor, shape (in, 3 * hidden)
    weight_h : Tensor, shape (hidden, 3 * hidden)
    bias : Tensor, shape (3 * hidden,), optional
    candidate_bias : Tensor, shape (hidden,), optional
    state : Tensor, shape (batch, hidden), optional
        Where h starts; zeros by default.
    reset_after : bool
        As in `gru_cell`.
    lengths : array of int, shape (batch,), optional
        How long each sequence is; outputs are 0 from there on, and the state stays.
    reverse : bool
        Go from the end to the beginning.

    Returns
    -------
    outputs : Tensor, shape (batch, time, hidden)
        The state after each step.
    state : Tensor, shape (batch, hidden)
        The last one.

    Raises
    ------
    ValueError
        If shapes do not fit.

    References
    ----------
    Cho et al. (2014); Goodfellow, Bengio and Courville, *Deep Learning*, section 10.10.2.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> outputs, last = gru(np.ones((2, 5, 3)), rng.normal(size=(3, 12)), rng.normal(size=(4, 12)))
    >>> outputs.shape, last.shape
    ((2, 5, 4), (2, 4))
    """
    x, h, alive, order = _ready(x, state, np.shape(weight_h)[0], lengths, reverse)
    if not x.shape[1]:
        return transpose(_no_steps(x, h), axes=(1, 0, 2)), h
    if alive is None and reset_after:
        states = _gru_states(x, h, weight_x, weight_h, bias, candidate_bias)
    else:

        def step(xt: Any, state: tuple) -> tuple:
            return (gru_cell(xt, *state, weight_x, weight_h, bias, candidate_bias, reset_after=reset_after),)

        states = stack([h for (h,) in _scan(x, step, (h,), alive)])
    return _outputs(states, alive, order), states[-1]
