"""The same elements in another shape or order, or several times."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff import linear_algebra as la
from mlcore.autodiff import shaping as s
from mlcore.autodiff.numpy_functions.table import FUNCTIONS, answers
from mlcore.autodiff.reductions.axes import axes_of
from mlcore.autodiff.tensor import Tensor

FUNCTIONS |= {
    np.reshape: lambda a, shape: s.reshape(a, shape=shape),
    np.ravel: s.ravel,
    np.transpose: lambda a, axes=None: s.transpose(a, axes=None if axes is None else tuple(axes)),
    np.permute_dims: lambda a, axes=None: s.transpose(a, axes=axes),
    np.matrix_transpose: lambda x: s.swapaxes(x, first=-1, second=-2),
    np.linalg.matrix_transpose: lambda x: s.swapaxes(x, first=-1, second=-2),
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
    np.copy: lambda a: s.astype(a, dtype=a.dtype),
    np.diagflat: lambda v, k=0: la.diag(s.ravel(v), offset=k),
}


@answers(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Tensor:
    axis %= a.ndim
    start += a.ndim * (start < 0)
    return s.moveaxis(a, source=axis, destination=start - (axis < start))


@answers(np.rot90)
def _rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Tensor:
    for _ in range(k % 4):
        m = s.flip(s.swapaxes(m, first=axes[0], second=axes[1]), axis=axes[0])
    return m


def _centre(x: Any, axes: Any, direction: int) -> Tensor:
    axes = axes_of(tuple(axes) if isinstance(axes, list) else axes, x.ndim)
    shifts = tuple(direction * (x.shape[a] // 2) for a in axes)
    return s.roll(x, shift=shifts, axis=axes)


FUNCTIONS |= {
    np.fft.fftshift: lambda x, axes=None: _centre(x, axes, 1),
    np.fft.ifftshift: lambda x, axes=None: _centre(x, axes, -1),
}


@answers(np.resize)
def _resize(a: Any, new_shape: Any) -> Tensor:
    places = np.arange(np.prod(new_shape, dtype=int)) % a.size
    return s.reshape(s.take(a, places), shape=new_shape)


@answers(np.broadcast_arrays)
def _broadcast_arrays(*args: Any) -> tuple[Tensor, ...]:
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(s.broadcast_to(x, shape=shape) for x in args)


@answers(np.meshgrid)
def _meshgrid(*xi: Any, sparse: bool = False, indexing: str = "xy") -> tuple[Tensor, ...]:
    if indexing not in ("xy", "ij"):
        raise ValueError(f"expected indexing 'xy' or 'ij'; got {indexing!r}")
    axes = list(range(len(xi)))
    if indexing == "xy":
        axes[:2] = axes[:2][::-1]
    grids = [s.reshape(x, shape=tuple(-1 if a == own else 1 for a in axes)) for own, x in enumerate(xi)]
    return tuple(grids) if sparse else _broadcast_arrays(*grids)


@answers(np.lib.stride_tricks.sliding_window_view)
def _sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> Tensor:
    windows = tuple(window_shape) if np.ndim(window_shape) else (window_shape,)
    axes = axes_of(axis, x.ndim)
    if len(windows) != len(axes):
        raise ValueError(f"expected a window length for each of {len(axes)} axes; got {windows}")
    for window, a in zip(windows, axes, strict=True):
        if not 0 <= window <= x.shape[a]:
            raise ValueError(f"expected a window from 0 to the length {x.shape[a]} of axis {a}; got {window}")
        places = np.add.outer(np.arange(x.shape[a] - window + 1), np.arange(window))
        x = s.moveaxis(s.take(x, places, axis=a), source=a + 1, destination=-1)
    return x
