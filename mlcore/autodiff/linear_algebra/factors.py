"""Factors of matrices: Cholesky, and orthogonal times triangular."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.custom import custom
from mlcore.autodiff.linear_algebra.parts import tril, triu
from mlcore.autodiff.linear_algebra.products import matmul
from mlcore.autodiff.shaping.joining import concatenate
from mlcore.autodiff.tensor import Tensor, TensorLike

# ---- triangular times its transpose -----------------------------------------------------------------------------


def _lower_half(x: Any) -> Any:
    """Return the lower triangle with half of the diagonal, so that it and its transpose add up to a symmetric x."""
    return tril(x) - 0.5 * x * np.eye(x.shape[-1], dtype=x.dtype)


def _push_cholesky(t: Any, out: Any, x: Any) -> Any:
    symmetric = 0.5 * (t[0] + t[0].mT)
    within = np.linalg.solve(out, np.linalg.solve(out, symmetric).mT)  # inverse(L) dx inverse(L).T
    return out @ _lower_half(within.mT)


def _pull_cholesky(g: Any, out: Any, x: Any) -> tuple[Any]:
    within = _lower_half(out.mT @ g)
    gx = np.linalg.solve(out.mT, np.linalg.solve(out.mT, within.mT).mT)
    return (0.5 * (gx + gx.mT),)


@custom(push=_push_cholesky, pull=_pull_cholesky)
def cholesky(x: TensorLike) -> Tensor:
    """Lower triangular matrix L with L @ L.T = x, for x symmetric and positive definite.

    Only the lower triangle of x is read; the derivative is that of a symmetric x, and symmetric.

    Parameters
    ----------
    x : Tensor, shape (..., n, n)

    Raises
    ------
    numpy.linalg.LinAlgError
        If x is not positive definite.

    References
    ----------
    Murray, "Differentiation of the Cholesky decomposition" (2016), section 3.

    Examples
    --------
    >>> cholesky(Tensor([[4.0, 2.0], [2.0, 5.0]]))
    Tensor([[2., 0.],
            [1., 2.]])
    """
    return np.linalg.cholesky(x)


# ---- orthogonal times triangular ----------------------------------------------------------------------------------

# A primitive has one result: q and the transpose of r lie one below the other, and indexing takes them apart.


def _q_and_r(out: Any, x: Any) -> tuple[Any, Any]:
    return out[..., : x.shape[-2], :], out[..., x.shape[-2] :, :].mT


def _divided(x: Any, r: Any) -> Any:
    """Return x @ inverse(r)."""
    return np.linalg.solve(r.mT, x.mT).mT


def _push_qr(t: Any, out: Any, x: Any) -> Any:
    q, r = _q_and_r(out, x)
    change = _divided(t[0], r)
    within = q.mT @ change
    below = tril(within, k=-1)
    turn = below - below.mT
    return concatenate([change + q @ (turn - within), ((within - turn) @ r).mT], axis=-2)


def _pull_qr(g: Any, out: Any, x: Any) -> tuple[Any]:
    (q, r), (gq, gr) = _q_and_r(out, x), _q_and_r(g, x)
    within = r @ gr.mT - gq.mT @ q
    below = tril(within, k=-1)
    symmetric = tril(within) + below.mT
    return (_divided(gq + q @ symmetric, r.mT),)


@custom(push=_push_qr, pull=_pull_qr)
def _qr(x: TensorLike) -> Tensor:
    q, r = np.linalg.qr(x)
    return np.concatenate([q, r.mT], axis=-2)


def qr(x: TensorLike) -> tuple[Tensor, Tensor]:
    """Write matrices as x = q @ r, with orthonormal columns of q and r upper triangular.

    The derivative needs the first k = min(m, n) columns of x to be linearly independent.

    Parameters
    ----------
    x : Tensor, shape (..., m, n)

    Returns
    -------
    q : Tensor, shape (..., m, k)
    r : Tensor, shape (..., k, n)

    References
    ----------
    Walter and Lehmann, "Algorithmic differentiation of linear algebra functions" (2010), section 4.

    Examples
    --------
    >>> q, r = qr(Tensor([[0.0, 2.0], [-1.0, 3.0]]))
    >>> abs(q @ r)
    Tensor([[0., 2.],
            [1., 3.]])
    """
    k = min(x.shape[-2:])
    out = _qr(x[..., :k])
    q, r = out[..., : x.shape[-2], :], triu(out[..., x.shape[-2] :, :].mT)
    wide = x.shape[-1] > k
    return q, concatenate([r, matmul(q.mT, x[..., k:])], axis=-1) if wide else r
