"""Hidden units that look at several numbers at once: maxout, radial basis functions, gated linear units."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import reductions
from mlcore.autodiff.elementwise import exp, sigmoid, square
from mlcore.autodiff.shaping import reshape
from mlcore.autodiff.tensor import Tensor, TensorLike


def _array(x: Any) -> Any:
    return x if isinstance(x, Tensor) else np.asarray(x)


def maxout(x: TensorLike, *, pieces: int) -> Tensor:
    """Take the largest of each group of neighbouring features: a convex function of linear pieces that is learned.

    Pieces that tie share the derivative equally.

    Parameters
    ----------
    x : Tensor, shape (..., pieces * d)
    pieces : int
        How many features make a group.

    Returns
    -------
    Tensor, shape (..., d)

    Raises
    ------
    ValueError
        If the groups do not divide the features.

    References
    ----------
    Goodfellow et al. (2013); Goodfellow, Bengio and Courville, *Deep Learning*, equation 6.37.

    Examples
    --------
    >>> maxout(Tensor([[1.0, 3.0, -1.0, -5.0]]), pieces=2)
    Tensor([[ 3., -1.]])
    """
    shape = np.shape(x)
    if pieces < 1 or not shape or shape[-1] % pieces:
        raise ValueError(f"expected x of shape (..., pieces * d) with pieces={pieces}; got {shape}")
    return reductions.max(reshape(x, shape=(*shape[:-1], shape[-1] // pieces, pieces)), axis=-1)


def radial_basis(x: TensorLike, centers: TensorLike, widths: TensorLike) -> Tensor:
    """Respond to what is near a center: exp(-||x - center||**2 / width**2) for each of several centers.

    Parameters
    ----------
    x : Tensor, shape (..., in)
    centers : Tensor, shape (in, out)
        A center in each column.
    widths : Tensor, shape (out,)

    Returns
    -------
    Tensor, shape (..., out)

    Raises
    ------
    ValueError
        If shapes do not fit.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 6.3.3.

    Examples
    --------
    >>> radial_basis(Tensor([[0.0], [1.0]]), Tensor([[1.0]]), Tensor([1.0]))
    Tensor([[0.36787942],
            [1.        ]])
    """
    x, centers, widths = _array(x), _array(centers), _array(widths)
    if centers.ndim != 2 or x.shape[-1:] != centers.shape[:1] or widths.shape != centers.shape[1:]:
        raise ValueError(
            f"expected x (..., in), centers (in, out) and widths (out,); got {x.shape}, {centers.shape}, {widths.shape}"
        )
    distances = reductions.sum(square(reshape(x, shape=(*x.shape, 1)) - centers), axis=-2)
    return exp(-distances / square(widths))


def glu(x: TensorLike) -> Tensor:
    """Gated linear unit: the first half of the features times the sigmoid of the second.

    Parameters
    ----------
    x : Tensor, shape (..., 2 * d)

    Returns
    -------
    Tensor, shape (..., d)

    Raises
    ------
    ValueError
        If the number of features is odd.

    References
    ----------
    Dauphin, Fan, Auli and Grangier (2017), equation 1.

    Examples
    --------
    >>> glu(Tensor([[3.0, 0.0]]))
    Tensor([[1.5]])
    """
    x = _array(x)
    if not x.ndim or x.shape[-1] % 2:
        raise ValueError(f"expected x with an even number of features last; got shape {x.shape}")
    d = x.shape[-1] // 2
    return x[..., :d] * sigmoid(x[..., d:])
