"""Checking derivatives against finite differences: the test that every derivative rule must pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import Tensor, no_grad
from mlcore.autodiff.transforms import jvp, vjp


def check_gradients(
    function: Callable[..., Tensor],
    *inputs: Any,
    order: int = 1,
    step: float = 1e-3,
    tolerance: float = 1e-6,
    rng: np.random.Generator | None = None,
) -> None:
    """Compare derivatives of a function, in both modes, with finite differences in a random direction.

    With J the Jacobian, v a random tangent and u a random cotangent, three numbers must agree: ``u . (J v)`` from
    forward mode, ``(J.T u) . v`` from reverse mode, and the slope of ``u . f(x + t v)`` at t = 0, from values of the
    function alone. One direction at random finds a wrong derivative almost surely, whatever the number of inputs.
    For ``order=2`` the two derivatives are then checked in the same way, as functions of x, u and v.

    Parameters
    ----------
    function : callable
        Takes Tensors and returns one Tensor, the same each time it is called.
    *inputs : Tensor, array or float
        Where to check; converted to float64. Keep away from corners by more than 2 * step.
    order : int
        How many derivatives to check.
    step : float
        t of the finite difference, whose error is of the order of step**4.
    tolerance : float
        Largest difference allowed, relative to the size of the terms.
    rng : numpy.random.Generator, optional
        Where directions come from; seeded with 0 by default.

    Raises
    ------
    AssertionError
        If a derivative is wrong; says in which mode, at which order, and both numbers.

    Examples
    --------
    >>> check_gradients(lambda x, y: (x * y).sum(), np.ones(3), np.ones(3), order=2)
    """
    rng = rng or np.random.default_rng(0)
    arrays = [np.array(x, dtype=np.float64) for x in inputs]
    _check(function, arrays, 1, order, step, tolerance, rng)


def _check(
    function: Callable[..., Tensor],
    x: list[np.ndarray],
    level: int,
    order: int,
    step: float,
    tolerance: float,
    rng: np.random.Generator,
) -> None:
    with no_grad():
        out = function(*map(Tensor, x))
    v = [rng.standard_normal(a.shape) for a in x]
    u = rng.standard_normal(out.shape)

    slope = _slope(function, x, v, u, step)
    forward = float(np.vdot(u, jvp(function, tuple(x), tuple(v))[1].numpy()))
    cotangents = [g.numpy() for g in vjp(function, *x)[1](u)]
    _compare("forward mode", forward, slope, [u], level, tolerance)
    _compare("reverse mode", _inner(cotangents, v), slope, cotangents, level, tolerance)
    leaves = [Tensor(a, requires_grad=True) for a in x]
    result = function(*leaves)
    if result.requires_grad:
        result.backward(u)
        arrived = [np.zeros(a.shape) if leaf.grad is None else leaf.grad for a, leaf in zip(x, leaves, strict=True)]
        _compare("backward()", _inner(arrived, v), slope, arrived, level, tolerance)
    if level == order:
        return

    n = len(x)

    def derivative_forward(*xv: Tensor) -> Tensor:
        return jvp(function, xv[:n], xv[n:])[1]

    _check(derivative_forward, [*x, *v], level + 1, order, step, tolerance, rng)
    for i in range(n):

        def derivative_reverse(*xu: Tensor, i: int = i) -> Tensor:
            return vjp(function, *xu[:n])[1](xu[n])[i]

        _check(derivative_reverse, [*x, u], level + 1, order, step, tolerance, rng)


def _slope(function: Callable[..., Tensor], x: Sequence[Any], v: Sequence[Any], u: np.ndarray, step: float) -> float:
    """Estimate d/dt of u . f(x + t v) at 0 from four values; the error is of order step**4."""

    def value(t: float) -> float:
        with no_grad():
            return float(np.vdot(u, function(*(Tensor(a + t * d) for a, d in zip(x, v, strict=True))).numpy()))

    return (8 * (value(step) - value(-step)) - (value(2 * step) - value(-2 * step))) / (12 * step)


def _inner(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> float:
    return float(sum(np.vdot(p, q) for p, q in zip(a, b, strict=True)))


def _compare(
    mode: str, derivative: float, slope: float, terms: Sequence[np.ndarray], level: int, tolerance: float
) -> None:
    size = 1 + abs(slope) + sum(float(np.linalg.norm(t)) for t in terms)
    if not abs(derivative - slope) <= tolerance * size:
        raise AssertionError(
            f"{mode}, order {level}: the derivative in a random direction is {derivative:.10g}, "
            f"but finite differences give {slope:.10g}"
        )
