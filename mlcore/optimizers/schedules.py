"""Schedules: the learning rate as a function of the number of steps taken so far.

An optimizer takes one in place of a learning rate and calls it before each step, with 0 before the first.

Examples
--------
>>> import numpy as np
>>> from mlcore.autodiff.tensor import Tensor
>>> from mlcore.optimizers.sgd import SGD
>>> w = Tensor([1.0], requires_grad=True)
>>> optimizer = SGD([w], learning_rate=step_decay(0.5, every=1, factor=0.5))
>>> for _ in range(2):
...     w.grad = np.ones(1, np.float32)
...     optimizer.step()
>>> w  # 1 - 0.5 - 0.25
Tensor([0.25], requires_grad=True)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

#: From how many steps have been taken to the learning rate of the next.
Schedule: TypeAlias = Callable[[int], float]


def step_decay(initial: float, *, every: int, factor: float = 0.1) -> Schedule:
    """Multiply the rate by a factor every so many steps: ``initial * factor**(k // every)``.

    Parameters
    ----------
    initial : float
    every : int
        How many steps each rate lasts.
    factor : float
        0.1 by default.

    Returns
    -------
    callable
        From the number k of steps taken to the rate of the next.

    Raises
    ------
    ValueError
        If ``every`` is below 1.

    Examples
    --------
    >>> rate = step_decay(1.0, every=3, factor=0.5)
    >>> [rate(k) for k in range(7)]
    [1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25]
    """
    _require_steps(every=every)
    return lambda k: initial * factor ** (k // every)


def linear_decay(initial: float, *, steps: int, final: float = 0.0) -> Schedule:
    """Go from one rate to another along a line: ``(1 - a) * initial + a * final`` with ``a = min(k / steps, 1)``.

    Parameters
    ----------
    initial : float
    steps : int
        After how many steps the rate is the final one, at which it stays.
    final : float
        *Deep Learning* advises about 1 % of ``initial``.

    Returns
    -------
    callable
        From the number k of steps taken to the rate of the next.

    Raises
    ------
    ValueError
        If ``steps`` is below 1.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, equation 8.14.

    Examples
    --------
    >>> rate = linear_decay(1.0, steps=4)
    >>> [rate(k) for k in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    """
    _require_steps(steps=steps)

    def rate(k: int) -> float:
        a = min(k / steps, 1.0)
        return (1 - a) * initial + a * final

    return rate


def exponential_decay(initial: float, *, factor: float) -> Schedule:
    """Multiply the rate by a factor at every step: ``initial * factor**k``.

    Parameters
    ----------
    initial : float
    factor : float
        Such as 0.999.

    Returns
    -------
    callable
        From the number k of steps taken to the rate of the next.

    Examples
    --------
    >>> rate = exponential_decay(8.0, factor=0.5)
    >>> [rate(k) for k in range(4)]
    [8.0, 4.0, 2.0, 1.0]
    """
    return lambda k: initial * factor**k


def inverse_time_decay(initial: float, *, decay: float) -> Schedule:
    """Let the rate fall as one over time: ``initial / (1 + decay * k)``.

    Such rates have an infinite sum and a finite sum of squares, which is enough for SGD to converge.

    Parameters
    ----------
    initial : float
    decay : float
        After 1 / decay steps the rate is half of ``initial``.

    Returns
    -------
    callable
        From the number k of steps taken to the rate of the next.

    References
    ----------
    Robbins and Monro (1951); *Deep Learning*, equations 8.12 and 8.13.

    Examples
    --------
    >>> rate = inverse_time_decay(1.0, decay=0.5)
    >>> rate(0), rate(2), rate(6)
    (1.0, 0.5, 0.25)
    """
    return lambda k: initial / (1 + decay * k)


def cosine_decay(initial: float, *, steps: int, final: float = 0.0) -> Schedule:
    """Go from one rate to another along half a cosine wave: slowly at both ends, fast in between.

    ``final + (initial - final) * (1 + cos(pi * a)) / 2`` with ``a = min(k / steps, 1)``.

    Parameters
    ----------
    initial : float
    steps : int
        After how many steps the rate is the final one, at which it stays.
    final : float

    Returns
    -------
    callable
        From the number k of steps taken to the rate of the next.

    Raises
    ------
    ValueError
        If ``steps`` is below 1.

    References
    ----------
    Loshchilov and Hutter (2017), *SGDR*, equation 5, without restarts.

    Examples
    --------
    >>> rate = cosine_decay(1.0, steps=4)
    >>> [round(rate(k), 3) for k in range(6)]
    [1.0, 0.854, 0.5, 0.146, 0.0, 0.0]
    """
    _require_steps(steps=steps)
    return lambda k: final + (initial - final) * (1 + math.cos(math.pi * min(k / steps, 1.0))) / 2


def warm_up(then: float | Schedule, *, steps: int) -> Schedule:
    """Rise in equal parts to the rate at which another schedule begins, then follow that from its beginning.

    ``then(0) * (k + 1) / (steps + 1)`` for ``k < steps``, and ``then(k - steps)`` afterwards.

    Parameters
    ----------
    then : float or callable
        The rate, or the schedule, to warm up to.
    steps : int
        How many steps are smaller.

    Returns
    -------
    callable
        From the number k of steps taken to the rate of the next.

    Raises
    ------
    ValueError
        If ``steps`` is below 1.

    Notes
    -----
    To combine it with a `Plateau`, which remembers something that should be saved, put that outside:
    ``Plateau(warm_up(0.1, steps=100))``.

    References
    ----------
    Goyal et al. (2017), *Accurate, Large Minibatch SGD*, section 2.2.

    Examples
    --------
    >>> rate = warm_up(linear_decay(1.0, steps=2), steps=3)
    >>> [rate(k) for k in range(6)]
    [0.25, 0.5, 0.75, 1.0, 0.5, 0.0]
    """
    _require_steps(steps=steps)
    schedule = _as_schedule(then)
    return lambda k: schedule(0) * (k + 1) / (steps + 1) if k < steps else schedule(k - steps)


class Plateau:
    """Reduce the rate when a loss no longer falls.

    The rate is ``base(k) * scale``. Each `observe` that is not a new best counts as bad; when more than ``patience``
    were bad in a row, the scale is multiplied by ``factor`` and the count starts anew.

    Parameters
    ----------
    base : float or callable
        The rate, or the schedule, to reduce.
    factor : float
    patience : int
        How many observations in a row may be no better than the best.
    threshold : float
        By more than how much below the best is better.

    Attributes
    ----------
    state : dict of str to number
        What it remembers: the ``"best"`` value, the ``"scale"``, and how many were ``"bad"`` in a row. It is saved
        with an optimizer that has this as its learning rate.

    Raises
    ------
    ValueError
        If ``factor`` is not between 0 and 1.

    Examples
    --------
    >>> rate = Plateau(1.0, factor=0.5, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0, 1.0]:  # the loss on validation data, for example after each epoch
    ...     rate.observe(loss)
    ...     print(rate(0))
    1.0
    1.0
    1.0
    0.5
    0.5
    """

    def __init__(
        self, base: float | Schedule, *, factor: float = 0.1, patience: int = 10, threshold: float = 0.0
    ) -> None:
        if not 0 < factor < 1:
            raise ValueError(f"expected factor between 0 and 1; got {factor}")
        self.base = _as_schedule(base)
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.state = {"best": math.inf, "scale": 1.0, "bad": 0}

    def __call__(self, k: int) -> float:
        """Return the rate after k steps."""
        return self.base(k) * self.state["scale"]

    def observe(self, value: float) -> None:
        """Take note of a loss, or of something else that should be small."""
        state = self.state
        if value < state["best"] - self.threshold:
            state["best"], state["bad"] = float(value), 0
        else:
            state["bad"] += 1
        if state["bad"] > self.patience:
            state["scale"] *= self.factor
            state["bad"] = 0


def _as_schedule(rate: float | Schedule) -> Schedule:
    return rate if callable(rate) else lambda k: rate


def _require_steps(**options: int) -> None:
    for name, value in options.items():
        if not value >= 1:
            raise ValueError(f"expected {name} of at least 1; got {value}")
