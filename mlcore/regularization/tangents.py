"""Tangent prop: outputs that do not change when inputs move in directions that mean nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from mlcore.autodiff import linearize, reductions
from mlcore.autodiff.elementwise import square
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.regularization.geometric_augmentation import require_images


def tangent_prop_penalty(function: Callable[[Tensor], Tensor], x: TensorLike, tangents: Iterable[TensorLike]) -> Tensor:
    """Mean over examples of the squared change of the outputs along given directions.

    With J the Jacobian of the outputs of one example, and v its tangents, ``sum(norm(J v)**2)`` over the tangents. The
    derivatives J v are taken in forward mode; the penalty can be differentiated with respect to the parameters of the
    function. It does for infinitely small transformations what augmentation does for those of any size, without more
    examples. Where units are rectified, second derivatives are 0, and it can only switch units off or shrink weights.

    Parameters
    ----------
    function : callable
        Such as a model; the outputs of each example from its own input alone.
    x : Tensor or array of float, shape (batch, ...)
    tangents : iterable of array, each of the shape of x
        One direction for every example, for each transformation; see `image_tangents`.

    Returns
    -------
    Tensor, shape ()

    Raises
    ------
    ValueError
        If there are no tangents or one differs from x in shape.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.14, equation 7.67; Simard et al. (1992).

    Examples
    --------
    >>> weight = Tensor([[1.0], [2.0]], requires_grad=True)
    >>> x, tangent = np.zeros((1, 2), np.float32), np.array([[3.0, 1.0]], np.float32)
    >>> penalty = tangent_prop_penalty(lambda x: x @ weight, x, [tangent])  # (3 * 1 + 1 * 2)**2
    >>> penalty.backward()
    >>> penalty.item(), weight.grad.ravel()
    (25.0, array([30., 10.], dtype=float32))
    """
    _, push = linearize(function, x)
    penalties = [reductions.sum(square(push(tangent))) for tangent in tangents]
    if not penalties:
        raise ValueError("expected at least one tangent; got none")
    return sum(penalties[1:], penalties[0]) * (1 / len(x))


def image_tangents(images: np.ndarray) -> np.ndarray:
    """Return how images change when they begin to move: down, to the right, to turn, to grow.

    With y and x the place of a pixel from the centre and I its value, these are ``-dI/dy``, ``-dI/dx``,
    ``x dI/dy - y dI/dx`` for a turn counter-clockwise, in radians, and ``-(y dI/dy + x dI/dx)``: what
    `transform_images` does, in the limit of a small transformation. The derivatives are differences of neighbours.

    Parameters
    ----------
    images : array of float, shape (batch, height, width, channels)
        Smooth ones have better tangents. Two pixels or more each way.

    Returns
    -------
    array, shape (4, batch, height, width, channels)

    Raises
    ------
    TypeError
        If the images are not floating-point.
    ValueError
        If the images have another number of axes.

    References
    ----------
    Simard et al. (1998), "Transformation invariance in pattern recognition: tangent distance and tangent propagation",
    section 2.

    Examples
    --------
    >>> ramp = np.arange(3.0).reshape(1, 1, 3, 1).repeat(3, axis=1)  # brighter to the right
    >>> down, right, turn, growth = image_tangents(ramp)
    >>> right[0, 0, :, 0], growth[0, 0, :, 0]
    (array([-1., -1., -1.]), array([ 1., -0., -1.]))
    """
    images = require_images(images, floating=True)
    height, width = images.shape[1:3]
    by_y, by_x = np.gradient(images, axis=(1, 2))
    y = (np.arange(height, dtype=images.dtype) - (height - 1) / 2)[:, None, None]
    x = (np.arange(width, dtype=images.dtype) - (width - 1) / 2)[:, None]
    return np.stack([-by_y, -by_x, x * by_y - y * by_x, -(y * by_y + x * by_x)])
