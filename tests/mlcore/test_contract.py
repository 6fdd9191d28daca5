"""The contract that every primitive, function and loss keeps, case by case from the registry."""

import inspect
import pkgutil
from importlib import import_module

import numpy as np
import pytest
from registry import CASES, INITIALIZERS, LAYERS, OPTIMIZERS
from registry_functions import CONSTANTS

import mlcore
from mlcore import Tensor, check_gradients, functions, jvp, layers, optimizers, vjp
from mlcore.autodiff.fused import Fused
from mlcore.autodiff.tensor import recorded

each_case = pytest.mark.parametrize("case", CASES, ids=str)


def leaves(case, dtype=np.float64):
    return [Tensor(x, dtype=dtype, requires_grad=True) for x in case.inputs]


def modules():
    return [import_module(m.name) for m in pkgutil.walk_packages(mlcore.__path__, "mlcore.")]


def is_primitive(value):
    return inspect.isfunction(value) and hasattr(value, "primitive")


def primitives():
    """All primitives that the library declares: name to function."""
    found = {name: value for module in modules() for name, value in vars(module).items() if is_primitive(value)}
    return {name.lstrip("_"): value for name, value in found.items() if name != "_variable"}


def test_everything_public_is_registered():
    names = {case.name for case in CASES}
    public = {name for name in functions.__all__ if inspect.isfunction(getattr(functions, name))}
    assert set(primitives()) | public <= names | CONSTANTS
    in_layers = {n for n in layers.__all__ if inspect.isclass(getattr(layers, n))} - {"Module"}
    assert in_layers == set(LAYERS)
    assert {n for n in layers.__all__ if inspect.isfunction(getattr(layers, n))} == set(INITIALIZERS)
    in_optimizers = {n for n in optimizers.__all__ if hasattr(getattr(optimizers, n), "update")} - {"Optimizer"}
    assert in_optimizers == {name.split()[0] for name in OPTIMIZERS}


@each_case
def test_value_agrees_with_numpy(case):
    expected = np.asarray(case.reference(*case.inputs))
    out = case.function(*map(Tensor, case.inputs))
    assert isinstance(out, Tensor)
    assert type(out.data) is np.ndarray
    assert out.shape == expected.shape
    np.testing.assert_allclose(out.data, expected, rtol=1e-12, atol=1e-12)


@each_case
def test_arrays_give_arrays(case):
    out = case.function(*case.inputs)
    assert not isinstance(out, Tensor)
    np.testing.assert_allclose(out, case.reference(*case.inputs), rtol=1e-12, atol=1e-12)


@each_case
def test_derivatives_agree_with_finite_differences_to_order_two(case):
    check_gradients(case.function, *case.inputs, order=2)


@each_case
def test_forward_and_reverse_mode_are_transposes(case):
    rng = np.random.default_rng(1)
    value, pullback = vjp(case.function, *case.inputs)
    u = rng.standard_normal(value.shape)
    v = tuple(rng.standard_normal(x.shape) for x in case.inputs)
    forward = np.vdot(u, jvp(case.function, case.inputs, v)[1].data)
    reverse = sum(np.vdot(g.data, t) for g, t in zip(pullback(u), v, strict=True))
    np.testing.assert_allclose(forward, reverse, rtol=1e-11, atol=1e-11)


@each_case
def test_float32_stays_float32(case):
    if case.name == "astype":
        pytest.skip("converts on purpose")
    xs = leaves(case, np.float32)
    out = case.function(*xs)
    assert out.dtype == np.float32
    assert jvp(case.function, tuple(xs), tuple(np.ones_like(x.data) for x in xs))[1].dtype == np.float32
    out.backward(np.ones(out.shape))
    for x in xs:
        assert x.grad.dtype == np.float32
        assert x.grad.shape == x.shape


@each_case
def test_inputs_and_cotangent_are_left_alone(case):
    xs = leaves(case)
    out = case.function(*xs)
    u = np.ones(out.shape)
    out.backward(u)
    for x, given in zip(xs, case.inputs, strict=True):
        np.testing.assert_array_equal(x.data, given)
    np.testing.assert_array_equal(u, 1.0)


@each_case
def test_gradients_belong_to_nobody_else(case):
    """Changing one gradient in place must change neither another gradient, nor a value, nor the cotangent."""
    xs = leaves(case)
    out = case.function(*xs)
    u = np.ones(out.shape)
    out.backward(u)
    others = [u, out.data, *(x.data for x in xs)]
    for i, x in enumerate(xs):
        assert x.grad.flags.writeable
        assert not any(np.shares_memory(x.grad, other) for other in others)
        assert not any(np.shares_memory(x.grad, y.grad) for y in xs[:i])


@each_case
def test_a_second_backward_adds_the_same_again(case):
    xs = leaves(case)
    out = case.function(*xs)
    u = np.random.default_rng(2).standard_normal(out.shape)
    out.backward(u, retain_graph=True)
    once = [x.grad.copy() for x in xs]
    out.backward(u)
    for x, g in zip(xs, once, strict=True):
        np.testing.assert_allclose(x.grad, 2 * g)


fused_names = {name for name, function in primitives().items() if isinstance(function.primitive, Fused)}
fused_cases = [case for case in CASES if case.name in fused_names]


@pytest.mark.parametrize("case", fused_cases, ids=str)
def test_a_fused_kernel_equals_its_composite(case):
    rng = np.random.default_rng(3)
    xs, ys = leaves(case), leaves(case)
    by_kernel = case.function(*xs)
    with recorded(fused=False):
        by_definition = case.function(*ys)
    assert by_kernel.primitive is not by_definition.primitive
    np.testing.assert_allclose(by_kernel.data, by_definition.data, rtol=1e-12, atol=1e-12)
    u = rng.standard_normal(by_kernel.shape)
    by_kernel.backward(u)
    by_definition.backward(u)
    for x, y in zip(xs, ys, strict=True):
        np.testing.assert_allclose(x.grad, y.grad, rtol=1e-11, atol=1e-12)


def test_every_fused_function_has_a_case():
    assert fused_names == {case.name for case in fused_cases}


@pytest.mark.parametrize("case", [c for c in CASES if len(c.inputs) > 1], ids=str)
def test_only_the_gradients_asked_for(case):
    """With one input variable and the others constants, its derivatives are the same as when all vary."""
    xs = leaves(case)
    out = case.function(*xs)
    u = np.random.default_rng(4).standard_normal(out.shape)
    out.backward(u)
    for i, x in enumerate(xs):
        inputs = [Tensor(y) for y in case.inputs]
        inputs[i] = Tensor(case.inputs[i], requires_grad=True)
        case.function(*inputs).backward(u)
        np.testing.assert_allclose(inputs[i].grad, x.grad, rtol=1e-12)
        assert all(y.grad is None for j, y in enumerate(inputs) if j != i)
        v = np.random.default_rng(5).standard_normal(x.shape)

        def of_one(one, i=i):
            return case.function(*case.inputs[:i], one, *case.inputs[i + 1 :])

        value, tangent = jvp(of_one, (case.inputs[i],), (v,))
        assert tangent.shape == value.shape
        np.testing.assert_allclose(np.vdot(tangent.data, u), np.vdot(x.grad, v), rtol=1e-11, atol=1e-12)


@each_case
def test_a_recorded_gradient_equals_the_unrecorded(case):
    xs, ys = leaves(case), leaves(case)
    u = np.random.default_rng(6).standard_normal(case.function(*xs).shape)
    case.function(*xs).backward(u)
    case.function(*ys).backward(u, create_graph=True)
    for x, y in zip(xs, ys, strict=True):
        assert isinstance(y.grad, Tensor)
        np.testing.assert_allclose(y.grad.data, x.grad, rtol=1e-11, atol=1e-12)


def test_a_fused_function_given_one_tensor_twice():
    for create_graph in (False, True):
        z = Tensor(0.3, dtype=np.float64, requires_grad=True)
        functions.binary_cross_entropy(z, z).backward(create_graph=create_graph)  # softplus(z) - z * z
        np.testing.assert_allclose(z.grad, 1 / (1 + np.exp(-0.3)) - 0.6)
