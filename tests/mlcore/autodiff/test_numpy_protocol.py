"""NumPy's ufuncs on Tensors, their methods, and what refuses."""

import numpy as np
import pytest

from mlcore import Tensor, check_gradients
from mlcore.autodiff.numpy_protocol import CONSTANT_UFUNCS, UFUNCS

X = np.array([[0.3, 1.2, 0.7], [2.1, 0.4, 1.5]])
MATVEC, VECMAT = getattr(np, "matvec", None), getattr(np, "vecmat", None)  # since NumPy 2.2


@pytest.mark.parametrize("ufunc", [u for u in UFUNCS if u.nout == 1 and u is not np.ldexp], ids=lambda u: u.__name__)
def test_ufuncs_agree_with_numpy_and_are_differentiable(ufunc):
    start = X / 3 if ufunc in (np.arcsin, np.arccos, np.arctanh) else X + (ufunc is np.arccosh) + 0.03
    arguments = (start, X[:, ::-1] + 0.15) if ufunc.nin == 2 else (start,)
    if ufunc in (np.matmul, np.vecdot, MATVEC, VECMAT):
        arguments = {np.matmul: (X, X.T), np.vecdot: (X, X), MATVEC: (X, X[0]), VECMAT: (X[:, 0], X)}[ufunc]
    out = ufunc(*map(Tensor, arguments))
    np.testing.assert_allclose(out.data, ufunc(*arguments), rtol=1e-13)
    check_gradients(ufunc, *arguments, order=2)
    if ufunc.nin == 2:  # an array on the left must not swallow a Tensor on the right
        assert isinstance(ufunc(arguments[0], Tensor(arguments[1])), Tensor)


def test_ufuncs_with_several_results():
    x = Tensor([2.75, -1.5, 0.375], requires_grad=True)
    whole_less, whole = np.modf(x)
    np.testing.assert_array_equal(whole_less, [0.75, -0.5, 0.375])
    np.testing.assert_array_equal(whole, [2.0, -1.0, 0.0])
    quotient, rest = np.divmod(x, 2.0)
    np.testing.assert_array_equal(quotient, [1.0, -1.0, 0.0])
    np.testing.assert_array_equal(rest, [0.75, 0.5, 0.375])
    mantissa, exponent = np.frexp(x)
    np.testing.assert_array_equal(exponent, [2, 1, -1])
    (whole_less + 10 * rest + 100 * mantissa).sum().backward()
    np.testing.assert_array_equal(x.grad, [1 + 10 + 25, 1 + 10 + 50, 1 + 10 + 200])
    assert np.ldexp(x, [1, 2, 3]).dtype == np.float32
    check_gradients(lambda x: np.ldexp(x, [1, -2, 3]) * x, x.data, order=2)


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
