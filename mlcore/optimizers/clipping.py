"""Clipping: gradients that are too large are made smaller before the optimizer's step."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from mlcore.autodiff.tensor import Tensor


def clip_gradients(parameters: Iterable[Tensor], *, norm: float | None = None, value: float | None = None) -> float:
    """Make large gradients smaller, in place, and return the norm that they had all together.

    - By norm: with v the root of the sum of the squares of all numbers in all gradients, every gradient is multiplied
      by ``norm / v`` if ``v > norm``. The direction stays.
    - By value: each number is brought into ``[-value, value]``.

    Parameters
    ----------
    parameters : iterable of Tensor
        For example ``model.parameters()``; those without gradients are left out.
    norm : float, optional
        The largest norm allowed.
    value : float, optional
        The largest absolute value allowed. Either this or ``norm`` is given.

    Returns
    -------
    float
        The norm v before. If it is infinite or NaN, clipping by norm has left the gradients alone.

    Raises
    ------
    ValueError
        If not exactly one limit is given, or it is not positive.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 10.11.1, equations 10.48 and 10.49; Pascanu, Mikolov
    and Bengio (2013), *On the difficulty of training recurrent neural networks*.

    Examples
    --------
    >>> w = Tensor([0.0, 0.0], requires_grad=True)
    >>> w.grad = np.array([6.0, 8.0])
    >>> clip_gradients([w], norm=5.0)
    10.0
    >>> w.grad
    array([3., 4.])
    >>> clip_gradients([w], value=3.5)
    5.0
    >>> w.grad
    array([3. , 3.5])
    """
    limits = [limit for limit in (norm, value) if limit is not None]
    if len(limits) != 1 or not limits[0] > 0:
        raise ValueError(f"expected either norm or value, above 0; got norm={norm}, value={value}")
    gradients = [np.asarray(parameter.grad) for parameter in parameters if parameter.grad is not None]
    before = _norm(gradients)
    if value is not None:
        for g in gradients:
            np.clip(g, -value, value, out=g)
    elif norm < before < math.inf:
        for g in gradients:
            g *= norm / before
    return before


def _norm(arrays: list[np.ndarray]) -> float:
    """Return the norm of all arrays together; float64 where the squares would overflow float32."""
    with np.errstate(over="ignore"):
        squares = sum(float(np.vdot(x, x)) for x in arrays)
    if squares == math.inf:
        squares = sum(float(np.vdot(x, x)) for x in (x.astype(np.float64) for x in arrays))
    return math.sqrt(squares)
