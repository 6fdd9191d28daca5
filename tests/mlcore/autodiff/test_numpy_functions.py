"""NumPy's functions on Tensors, each with the options that it has in NumPy."""

import inspect
import sys

import numpy as np
import pytest

from mlcore import Tensor, check_gradients
from mlcore.autodiff.numpy_functions import FUNCTIONS

X = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])


def holed(x):
    """Put NaN in the place of an element."""
    return np.where(np.arange(6).reshape(2, 3) == 4, np.nan, x)


CALLS = [
    lambda x: np.sum(x),
    lambda x: np.sum(x, 0),
    lambda x: np.sum(x, axis=(0, 1), keepdims=True),
    lambda x: np.mean(x, axis=-1),
    lambda x: np.max(x, axis=1) * np.amax(x),
    lambda x: np.min(x) - np.amin(x, 0),
    lambda x: np.var(x, axis=0),
    lambda x: np.var(x, ddof=1),
    lambda x: np.std(x, axis=1, keepdims=True),
    lambda x: np.clip(x, 0.5, 1.4),
    lambda x: np.clip(x, min=0.5),
    lambda x: np.where(x > 1, x, 2 * x),
    lambda x: np.dot(x, x.T),
    lambda x: np.dot(x, 2.0),
    lambda x: np.matmul(x, np.transpose(x)),
    lambda x: np.reshape(x, (3, 2)),
    lambda x: np.ravel(x),
    lambda x: np.transpose(x, (1, 0)),
    lambda x: np.swapaxes(x, 0, -1),
    lambda x: np.expand_dims(x, 1),
    lambda x: np.expand_dims(x, -1),
    lambda x: np.broadcast_to(x, (2, 2, 3)),
    lambda x: np.concatenate([x, 2 * x, X], axis=1),
    lambda x: np.concatenate((X, x)),
    lambda x: np.stack([x, x * x], axis=-1),
    lambda x: np.prod(x, axis=1),
    lambda x: np.prod(x, axis=(0, 1), keepdims=True),
    lambda x: np.cumsum(x),
    lambda x: np.cumsum(x, 1),
    lambda x: np.cumprod(x, axis=0),
    lambda x: np.ptp(x, axis=1),
    lambda x: np.diff(x),
    lambda x: np.diff(x, 2, axis=1),
    lambda x: np.sinc(x),
    lambda x: np.nan_to_num(x),
    lambda x: np.round(x + np.around(x, 1), 1) + x,
    lambda x: np.select([x > 1, x > 0.5], [x, x * x], 2.0),
    lambda x: np.permute_dims(x, (1, 0)),
    lambda x: np.matrix_transpose(x),
    lambda x: np.moveaxis(x, 0, -1),
    lambda x: np.rollaxis(x, 1),
    lambda x: np.rollaxis(x[None], 0, 3),
    lambda x: np.rot90(x),
    lambda x: np.rot90(x, 3, (1, 0)),
    lambda x: np.squeeze(x[None], 0),
    lambda x: np.flip(x),
    lambda x: np.flip(x, (0, 1)),
    lambda x: np.flipud(x) * np.fliplr(x),
    lambda x: np.roll(x, 2),
    lambda x: np.roll(x, (1, -1), axis=(0, 1)),
    lambda x: np.tile(x, (2, 1, 2)),
    lambda x: np.repeat(x, 2, axis=1),
    lambda x: np.repeat(x, [1, 2, 0], axis=-1),
    lambda x: np.pad(x, 1),
    lambda x: np.pad(x, ((1, 0), (0, 2)), "constant", constant_values=2.0),
    lambda x: np.pad(x, ((1, 0), (0, 2)), mode="reflect"),
    lambda x: np.copy(x),
    lambda x: np.append(x, X),
    lambda x: np.append(x, X, axis=1),
    lambda x: np.concatenate([x, X], axis=None),
    lambda x: np.vstack([x, x[0]]),
    lambda x: np.hstack([x, X]),
    lambda x: np.hstack([x[0], X[1]]),
    lambda x: np.dstack([x, X]),
    lambda x: np.column_stack([x, x[:, 0]]),
    lambda x: np.atleast_1d(x[0, 0]),
    lambda x: np.atleast_2d(x[0]),
    lambda x: np.atleast_3d(x) * np.atleast_3d(x[0]) * np.atleast_3d(x[0, 0]),
    lambda x: np.atleast_1d(x, x[0, 0])[1],
    lambda x: np.split(x, 3, axis=1)[1],
    lambda x: np.split(x, [1])[1],
    lambda x: np.array_split(x, 2, axis=1)[0],
    lambda x: np.vsplit(x, 2)[0],
    lambda x: np.hsplit(x, [2])[1],
    lambda x: np.dsplit(x[None], 3)[2],
    lambda x: np.take(x, [2, 0, 2], axis=1),
    lambda x: np.take(x, np.array([[0, 5]])),
    lambda x: np.take_along_axis(x, np.array([[2, 0], [1, 1]]), axis=1),
    lambda x: np.sort(x),
    lambda x: np.sort(x, axis=None),
    lambda x: np.sort(np.partition(x, 1)[:, :1], axis=0),
    lambda x: np.einsum("ij,kj->ik", x, X),
    lambda x: np.vdot(x, X),
    lambda x: np.inner(x, X),
    lambda x: np.outer(x, X),
    lambda x: np.multiply.outer(x, X),
    lambda x: np.tensordot(x, X, axes=([0, 1], [0, 1])),
    lambda x: np.kron(x, X),
    lambda x: np.cross(x, X),
    lambda x: np.trace(x, 1),
    lambda x: np.diagonal(x, 1),
    lambda x: np.diag(x),
    lambda x: np.diag(x[0], -1),
    lambda x: np.tril(x) + np.triu(x, 1),
    lambda x: np.linalg.inv(x[:, :2]),
    lambda x: np.linalg.pinv(x),
    lambda x: np.linalg.solve(x[:, :2], x[:, 2]),
    lambda x: np.linalg.det(x[:, :2]),
    lambda x: np.linalg.slogdet(x[:, :2])[1],
    lambda x: np.linalg.cholesky(x @ x.T),
    lambda x: np.linalg.matrix_power(x[:, :2], 3),
    lambda x: np.linalg.eigh(x @ x.T)[0] + np.linalg.eigvalsh(x @ x.T, "U"),
    lambda x: np.linalg.svd(x, full_matrices=False)[1] + np.linalg.svd(x, compute_uv=False),
    lambda x: np.linalg.norm(x, axis=1),
    lambda x: np.linalg.norm(x, 1),
    lambda x: np.linalg.multi_dot([x, X.T, x]),
    lambda x: np.add.reduce(x, axis=0),
    lambda x: np.multiply.reduce(x),
    lambda x: np.maximum.reduce(x, axis=1, keepdims=True) - np.minimum.reduce(x, axis=(0, 1)),
    lambda x: np.add.accumulate(x) * np.multiply.accumulate(x, axis=1),
    lambda x: np.maximum.accumulate(x, axis=1) - np.minimum.accumulate(x),
    lambda x: 1.7 % x + x // 1.0 + (x + 0.01) % 0.5,
    lambda x: X * x + X - x / X + X**x + (X @ x.T).sum(),
    # statistics
    lambda x: np.var(x, axis=1, correction=1),
    lambda x: np.average(x) + np.average(x, 1, x * x, keepdims=True),
    lambda x: np.average(x, 0, [1.0, 3.0]),
    lambda x: np.average(X, weights=x),
    lambda x: np.cov(x, X**2),
    lambda x: np.cov(x, rowvar=False, bias=True),
    lambda x: np.cov(x, fweights=[1, 2, 3], aweights=[0.3, 0.4, 1.0]),
    lambda x: np.cov(x[0]) * np.corrcoef(x[0] * x[1], x[1]),
    lambda x: np.nansum(x) + np.nanprod(x, axis=0),
    lambda x: np.nanmean(holed(x), axis=0) + np.nanvar(holed(x), axis=1, ddof=1, keepdims=True),
    lambda x: np.nanstd(holed(x)) * np.nanmax(holed(x), axis=1) - np.nanmin(holed(x)),
    lambda x: np.nansum(holed(x), axis=1) + np.nanprod(holed(x)),
    lambda x: np.nancumsum(holed(x), 1) + np.nancumprod(holed(x), axis=1),
    lambda x: np.median(x) + np.median(x, axis=1, keepdims=True),
    lambda x: np.median(x, axis=(0, 1)) + np.nanmedian(holed(x), axis=1),
    lambda x: np.quantile(x, [0.1, 0.5, 1.0], axis=1),
    lambda x: np.quantile(x, [[0.2, 0.9]], axis=(0, 1), keepdims=True),
    lambda x: np.quantile(x, x[0, :2] / 3.1),
    lambda x: np.quantile(x, 0.7, method="lower") + np.quantile(x, 0.7, axis=1, method="higher"),
    lambda x: np.quantile(x, 0.3, axis=1, method="nearest") + np.quantile(x, 0.7, method="midpoint"),
    lambda x: np.percentile(x, 37) + np.nanpercentile(holed(x), [37, 60], axis=1),
    lambda x: np.nanquantile(holed(x), [0.25, 1.0], axis=1),
    # samples
    lambda x: np.diff(x, prepend=1.0) + np.diff(x, axis=1, append=X[:, :1]),
    lambda x: np.diff(x, 2, axis=0, prepend=X, append=0),
    lambda x: np.ediff1d(x, to_end=[1, 2.0], to_begin=x[0]),
    lambda x: np.gradient(x)[0] * np.gradient(x, 2.0, axis=1),
    lambda x: np.gradient(x, [0, 1.0, 3], axis=-1, edge_order=2),
    lambda x: np.gradient(x, 0.5, [0, 1.0, 3])[1],
    lambda x: np.gradient(X[0], x[0] + np.array([0, 3, 9])),
    lambda x: np.trapezoid(x) + np.trapezoid(x, dx=0.3) + np.trapezoid(x, [0, 1.0, 4]),
    lambda x: np.trapezoid(X, x) * np.trapezoid(x, X[:, 0], axis=0)[:2],
    lambda x: np.interp(x, [0, 1.0, 2.0], [1.0, 5, 2]),
    lambda x: np.interp([0.5, 1.3, -9, 9], np.cumsum(x[0]), x[1], left=3.0),
    lambda x: np.linspace(x[0], 2.0, 5) + np.linspace(0, x[0, 0], 5)[:, None],
    lambda x: np.linspace(x, X, 4, endpoint=False, axis=1),
    lambda x: np.convolve(x[0], x.ravel()),
    lambda x: np.convolve(x[0, :2], x[1], "same") + np.convolve(x[0], x.ravel(), "valid")[:3],
    lambda x: np.correlate(x[0], x.ravel(), "same") * np.correlate(x[0], x[1]),
    lambda x: np.correlate(x.ravel(), x[0, :2], "full"),
    lambda x: np.polyval(x[0], X) + np.polyval([1.0, 2, 3], x),
    lambda x: np.vander(x[0]) + np.vander(x[1], 3, increasing=True),
    # elementwise and shapes
    lambda x: np.real(x) + np.real_if_close(x) + np.conj(x) + np.fix(x),
    lambda x: np.astype(x, np.float64) * np.choose([0, 1, 1], [x[0], x[1]]),
    lambda x: np.resize(x, (3, 5)),
    lambda x: np.broadcast_arrays(x, x[0])[1],
    lambda x: np.meshgrid(x[0], x[1, :2])[0] * np.meshgrid(x[0], x[1, :2], sparse=True)[1],
    lambda x: np.meshgrid(x[0], x[1, :2], x[0], indexing="ij")[2],
    lambda x: np.lib.stride_tricks.sliding_window_view(x, (2, 2)),
    lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=-1),
    lambda x: np.fft.fftshift(x) * np.fft.ifftshift(x, axes=[1]),
    lambda x: np.diagflat(x, 1),
    # joining and selecting
    lambda x: np.block([[x, x[:, :1]], [np.ones((1, 3)), 2.0]]) * np.block(x[0, 0]),
    lambda x: np.block([x[0], 2.0 * x[1]]),
    lambda x: np.vstack([x, X], dtype=np.float64),
    lambda x: np.insert(x, 1, 9.0) + np.insert(x.ravel(), [6], x[0, 0]),
    lambda x: np.insert(x, [1, 1, 3], x[0]),
    lambda x: np.insert(x, 1, x[:, 0], axis=1) + np.insert(x, [0], x[:, 1:2], axis=1),
    lambda x: np.insert(X, 1, x[0], axis=0),
    lambda x: np.delete(x, 1) * np.delete(x, [0, -1], axis=1).sum(),
    lambda x: np.delete(x, slice(0, 2), axis=1),
    lambda x: np.compress([True, False, True], x, axis=1) * np.extract(X > 1.2, x),
    # linear algebra
    lambda x: np.einsum(x, [0, 1], X, [2, 1], [0, 2]) + np.einsum(x, [..., 1], X, [..., 1])[:, None],
    lambda x: np.cross(x, X.T, axisb=0, axisc=0) + np.cross(x.T, X.T, axis=0),
    lambda x: np.linalg.cross(x, X) + np.linalg.vecdot(x, X)[:, None],
    lambda x: np.linalg.outer(x[0], x[1]) @ np.linalg.matmul(x.T, X),
    lambda x: np.linalg.tensordot(x, X, axes=([0, 1], [0, 1])) * np.linalg.matrix_transpose(x),
    lambda x: np.linalg.trace(x[None], offset=1) * np.linalg.diagonal(x),
    lambda x: np.linalg.qr(x[:, :2]).Q * np.linalg.qr(x[:, :2], "r"),
    lambda x: np.linalg.qr(x)[1] * np.linalg.qr(x, "complete")[0][0, 0],
    lambda x: np.linalg.qr(x.T).Q,
    lambda x: np.linalg.cholesky(x @ x.T, upper=True),
    lambda x: np.linalg.lstsq(x.T, X[0])[0] + np.linalg.lstsq(x.T, x[0] * x[1])[1],
    lambda x: np.linalg.lstsq(x.T, X.T)[3] * np.linalg.svdvals(x),
    lambda x: np.linalg.tensorsolve(
        x.take([0, 1, 2, 3, 4, 5, 2, 0, 5, 3, 1, 4, 4, 2, 0, 1]).reshape(2, 2, 2, 2), X[:, :2], (0, 2)
    ),
    lambda x: np.linalg.tensorinv(x[:, :2].reshape(2, 1, 2), ind=1),
    lambda x: np.linalg.vector_norm(x) + np.linalg.vector_norm(x, axis=(0, 1), ord=3, keepdims=True),
    lambda x: np.linalg.matrix_norm(x) + np.linalg.matrix_norm(x, ord=2, keepdims=True),
    lambda x: np.linalg.cond(x) + np.linalg.cond(x, -2) + np.linalg.cond(x[:, :2], 1),
    lambda x: np.linalg.slogdet(x[:, :2]).logabsdet * np.linalg.svd(x, full_matrices=False).S,
    lambda x: np.linalg.pinv(x @ x.T, hermitian=True) + np.linalg.pinv(x @ x.T, rtol=1e-9),
    lambda x: np.logaddexp.reduce(x, axis=1, keepdims=True) + np.logaddexp.accumulate(x, axis=1),
]


@pytest.mark.parametrize("call", CALLS)
def test_calls_agree_with_numpy_and_are_differentiable(call):
    out = call(Tensor(X))
    assert isinstance(out, Tensor)
    np.testing.assert_allclose(out.data, call(X), rtol=1e-13)
    check_gradients(call, X, order=2)


def test_every_listed_function_is_tried_above():
    source = inspect.getsource(sys.modules[__name__])
    names = {f"{f.__module__.replace('numpy', 'np', 1)}.{f.__name__}(" for f in FUNCTIONS} - {"np.unstack("}
    missing = [name for name in names if name not in source]
    assert missing == []


def test_what_is_asked_of_the_options_is_named():
    x = Tensor(X)
    with pytest.raises(
        ValueError, match="method of linear, lower, higher, nearest, midpoint for a Tensor; got 'hazen'"
    ):
        np.quantile(x, 0.5, method="hazen")
    with pytest.raises(ValueError, match=r"quantiles from 0 to 1 .*; got 50"):
        np.quantile(x, 50)
    with pytest.raises(TypeError, match="one spacing, or one for each of 2 axes; got 3"):
        np.gradient(x, 1, 2, 3)
    with pytest.raises(ValueError, match="at least 3 samples on axis 0; got 2"):
        np.gradient(x, edge_order=2)
    with pytest.raises(ValueError, match="mode full, same or valid; got 'circular'"):
        np.convolve(x[0], x[1], "circular")
    with pytest.raises(ValueError, match="numbers from 0 to 1; got"):
        np.choose([2], [x, x])
    with pytest.raises(ValueError, match="window from 0 to the length 2 of axis 0; got 3"):
        np.lib.stride_tricks.sliding_window_view(x, 3, axis=0)
    with pytest.raises(TypeError, match="no derivative in mode 'complete'"):
        np.linalg.qr(x.T, "complete")


def test_quantiles_of_nan_are_nan_unless_it_is_left_out():
    x = holed(Tensor(X, requires_grad=True))
    np.testing.assert_array_equal(np.median(x, axis=1), [0.7, np.nan])
    np.testing.assert_allclose(np.nanmedian(x, axis=1), [0.7, 1.8])
    nothing = Tensor(np.full((2, 1), np.nan), requires_grad=True)
    np.testing.assert_array_equal(np.nanmedian(nothing, axis=1), [np.nan, np.nan])
    np.testing.assert_array_equal(np.nanmax(nothing, axis=1), [np.nan, np.nan])
    assert np.nansum(nothing).item() == 0


@pytest.mark.parametrize("lengths", [(1, 1), (4, 1), (1, 4), (4, 4), (5, 4), (4, 5), (7, 3), (2, 7)])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
def test_convolve_and_correlate_line_up_as_in_numpy(lengths, mode):
    rng = np.random.default_rng(0)
    a, v = (rng.standard_normal(n) for n in lengths)
    np.testing.assert_allclose(np.convolve(Tensor(a), v, mode), np.convolve(a, v, mode), atol=1e-14)
    np.testing.assert_allclose(np.correlate(a, Tensor(v), mode), np.correlate(a, v, mode), atol=1e-14)


def test_numbers_do_not_promote():
    x = Tensor(X, dtype=np.float32)
    for out in [
        np.diff(x, prepend=1.0),
        np.insert(x, 1, 9.0),
        np.interp(x, [0.0, 1.0, 2.0], x[0]),
        np.gradient(x, 0.1)[0],
        np.linspace(x, 1.0, 3),
        np.nanvar(x),
        np.quantile(x, 0.3),
        np.corrcoef(x),
        np.vander(x[0]),
        np.average(x, weights=x),
        np.polyval([1.0, 2.0], x),
        np.copysign(x, -1.0),
        np.clip(x, np.array([0, 1, 1]), None),
    ]:
        assert out.dtype == np.float32


def test_corners_are_taken_as_zero():
    for function, start in [(np.nanstd, [1.0, 1.0, np.nan]), (lambda x: np.copysign(x, -1.0), [0.0])]:
        x = Tensor(start, requires_grad=True)
        function(x).sum().backward()
        np.testing.assert_array_equal(x.grad, np.zeros(len(start)))
