"""Functions known by samples: differences, slopes, areas, interpolation, convolution, polynomials."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import elementwise as e
from mlcore.autodiff import linear_algebra as la
from mlcore.autodiff import reductions as r
from mlcore.autodiff import shaping as s
from mlcore.autodiff.numpy_functions.table import FUNCTIONS, answers
from mlcore.autodiff.reductions.axes import axes_of
from mlcore.autodiff.tensor import Tensor, value_of

# ---- differences and slopes ---------------------------------------------------------------------------------------


def _neighbours(a: Any, axis: int) -> tuple[Any, Any]:
    """Return all elements along an axis but the last, and all but the first."""
    before = (slice(None),) * (axis % np.ndim(a))
    return a[(*before, slice(None, -1))], a[(*before, slice(1, None))]


def _as_slice(a: Any, like: Any, axis: int) -> Any:
    """Make a number one element along an axis, for every place of the others."""
    if np.ndim(a):
        return a
    lengths = list(like.shape)
    lengths[axis] = 1
    return s.broadcast_to(a if isinstance(a, Tensor) else np.asarray(a, like.dtype), shape=tuple(lengths))


@answers(np.diff)
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Tensor:
    if n and (prepend is not None or append is not None):
        a = s.concatenate([_as_slice(x, a, axis) for x in (prepend, a, append) if x is not None], axis=axis)
    for _ in range(n):
        left, right = _neighbours(a, axis)
        a = right - left
    return a


@answers(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Tensor:
    parts = [s.ravel(x) for x in (to_begin, _diff(s.ravel(ary)), to_end) if x is not None]
    return s.concatenate(parts)


@answers(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    axes = axes_of(axis, f.ndim)
    spacings = varargs * len(axes) if len(varargs) == 1 else varargs or (1,) * len(axes)
    if len(spacings) != len(axes):
        raise TypeError(f"np.gradient expected one spacing, or one for each of {len(axes)} axes; got {len(varargs)}")
    slopes = [_slope(f, spacing, a, edge_order) for spacing, a in zip(spacings, axes, strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slope(f: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    """Fit a parabola through each sample and its neighbours; at the edges a line, or the parabola there."""
    f = s.moveaxis(f, source=axis, destination=0)
    if len(f) <= edge_order:
        raise ValueError(f"np.gradient expected at least {edge_order + 1} samples on axis {axis}; got {len(f)}")
    steps = np.diff(spacing) if np.ndim(spacing) else spacing * np.ones(len(f) - 1, f.dtype)
    steps = np.reshape(steps.astype(f.dtype), (-1,) + (1,) * (f.ndim - 1))
    rises = (f[1:] - f[:-1]) / steps
    before, after = steps[:-1], steps[1:]
    inner = (after * rises[:-1] + before * rises[1:]) / (before + after)
    first, last = rises[:1], rises[-1:]
    if edge_order == 2:
        first, last = 2 * first - inner[:1], 2 * last - inner[-1:]
    return s.moveaxis(s.concatenate([first, inner, last]), source=0, destination=axis)


@answers(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: float = 1.0, axis: int = -1) -> Tensor:
    left, right = _neighbours(y, axis)
    widths = dx
    if x is not None:
        along = [1] * np.ndim(y)
        along[axis] = -1
        widths = np.diff(x, axis=axis) if np.ndim(x) > 1 else np.reshape(np.diff(x), along)
    return r.sum(e.multiply(left + right, 0.5 * widths), axis=axis)


# ---- between and beyond samples -----------------------------------------------------------------------------------


@answers(np.interp)
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None) -> Tensor:
    dtype = next(v.dtype for v in (x, xp, fp) if isinstance(v, Tensor))
    x, xp, fp = (v if hasattr(v, "dtype") else np.asarray(v, dtype) for v in (x, xp, fp))
    at = np.clip(np.searchsorted(value_of(xp), value_of(x), side="right") - 1, 0, len(xp) - 2)
    share = (x - xp[at]) / (xp[at + 1] - xp[at])
    inside = fp[at] + share * (fp[at + 1] - fp[at])
    out = e.where(value_of(x) < value_of(xp[0]), fp[0] if left is None else left, inside)
    return e.where(value_of(x) > value_of(xp[-1]), fp[-1] if right is None else right, out)


@answers(np.linspace)
def _linspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, *, axis: int = 0) -> Tensor:
    distance = e.subtract(stop, start)
    shares = np.arange(num, dtype=distance.dtype) / max(num - endpoint, 1)
    return s.moveaxis(start + np.multiply.outer(shares, distance), source=0, destination=axis)


@answers(np.convolve)
def _convolve(a: Any, v: Any, mode: str = "full") -> Tensor:
    out, shorter, longer = la.convolve(a, v), min(len(a), len(v)), max(len(a), len(v))
    if mode == "full":
        return out
    if mode not in ("same", "valid"):
        raise ValueError(f"expected mode full, same or valid; got {mode!r}")
    return out[shorter - 1 : longer] if mode == "valid" else out[(shorter - 1) // 2 :][:longer]


@answers(np.correlate)
def _correlate(a: Any, v: Any, mode: str = "valid") -> Tensor:
    if len(a) < len(v):
        return _convolve(v, a[::-1], mode)[::-1]
    return _convolve(a, v[::-1], mode)


@answers(np.polyval)
def _polyval(p: Any, x: Any) -> Tensor:
    out = 0 * x
    for coefficient in p:  # Horner's rule
        out = out * x + coefficient
    return out


FUNCTIONS |= {
    np.vander: lambda x, N=None, increasing=False: e.power(
        x[:, None], np.arange(len(x) if N is None else N, dtype=x.dtype)[:: 1 if increasing else -1]
    ),
}
