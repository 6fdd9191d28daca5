"""Reductions, averages and covariances; also those that leave NaN out."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import elementwise as e
from mlcore.autodiff import reductions as r
from mlcore.autodiff import shaping as s
from mlcore.autodiff.numpy_functions.table import FUNCTIONS, Function, answers
from mlcore.autodiff.reductions.axes import axes_of
from mlcore.autodiff.tensor import Tensor, value_of


def _reduction(ours: Function) -> Function:
    return lambda a, axis=None, *, keepdims=False: ours(a, axis=axis, keepdims=bool(keepdims))


def _spread(ours: Function) -> Function:
    return lambda a, axis=None, *, ddof=0, correction=None, keepdims=False: ours(
        a, axis=axis, ddof=ddof if correction is None else correction, keepdims=bool(keepdims)
    )


def _running(ours: Function) -> Function:
    return lambda a, axis=None: ours(a, axis=axis)


@answers(np.ptp)
def _ptp(a: Any, axis: Any = None, *, keepdims: Any = False) -> Tensor:
    return r.max(a, axis=axis, keepdims=bool(keepdims)) - r.min(a, axis=axis, keepdims=bool(keepdims))


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


# ---- without NaN --------------------------------------------------------------------------------------------------


def _filled(a: Any, value: Any) -> Any:
    """Put a value, which gets no derivative through ``a``, in the place of NaN."""
    return e.where(np.isnan(value_of(a)), value, a)


def _numbers(a: Any, axis: Any, keepdims: bool) -> np.ndarray:
    """Count what is not NaN, in a's type."""
    return np.sum(~np.isnan(value_of(a)), axis=axis, keepdims=keepdims, dtype=a.dtype)


def _nan_mean(a: Any, *, axis: Any, keepdims: bool) -> Tensor:
    return r.sum(_filled(a, 0), axis=axis, keepdims=keepdims) / _numbers(a, axis, keepdims)


def _nan_var(a: Any, *, axis: Any, ddof: int, keepdims: bool) -> Tensor:
    mean = _nan_mean(a, axis=axis, keepdims=True)
    squares = r.sum(np.square(_filled(a, mean) - mean), axis=axis, keepdims=keepdims)
    return squares / np.maximum(_numbers(a, axis, keepdims) - ddof, 0)


def _nan_std(a: Any, *, axis: Any, ddof: int, keepdims: bool) -> Tensor:
    variance = _nan_var(a, axis=axis, ddof=ddof, keepdims=keepdims)
    corner = value_of(variance) == 0
    return np.where(corner, 0, np.sqrt(np.where(corner, 1, variance)))


def _nan_extreme(ours: Function, beaten: float) -> Function:
    def reduce(a: Any, *, axis: Any, keepdims: bool) -> Tensor:
        out = ours(_filled(a, beaten), axis=axis, keepdims=keepdims)
        return e.where(_numbers(a, axis, keepdims) == 0, np.nan, out)

    return reduce


FUNCTIONS |= {
    np.nansum: _reduction(lambda a, **options: r.sum(_filled(a, 0), **options)),
    np.nanprod: _reduction(lambda a, **options: r.prod(_filled(a, 1), **options)),
    np.nancumsum: _running(lambda a, axis: r.cumsum(_filled(a, 0), axis=axis)),
    np.nancumprod: _running(lambda a, axis: r.cumprod(_filled(a, 1), axis=axis)),
    np.nanmean: _reduction(_nan_mean),
    np.nanmax: _reduction(_nan_extreme(r.max, -np.inf)),
    np.nanmin: _reduction(_nan_extreme(r.min, np.inf)),
    np.nanvar: _spread(_nan_var),
    np.nanstd: _spread(_nan_std),
}


# ---- averages and covariances -------------------------------------------------------------------------------------


@answers(np.average)
def _average(a: Any, axis: Any = None, weights: Any = None, *, keepdims: Any = False) -> Tensor:
    if weights is None:
        return r.mean(a, axis=axis, keepdims=bool(keepdims))
    if np.shape(weights) != np.shape(a):  # one for each place along the axes
        axes = axes_of(axis, np.ndim(a))
        weights = s.reshape(weights, shape=tuple(n if i in axes else 1 for i, n in enumerate(np.shape(a))))
    total = np.sum(e.multiply(a, weights), axis=axis, keepdims=keepdims)
    return total / np.sum(np.broadcast_to(weights, np.shape(a)), axis=axis, keepdims=keepdims)


def _variables_in_rows(x: Any, rowvar: bool) -> Any:
    if np.ndim(x) < 2:
        return s.reshape(x, shape=(1, -1))
    return x if rowvar else s.transpose(x)


@answers(np.cov)
def _cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
) -> Tensor:
    x = _variables_in_rows(m, rowvar)
    if y is not None:
        x = s.concatenate([x, _variables_in_rows(y, rowvar)])
    ddof = int(not bias) if ddof is None else ddof
    counts = np.ones(x.shape[1], x.dtype) if fweights is None else np.asarray(fweights, dtype=x.dtype)
    weights = counts if aweights is None else counts * aweights
    total = np.sum(weights)
    lost = ddof if aweights is None else ddof * np.sum(weights * aweights) / total
    centered = x - np.sum(x * weights, axis=1, keepdims=True) / total
    return np.squeeze((centered * weights) @ np.transpose(centered) / np.maximum(total - lost, 0))


@answers(np.corrcoef)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True) -> Tensor:
    covariance = _cov(x, y, rowvar)
    if covariance.ndim == 0:
        return covariance / covariance
    deviations = np.sqrt(np.diag(covariance))
    return np.clip(covariance / (deviations[:, None] * deviations), -1, 1)
