"""Linear algebra, with the results of several parts named as NumPy names them."""

from __future__ import annotations

import string
from collections import namedtuple
from typing import Any

import numpy as np

from mlcore.autodiff import linear_algebra as la
from mlcore.autodiff import reductions as r
from mlcore.autodiff import shaping as s
from mlcore.autodiff.numpy_functions.table import FUNCTIONS, answers
from mlcore.autodiff.reductions.axes import axes_of, expand, rows_last
from mlcore.autodiff.tensor import Tensor, value_of

# ---- products -----------------------------------------------------------------------------------------------------


@answers(np.einsum)
def _einsum(subscripts: Any, *operands: Any, optimize: Any = None) -> Tensor:
    if isinstance(subscripts, str):
        return la.einsum(subscripts, *operands)
    parts = (subscripts, *operands)  # arrays, each followed by its list of axes; then, maybe, that of the result
    terms = [_letters(axes) for axes in parts[1::2]]
    result = [_letters(parts[-1])] if len(parts) % 2 else []
    return la.einsum("->".join([",".join(terms), *result]), *parts[: 2 * len(terms) : 2])


def _letters(axes: Any) -> str:
    return "".join("..." if a is Ellipsis else string.ascii_letters[a] for a in axes)


@answers(np.cross)
def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Tensor:
    if axis is not None:
        axisa = axisb = axisc = axis
    product = la.cross(np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1))
    return s.moveaxis(product, source=-1, destination=axisc)


@answers(np.linalg.multi_dot)
def _multi_dot(arrays: Any) -> Tensor:
    product = arrays[0]
    for x in arrays[1:]:
        product = la.matmul(product, x)
    return product


FUNCTIONS |= {
    np.dot: la.dot,
    np.vdot: lambda a, b: la.matmul(s.ravel(a), s.ravel(b)),
    np.inner: la.inner,
    np.outer: la.outer,
    np.tensordot: lambda a, b, axes=2: la.tensordot(a, b, axes=axes),
    np.kron: la.kron,
    np.linalg.matmul: la.matmul,
    np.linalg.outer: la.outer,
    np.linalg.cross: lambda x1, x2, /, *, axis=-1: la.cross(x1, x2, axis=axis),
    np.linalg.tensordot: lambda x1, x2, /, *, axes=2: la.tensordot(x1, x2, axes=axes),
    np.linalg.vecdot: lambda x1, x2, /, *, axis=-1: r.sum(x1 * x2, axis=axis),
    np.linalg.matrix_power: la.matrix_power,
}

# ---- parts --------------------------------------------------------------------------------------------------------

FUNCTIONS |= {
    np.trace: lambda a, offset=0, axis1=0, axis2=1: la.trace(a, offset=offset, axis1=axis1, axis2=axis2),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: la.diagonal(a, offset=offset, axis1=axis1, axis2=axis2),
    np.linalg.trace: lambda x, /, *, offset=0: la.trace(x, offset=offset, axis1=-2, axis2=-1),
    np.linalg.diagonal: lambda x, /, *, offset=0: la.diagonal(x, offset=offset, axis1=-2, axis2=-1),
    np.diag: lambda v, k=0: la.diag(v, offset=k),
    np.tril: lambda m, k=0: la.tril(m, k=k),
    np.triu: lambda m, k=0: la.triu(m, k=k),
}

# ---- equations and spectra ----------------------------------------------------------------------------------------

_Eigh = namedtuple("EighResult", ["eigenvalues", "eigenvectors"])
_QR = namedtuple("QRResult", ["Q", "R"])
_Slogdet = namedtuple("SlogdetResult", ["sign", "logabsdet"])
_SVD = namedtuple("SVDResult", ["U", "S", "Vh"])


@answers(np.linalg.svd)
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return la.singular_values(a)
    if full_matrices and a.shape[-1] != a.shape[-2]:
        raise TypeError("np.linalg.svd of a Tensor has no derivative with full_matrices=True; pass full_matrices=False")
    return _SVD(*la.svd(a))


@answers(np.linalg.qr)
def _qr(a: Any, mode: str = "reduced") -> Any:
    if mode not in ("reduced", "complete", "r") or (mode == "complete" and a.shape[-2] > a.shape[-1]):
        raise TypeError(f"np.linalg.qr of a Tensor has no derivative in mode {mode!r}; pass mode='reduced' or 'r'")
    return la.qr(a)[1] if mode == "r" else _QR(*la.qr(a))


@answers(np.linalg.cholesky)
def _cholesky(a: Any, /, *, upper: bool = False) -> Tensor:
    return np.matrix_transpose(la.cholesky(np.matrix_transpose(a))) if upper else la.cholesky(a)


@answers(np.linalg.lstsq)
def _lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Tensor, Tensor, int, Tensor]:
    values = la.singular_values(a)
    rcond = np.finfo(values.dtype).eps * max(a.shape) if rcond is None else rcond
    solution = la.matmul(la.pinv(a, rtol=rcond), b)
    rank = int(np.sum(value_of(values) > rcond * value_of(values).max(initial=0)))
    rest = r.sum(np.square(np.atleast_2d(np.transpose(b - a @ solution))), axis=-1)
    determined = rank == a.shape[-1] < a.shape[-2]
    return solution, rest if determined else rest[:0], rank, values


@answers(np.linalg.tensorsolve)
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Tensor:
    if axes is not None:  # these go to the end
        moved = axes_of(tuple(axes), a.ndim)
        a = s.transpose(a, axes=(*(i for i in range(a.ndim) if i not in moved), *moved))
    shape = a.shape[np.ndim(b) :]
    return s.reshape(la.solve(s.reshape(a, shape=(np.size(b), -1)), s.ravel(b)), shape=shape)


@answers(np.linalg.tensorinv)
def _tensorinv(a: Any, ind: int = 2) -> Tensor:
    shape = a.shape[ind:] + a.shape[:ind]
    rows = int(np.prod(a.shape[ind:]))
    return s.reshape(la.inverse(s.reshape(a, shape=(-1, rows))), shape=shape)


@answers(np.linalg.pinv)
def _pinv(a: Any, rcond: float | None = None, hermitian: bool = False, *, rtol: float | None = None) -> Tensor:
    if hermitian:  # the lower triangle counts
        a = la.tril(a) + np.matrix_transpose(la.tril(a, k=-1))
    return la.pinv(a, rtol=rcond if rtol is None else rtol)


FUNCTIONS |= {
    np.linalg.inv: la.inverse,
    np.linalg.solve: la.solve,
    np.linalg.det: la.det,
    np.linalg.slogdet: lambda a: _Slogdet(*la.slogdet(a)),
    np.linalg.svdvals: la.singular_values,
    np.linalg.eigh: lambda a, UPLO="L": _Eigh(*la.eigh(a, lower=UPLO.upper() == "L")),
    np.linalg.eigvalsh: lambda a, UPLO="L": la.eigh(a, lower=UPLO.upper() == "L")[0],
}

# ---- norms --------------------------------------------------------------------------------------------------------


@answers(np.linalg.vector_norm)
def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Tensor:
    out = la.norm(rows_last(x, axis)[0], order=ord, axis=-1)
    return expand(out, x.shape, axes_of(axis, x.ndim), False) if keepdims else out


@answers(np.linalg.cond)
def _cond(x: Any, p: Any = None) -> Tensor:
    if p in (None, 2, -2):
        values = la.singular_values(x)
        return values[..., -1] / values[..., 0] if p == -2 else values[..., 0] / values[..., -1]
    return la.norm(x, order=p, axis=(-2, -1)) * la.norm(la.inverse(x), order=p, axis=(-2, -1))


FUNCTIONS |= {
    np.linalg.norm: lambda x, ord=None, axis=None, keepdims=False: la.norm(x, order=ord, axis=axis, keepdims=keepdims),
    np.linalg.matrix_norm: lambda x, /, *, keepdims=False, ord="fro": la.norm(
        x, order=ord, axis=(-2, -1), keepdims=keepdims
    ),
}
