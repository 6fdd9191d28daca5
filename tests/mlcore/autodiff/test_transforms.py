"""grad, vjp, jvp, linearize, jacobian, hessian, hvp: structures, nesting, and what is recorded when."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlcore import (
    Tensor,
    check_gradients,
    functions,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    layers,
    linearize,
    no_grad,
    value_and_grad,
    vjp,
)

X = np.array([0.5, -1.2, 2.0])


def wave(x):
    """f(x) = sum of sin(x) x**3; f' = cos(x) x**3 + 3 sin(x) x**2."""
    return (np.sin(x) * x**3).sum()


def wave_slope(x):
    return np.cos(x) * x**3 + 3 * np.sin(x) * x**2


def wave_curvature(x):
    return -np.sin(x) * x**3 + 6 * np.cos(x) * x**2 + 6 * np.sin(x) * x


def test_the_lecture_example():
    """y = ln x1 + x1 x2 - sin x2 at (2, 5): value 11.652, derivatives 5.5 and 1.716."""

    def f(x1, x2):
        return np.log(x1) + x1 * x2 - np.sin(x2)

    value, (d1, d2) = value_and_grad(f, (0, 1))(2.0, 5.0)
    assert round(value.item(), 3) == 11.652
    assert round(d1.item(), 3) == 5.5
    assert round(d2.item(), 3) == 1.716
    assert round(jvp(f, (2.0, 5.0), (1.0, 0.0))[1].item(), 3) == 5.5


def test_gradients_and_higher():
    np.testing.assert_allclose(grad(wave)(X), wave_slope(X))
    np.testing.assert_allclose(hessian(wave)(X), np.diag(wave_curvature(X)), atol=1e-14)
    np.testing.assert_allclose(hvp(wave, (X,), (np.ones(3),)), wave_curvature(X))
    assert grad(grad(grad(grad(lambda x: x**4))))(2.0).item() == 24.0


def test_forward_over_forward_and_reverse_over_forward():
    def slope(x):
        return jvp(lambda y: y**3, (x,), (1.0,))[1]

    assert jvp(slope, (2.0,), (1.0,))[1].item() == 12.0
    assert grad(slope)(2.0).item() == 12.0


def test_inner_and_outer_variables_are_kept_apart():
    assert grad(lambda x: x * grad(lambda y: x * y)(2.0))(3.0).item() == 6.0
    assert jvp(lambda x: x * jvp(lambda y: x + y, (1.0,), (1.0,))[1], (3.0,), (1.0,))[1].item() == 1.0
    assert grad(lambda x: grad(lambda y: x * y)(x))(3.0).item() == 1.0


def test_structures():
    parameters = {"w": [np.ones(2), np.zeros(2)], "b": (2.0,)}
    gradient = grad(lambda p: (p["w"][0] * X[:2] + p["b"][0] ** 2).sum())(parameters)
    np.testing.assert_allclose(gradient["w"][0], X[:2])
    np.testing.assert_array_equal(gradient["w"][1], [0.0, 0.0])
    assert gradient["b"][0].item() == 8.0
    assert type(gradient["b"]) is tuple
    value, tangent = jvp(lambda p: {"out": p[0] * p[1]}, ([2.0, 3.0],), ([1.0, 0.5],))
    assert value["out"].item() == 6.0
    assert tangent["out"].item() == 4.0


def test_options_go_to_the_function():
    def scaled(x, *, factor=1.0):
        return (factor * x**3).sum()

    x = np.array([1.0, 2.0])
    np.testing.assert_allclose(grad(scaled)(x, factor=2.0), [6, 24])
    np.testing.assert_allclose(value_and_grad(scaled)(x, factor=2.0)[0], 18)
    np.testing.assert_allclose(jacobian(scaled)(x, factor=2.0), [6, 24])
    np.testing.assert_allclose(hessian(scaled)(x, factor=2.0), np.diag([12, 24]))


def test_vjp_and_linearize_can_be_called_again():
    calls = []

    def f(x):
        calls.append(1)
        return functions.softmax(x * x)

    rng = np.random.default_rng(0)
    _, pullback = vjp(f, X)
    _, derivative = linearize(f, X)
    jac = jacobian(f)(X).data
    for _ in range(3):
        u = rng.standard_normal(3)
        np.testing.assert_allclose(pullback(u)[0], jac.T @ u)
        np.testing.assert_allclose(derivative(u), jac @ u)
    assert len(calls) == 3


@pytest.mark.parametrize("shape", [(2, 3), (7, 1), ()])
def test_jacobian_by_either_mode(shape):
    weight = np.random.default_rng(0).standard_normal((3, int(np.prod(shape))))
    for x in (np.ones(3), np.ones((1, 3))):
        jac = jacobian(lambda x: (x @ weight).reshape(shape))(x)
        assert jac.shape == (*shape, *x.shape)
        np.testing.assert_allclose(jac.data.reshape(-1, 3), weight.T)


def test_jacobian_of_nothing_and_of_a_constant():
    assert jacobian(lambda x: x * 2)(np.zeros((0,))).shape == (0, 0)
    np.testing.assert_array_equal(jacobian(lambda x: Tensor([1.0, 2.0]))(X), np.zeros((2, 3)))


def test_jacobian_is_differentiable():
    check_gradients(lambda x: jacobian(lambda y: np.exp(y) * y[0])(x), X)
    check_gradients(lambda x: hessian(lambda y: (y**3).sum() * y[0])(x), X)


def test_a_derivative_is_recorded_when_an_outside_leaf_requires_it():
    """Double backpropagation: a penalty on the slope of a model has gradients in the model's parameters."""
    w = Tensor([2.0, 3.0], requires_grad=True)
    slope = grad(lambda x: (w * x * x).sum())(np.array([1.0, 5.0]))
    assert slope.requires_grad
    (slope * slope).sum().backward()
    np.testing.assert_allclose(w.grad, 2 * w.data * (2 * np.array([1.0, 5.0])) ** 2)


def test_double_backpropagation_through_fused_kernels():
    rng = np.random.default_rng(0)
    model = layers.Sequential(layers.Dense(3, 4, rng=rng), layers.Tanh(), layers.Dense(4, 3, rng=rng))
    for parameter in model.parameters():
        parameter.data = parameter.data.astype(np.float64)
    x, y = rng.standard_normal((5, 3)), np.array([0, 1, 2, 0, 1])

    def penalty():
        slope = grad(lambda x: functions.softmax_cross_entropy(model(x), y))(x)
        return (slope * slope).sum()

    penalty().backward()
    for parameter in model.parameters():
        original, step = parameter.data.copy(), 1e-5
        direction = rng.standard_normal(parameter.shape)
        values = []
        for sign in (1, -1):
            parameter.data = original + sign * step * direction
            values.append(penalty().item())
        parameter.data = original
        expected = (values[0] - values[1]) / (2 * step)
        np.testing.assert_allclose(np.vdot(parameter.grad, direction), expected, rtol=1e-6, atol=1e-9)


def test_create_graph():
    x = Tensor([2.0], requires_grad=True)
    (x**3).sum().backward(create_graph=True)
    first = x.grad
    assert isinstance(first, Tensor)
    x.grad = None
    first.sum().backward()
    np.testing.assert_allclose(x.grad, [12.0])


def test_nothing_is_recorded_where_nobody_will_ask():
    assert not grad(wave)(X).requires_grad
    assert not value_and_grad(wave)(X)[0].requires_grad
    w = Tensor(X, requires_grad=True)
    with no_grad():
        assert not grad(wave)(w).requires_grad
    assert grad(wave)(w).requires_grad
    grad(wave)(w)
    assert w.grad is None


def test_the_argument_is_left_alone_and_results_are_ones_own():
    u = np.ones(3)
    _, pullback = vjp(lambda x: x, X)
    (g,) = pullback(u)
    assert not np.shares_memory(g.data, u)
    tangent = jvp(lambda x: x, (X,), (u,))[1]
    assert not np.shares_memory(tangent.data, u)


def test_errors():
    with pytest.raises(RuntimeError, match=r"returns one number; got shape \(3,\)"):
        grad(lambda x: x * 2)(X)
    with pytest.raises(TypeError, match="only floating-point"):
        grad(lambda x: x)(3)
    with pytest.raises(TypeError, match="expected the function to return Tensors; got float"):
        grad(lambda x: 3.0)(X)
    with pytest.raises(ValueError, match=r"expected a vector of shape \(3,\).*got \(2,\)"):
        jvp(wave, (X,), (np.ones(2),))


def test_check_gradients_finds_a_wrong_rule():
    from mlcore.autodiff.fused import fused
    from mlcore.autodiff.primitive import elementwise

    @elementwise(lambda out, x: out)
    def wrong(x):
        return np.sinh(x)

    @elementwise(lambda out, x: 2 * x if isinstance(x, np.ndarray) else 3 * x)
    def wrong_when_recorded(x):
        return x * x

    @fused(lambda x: (np.sum(x * x), lambda g, needs: (3 * x * g,)))
    def wrong_kernel(x):
        return (x * x).sum()

    with pytest.raises(AssertionError, match="forward mode, order 1"):
        check_gradients(wrong, X)
    check_gradients(wrong_when_recorded, X)
    with pytest.raises(AssertionError, match="order 2"):
        check_gradients(wrong_when_recorded, X, order=2)
    with pytest.raises(AssertionError, match="reverse mode, order 1"):
        check_gradients(wrong_kernel, X)


@settings(max_examples=60, deadline=None)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0), st.integers(0, 2**32 - 1))
def test_broadcasting_of_any_shapes(shapes, seed):
    rng = np.random.default_rng(seed)
    x, y = (rng.uniform(0.5, 1.5, shape) for shape in shapes.input_shapes)
    out = Tensor(x) * y
    assert out.shape == shapes.result_shape
    check_gradients(lambda x, y: x * y + x / y - y, x, y)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_reductions_over_any_axes(draw):
    shape = draw.draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=3))
    axis = draw.draw(st.none() | hnp.valid_tuple_axes(len(shape)))
    keepdims = draw.draw(st.booleans())
    x = np.random.default_rng(0).permutation(int(np.prod(shape))).reshape(shape) / 8.0
    for name in ("sum", "mean", "max", "min", "var"):
        if axis == () and name != "sum":
            continue
        out = getattr(Tensor(x), name)(axis=axis, keepdims=keepdims)
        np.testing.assert_allclose(out.data, getattr(x, name)(axis=axis, keepdims=keepdims), atol=1e-14)
        check_gradients(lambda x, name=name: getattr(x, name)(axis=axis, keepdims=keepdims), x)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_basic_or_integer_index(draw):
    shape = draw.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    index = draw.draw(
        hnp.basic_indices(shape, allow_newaxis=True) | hnp.integer_array_indices(shape) | hnp.arrays(bool, shape)
    )
    x = np.random.default_rng(0).standard_normal(shape)
    out = Tensor(x)[index]
    np.testing.assert_array_equal(out.data, x[index])
    check_gradients(lambda x: x[index], x, order=2)
