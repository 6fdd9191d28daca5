"""Connectionist temporal classification: labels for a sequence without knowing when each is said."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import reductions
from mlcore.autodiff.fused import fused
from mlcore.autodiff.reductions import logsumexp
from mlcore.autodiff.shaping import concatenate, getitem, stack
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions.activations import log_softmax
from mlcore.functions.embedding import class_numbers
from mlcore.functions.losses import share

#: The logarithm of nothing: finite, so that differences of it are numbers.
_NEVER = -1e30


class _Alignment:
    """The states that a label sequence passes through, and which may follow which.

    Between labels, before the first and after the last there is an optional blank: 2 * length + 1 states. From one
    state a path stays, goes to the next, or skips a blank between two labels that differ.
    """

    def __init__(self, shape: tuple[int, ...], targets: Any, input_lengths: Any, target_lengths: Any, blank: int):
        batch, time, classes = shape
        targets = np.atleast_2d(class_numbers(targets, classes, "targets"))
        if len(targets) != batch:
            raise ValueError(f"expected targets of shape ({batch}, longest); got {targets.shape}")
        self.input_lengths = _lengths(input_lengths, batch, time, "input_lengths")
        self.target_lengths = _lengths(target_lengths, batch, targets.shape[1], "target_lengths")
        self.labels = np.full((batch, 2 * targets.shape[1] + 1), blank)
        self.labels[:, 1::2] = targets
        self.skips = np.zeros(self.labels.shape, bool)  # whether a state can be reached from two before it
        self.skips[:, 2:] = (self.labels[:, 2:] != blank) & (self.labels[:, 2:] != self.labels[:, :-2])
        self.rows = np.arange(batch)
        self.ends = 2 * self.target_lengths  # the last state, a blank; the one before it ends a path as well
        self.alive = np.arange(time)[:, None] < self.input_lengths


def _lengths(lengths: Any, batch: int, longest: int, name: str) -> np.ndarray:
    lengths = np.full(batch, longest) if lengths is None else np.asarray(lengths)
    if lengths.shape != (batch,) or (lengths.size and (lengths.min() < 0 or lengths.max() > longest)):
        raise ValueError(f"expected {name} of shape ({batch},), from 0 to {longest}; got {lengths!r}")
    return lengths


def _start(shape: tuple[int, int], dtype: Any) -> np.ndarray:
    """Return log-probabilities before the first step: in a state before the first."""
    out = np.full(shape, _NEVER, dtype)
    out[:, 0] = 0
    return out


def _shifted(a: Any, by: int, allowed: Any = None) -> Any:
    """Move states up by one or two, or down where ``by`` is negative."""
    edge = np.full((a.shape[0], min(abs(by), a.shape[1])), _NEVER, a.dtype)
    out = (
        concatenate([edge, a[:, :-by]] if by > 0 else [a[:, -by:], edge], axis=1)
        if a.shape[1] > abs(by)
        else (np.full(a.shape, _NEVER, a.dtype))
    )
    return out if allowed is None else np.where(allowed, out, _NEVER)


def _arrive(alpha: Any, skips: np.ndarray, first: bool) -> Any:
    """Add up the log-probabilities of all ways into each state; before the first step only two states are open."""
    if first:
        return concatenate([alpha[:, :1], alpha[:, :1], alpha[:, 2:]], axis=1) if alpha.shape[1] > 1 else alpha
    ways = stack([alpha, _shifted(alpha, 1), _shifted(alpha, 2, skips)])
    return logsumexp(ways, axis=0)


def _likelihood(alpha: Any, a: _Alignment) -> Any:
    """Return the log-probability of having ended, from that of all states at the end."""
    last = getitem(alpha, index=(a.rows, a.ends))
    before = getitem(alpha, index=(a.rows, np.maximum(a.ends - 1, 0)))
    return logsumexp(stack([last, np.where(a.ends > 0, before, _NEVER)]), axis=0)


def _ctc_kernel(log_probabilities: np.ndarray, *, alignment: _Alignment) -> tuple[np.ndarray, Any]:
    a = alignment
    time = log_probabilities.shape[1]
    emitted = np.take_along_axis(log_probabilities, a.labels[:, None, :], axis=2).swapaxes(0, 1)
    alphas = np.empty(emitted.shape, emitted.dtype)
    alpha = _start(a.labels.shape, emitted.dtype)
    for t in range(time):
        new = _arrive(alpha, a.skips, t == 0) + emitted[t]
        alphas[t] = alpha = np.where(a.alive[t][:, None], new, alpha)
    likelihood = _likelihood(alpha, a)

    def pullback(g: np.ndarray, needs: Any) -> tuple[np.ndarray]:
        beta = np.full(a.labels.shape, _NEVER, emitted.dtype)  # log-probability of what comes after each state
        beta[a.rows, a.ends] = 0
        beta[a.rows, np.maximum(a.ends - 1, 0)] = 0
        weights = np.zeros_like(emitted)
        leave = np.zeros_like(a.skips)
        leave[:, :-2] = a.skips[:, 2:]
        possible = (likelihood > _NEVER / 2)[:, None]
        for t in range(time - 1, -1, -1):
            here = a.alive[t][:, None] & possible
            weights[t] = np.where(here, np.exp(np.where(here, alphas[t] + beta - likelihood[:, None], 0)), 0)
            onward = beta + emitted[t]
            ways = np.stack([onward, _shifted(onward, -1), _shifted(onward, -2, leave)])
            beta = np.where(a.alive[t][:, None], logsumexp(ways, axis=0), beta)
        weights *= g[:, None]
        gx = np.zeros(log_probabilities.shape, log_probabilities.dtype)
        for state in range(a.labels.shape[1]):  # a label may come several times
            gx[a.rows, :, a.labels[:, state]] += weights[:, :, state].T
        return (gx,)

    return likelihood, pullback


@fused(_ctc_kernel)
def _ctc(log_probabilities: TensorLike, *, alignment: _Alignment) -> Tensor:
    a = alignment
    x = log_probabilities
    alpha = _start(a.labels.shape, x.dtype)
    for t in range(x.shape[1]):
        emitted = getitem(x, index=(a.rows[:, None], t, a.labels))
        new = _arrive(alpha, a.skips, t == 0) + emitted
        alpha = np.where(a.alive[t][:, None], new, alpha)
    return _likelihood(alpha, a)


def ctc(
    logits: TensorLike,
    targets: Any,
    *,
    input_lengths: Any = None,
    target_lengths: Any = None,
    blank: int = 0,
    zero_infinity: bool = False,
    reduction: str = "mean",
) -> Tensor:
    """Mean negative log-likelihood of label sequences, over all the ways in which their labels can lie in time.

    At every step the network says one label or nothing, the blank. What it says is read by dropping repetitions and
    then blanks; the likelihood of a sequence is the sum over all that read so, found step by step forward and backward.

    Parameters
    ----------
    logits : Tensor, shape (batch, time, classes)
        Scores, or logarithms of probabilities, whose log-softmax they are themselves.
    targets : array of int, shape (batch, longest)
        Labels, padded with any class number.
    input_lengths, target_lengths : array of int, shape (batch,), optional
        How many steps and labels count; all by default.
    blank : int
        The class that says nothing.
    zero_infinity : bool
        Count 0 for a sequence that has no way to lie in its time, instead of infinity.
    reduction : str
        ``"mean"`` over the batch of losses divided by the number of labels, ``"sum"``, or ``"none"``.

    Returns
    -------
    Tensor, shape (), or (batch,) without reduction

    Raises
    ------
    TypeError
        If targets are not integers.
    ValueError
        If shapes do not fit, or a length is too large.

    References
    ----------
    Graves, Fernandez, Gomez and Schmidhuber (2006), section 4.

    Examples
    --------
    >>> loss = ctc(np.zeros((1, 2, 2)), [[1]])  # of the four ways to say two things, three read as 1
    >>> np.exp(-loss).round(6)
    np.float64(0.75)
    """
    logits = logits if isinstance(logits, Tensor) else np.asarray(logits)
    if logits.ndim != 3 or not 0 <= blank < logits.shape[-1]:
        raise ValueError(
            f"expected logits of shape (batch, time, classes), blank among them; got {logits.shape}, {blank}"
        )
    factor = share(reduction, logits.shape[0])
    alignment = _Alignment(tuple(logits.shape), targets, input_lengths, target_lengths, blank)
    likelihood = _ctc(log_softmax(logits), alignment=alignment)
    impossible = np.asarray(likelihood) < _NEVER / 2
    losses = -likelihood
    if impossible.any():
        losses = np.where(impossible, 0.0 if zero_infinity else np.inf, losses)
    if reduction == "none":
        return losses
    if reduction == "mean":
        losses = losses / np.maximum(alignment.target_lengths, 1).astype(logits.dtype)
    return reductions.sum(losses) * factor
