"""Functions that are constant between jumps: their derivative is 0 everywhere, also at the jumps.

A loss may contain them; nothing is learned through them.
"""

from __future__ import annotations

import numpy as np

from mlcore.autodiff.primitive import elementwise
from mlcore.autodiff.tensor import Tensor, TensorLike


@elementwise(0)
def sign(x: TensorLike) -> Tensor:
    """Sign of x: -1, 0 or 1. The derivative is 0.

    Examples
    --------
    >>> sign(Tensor([-0.5, 0.0, 3.0]))
    Tensor([-1.,  0.,  1.])
    """
    return np.sign(x)


@elementwise(0)
def floor(x: TensorLike) -> Tensor:
    """Largest whole number that is not above x. The derivative is 0.

    Examples
    --------
    >>> floor(Tensor([-0.5, 1.7]))
    Tensor([-1.,  1.])
    """
    return np.floor(x)


@elementwise(0)
def ceil(x: TensorLike) -> Tensor:
    """Smallest whole number that is not below x. The derivative is 0.

    Examples
    --------
    >>> ceil(Tensor([-1.5, 1.2]))
    Tensor([-1.,  2.])
    """
    return np.ceil(x)


@elementwise(0)
def trunc(x: TensorLike) -> Tensor:
    """Whole part of x, rounded towards 0. The derivative is 0.

    Examples
    --------
    >>> trunc(Tensor([-1.7, 1.7]))
    Tensor([-1.,  1.])
    """
    return np.trunc(x)


@elementwise(0)
def round(x: TensorLike, *, decimals: int = 0) -> Tensor:
    """Nearest number of so many decimals; a tie goes to the even one. The derivative is 0.

    Examples
    --------
    >>> round(Tensor([0.5, 1.5, 2.6]))
    Tensor([0., 2., 3.])
    """
    return np.round(x, decimals)


@elementwise(0, 0)
def floor_divide(x: TensorLike, y: TensorLike) -> Tensor:
    """Whole number of times that y goes into x, floor(x / y): what ``//`` gives. The derivatives are 0.

    Examples
    --------
    >>> floor_divide(Tensor([7.5, -7.5]), 2.0)
    Tensor([ 3., -4.])
    """
    return np.floor_divide(x, y)
