"""Hessian-vector products by two passes hand in hand, and derivatives that are used again."""

import numpy as np
import pytest
from registry import CASES

from mlcore import Tensor, functions, grad, hvp, jvp, linearize

FLOATING = [case for case in CASES if case.name != "astype"]


def weighted(case):
    """Make one number of a case's result, with curvature in it."""

    def loss(*xs):
        out = case.function(*xs)
        weights = np.cos(np.arange(out.size)).reshape(out.shape).astype(out.dtype)
        return (weights * out + out * out).sum()

    return loss


@pytest.mark.parametrize("case", FLOATING, ids=str)
def test_hessian_vector_products_of_every_operation(case):
    rng = np.random.default_rng(0)
    v = tuple(rng.standard_normal(x.shape) for x in case.inputs)
    arguments = tuple(range(len(v)))
    loss = weighted(case)
    products = hvp(loss, case.inputs, v)
    expected = jvp(grad(loss, arguments), case.inputs, v)[1]  # forward over a recorded reverse
    for product, other in zip(products if len(v) > 1 else [products], expected, strict=True):
        assert not product.requires_grad
        np.testing.assert_allclose(product, other, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("case", FLOATING, ids=str)
def test_a_linearized_operation_can_be_used_again_in_its_own_type(case):
    xs = tuple(np.asarray(x, np.float32) for x in case.inputs)
    rng = np.random.default_rng(0)
    _, derivative = linearize(case.function, *xs)
    for _ in range(2):
        v = tuple(rng.standard_normal(x.shape).astype(np.float32) for x in xs)
        tangent, expected = derivative(*v), jvp(case.function, xs, v)[1]
        assert tangent.dtype == np.float32
        np.testing.assert_allclose(tangent, expected, rtol=1e-5, atol=1e-5)
    product = hvp(weighted(case), xs, v)
    assert all(p.dtype == np.float32 for p in (product if isinstance(product, tuple) else (product,)))


def test_a_product_that_is_itself_differentiated():
    x, v = np.array([0.5, 2.0]), np.array([1.0, -1.0])
    third = grad(lambda x: hvp(lambda y: (y**4).sum(), (x,), (v,)).sum())(x)
    np.testing.assert_allclose(third, 24 * x * v)
    by_vector = grad(lambda v: hvp(lambda y: (y**4).sum(), (x,), (v,)).sum())(v)
    np.testing.assert_allclose(by_vector, 12 * x**2)
    w = Tensor([3.0, 5.0], requires_grad=True)
    hvp(lambda y: (w * y**2).sum(), (x,), (v,)).sum().backward()
    np.testing.assert_allclose(w.grad, 2 * v)


def test_products_of_structures_constants_and_linear_functions():
    parameters = {"w": np.array([2.0]), "b": [np.array([1.0, 1.0])]}
    direction = {"w": np.array([1.0]), "b": [np.array([0.0, 1.0])]}
    product = hvp(lambda p: (p["w"] ** 2 * p["b"][0]).sum(), (parameters,), (direction,))
    np.testing.assert_allclose(product["w"], [2 * 2 * 1 + 2 * 2 * 1])
    np.testing.assert_allclose(product["b"][0], [4, 4])
    np.testing.assert_array_equal(hvp(lambda x: x.sum(), (np.ones(2),), (np.ones(2),)), [0, 0])
    np.testing.assert_array_equal(hvp(lambda x: Tensor(1.0), (np.ones(2),), (np.ones(2),)), [0, 0])
    assert hvp(lambda x: x, (2.0,), (1.0,)).item() == 0.0
    first, second = hvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    assert (first.item(), second.item()) == (10.0, 1.0)
    with pytest.raises(RuntimeError, match=r"hvp expects a function that returns one number; got shape \(2,\)"):
        hvp(lambda x: x, (np.ones(2),), (np.ones(2),))


def test_partial_derivatives_are_evaluated_once():
    counted = []

    def square(x):
        return functions.relu(x) * x

    x = np.array([1.0, -2.0, 3.0])
    _, derivative = linearize(square, x)
    original = functions.relu.primitive.partials
    functions.relu.primitive.partials = (lambda out, x: counted.append(1),)
    try:
        np.testing.assert_array_equal(derivative(np.ones(3)), [2, 0, 6])
    finally:
        functions.relu.primitive.partials = original
    assert counted == []
