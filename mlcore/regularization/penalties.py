"""Norm penalties: a price for large weights, added to the loss.

Weigh a penalty by a factor and add it: ``loss = data_loss + 1e-4 * l2_penalty(model)``. Biases are left alone unless
you list them; see `weights_of`.
"""

from __future__ import annotations

from collections.abc import Iterable

from mlcore.autodiff import reductions
from mlcore.autodiff.elementwise import absolute, square
from mlcore.autodiff.tensor import Tensor
from mlcore.layers.module import Module
from mlcore.regularization.weights import weights_of


def l2_penalty(model: Module | Iterable[Tensor]) -> Tensor:
    """Half the sum of the squared weights, sum(w**2) / 2: weight decay, or ridge regression.

    Its gradient is w itself, so with a * l2_penalty in the loss each step of gradient descent first shrinks every
    weight by the factor 1 - learning_rate * a. Where the loss is curved by h, its minimum w* moves to
    ``w* h / (h + a)``. It is the negative logarithm of a Gaussian prior, up to constants.

    Parameters
    ----------
    model : Module or iterable of Tensor
        A model, whose biases are left alone, or the parameters themselves.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ValueError
        If there is nothing to penalize.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.1.1; Korea University, "Weight Decay".

    Examples
    --------
    >>> l2_penalty([Tensor([[3.0, -1.0]])])
    Tensor(5.)
    """
    return sum((reductions.sum(square(weight)) for weight in weights_of(model)), 0.0) * 0.5


def l1_penalty(model: Module | Iterable[Tensor]) -> Tensor:
    """Sum of the absolute weights, sum(abs(w)): the lasso, which makes weights exactly 0.

    Its gradient is the sign of w, and 0 where w is 0: a pull of the same strength however small the weight. Where the
    loss is curved by h, the penalty a * l1_penalty moves its minimum w* to ``sign(w*) max(abs(w*) - a / h, 0)``. It is
    the negative logarithm of a Laplace prior, up to constants.

    Parameters
    ----------
    model : Module or iterable of Tensor
        A model, whose biases are left alone, or the parameters themselves.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ValueError
        If there is nothing to penalize.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.1.2.

    Examples
    --------
    >>> l1_penalty([Tensor([[3.0, -1.0]])])
    Tensor(4.)
    """
    return sum((reductions.sum(absolute(weight)) for weight in weights_of(model)), 0.0)


def elastic_net_penalty(model: Module | Iterable[Tensor], *, l1: float, l2: float) -> Tensor:
    """Both penalties at once, ``l1 * sum(abs(w)) + l2 * sum(w**2) / 2``.

    Of features that say the same, the lasso keeps one at random; with some L2 penalty they share the weight.

    Parameters
    ----------
    model : Module or iterable of Tensor
        A model, whose biases are left alone, or the parameters themselves.
    l1, l2 : float
        What each penalty counts.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ValueError
        If there is nothing to penalize.

    References
    ----------
    Zou and Hastie (2005), section 2.

    Examples
    --------
    >>> elastic_net_penalty([Tensor([[3.0, -1.0]])], l1=1.0, l2=0.5)
    Tensor(6.5)
    """
    weights = weights_of(model)
    return l1_penalty(weights) * l1 + l2_penalty(weights) * l2
