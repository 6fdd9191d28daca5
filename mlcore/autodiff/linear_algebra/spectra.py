"""Eigenvalues and singular values: derivatives hold where these are distinct."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.custom import custom
from mlcore.autodiff.shaping.joining import concatenate
from mlcore.autodiff.tensor import Tensor, TensorLike, value_of

# A primitive has one result. So the matrix of eigenvectors gets the eigenvalues as one more row, and the singular
# vectors and values are one stack of rows as well; indexing takes them apart.


def _gaps(values: Any) -> Any:
    """Return 1 / (value[j] - value[i]) at (i, j), and 0 where they are equal."""
    gaps = values[..., None, :] - values[..., :, None]
    equal = value_of(gaps) == 0
    return np.where(equal, 0, 1 / np.where(equal, 1, gaps))


def _symmetric(x: Any) -> Any:
    return 0.5 * (x + x.mT)


def _diagonal_of(x: Any) -> Any:
    return np.diagonal(x, axis1=-2, axis2=-1)


def _on_diagonal(values: Any) -> Any:
    return values[..., None] * np.eye(values.shape[-1], dtype=values.dtype)


# ---- symmetric matrices -----------------------------------------------------------------------------------------


def _push_eigh(t: Any, out: Any, x: Any, *, lower: bool) -> Any:
    values, vectors = out[..., 0, :], out[..., 1:, :]
    change = vectors.mT @ _symmetric(t[0]) @ vectors
    return concatenate([_diagonal_of(change)[..., None, :], vectors @ (_gaps(values) * change)], axis=-2)


def _pull_eigh(g: Any, out: Any, x: Any, *, lower: bool) -> tuple[Any]:
    values, vectors = out[..., 0, :], out[..., 1:, :]
    within = _on_diagonal(g[..., 0, :]) + _gaps(values) * (vectors.mT @ g[..., 1:, :])
    return (_symmetric(vectors @ within @ vectors.mT),)


@custom(push=_push_eigh, pull=_pull_eigh)
def _eigh(x: TensorLike, *, lower: bool = True) -> Tensor:
    values, vectors = np.linalg.eigh(x, "L" if lower else "U")
    return np.concatenate([values[..., None, :], vectors], axis=-2)


def eigh(x: TensorLike, *, lower: bool = True) -> tuple[Tensor, Tensor]:
    """Eigenvalues, in ascending order, and eigenvectors of symmetric matrices.

    The derivative of the eigenvectors needs eigenvalues that are distinct; that of the eigenvalues alone is right for
    any sum over equal ones. The sign of an eigenvector is arbitrary: a loss should not depend on it.

    Parameters
    ----------
    x : Tensor, shape (..., n, n)
    lower : bool
        Read the lower triangle of x, or the upper. The derivative is that of a symmetric x, and symmetric.

    Returns
    -------
    values : Tensor, shape (..., n)
    vectors : Tensor, shape (..., n, n), in columns

    References
    ----------
    Giles, "An extended collection of matrix derivative results" (2008), section 3.1.

    Examples
    --------
    >>> values, vectors = eigh(Tensor([[2.0, 0.0], [0.0, 1.0]]))
    >>> values
    Tensor([1., 2.])
    """
    out = _eigh(x, lower=lower)
    return out[..., 0, :], out[..., 1:, :]


# ---- any matrix -------------------------------------------------------------------------------------------------


def _parts(out: Any, x: Any) -> tuple[Any, Any, Any]:
    """Take the stack of rows apart into u, s, v, the singular vectors in columns."""
    m = x.shape[-2]
    return out[..., :m, :], out[..., m, :], out[..., m + 1 :, :]


def _push_svd(t: Any, out: Any, x: Any) -> Any:
    (u, s, v), dx = _parts(out, x), t[0]
    change = u.mT @ dx @ v
    by_sum_and_difference = _gaps(s * s)
    scaled, scaled_t = change * s[..., None, :], change.mT * s[..., None, :]
    du = u @ (by_sum_and_difference * (scaled + scaled.mT))
    dv = v @ (by_sum_and_difference * (scaled_t + scaled_t.mT))
    du = du + (dx @ v - u @ (u.mT @ dx @ v)) / s[..., None, :]
    dv = dv + (dx.mT @ u - v @ (v.mT @ dx.mT @ u)) / s[..., None, :]
    return concatenate([du, _diagonal_of(change)[..., None, :], dv], axis=-2)


def _pull_svd(g: Any, out: Any, x: Any) -> tuple[Any]:
    (u, s, v), (gu, gs, gv) = _parts(out, x), _parts(g, x)
    by_sum_and_difference = _gaps(s * s)
    row, column = s[..., None, :], s[..., :, None]
    of_u, of_v = by_sum_and_difference * (u.mT @ gu), by_sum_and_difference * (v.mT @ gv)
    within = _on_diagonal(gs) + (of_u + of_u.mT) * row + column * (of_v + of_v.mT)
    gx = u @ within @ v.mT
    gx = gx + ((gu - u @ (u.mT @ gu)) / row) @ v.mT
    return (gx + u @ ((gv - v @ (v.mT @ gv)) / row).mT,)


@custom(push=_push_svd, pull=_pull_svd)
def _svd(x: TensorLike) -> Tensor:
    u, s, vh = np.linalg.svd(x, full_matrices=False)
    return np.concatenate([u, s[..., None, :], vh.mT], axis=-2)


def _pull_values(g: Any, out: Any, x: Any) -> tuple[Any]:
    u, _, vh = svd(x)
    return (u * g[..., None, :] @ vh,)


def _push_values(t: Any, out: Any, x: Any) -> Any:
    u, _, vh = svd(x)
    return _diagonal_of(u.mT @ t[0] @ vh.mT)


@custom(push=_push_values, pull=_pull_values)
def singular_values(x: TensorLike) -> Tensor:
    """Singular values of matrices, largest first.

    Parameters
    ----------
    x : Tensor, shape (..., m, n)

    Returns
    -------
    Tensor, shape (..., min(m, n))

    Examples
    --------
    >>> singular_values(Tensor([[2.0, 0.0], [0.0, 3.0]]))
    Tensor([3., 2.])
    """
    return np.linalg.svd(x, compute_uv=False)


def svd(x: TensorLike) -> tuple[Tensor, Tensor, Tensor]:
    """Singular value decomposition, x = u @ diag(s) @ vh, with as many columns and rows as singular values.

    The derivatives need singular values that are distinct and not 0. The sign of a pair of singular vectors is
    arbitrary: a loss should not depend on it.

    Parameters
    ----------
    x : Tensor, shape (..., m, n)

    Returns
    -------
    u : Tensor, shape (..., m, k), with k = min(m, n)
    s : Tensor, shape (..., k), largest first
    vh : Tensor, shape (..., k, n)

    References
    ----------
    Giles, "An extended collection of matrix derivative results" (2008), section 3.2.

    Examples
    --------
    >>> u, s, vh = svd(Tensor([[2.0, 0.0], [0.0, 3.0]]))
    >>> s
    Tensor([3., 2.])
    """
    out = _svd(x)
    u, s, v = _parts(out, x)
    return u, s, v.mT
