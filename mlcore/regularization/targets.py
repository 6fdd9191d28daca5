"""Softer targets: what keeps a classifier from being surer than the labels are."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.functions import one_hot


def smooth_labels(targets: Any, *, classes: int, amount: float) -> np.ndarray:
    """Write class numbers as probabilities: 1 - amount for the class itself, amount / (k - 1) for each other one.

    With hard targets a softmax never arrives, and its logits grow for ever; with these the loss has a minimum, where
    the logit of the class is above the others by ``log((1 - amount) * (k - 1) / amount)``. Pass the result to
    `mlcore.functions.softmax_cross_entropy` as targets.

    Parameters
    ----------
    targets : array of int, any shape
        0 to classes - 1.
    classes : int
        k, 2 or more.
    amount : float
        The probability that a label is wrong, 0 to 1.

    Returns
    -------
    array of float32, shape (*targets.shape, classes)

    Raises
    ------
    TypeError, ValueError
        If the targets are not class numbers, there are fewer than two classes, or the amount is no probability.

    Notes
    -----
    The option ``label_smoothing=s`` of `softmax_cross_entropy` spreads s over all k classes, the right one included, as
    Szegedy et al. (2016) do. It is the same as ``amount = s * (k - 1) / k`` here.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.5.1.

    Examples
    --------
    >>> smooth_labels([0, 2], classes=3, amount=0.25)
    array([[0.75 , 0.125, 0.125],
           [0.125, 0.125, 0.75 ]], dtype=float32)
    """
    if classes < 2:
        raise ValueError(f"expected at least 2 classes to share a label; got {classes}")
    if not 0 <= amount <= 1:
        raise ValueError(f"expected an amount from 0 to 1; got {amount}")
    right, other = 1 - float(amount), float(amount) / (classes - 1)
    return np.where(one_hot(targets, classes), np.float32(right), np.float32(other))


def mixup(
    x: np.ndarray, targets: np.ndarray, *, alpha: float = 0.2, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Blend each example, and its target, with another one of the batch.

    With a share s drawn from the Beta(alpha, alpha) distribution for each example i, and j the example that a random
    permutation puts beside it: ``s x_i + (1 - s) x_j``, and the same for the targets. Between examples the model thus
    learns to be linear.

    Parameters
    ----------
    x : array of float, shape (batch, ...)
    targets : array of float, shape (batch, ...)
        Numbers, or probabilities of classes: use `one_hot` or `smooth_labels` on class numbers.
    alpha : float
        Above 0; with small ones most examples are nearly pure, with 1 every share is equally likely.
    rng : numpy.random.Generator
        Where the shares and the permutation come from.

    Returns
    -------
    x, targets : array
        Of the shapes and types given.

    Raises
    ------
    TypeError
        If x or the targets are not floating-point: class numbers cannot be blended.
    ValueError
        If the lengths differ or alpha is not positive.

    References
    ----------
    Zhang et al. (2018), "mixup: Beyond empirical risk minimization", section 2.

    Examples
    --------
    >>> x, y = mixup(np.array([[0.0], [10.0]]), np.array([0.0, 1.0]), alpha=1.0, rng=np.random.default_rng(1))
    >>> np.allclose(x[:, 0], 10 * y)
    True
    """
    x, targets = np.asarray(x), np.asarray(targets)
    for name, array in (("x", x), ("targets", targets)):
        if array.dtype.kind != "f":
            raise TypeError(f"expected {name} to be floating-point, to be blended; got {array.dtype}")
    if len(x) != len(targets):
        raise ValueError(f"expected one target for each of {len(x)} examples; got {len(targets)}")
    if not alpha > 0:
        raise ValueError(f"expected alpha above 0; got {alpha}")
    shares, partners = rng.beta(alpha, alpha, len(x)), rng.permutation(len(x))

    def blend(a: np.ndarray) -> np.ndarray:
        share = shares.astype(a.dtype).reshape(-1, *[1] * (a.ndim - 1))
        return share * a + (1 - share) * a[partners]

    return blend(x), blend(targets)
