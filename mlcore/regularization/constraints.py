"""Norm constraints: after each step, put weights that went too far back to the nearest point allowed.

Unlike a penalty, a constraint does not pull at weights that are small enough, so it cannot trap training near 0, and it
keeps weights finite at high learning rates. Call one after ``optimizer.step()``. All change the parameters in place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from mlcore.autodiff.tensor import Tensor
from mlcore.layers.module import Module
from mlcore.regularization.weights import weights_of

Axis = int | tuple[int, ...] | None


def _unit_norms(weight: Tensor, axis: Axis) -> np.ndarray:
    """Return the length of the weights into each unit, with the axes kept that it was taken over."""
    axis = tuple(range(weight.ndim - 1)) if axis is None else axis
    return np.sqrt(np.sum(np.square(weight.data), axis=axis, keepdims=True))


def _require_positive(name: str, value: float) -> None:
    if not value > 0:
        raise ValueError(f"expected {name} above 0; got {value}")


def limit_unit_norms(model: Module | Iterable[Tensor], *, limit: float, axis: Axis = None) -> None:
    """Shorten the incoming weights of every unit whose length is above a limit (max-norm).

    ``w *= min(1, limit / norm(w))`` for the weights w into each unit. In a matrix of shape (inputs, outputs) these are
    its columns.

    Parameters
    ----------
    model : Module or iterable of Tensor, shape (..., units)
        A model, whose biases are left alone, or the parameters themselves.
    limit : float
        The longest length allowed; 3 to 4 goes well with dropout.
    axis : int or tuple of int, optional
        The axes that the weights of one unit lie along; by default all but the last, as in dense layers, convolutions
        and recurrent cells. An embedding has its vectors in rows, ``axis=-1``; a transposed convolution in two
        dimensions has its units on the third axis, ``axis=(0, 1, 3)``.

    Raises
    ------
    ValueError
        If the limit is not positive or there is nothing to constrain.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.2; Srivastava et al. (2014), section 5.1.

    Examples
    --------
    >>> weight = Tensor([[3.0, 0.6], [4.0, 0.8]], requires_grad=True)
    >>> limit_unit_norms([weight], limit=2.5)
    >>> weight
    Tensor([[1.5, 0.6],
            [2. , 0.8]], requires_grad=True)
    """
    _require_positive("limit", limit)
    for weight in weights_of(model):
        weight.data *= limit / np.maximum(_unit_norms(weight, axis), limit)
        weight.mark_changed()


def set_unit_norms(model: Module | Iterable[Tensor], *, length: float = 1.0, axis: Axis = None) -> None:
    """Give the incoming weights of every unit the same length; weights that are all 0 stay.

    ``w *= length / norm(w)``. This is what the columns of a dictionary need in sparse coding, where large weights would
    otherwise stand in for small activations.

    Parameters
    ----------
    model, axis
        As in `limit_unit_norms`.
    length : float

    Raises
    ------
    ValueError
        If the length is not positive or there is nothing to constrain.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, sections 7.2 and 13.4.

    Examples
    --------
    >>> weight = Tensor([[3.0, 0.0], [4.0, 0.5]], requires_grad=True)
    >>> set_unit_norms([weight])
    >>> weight
    Tensor([[0.6, 0. ],
            [0.8, 1. ]], requires_grad=True)
    """
    _require_positive("length", length)
    for weight in weights_of(model):
        norms = _unit_norms(weight, axis)
        weight.data *= length / np.where(norms > 0, norms, length)
        weight.mark_changed()


def project_to_ball(model: Module | Iterable[Tensor], *, radius: float) -> None:
    """Scale all weights together so that the length of the vector of all of them is at most a radius.

    ``w *= min(1, radius / norm(w))``: the nearest point of the L2 ball. To every radius belongs a strength of the L2
    penalty that has the same minimum.

    Parameters
    ----------
    model : Module or iterable of Tensor
        A model, whose biases are left alone, or the parameters themselves.
    radius : float

    Raises
    ------
    ValueError
        If the radius is not positive or there is nothing to constrain.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.2.

    Examples
    --------
    >>> first, second = Tensor([[3.0]], requires_grad=True), Tensor([[4.0]], requires_grad=True)
    >>> project_to_ball([first, second], radius=2.5)
    >>> first, second
    (Tensor([[1.5]], requires_grad=True), Tensor([[2.]], requires_grad=True))
    """
    _require_positive("radius", radius)
    weights = weights_of(model)
    norm = math.sqrt(sum(float(np.vdot(weight.data, weight.data)) for weight in weights))
    if norm > radius:
        for weight in weights:
            weight.data *= radius / norm
            weight.mark_changed()
