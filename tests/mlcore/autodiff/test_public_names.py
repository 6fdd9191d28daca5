"""The four packages of operations: each public name documented, registered, and reachable as NumPy's users expect."""

import numpy as np
import pytest
from registry import CASES

from mlcore import Tensor
from mlcore.autodiff import elementwise, linear_algebra, reductions, shaping

PACKAGES = (elementwise, linear_algebra, reductions, shaping)
NAMES = [(package, name) for package in PACKAGES for name in package.__all__]
PLAIN = {"argmax", "argmin", "argsort"}  # results without derivatives
#: Names by which a case knows a function with several results, or one that only combines others.
UNDER = {"slogdet": "log_absolute_det"}


@pytest.mark.parametrize(("package", "name"), NAMES, ids=[name for _, name in NAMES])
def test_every_operation_is_documented_and_registered(package, name):
    function = getattr(package, name)
    assert function.__name__ == name
    assert ">>>" in function.__doc__
    assert name in PLAIN or UNDER.get(name, name) in {case.name for case in CASES}


def test_methods_take_options_by_position_and_by_name():
    x = np.arange(1.0, 25).reshape(2, 3, 4)
    t = Tensor(x, requires_grad=True)
    for name in ("sum", "mean", "max", "min", "prod", "argmax", "argmin", "cumsum", "cumprod"):
        np.testing.assert_allclose(getattr(t, name)(1), getattr(x, name)(1))
        np.testing.assert_allclose(getattr(t, name)(axis=-1), getattr(x, name)(axis=-1))
    np.testing.assert_allclose(t.std(1, 1, True), x.std(1, ddof=1, keepdims=True))
    np.testing.assert_allclose(t.var((0, 2), ddof=1), x.var((0, 2), ddof=1))
    for name, options in [("squeeze", ()), ("ravel", ()), ("flatten", ()), ("repeat", (2, 1)), ("take", ([0, 1], 2)),
                          ("swapaxes", (0, -1)), ("diagonal", (1, 1, 2)), ("trace", (0, 1, 2)), ("round", (1,)),
                          ("argsort", (0,)), ("clip", (3.0, 7.0)), ("dot", (x[0].T,)), ("reshape", (-1, 4)),
                          ("transpose", (1, 0, 2)), ("any", ()), ("all", (0,)), ("tolist", ()),
                          ("copy", ()), ("argpartition", (2, 1)), ("argpartition", (3,))]:  # fmt: skip
        np.testing.assert_array_equal(getattr(t, name)(*options), getattr(x, name)(*options))
    np.testing.assert_array_equal(t.sort(-1), np.sort(x, -1))
    np.testing.assert_array_equal(t.flip(1), np.flip(x, 1))
    np.testing.assert_array_equal(t.roll(1, 0), np.roll(x, 1, 0))
    np.testing.assert_array_equal(t.split(3, 1)[2], np.split(x, 3, 1)[2])
    np.testing.assert_allclose(t.norm(1, -1), np.linalg.norm(x, 1, -1))
    np.testing.assert_allclose(t.logsumexp(0), np.log(np.exp(x).sum(0)))
    for name in ("abs", "exp", "log", "sqrt", "square", "reciprocal", "sign", "sin", "cos", "tanh"):
        np.testing.assert_allclose(getattr(t, name)(), getattr(np, name)(x))
    with pytest.raises(TypeError, match=r"take takes 2 options \(indices, axis\)"):
        t.take([0], 1, 2)
    assert t.sum.__doc__.startswith("Add up the elements")


def test_a_copy_has_memory_of_its_own():
    x = Tensor([1.0, 2.0])
    for copy in (x.copy(), np.copy(x)):
        copy[0] = 5.0
    np.testing.assert_array_equal(x, [1, 2])
    y = Tensor([1.0, 2.0], requires_grad=True)
    (y.copy() * np.copy(y)).sum().backward()
    np.testing.assert_array_equal(y.grad, [2, 4])


def test_updates_broadcast_to_what_is_selected():
    x, updates = Tensor(np.zeros((4, 2)), requires_grad=True), Tensor([1.0, 2.0], requires_grad=True)
    out = shaping.scatter_add(x, updates, index=np.array([0, 3, 3]))
    np.testing.assert_array_equal(out, [[1, 2], [0, 0], [0, 0], [2, 4]])
    out.backward(np.arange(8.0).reshape(4, 2))
    np.testing.assert_array_equal(updates.grad, [12, 15])
    none = shaping.scatter_add(x, updates, index=np.array([], dtype=int))
    none.sum().backward()
    np.testing.assert_array_equal(updates.grad, [12, 15])


def test_padding_at_one_end_and_cropping_at_the_other():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    np.testing.assert_array_equal(shaping.pad(x, (-1, 2), mode="edge"), [2, 3, 3, 3])
    np.testing.assert_array_equal(shaping.pad(x, (-4, 2), mode="edge"), [3])  # nothing of x is left but its edge
    np.testing.assert_array_equal(shaping.pad(x, (-1, 2), mode="wrap"), [2, 3, 2, 3])
    np.testing.assert_array_equal(shaping.pad(x, (1, -1), value=9.0), [9, 1, 2])


def test_operators_on_both_sides():
    x = Tensor([5.0, -5.0], requires_grad=True)
    np.testing.assert_array_equal(x % 3, [2, 1])
    np.testing.assert_array_equal(x // 3, [1, -2])
    np.testing.assert_array_equal(7 % x, [2, -3])
    np.testing.assert_array_equal(7 // x, [1, -2])


def test_clear_errors():
    x = Tensor(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"axes of length 1; got axis 0 of shape \(2, 3\)"):
        shaping.squeeze(x, axis=0)
    with pytest.raises(ValueError, match=r"axis from -2 to 1; got 2"):
        shaping.moveaxis(x, source=2, destination=0)
    with pytest.raises(ValueError, match=r"divides into 2 equal pieces; got length 3"):
        shaping.split(x, 2, axis=1)
    with pytest.raises(TypeError, match=r"indices of an integer type; got float64"):
        shaping.take(x, [0.5])
    with pytest.raises(ValueError, match=r"mode constant, reflect, symmetric, edge or wrap; got 'mean'"):
        shaping.pad(x, 1, mode="mean")
    with pytest.raises(ValueError, match=r"indices with as many axes as x of shape \(2, 3\); got shape \(1,\)"):
        shaping.take_along_axis(x, [0], axis=0)
    with pytest.raises(IndexError):
        shaping.take(x, [3], axis=0)
