"""Virtual adversarial training: predictions that do not turn over nearby, for which no labels are needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlcore.autodiff import linearize, no_grad, vjp
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.functions import kl_divergence, log_softmax, softmax
from mlcore.regularization.adversarial import checked_epsilon


def _unit(v: np.ndarray, otherwise: np.ndarray) -> np.ndarray:
    """Give the part of each example the length 1; where it is all 0, take that of ``otherwise``."""
    axes = tuple(range(1, v.ndim))
    norms = np.sqrt(np.sum(np.square(v), axis=axes, keepdims=True))
    return np.where(norms > 0, v / np.where(norms > 0, norms, 1), otherwise)


@no_grad()
def virtual_adversarial_direction(
    model: Callable[[Tensor], Tensor], x: TensorLike, *, iterations: int = 1, rng: np.random.Generator
) -> np.ndarray:
    """Find in which direction the predictions for each input change most.

    Between the predictions p = softmax(model(x)) and those at x + r, the Kullback-Leibler divergence is
    ``r.T H r / 2`` for small r, with ``H = J.T (diag(p) - p p.T) J`` and J the Jacobian of the logits. The direction
    is the eigenvector of H with the largest eigenvalue. Power iteration finds it from a random start:
    ``d = H d / norm(H d)``, where J d is a derivative in forward mode and J.T u one in reverse mode.

    Parameters
    ----------
    model : callable
        ``model(x)`` returns logits, shape (batch, ..., k), those of each example from its own input alone.
    x : Tensor or array of float, shape (batch, ...)
    iterations : int
        One is often enough.
    rng : numpy.random.Generator
        Where the start comes from.

    Returns
    -------
    array, shape of x
        Of length 1 for each example. Its sign means nothing.

    Raises
    ------
    ValueError
        If there are no iterations.

    Notes
    -----
    Miyato et al. take H d from a finite difference of gradients; here it is exact.

    References
    ----------
    Miyato et al. (2018), "Virtual adversarial training", section 3.3; Goodfellow, Bengio and Courville,
    *Deep Learning*, section 7.13.

    Examples
    --------
    >>> weight = np.array([[3.0, 0.0], [0.0, 0.0]])  # the second input has no influence
    >>> d = virtual_adversarial_direction(lambda x: x @ weight, np.zeros((1, 2)), rng=np.random.default_rng(0))
    >>> abs(d)
    array([[1., 0.]])
    """
    if iterations < 1:
        raise ValueError(f"expected at least one iteration; got {iterations}")
    x = np.asarray(x)
    start = rng.standard_normal(x.shape).astype(x.dtype)
    direction = _unit(start, start)
    logits, push = linearize(model, x)
    pull = vjp(model, x)[1]
    p = softmax(logits.numpy())
    for _ in range(iterations):
        change = p * push(direction).numpy()
        (curved,) = pull(change - p * change.sum(axis=-1, keepdims=True))
        direction = _unit(curved.numpy(), direction)
    return direction


def virtual_adversarial_loss(
    model: Callable[[Tensor], Tensor],
    x: TensorLike,
    *,
    epsilon: float,
    iterations: int = 1,
    rng: np.random.Generator,
) -> Tensor:
    """Mean divergence of the predictions at the virtual adversarial inputs from those at the inputs.

    ``KL(p(x), p(x + epsilon * d))`` with d from `virtual_adversarial_direction`. Its gradient holds p(x) and d fixed.
    Add it to the loss of labelled examples; x may be any inputs, also unlabelled.

    Parameters
    ----------
    model, x, iterations, rng
        As in `virtual_adversarial_direction`.
    epsilon : float
        How far to go from x, in Euclidean distance.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ValueError
        If there are no iterations or epsilon is negative.

    References
    ----------
    Miyato et al. (2018), equations 5 to 8; Goodfellow, Bengio and Courville, *Deep Learning*, section 7.13.

    Examples
    --------
    >>> weight = Tensor([[3.0, 0.0], [0.0, 0.0]], requires_grad=True)
    >>> x = Tensor([[0.0, 0.0]])
    >>> loss = virtual_adversarial_loss(lambda x: x @ weight, x, epsilon=0.5, rng=np.random.default_rng(0))
    >>> round(loss.item(), 4)  # log(cosh(0.75)): from (0.5, 0.5), the logits move apart by 3 * 0.5
    0.2583
    """
    epsilon, x = checked_epsilon(epsilon), np.asarray(x)
    direction = virtual_adversarial_direction(model, x, iterations=iterations, rng=rng)
    with no_grad():
        p = softmax(model(Tensor(x, copy=False)))
    return kl_divergence(log_softmax(model(Tensor(x + epsilon * direction, copy=False))), p)
