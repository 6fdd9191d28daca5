"""Recurrent cells: one step in time, from an input and a state to the next state.

Gates lie side by side in the weights, in PyTorch's order: input, forget, candidate, output for LSTM; reset, update,
candidate for GRU.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.elementwise import sigmoid, tanh
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.activations import relu


def check_weights(x: Any, weight_x: Any, weight_h: Any, bias: Any, gates: int) -> int:
    """Check the shapes of a cell's weights; return the number of hidden units."""
    hidden = weight_h.shape[0]
    for name, value, expected in (
        ("weight_h", weight_h, (hidden, gates * hidden)),
        ("weight_x", weight_x, (x.shape[-1], gates * hidden)),
        ("bias", bias, (gates * hidden,)),
    ):
        if value is not None and tuple(value.shape) != expected:
            raise ValueError(
                f"expected {name} of shape {expected} for {x.shape[-1]} features and {hidden} hidden units with "
                f"{gates} gate{'s' * (gates > 1)}; got {tuple(value.shape)}"
            )
    return hidden


def _pre_activation(x: Any, h: Any, weight_x: Any, weight_h: Any, bias: Any) -> Any:
    out = x @ weight_x + h @ weight_h
    return out if bias is None else out + bias


def rnn_cell(
    x: TensorLike,
    h: TensorLike,
    weight_x: TensorLike,
    weight_h: TensorLike,
    bias: TensorLike | None = None,
    *,
    activation: str = "tanh",
) -> Tensor:
    """Take one step of a simple recurrent network, tanh(x @ weight_x + h @ weight_h + bias).

    Parameters
    ----------
    x : Tensor, shape (batch, in)
    h : Tensor, shape (batch, hidden)
    weight_x : Tensor, shape (in, hidden)
    weight_h : Tensor, shape (hidden, hidden)
    bias : Tensor, shape (hidden,), optional
    activation : str
        ``"tanh"`` or ``"relu"``.

    Returns
    -------
    Tensor, shape (batch, hidden)

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, equations 10.8 and 10.9.

    Examples
    --------
    >>> one = Tensor([[1.0]])
    >>> rnn_cell(one, one, one, one, activation="relu")
    Tensor([[2.]])
    """
    check_weights(x, weight_x, weight_h, bias, 1)
    pre = _pre_activation(x, h, weight_x, weight_h, bias)
    return relu(pre) if activation == "relu" else tanh(pre)


def lstm_cell(
    x: TensorLike,
    h: TensorLike,
    c: TensorLike,
    weight_x: TensorLike,
    weight_h: TensorLike,
    bias: TensorLike | None = None,
    *,
    peephole: TensorLike | None = None,
) -> tuple[Tensor, Tensor]:
    """Take one step of a long short-term memory.

    With gates ``i, f, o = sigmoid(...)`` and candidate ``g = tanh(...)`` of ``x @ weight_x + h @ weight_h + bias``,

    - the cell remembers ``c = f * c + i * g``,
    - and shows ``h = o * tanh(c)``.

    Parameters
    ----------
    x : Tensor, shape (batch, in)
    h, c : Tensor, shape (batch, hidden)
    weight_x : Tensor, shape (in, 4 * hidden)
    weight_h : Tensor, shape (hidden, 4 * hidden)
    bias : Tensor, shape (4 * hidden,), optional
    peephole : Tensor, shape (3, hidden), optional
        Lets input and forget gate see the old c, and the output gate the new one.

    Returns
    -------
    h, c : Tensor, shape (batch, hidden)

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, equations 10.40 to 10.44; Gers and Schmidhuber (2000) for
    peepholes.

    Examples
    --------
    >>> zero, weight = Tensor([[0.0]]), Tensor(np.zeros((1, 4)))
    >>> h, c = lstm_cell(zero, zero, Tensor([[2.0]]), weight, weight)  # half is forgotten
    >>> c
    Tensor([[1.]], dtype=float64)
    """
    hidden = check_weights(x, weight_x, weight_h, bias, 4)
    pre = _pre_activation(x, h, weight_x, weight_h, bias)
    i, f, g, o = (pre[..., k * hidden : (k + 1) * hidden] for k in range(4))
    if peephole is not None:
        i, f = i + peephole[0] * c, f + peephole[1] * c
    c = sigmoid(f) * c + sigmoid(i) * tanh(g)
    if peephole is not None:
        o = o + peephole[2] * c
    return sigmoid(o) * tanh(c), c


def gru_cell(
    x: TensorLike,
    h: TensorLike,
    weight_x: TensorLike,
    weight_h: TensorLike,
    bias: TensorLike | None = None,
    candidate_bias: TensorLike | None = None,
    *,
    reset_after: bool = True,
) -> Tensor:
    """Take one step of a gated recurrent unit.

    With gates ``r, z = sigmoid(...)`` of ``x @ weight_x + h @ weight_h + bias``, and Wx, Wh, b the candidate's part,

    - the candidate is ``n = tanh(x @ Wx + b + r * (h @ Wh + candidate_bias))``,
    - the next state ``h = (1 - z) * n + z * h``.

    Parameters
    ----------
    x : Tensor, shape (batch, in)
    h : Tensor, shape (batch, hidden)
    weight_x : Tensor, shape (in, 3 * hidden)
    weight_h : Tensor, shape (hidden, 3 * hidden)
    bias : Tensor, shape (3 * hidden,), optional
    candidate_bias : Tensor, shape (hidden,), optional
    reset_after : bool
        False resets before the product, ``(r * h) @ Wh``, as in the first publication.

    Returns
    -------
    Tensor, shape (batch, hidden)

    References
    ----------
    Cho et al. (2014); Goodfellow, Bengio and Courville, *Deep Learning*, equations 10.45 to 10.47.

    Examples
    --------
    >>> zero, weight = Tensor([[0.0]]), Tensor(np.zeros((1, 3)))
    >>> gru_cell(zero, Tensor([[2.0]]), weight, weight)
    Tensor([[1.]], dtype=float64)
    """
    hidden = check_weights(x, weight_x, weight_h, bias, 3)
    gates, last = slice(0, 2 * hidden), slice(2 * hidden, 3 * hidden)
    from_x = x @ weight_x if bias is None else x @ weight_x + bias
    if reset_after:
        from_h = h @ weight_h
        rz = sigmoid(from_x[..., gates] + from_h[..., gates])
        r, z = rz[..., :hidden], rz[..., hidden:]
        inner = from_h[..., last] if candidate_bias is None else from_h[..., last] + candidate_bias
        n = tanh(from_x[..., last] + r * inner)
    else:
        rz = sigmoid(from_x[..., gates] + h @ weight_h[:, gates])
        r, z = rz[..., :hidden], rz[..., hidden:]
        inner = (r * h) @ weight_h[:, last]
        n = tanh(from_x[..., last] + (inner if candidate_bias is None else inner + candidate_bias))
    return n + z * (h - n)


def step_kept(new: Any, old: Any, alive: np.ndarray | None) -> Any:
    """Take the new state of sequences that are still going on, and keep the old one of those that have ended."""
    return new if alive is None else np.where(alive[:, None], new, old)
