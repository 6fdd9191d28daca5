"""Which function of this library answers for which of NumPy's, with NumPy's own arguments.

NumPy takes options by position as well as by name, and has more of them; the adapters here take those that make sense
for a Tensor. An option that is missing, such as ``out``, is refused by Python itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mlcore.autodiff import elementwise as e
from mlcore.autodiff import linear_algebra as la
from mlcore.autodiff import reductions as r
from mlcore.autodiff import shaping as s
from mlcore.autodiff.tensor import Tensor, value_of

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {}

Function = Callable[..., Any]


def _answers(*numpys: Function) -> Callable[[Function], Function]:
    """Enter the function below as what answers for these of NumPy."""

    def enter(ours: Function) -> Function:
        FUNCTIONS.update(dict.fromkeys(numpys, ours))
        return ours

    return enter


# ---- reductions -------------------------------------------------------------------------------------------------


def _reduction(ours: Function) -> Function:
    return lambda a, axis=None, *, keepdims=False: ours(a, axis=axis, keepdims=bool(keepdims))


def _spread(ours: Function) -> Function:
    return lambda a, axis=None, *, ddof=0, keepdims=False: ours(a, axis=axis, ddof=ddof, keepdims=bool(keepdims))


def _running(ours: Function) -> Function:
    return lambda a, axis=None: ours(a, axis=axis)


FUNCTIONS |= {
    np.sum: _reduction(r.sum),
    np.mean: _reduction(r.mean),
    np.prod: _reduction(r.prod),
    np.max: _reduction(r.max),
    np.amax: _reduction(r.max),
    np.min: _reduction(r.min),
    np.amin: _reduction(r.min),
    np.var: _spread(r.var),
    np.std: _spread(r.std),
    np.cumsum: _running(r.cumsum),
    np.cumprod: _running(r.cumprod),
}


@_answers(np.ptp)
def _ptp(a: Any, axis: Any = None, *, keepdims: Any = False) -> Tensor:
    return r.max(a, axis=axis, keepdims=bool(keepdims)) - r.min(a, axis=axis, keepdims=bool(keepdims))


@_answers(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1) -> Tensor:
    for _ in range(n):
        after, before = [slice(None)] * a.ndim, [slice(None)] * a.ndim
        after[axis], before[axis] = slice(1, None), slice(None, -1)
        a = a[tuple(after)] - a[tuple(before)]
    return a


# ---- elementwise ------------------------------------------------------------------------------------------------

FUNCTIONS |= {np.sinc: e.sinc, np.nan_to_num: lambda x, copy=True, nan=0.0, **infs: e.nan_to_num(x, nan=nan, **infs)}


@_answers(np.clip)
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Tensor:
    return e.clip(a, lower=a_min if min is None else min, upper=a_max if max is None else max)


@_answers(np.where)
def _where(condition: Any, *choices: Any) -> Any:
    if not choices:
        return np.where(value_of(condition))
    return e.where(value_of(condition), *choices)


@_answers(np.round, np.around)
def _round(a: Any, decimals: int = 0) -> Tensor:
    return e.round(a, decimals=decimals)


@_answers(np.select)
def _select(conditions: Any, choices: Any, default: Any = 0) -> Tensor:
    for condition, choice in zip(conditions[::-1], choices[::-1], strict=True):
        default = e.where(value_of(condition), choice, default)
    return default


# ---- shapes -----------------------------------------------------------------------------------------------------

FUNCTIONS |= {
    np.reshape: lambda a, shape: s.reshape(a, shape=shape),
    np.ravel: s.ravel,
    np.transpose: lambda a, axes=None: s.transpose(a, axes=None if axes is None else tuple(axes)),
    np.permute_dims: lambda a, axes=None: s.transpose(a, axes=axes),
    np.matrix_transpose: lambda x: s.swapaxes(x, first=-1, second=-2),
    np.swapaxes: lambda a, axis1, axis2: s.swapaxes(a, first=axis1, second=axis2),
    np.moveaxis: lambda a, source, destination: s.moveaxis(a, source=source, destination=destination),
    np.expand_dims: lambda a, axis: s.expand_dims(a, axis=axis),
    np.squeeze: lambda a, axis=None: s.squeeze(a, axis=axis),
    np.broadcast_to: lambda array, shape: s.broadcast_to(array, shape=shape),
    np.flip: lambda m, axis=None: s.flip(m, axis=axis),
    np.flipud: lambda m: s.flip(m, axis=0),
    np.fliplr: lambda m: s.flip(m, axis=1),
    np.roll: lambda a, shift, axis=None: s.roll(a, shift=shift, axis=axis),
    np.tile: lambda A, reps: s.tile(A, reps),
    np.repeat: lambda a, repeats, axis=None: s.repeat(a, repeats, axis=axis),
    np.pad: lambda array, pad_width, mode="constant", *, constant_values=0: s.pad(
        array, pad_width, mode=mode, value=constant_values
    ),
    np.copy: lambda a: s.reshape(a, shape=a.shape),
}


@_answers(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Tensor:
    axis %= a.ndim
    start += a.ndim * (start < 0)
    return s.moveaxis(a, source=axis, destination=start - (axis < start))


@_answers(np.rot90)
def _rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Tensor:
    for _ in range(k % 4):
        m = s.flip(s.swapaxes(m, first=axes[0], second=axes[1]), axis=axes[0])
    return m


# ---- joining and selecting --------------------------------------------------------------------------------------


def _at_least(ndim: int) -> Function:
    """Return what ``np.atleast_1d`` and so on do to one or several arrays."""

    def one(x: Any) -> Any:
        shape = np.shape(x)
        if len(shape) >= ndim:
            return x
        if ndim == 3 and shape:  # a vector becomes (1, n, 1), a matrix (m, n, 1)
            return s.reshape(x, shape=(*(1,) * (2 - len(shape)), *shape, 1))
        return s.reshape(x, shape=(*(1,) * (ndim - len(shape)), *shape))

    return lambda *xs: one(xs[0]) if len(xs) == 1 else tuple(map(one, xs))


def _stacked(at_least: Function, axis: int) -> Function:
    return lambda tup: s.concatenate([at_least(x) for x in tup], axis=axis)


def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    return s.split(ary, indices_or_sections, axis=axis)


FUNCTIONS |= {
    np.concatenate: lambda arrays, axis=0: s.concatenate(arrays, axis=axis),
    np.stack: lambda arrays, axis=0: s.stack(arrays, axis=axis),
    np.append: lambda arr, values, axis=None: s.concatenate([arr, values], axis=axis),
    np.vstack: _stacked(_at_least(2), 0),
    np.dstack: _stacked(_at_least(3), 2),
    np.hstack: lambda tup: s.concatenate([_at_least(1)(x) for x in tup], axis=0 if np.ndim(tup[0]) <= 1 else 1),
    np.column_stack: lambda tup: s.concatenate(
        [s.reshape(x, shape=(-1, 1)) if np.ndim(x) < 2 else x for x in tup], axis=1
    ),
    np.atleast_1d: _at_least(1),
    np.atleast_2d: _at_least(2),
    np.atleast_3d: _at_least(3),
    np.split: _split,
    np.vsplit: lambda ary, parts: _split(ary, parts, 0),
    np.hsplit: lambda ary, parts: _split(ary, parts, 1 if ary.ndim > 1 else 0),
    np.dsplit: lambda ary, parts: _split(ary, parts, 2),
    np.take: lambda a, indices, axis=None: s.take(a, indices, axis=axis),
    np.take_along_axis: lambda arr, indices, axis=-1: s.take_along_axis(arr, indices, axis=axis),
    np.sort: lambda a, axis=-1, kind=None: s.sort(a, axis=axis),
    np.partition: lambda a, kth, axis=-1: s.take_along_axis(a, np.argpartition(value_of(a), kth, axis), axis=axis),
}


if hasattr(np, "unstack"):  # since NumPy 2.1
    FUNCTIONS[np.unstack] = s.unstack


@_answers(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Tensor]:
    if isinstance(indices_or_sections, (int, np.integer)):
        n, longer = divmod(ary.shape[axis], indices_or_sections)
        lengths = [n + 1] * longer + [n] * (indices_or_sections - longer)
        indices_or_sections = np.cumsum(lengths)[:-1].tolist()
    return s.split(ary, indices_or_sections, axis=axis)


# ---- linear algebra ---------------------------------------------------------------------------------------------


@_answers(np.einsum)
def _einsum(subscripts: str, *operands: Any, optimize: Any = None) -> Tensor:
    return la.einsum(subscripts, *operands)


@_answers(np.linalg.svd)
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True) -> Any:
    if not compute_uv:
        return la.singular_values(a)
    if full_matrices and a.shape[-1] != a.shape[-2]:
        raise TypeError("np.linalg.svd of a Tensor has no derivative with full_matrices=True; pass full_matrices=False")
    return la.svd(a)


@_answers(np.linalg.multi_dot)
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
    np.cross: lambda a, b, *, axis=-1: la.cross(a, b, axis=axis),
    np.trace: lambda a, offset=0, axis1=0, axis2=1: la.trace(a, offset=offset, axis1=axis1, axis2=axis2),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: la.diagonal(a, offset=offset, axis1=axis1, axis2=axis2),
    np.diag: lambda v, k=0: la.diag(v, offset=k),
    np.tril: lambda m, k=0: la.tril(m, k=k),
    np.triu: lambda m, k=0: la.triu(m, k=k),
    np.linalg.inv: la.inverse,
    np.linalg.pinv: la.pinv,
    np.linalg.solve: la.solve,
    np.linalg.det: la.det,
    np.linalg.slogdet: la.slogdet,
    np.linalg.cholesky: la.cholesky,
    np.linalg.matrix_power: la.matrix_power,
    np.linalg.eigh: lambda a, UPLO="L": la.eigh(a, lower=UPLO.upper() == "L"),
    np.linalg.eigvalsh: lambda a, UPLO="L": la.eigh(a, lower=UPLO.upper() == "L")[0],
    np.linalg.norm: lambda x, ord=None, axis=None, keepdims=False: la.norm(x, order=ord, axis=axis, keepdims=keepdims),
}
