"""Quantiles, percentiles and medians: sorted elements, and what lies between two of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import elementwise as e
from mlcore.autodiff import shaping as s
from mlcore.autodiff.numpy_functions.table import FUNCTIONS, Function
from mlcore.autodiff.reductions.axes import axes_of, rows_last
from mlcore.autodiff.tensor import Tensor, value_of

#: How a place between two elements, counted from 0, becomes the place that is read.
_PLACES: dict[str, Function] = {
    "linear": lambda place: place,
    "lower": np.floor,
    "higher": np.ceil,
    "nearest": np.rint,
    "midpoint": lambda place: (np.floor(place) + np.ceil(place)) / 2,
}


def _quantile(a: Any, q: Any, axis: Any, method: str, keepdims: bool, skip_nan: bool) -> Tensor:
    if method not in _PLACES:
        raise ValueError(f"expected a method of {', '.join(_PLACES)} for a Tensor; got {method!r}")
    if np.any((value_of(q) < 0) | (value_of(q) > 1)):
        raise ValueError(f"expected quantiles from 0 to 1 (percentiles from 0 to 100); got {q}")
    rows = s.sort(rows_last(a, axis)[0])  # NaN comes last
    missing = np.isnan(value_of(rows)).sum(axis=-1)
    numbers = rows.shape[-1] - missing if skip_nan else np.full(missing.shape, rows.shape[-1])
    steps = np.maximum(numbers - 1, 0).astype(rows.dtype)
    place = _PLACES[method](
        np.reshape(q, np.shape(q) + (1,) * missing.ndim) * steps
    )  # shape of q, then one for each row
    below = np.floor(value_of(place)).astype(int)
    out = _read(rows, below)
    share = place - below.astype(rows.dtype)
    if np.any(value_of(share) != 0):
        above = np.ceil(value_of(place)).astype(int)
        out = out + (_read(rows, above) - out) * share
    unknown = numbers == 0 if skip_nan else missing > 0
    out = e.where(unknown, np.nan, out) if unknown.any() else out
    if keepdims:
        axes = axes_of(axis, np.ndim(a))
        lengths = tuple(1 if i in axes else n for i, n in enumerate(np.shape(a)))
        out = s.reshape(out, shape=np.shape(q) + lengths)
    return out


def _read(rows: Any, places: np.ndarray) -> Any:
    """Read each row at its places, which lie along the leading axes that the rows do not have."""
    apart = places.reshape(-1, *rows.shape[:-1])
    found = s.take_along_axis(rows, np.moveaxis(apart, 0, -1), axis=-1)
    return s.reshape(s.moveaxis(found, source=-1, destination=0), shape=places.shape)


def _quantiles(percent: bool, skip_nan: bool) -> Function:
    def function(a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: Any = False) -> Tensor:
        q = q if isinstance(q, Tensor) else np.asarray(q, dtype=a.dtype)
        return _quantile(a, q / 100 if percent else q, axis, method, bool(keepdims), skip_nan)

    return function


def _median(skip_nan: bool) -> Function:
    return lambda a, axis=None, *, keepdims=False: _quantile(
        a, np.asarray(0.5, a.dtype), axis, "linear", bool(keepdims), skip_nan
    )


FUNCTIONS |= {
    np.quantile: _quantiles(percent=False, skip_nan=False),
    np.percentile: _quantiles(percent=True, skip_nan=False),
    np.median: _median(skip_nan=False),
    np.nanquantile: _quantiles(percent=False, skip_nan=True),
    np.nanpercentile: _quantiles(percent=True, skip_nan=True),
    np.nanmedian: _median(skip_nan=True),
}
