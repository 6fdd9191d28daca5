"""Linear algebra where it has corners: singular matrices, equal eigenvalues, large determinants, wrong subscripts."""

import numpy as np
import pytest

from mlcore import Tensor, check_gradients, grad, jvp
from mlcore.autodiff import linear_algebra as la

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("rank", [3, 2, 1, 0])
def test_the_derivative_of_a_determinant_without_inverse(rank):
    x = RNG.standard_normal((4, rank)) @ RNG.standard_normal((rank, 4))
    x[:, 0] = 0.0  # exactly singular
    step = 1e-6 * np.eye(16).reshape(16, 4, 4)
    expected = ((np.linalg.det(x + step) - np.linalg.det(x - step)) / 2e-6).reshape(4, 4)
    np.testing.assert_allclose(grad(la.det)(x), expected, atol=1e-8)
    np.testing.assert_allclose(jvp(la.det, (x,), (np.ones((4, 4)),))[1], expected.sum(), atol=1e-8)


def test_logarithms_of_determinants_that_overflow():
    x = Tensor(np.eye(300) * 1e3, requires_grad=True)
    sign, logarithm = la.slogdet(x)
    assert float(sign) == 1.0
    np.testing.assert_allclose(logarithm, 300 * np.log(1e3))
    logarithm.backward()
    np.testing.assert_allclose(x.grad, np.eye(300) / 1e3)
    assert np.isnan(la.logdet(Tensor(np.diag([1.0, -1.0]))).item())


def test_eigenvalues_that_are_equal():
    """The sum of equal eigenvalues has a derivative, although the eigenvectors have none."""
    np.testing.assert_allclose(grad(lambda x: la.eigh(x)[0].sum())(np.eye(3)), np.eye(3))
    np.testing.assert_allclose(grad(lambda x: la.svd(x)[1].sum())(np.eye(3)), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(grad(lambda x: la.norm(x, order="nuc"))(np.eye(3)), np.eye(3), atol=1e-12)


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (3, 5), (2, 4, 3)])
def test_a_decomposition_put_together_again(shape):
    x = RNG.standard_normal(shape)

    def again(x):
        u, s, vh = la.svd(x)
        return (u * s[..., None, :]) @ vh

    check_gradients(again, x, order=2)
    np.testing.assert_allclose(again(x), x)


def test_symmetric_decomposition_from_either_triangle():
    x = RNG.standard_normal((3, 3))
    for lower in (True, False):
        values, vectors = la.eigh(x, lower=lower)
        expected = np.linalg.eigh(x, "L" if lower else "U")
        np.testing.assert_allclose(values, expected[0])
        np.testing.assert_allclose(vectors, expected[1])
    gradient = grad(lambda x: (la.cholesky(x) * RNG.standard_normal((3, 3))).sum())(x @ x.T + np.eye(3))
    np.testing.assert_allclose(gradient, gradient.T)


@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 3)])
def test_pseudo_inverse_solves_least_squares(shape):
    x, b = RNG.standard_normal(shape), RNG.standard_normal(shape[0])
    np.testing.assert_allclose(la.pinv(Tensor(x)) @ b, np.linalg.lstsq(x, b)[0])
    check_gradients(lambda x, b: la.pinv(x) @ b, x, b, order=2)


def test_errors_of_linear_algebra():
    x = Tensor(np.ones((2, 3)))
    with pytest.raises(np.linalg.LinAlgError):
        la.inverse(Tensor(np.zeros((2, 2))))
    with pytest.raises(ValueError, match=r"einsum expected 2 arrays for 'ij,jk'; got 1"):
        la.einsum("ij,jk", x)
    with pytest.raises(ValueError, match=r"an array with 3 axes for 'ijk'; got 2 axes"):
        la.einsum("ijk->i", x)
    with pytest.raises(ValueError, match=r"each letter of the result once, and in a term; got 'ij->k'"):
        la.einsum("ij->k", x)
    with pytest.raises(ValueError, match=r"axes of equal lengths; got axes \(1,\) of shape \(2, 3\) with \(0,\)"):
        la.tensordot(x, x, axes=1)
    with pytest.raises(ValueError, match=r"a vector or a matrix; got shape \(\)"):
        la.diag(Tensor(1.0))
    with pytest.raises(ValueError, match=r"a number as the order for vectors; got 'fro'"):
        la.norm(x, order="fro", axis=0)
    with pytest.raises(ValueError, match=r"one axis \(vectors\) or two \(matrices\) for order 1; got \(0, 1, 2\)"):
        la.norm(Tensor(np.ones((1, 1, 1))), order=1)


def test_float32_through_decompositions():
    x = Tensor((RNG.standard_normal((3, 3)) + 3 * np.eye(3)).astype(np.float32), requires_grad=True)
    out = la.det(x) + la.slogdet(x)[1] + la.eigh(x)[1].sum() + la.svd(x)[0].sum() + la.cholesky(x @ x.T).sum()
    out = out + la.inverse(x).sum() + la.solve(x, x[0]).sum() + la.pinv(x).sum() + la.norm(x, order=3.0, axis=0).sum()
    assert out.dtype == np.float32
    out.backward()
    assert x.grad.dtype == np.float32


def test_singular_values_that_tie_share_the_derivative_of_the_largest():
    np.testing.assert_allclose(grad(lambda x: la.norm(x, order=2))(np.eye(4)), np.eye(4) / 4, atol=1e-12)


def test_a_pseudo_inverse_may_count_small_singular_values_as_zero():
    x = np.diag([2.0, 1e-8])
    np.testing.assert_allclose(la.pinv(Tensor(x)), np.diag([0.5, 1e8]))
    np.testing.assert_allclose(la.pinv(Tensor(x), rtol=1e-6), np.diag([0.5, 0.0]), atol=1e-15)
    np.testing.assert_allclose(grad(lambda x: la.pinv(x, rtol=1e-6)[0, 0])(x), np.diag([-0.25, 0.0]), atol=1e-15)


def test_factors_of_orthogonal_times_triangular():
    x = np.array([[3.0, 1.0], [4.0, 2.0], [0.0, 2.0]])
    q, r = la.qr(Tensor(x))
    np.testing.assert_allclose(q @ r, x, atol=1e-14)
    np.testing.assert_allclose(q.T @ q, np.eye(2), atol=1e-14)
    assert r.data[1, 0] == 0
    # |r[0, 0]| is the length of the first column, |r[0, 0] * r[1, 1]| the area between both
    np.testing.assert_allclose(grad(lambda x: abs(la.qr(x)[1][0, 0]))(x), [[0.6, 0], [0.8, 0], [0, 0]], atol=1e-14)
    area = grad(lambda x: abs(la.qr(x)[1][0, 0] * la.qr(x)[1][1, 1]))(x)
    np.testing.assert_allclose(area, grad(lambda x: np.sqrt(la.det(x.T @ x)))(x), atol=1e-12)
