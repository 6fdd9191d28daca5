"""Penalties on derivatives with respect to the input: functions that are nearly constant around the examples."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mlcore.autodiff import grad, reductions, vjp
from mlcore.autodiff.elementwise import square
from mlcore.autodiff.tensor import Tensor, TensorLike


def double_backprop_penalty(loss: Callable[[Tensor], Tensor], x: TensorLike) -> Tensor:
    """Mean over examples of the squared gradient of each one's loss with respect to its input.

    ``sum(norm(dL_i/dx_i)**2) / batch`` with L_i the loss of example i. It is what adversarial training does in the
    limit of small changes; to train with it, backpropagation runs through itself.

    Parameters
    ----------
    loss : callable
        ``loss(x)`` returns the *mean* of the losses of a batch; such as
        ``lambda x: softmax_cross_entropy(model(x), y)``.
    x : Tensor or array of float, shape (batch, ...)

    Returns
    -------
    Tensor, shape ()

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.14; Drucker and Le Cun (1992).

    Examples
    --------
    >>> weight = Tensor([[3.0], [4.0]], requires_grad=True)
    >>> penalty = double_backprop_penalty(lambda x: (x @ weight).mean(), np.ones((5, 2), np.float32))
    >>> penalty.backward()
    >>> round(penalty.item(), 4), weight.grad.ravel().round(4)
    (25.0, array([6., 8.], dtype=float32))
    """
    batch = len(x)
    return reductions.sum(square(grad(loss)(x) * batch)) * (1 / batch)


def contractive_penalty(
    function: Callable[[Tensor], Tensor],
    x: TensorLike,
    *,
    samples: int | None = None,
    rng: np.random.Generator | None = None,
) -> Tensor:
    """Mean over examples of the squared size of the Jacobian, the sum of the squares of all its elements.

    Row j of the Jacobian is pulled back from a one at output j: as many backward passes as an example has outputs. With
    ``samples`` and ``rng`` it is estimated instead, as the mean of ``norm(J.T u)**2`` over random u from the standard
    normal distribution, which has the right expected value.

    Parameters
    ----------
    function : callable
        Such as an encoder; the outputs of each example from its own input alone.
    x : Tensor or array of float, shape (batch, ...)
    samples : int, optional
        How many backward passes the estimate may take.
    rng : numpy.random.Generator, optional
        Where u comes from; needed with ``samples``.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ValueError
        If only one of ``samples`` and ``rng`` is given, or there are no samples.

    References
    ----------
    Rifai et al. (2011), "Contractive auto-encoders"; Goodfellow, Bengio and Courville, *Deep Learning*, section 14.7.

    Examples
    --------
    >>> weight = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    >>> contractive_penalty(lambda x: x @ weight, np.ones((5, 2), np.float32))  # 1 + 4 + 9 + 16
    Tensor(30., requires_grad=True)
    """
    if (samples is None) != (rng is None):
        raise ValueError("an estimate needs both samples and rng; the exact penalty needs neither")
    if samples is not None and samples < 1:
        raise ValueError(f"expected at least one sample; got samples={samples}")
    out, pullback = vjp(function, x)
    if rng is None:
        outputs = math.prod(out.shape[1:])
        vectors = np.eye(outputs).reshape(outputs, 1, *out.shape[1:])
    else:
        vectors = rng.standard_normal((samples, *out.shape))
    rows = [reductions.sum(square(pullback(np.broadcast_to(u, out.shape))[0])) for u in vectors]
    return sum(rows[1:], rows[0]) * (1 / (len(x) * (samples or 1)))
