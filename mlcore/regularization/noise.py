"""Noise on inputs and on weights: what does not survive a small disturbance was learned by heart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from mlcore.autodiff.elementwise import add
from mlcore.autodiff.tensor import Tensor, TensorLike
from mlcore.layers.module import Module
from mlcore.regularization.weights import restored, weights_of


def _gaussian(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype, scale: float) -> np.ndarray:
    if scale < 0:
        raise ValueError(f"expected a scale of at least 0; got {scale}")
    if dtype not in (np.float32, np.float64):
        raise TypeError(f"expected float32 or float64 to add noise to; got {dtype}: convert it with astype(np.float32)")
    return rng.standard_normal(shape, dtype) * dtype.type(scale)


def gaussian_noise(x: TensorLike, *, scale: float, rng: np.random.Generator) -> Tensor:
    """Add independent Gaussian noise to every element, x + scale * n.

    On the inputs of a model it is data augmentation without end. With small noise and the squared error it equals, on
    average, a penalty of ``scale**2 * norm(dy/dx)**2``, which for a linear model is the L2 penalty. On hidden units it
    is dropout's additive relative; units can outgrow it.

    Parameters
    ----------
    x : Tensor, any shape
    scale : float
        The standard deviation of the noise.
    rng : numpy.random.Generator
        Where the noise comes from.

    Returns
    -------
    Tensor, shape of x

    Raises
    ------
    TypeError
        If x is not floating-point.
    ValueError
        If the scale is negative.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, sections 7.4 and 7.5; Bishop (1995).

    Examples
    --------
    >>> gaussian_noise(Tensor([1.0, 1.0, 1.0]), scale=0.1, rng=np.random.default_rng(0)).numpy().round(2)
    array([1.11, 0.86, 0.96], dtype=float32)
    """
    x = x if isinstance(x, Tensor) else np.asarray(x)
    return add(x, _gaussian(rng, x.shape, x.dtype, scale))


@contextmanager
def weight_noise(model: Module | Iterable[Tensor], *, scale: float, rng: np.random.Generator) -> Iterator[None]:
    """Add Gaussian noise to all weights for a block, and give them back their exact values at its end.

    Compute the loss *and* its gradient inside the block, take the step outside. Training then looks for minima that are
    flat: places where the output hardly moves when the weights do. For small noise it is a penalty of
    ``scale**2 * norm(dy/dw)**2``.

    Parameters
    ----------
    model : Module or iterable of Tensor
        A model, whose biases are left alone, or the parameters themselves.
    scale : float
        The standard deviation of the noise.
    rng : numpy.random.Generator
        Where the noise comes from.

    Raises
    ------
    ValueError
        If the scale is negative or there are no weights.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.5; Graves (2011).

    Examples
    --------
    >>> w = Tensor([[1.0]], requires_grad=True)
    >>> with weight_noise([w], scale=0.5, rng=np.random.default_rng(2)):
    ...     (w * w).sum().backward()
    >>> w, w.grad.round(2)  # 2 (w + noise)
    (Tensor([[1.]], requires_grad=True), array([[3.7]], dtype=float32))
    """
    weights = weights_of(model)
    with restored(weights):
        for weight in weights:
            weight.data += _gaussian(rng, weight.shape, weight.dtype, scale)
            weight.mark_changed()
        yield
