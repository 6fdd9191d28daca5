"""Adversarial examples: the worst small change of an input, and training that withstands it.

A network that is nearly linear in its inputs changes by up to ``epsilon * sum(abs(w))`` when each input changes by
epsilon: much, where there are many inputs. Training on such inputs makes it nearly constant around the examples.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlcore.autodiff import grad, no_grad
from mlcore.autodiff.tensor import Tensor, TensorLike

#: What functions here differentiate: x to one number, such as ``lambda x: softmax_cross_entropy(model(x), y)``.
Loss = Callable[[Tensor], Tensor]


@no_grad()
def _ascend(loss: Loss, x: np.ndarray, step: float, limits: tuple[float, float]) -> np.ndarray:
    """Go from x a step uphill in the loss, of the same size in every element."""
    return np.clip(x + step * np.sign(grad(loss)(x).numpy()), *limits)


def checked_epsilon(epsilon: float) -> float:
    """Return epsilon as a Python float, which never promotes, after checking that it is not negative."""
    if epsilon < 0:
        raise ValueError(f"expected epsilon of at least 0; got {epsilon}")
    return float(epsilon)


def fast_gradient_sign(
    loss: Loss,
    x: TensorLike,
    *,
    epsilon: float,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> np.ndarray:
    """Change each element of an input by epsilon, so that the loss rises most: x + epsilon * sign(dloss/dx).

    It is the worst of all changes that are nowhere larger than epsilon, as far as the loss is linear.

    Parameters
    ----------
    loss : callable
        ``loss(x)`` returns one number; such as ``lambda x: softmax_cross_entropy(model(x), y)``.
    x : Tensor or array of float, shape (batch, ...)
    epsilon : float
    limits : pair of float
        The smallest and the largest value that an input can have.

    Returns
    -------
    array, shape of x
        A constant; parameters get no gradient from how it was found.

    Raises
    ------
    ValueError
        If epsilon is negative.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.13; Goodfellow et al. (2015), section 4.

    Examples
    --------
    >>> weight = np.array([1.0, -2.0, 3.0])
    >>> fast_gradient_sign(lambda x: x @ weight, np.zeros(3), epsilon=0.1)  # the loss rises by 0.1 * (1 + 2 + 3)
    array([ 0.1, -0.1,  0.1])
    """
    return _ascend(loss, np.asarray(x), checked_epsilon(epsilon), limits)


def projected_gradient_ascent(
    loss: Loss,
    x: TensorLike,
    *,
    epsilon: float,
    steps: int = 10,
    step_size: float | None = None,
    limits: tuple[float, float] = (-np.inf, np.inf),
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Search the worst change that is nowhere larger than epsilon by many small steps uphill.

    Each step is one of the fast gradient sign method, then every element is put back to within epsilon of where it
    began. The literature calls it projected gradient descent (PGD), on the negative loss. Stronger than one large step
    where the loss is curved.

    Parameters
    ----------
    loss : callable
        ``loss(x)`` returns one number; such as ``lambda x: softmax_cross_entropy(model(x), y)``.
    x : Tensor or array of float, shape (batch, ...)
    epsilon : float
    steps : int
    step_size : float, optional
        By default ``2.5 * epsilon / steps``, with which every point within epsilon can be reached.
    limits : pair of float
        The smallest and the largest value that an input can have.
    rng : numpy.random.Generator, optional
        Starts at a random point within epsilon; without it, at x itself.

    Returns
    -------
    array, shape of x
        A constant; parameters get no gradient from how it was found.

    Raises
    ------
    ValueError
        If epsilon is negative or there are no steps.

    References
    ----------
    Madry et al. (2018), "Towards deep learning models resistant to adversarial attacks", section 2.1.

    Examples
    --------
    >>> projected_gradient_ascent(lambda x: (x * x).sum(), np.array([0.5, -0.5]), epsilon=0.25)
    array([ 0.75, -0.75])
    """
    epsilon = checked_epsilon(epsilon)
    if steps < 1:
        raise ValueError(f"expected at least one step; got steps={steps}")
    x = np.asarray(x)
    step_size = 2.5 * epsilon / steps if step_size is None else float(step_size)
    start = x if rng is None else x + rng.uniform(-epsilon, epsilon, x.shape).astype(x.dtype)
    worst = np.clip(start, *limits)
    for _ in range(steps):
        worst = np.clip(_ascend(loss, worst, step_size, limits), x - epsilon, x + epsilon)
    return worst


def adversarial_loss(
    loss: Loss,
    x: TensorLike,
    *,
    epsilon: float,
    alpha: float = 0.5,
    limits: tuple[float, float] = (-np.inf, np.inf),
) -> Tensor:
    """Mix the loss at the inputs with the loss at their adversarial examples.

    ``alpha * loss(x) + (1 - alpha) * loss(x')`` with x' from `fast_gradient_sign`. Its gradient holds x' fixed.

    Parameters
    ----------
    loss : callable
        ``loss(x)`` returns one number; such as ``lambda x: softmax_cross_entropy(model(x), y)``. It is called three
        times, so layers such as batch normalization see the batch three times.
    x : Tensor or array of float, shape (batch, ...)
    epsilon : float
    alpha : float
        The part of the loss at x itself, 0 to 1.
    limits : pair of float
        The smallest and the largest value that an input can have.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ValueError
        If epsilon is negative or alpha is not from 0 to 1.

    References
    ----------
    Goodfellow et al. (2015), section 6; Goodfellow, Bengio and Courville, *Deep Learning*, section 7.13.

    Examples
    --------
    >>> adversarial_loss(lambda x: (x * x).sum(), Tensor([1.0, -2.0]), epsilon=1.0, alpha=0.5)  # (5 + 13) / 2
    Tensor(9.)
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"expected alpha from 0 to 1; got {alpha}")
    worst = fast_gradient_sign(loss, x, epsilon=epsilon, limits=limits)
    x = x if isinstance(x, Tensor) else Tensor(x, copy=False)
    return loss(x) * alpha + loss(Tensor(worst, copy=False)) * (1 - alpha)
