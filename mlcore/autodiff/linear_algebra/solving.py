"""Inverses, systems of equations, determinants."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.custom import custom
from mlcore.autodiff.elementwise.choices import where
from mlcore.autodiff.linear_algebra.parts import trace
from mlcore.autodiff.linear_algebra.products import matmul
from mlcore.autodiff.primitive import unbroadcast
from mlcore.autodiff.shaping.layout import reshape
from mlcore.autodiff.tensor import Tensor, TensorLike, constant, value_of

# ---- inverse and solution ---------------------------------------------------------------------------------------


@custom(push=lambda t, out, x: -(out @ t[0] @ out), pull=lambda g, out, x: (-(out.mT @ g @ out.mT),))
def inverse(x: TensorLike) -> Tensor:
    """Inverse of square matrices. Its differential is -inverse(x) dx inverse(x).

    Parameters
    ----------
    x : Tensor, shape (..., n, n)

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix has no inverse.

    Examples
    --------
    >>> inverse(Tensor([[2.0, 0.0], [0.0, 4.0]]))
    Tensor([[0.5 , 0.  ],
            [0.  , 0.25]])
    """
    return np.linalg.inv(x)


def _columns(b: Any) -> Any:
    """Return a right-hand side as a matrix, a vector as its one column."""
    return b[..., None] if b.ndim == 1 else b


def _push_solve(t: Any, out: Any, a: Any, b: Any) -> Any:
    rest = 0 if t[1] is None else t[1]
    if t[0] is not None:
        rest = rest - t[0] @ out
    return np.linalg.solve(a, np.broadcast_to(rest, out.shape) if rest.shape != out.shape else rest)


def _pull_solve(g: Any, out: Any, a: Any, b: Any) -> tuple[Any, Any]:
    gb = np.linalg.solve(a.mT, _columns(g) if b.ndim == 1 else g)
    ga = -(gb @ (_columns(out) if b.ndim == 1 else out).mT)
    if b.ndim == 1:
        gb = gb[..., 0]
    return unbroadcast(ga, a.shape), unbroadcast(gb, b.shape)


@custom(push=_push_solve, pull=_pull_solve)
def _solve(a: TensorLike, b: TensorLike) -> Tensor:
    return np.linalg.solve(a, b)


def solve(a: TensorLike, b: TensorLike) -> Tensor:
    """Solve a @ x = b for x: faster and more exact than ``inverse(a) @ b``.

    Parameters
    ----------
    a : Tensor, shape (..., n, n)
    b : Tensor, shape (n,) or (..., n, k)

    Returns
    -------
    Tensor, shape (..., n) or (..., n, k)

    Raises
    ------
    numpy.linalg.LinAlgError
        If a matrix has no inverse.

    Examples
    --------
    >>> solve(Tensor([[2.0, 0.0], [0.0, 4.0]]), Tensor([2.0, 2.0]))
    Tensor([1. , 0.5])
    """
    if np.ndim(b) == 1 and np.ndim(a) > 2:  # one vector for a stack of matrices
        return _solve(a, reshape(b, shape=(-1, 1)))[..., 0]
    return _solve(a, b)


def _pull_pinv(g: Any, out: Any, x: Any, *, rtol: float | None) -> tuple[Any]:
    p, pt, gt = out, out.mT, g.mT
    gx = -(pt @ g @ pt)
    gx = gx + (gt @ p @ pt - (x @ p) @ gt @ p @ pt)
    return (gx + (pt @ p @ gt - pt @ p @ gt @ (p @ x)),)


def _push_pinv(t: Any, out: Any, x: Any, *, rtol: float | None) -> Any:
    p, pt, dx = out, out.mT, t[0]
    dxt = dx.mT
    change = -(p @ dx @ p)
    change = change + (p @ pt @ dxt - p @ pt @ dxt @ (x @ p))
    return change + (dxt @ pt @ p - (p @ x) @ dxt @ pt @ p)


@custom(push=_push_pinv, pull=_pull_pinv)
def pinv(x: TensorLike, *, rtol: float | None = None) -> Tensor:
    """Pseudo-inverse of matrices: for a matrix of full rank, what solves equations in the sense of least squares.

    Differentiable where the rank does not change.

    Parameters
    ----------
    x : Tensor, shape (..., m, n)
    rtol : float, optional
        Singular values up to this share of the largest count as 0; by default a few rounding errors.

    Returns
    -------
    Tensor, shape (..., n, m)

    References
    ----------
    Golub and Pereyra, "The differentiation of pseudo-inverses", SIAM Journal on Numerical Analysis 10 (1973).

    Examples
    --------
    >>> pinv(Tensor([[2.0], [0.0]]))
    Tensor([[0.5, 0. ]])
    """
    return np.linalg.pinv(x, rtol)


def matrix_power(x: TensorLike, n: int) -> Tensor:
    """Multiply square matrices n times by themselves; a negative n multiplies their inverses.

    Examples
    --------
    >>> matrix_power(Tensor([[1.0, 1.0], [0.0, 1.0]]), 3)
    Tensor([[1., 3.],
            [0., 1.]])
    """
    if n < 0:
        x, n = inverse(x), -n
    if n == 0:
        return x * 0 + np.eye(x.shape[-1], dtype=x.dtype)
    power = None
    while True:
        if n % 2:
            power = x if power is None else matmul(power, x)
        n //= 2
        if not n:
            return power
        x = matmul(x, x)


# ---- determinants -----------------------------------------------------------------------------------------------


def _cofactors(out: Any, x: Any) -> Any:
    """Return the derivative of the determinant: its product with the transposed inverse, where there is one."""
    if isinstance(x, Tensor) or np.all(out != 0):
        return out[..., None, None] * np.linalg.inv(x).mT
    u, s, vh = np.linalg.svd(x)  # a singular matrix: the products of all singular values but one
    others = np.stack([np.prod(np.delete(s, i, axis=-1), axis=-1) for i in range(s.shape[-1])], axis=-1)
    orientation = np.linalg.det(u) * np.linalg.det(vh)
    return orientation[..., None, None] * (u * others[..., None, :]) @ vh


def _push_det(t: Any, out: Any, x: Any) -> Any:
    return (_cofactors(out, x) * t[0]).sum(axis=(-2, -1))


def _pull_det(g: Any, out: Any, x: Any) -> tuple[Any]:
    return (g[..., None, None] * _cofactors(out, x),)


@custom(push=_push_det, pull=_pull_det)
def det(x: TensorLike) -> Tensor:
    """Determinant of square matrices.

    Its derivative is det(x) * inverse(x).T, also at its limit where x has no inverse (the first derivative only).

    Parameters
    ----------
    x : Tensor, shape (..., n, n)

    Examples
    --------
    >>> det(Tensor([[2.0, 0.0], [0.0, 4.0]]))
    Tensor(8.)
    """
    return np.linalg.det(x)


def _push_logdet(t: Any, out: Any, x: Any) -> Any:
    return trace(np.linalg.solve(x, t[0]), axis1=-2, axis2=-1)


def _pull_logdet(g: Any, out: Any, x: Any) -> tuple[Any]:
    return (g[..., None, None] * np.linalg.inv(x).mT,)


@custom(push=_push_logdet, pull=_pull_logdet)
def _log_absolute_det(x: TensorLike) -> Tensor:
    return np.linalg.slogdet(x)[1]


def slogdet(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Sign and logarithm of the absolute value of the determinant: no overflow, however large the matrix.

    The derivative of the logarithm is inverse(x).T; the sign is a constant.

    Parameters
    ----------
    x : Tensor, shape (..., n, n)

    Returns
    -------
    sign, logarithm : Tensor, shape (...)

    Examples
    --------
    >>> slogdet(Tensor([[0.0, 2.0], [1.0, 0.0]]))
    (Tensor(-1.), Tensor(0.6931472))
    """
    sign = np.linalg.slogdet(value_of(x))[0]
    return constant(sign) if isinstance(x, Tensor) else sign, _log_absolute_det(x)


def logdet(x: TensorLike) -> Tensor:
    """Logarithm of the determinant, which must be positive; not a number where it is negative.

    Examples
    --------
    >>> logdet(Tensor([[2.0, 0.0], [0.0, 4.0]]))
    Tensor(2.0794415)
    """
    sign, logarithm = slogdet(x)
    negative = value_of(sign) < 0
    return where(negative, np.nan, logarithm) if np.any(negative) else logarithm
