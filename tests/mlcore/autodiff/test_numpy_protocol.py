"""NumPy's functions on Tensors."""

import numpy as np
import pytest

from mlcore import Tensor, check_gradients
from mlcore.autodiff.numpy_protocol import CONSTANT_UFUNCS, FUNCTIONS, UFUNCS

X = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])

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
]


@pytest.mark.parametrize("call", CALLS)
def test_calls_agree_with_numpy_and_are_differentiable(call):
    out = call(Tensor(X))
    assert isinstance(out, Tensor)
    np.testing.assert_allclose(out.data, call(X), rtol=1e-13)
    check_gradients(call, X, order=2)


@pytest.mark.parametrize("ufunc", UFUNCS, ids=lambda u: u.__name__)
def test_ufuncs_agree_with_numpy_and_are_differentiable(ufunc):
    start = X / 3 if ufunc in (np.arcsin, np.arccos, np.arctanh) else X + (ufunc is np.arccosh) + 0.03
    arguments = (start, X[:, ::-1] + 0.15) if ufunc.nin == 2 else (start,)
    if ufunc is np.matmul:
        arguments = (X, X.T)
    out = ufunc(*map(Tensor, arguments))
    np.testing.assert_allclose(out.data, ufunc(*arguments), rtol=1e-13)
    check_gradients(ufunc, *arguments, order=2)
    if ufunc.nin == 2:  # an array on the left must not swallow a Tensor on the right
        assert isinstance(ufunc(arguments[0], Tensor(arguments[1])), Tensor)


def test_every_listed_function_is_tried_above():
    import inspect

    source = inspect.getsource(inspect.getmodule(test_every_listed_function_is_tried_above))
    names = {f"{f.__module__.replace('numpy', 'np', 1)}.{f.__name__}(" for f in FUNCTIONS} - {"np.unstack("}
    missing = [name for name in names if name not in source]
    assert missing == []


def test_functions_that_answer_questions_give_arrays():
    x = Tensor([-1.0, 2.0], requires_grad=True)
    for ufunc in CONSTANT_UFUNCS:
        if ufunc.nin == 1:
            assert type(ufunc(x)) is np.ndarray
    assert np.argmax(x) == 1
    assert np.shape(x) == (2,)
    assert type(np.zeros_like(x)) is np.ndarray
    assert np.allclose(x, [-1.0, 2.0])


def test_functions_without_a_rule_refuse():
    x = Tensor(np.eye(2), requires_grad=True)
    with pytest.raises(TypeError, match=r"np\.gcd has no derivative rule"):
        np.gcd(x, x)
    with pytest.raises(TypeError, match=r"np\.linalg\.eig has no derivative rule"):
        np.linalg.eig(x)
    with pytest.raises(TypeError, match=r"np\.subtract\.reduce has no derivative rule"):
        np.subtract.reduce(x)
    with pytest.raises(TypeError, match=r"full_matrices=False"):
        np.linalg.svd(x[:1])
    with pytest.raises(TypeError, match=r"np\.exp with where has no derivative rule"):
        np.exp(x, where=True)
    array = np.ones((2, 2))
    with pytest.raises(TypeError, match="cannot write a Tensor into an array"):
        array += x


def test_asarray_and_testing_see_the_values():
    x = Tensor([1.0, 2.0], requires_grad=True)
    assert type(np.asarray(x)) is np.ndarray
    assert np.asarray(x, dtype=np.float64).dtype == np.float64
    np.testing.assert_allclose(x, [1, 2])
    np.testing.assert_array_equal(x, Tensor([1.0, 2.0]))
