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
    lambda x: np.max(x, axis=1),
    lambda x: np.min(x),
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
    lambda x: np.add.reduce(x, axis=0),
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
    arguments = (X, X[:, ::-1] + 0.05) if ufunc.nin == 2 else (X,)
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
    missing = [f.__name__ for f in FUNCTIONS if f"np.{f.__name__}(" not in source and f not in (np.amax, np.amin)]
    assert missing == []


def test_piecewise_constant_functions_give_arrays():
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
    with pytest.raises(TypeError, match=r"np\.arctan has no derivative rule"):
        np.arctan(x)
    with pytest.raises(TypeError, match=r"np\.linalg\.eig has no derivative rule"):
        np.linalg.eig(x)
    with pytest.raises(TypeError, match=r"np\.multiply\.reduce has no derivative rule"):
        np.multiply.reduce(x)
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
