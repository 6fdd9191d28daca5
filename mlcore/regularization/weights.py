"""Which parameters of a model regularization is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from mlcore.autodiff.tensor import Tensor
from mlcore.layers.module import Module


def weights_of(model: Module | Iterable[Tensor]) -> list[Tensor]:
    """List the weights of a model: its parameters with two axes or more. Biases are left alone.

    A weight links one unit to another and needs much data to be right, as both units vary. A bias sets one unit,
    needs little data, and makes the model underfit when it is pulled to 0. The number of axes tells them apart: biases
    have one, and so have the gains and shifts of normalization and the slopes of PReLU, which are left alone as well.
    To regularize other parameters, list them yourself: everything here takes a list in place of a model.

    Parameters
    ----------
    model : Module or iterable of Tensor
        From an iterable everything is taken, whatever its shape.

    Returns
    -------
    list of Tensor

    Raises
    ------
    ValueError
        If there is nothing to regularize, as in a model whose weights are vectors.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.1; Penn CIS 419, "Regularization".

    Examples
    --------
    >>> import numpy as np
    >>> from mlcore import layers
    >>> model = layers.Dense(3, 2, rng=np.random.default_rng(0))
    >>> [weight.shape for weight in weights_of(model)]
    [(3, 2)]
    >>> [p.shape for p in weights_of(p for name, p in model.named_parameters() if name.endswith("bias"))]
    [(2,)]
    """
    if not isinstance(model, Module):
        weights = list(model)
    else:
        weights = [parameter for parameter in model.parameters() if parameter.ndim >= 2]
    if not weights:
        raise ValueError(
            "expected at least one parameter with two axes or more; got none: "
            "pass a list of the parameters to regularize in place of the model"
        )
    return weights


@contextmanager
def restored(parameters: Sequence[Tensor]) -> Iterator[None]:
    """Give parameters back their values, bit by bit, at the end of a block that changes them in place."""
    before = [parameter.data.copy() for parameter in parameters]
    try:
        yield
    finally:
        for parameter, values in zip(parameters, before, strict=True):
            parameter.data[...] = values
            parameter.mark_changed()
