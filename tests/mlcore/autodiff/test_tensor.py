"""What a Tensor holds: types, copies, operators, errors."""

import copy
import pickle

import numpy as np
import pytest

from mlcore import Tensor, no_grad


@pytest.mark.parametrize(
    ("data", "dtype"),
    [
        (1.5, np.float32),
        ([0.5, 1.0], np.float32),
        ([[1, 2.0]], np.float32),
        (np.array([0.5]), np.float64),
        (np.float64(0.5), np.float64),
        ([np.zeros(2), np.ones(2)], np.float64),
        (np.array([0.5], np.float16), np.float16),
        ([1, 2], np.int64),
        (True, np.bool_),
        (Tensor(np.ones(2)), np.float64),
    ],
)
def test_type_of_the_data(data, dtype):
    assert Tensor(data).dtype == dtype


def test_a_python_number_never_promotes():
    x = Tensor([1.0, 2.0], requires_grad=True)
    for y in (x * 2.5, 2.5 - x, x / 3, 1 / x, x**2, 2**x, x + np.float64(0.5), np.float64(0.5) * x, np.sqrt(2) * x):
        assert y.dtype == np.float32
        assert type(y) is Tensor
    for y in (x.mean(), x.var(), x.sum() / 7, np.maximum(x, 0.5), np.where(x > 1.5, x, 0.0)):
        assert y.dtype == np.float32


@pytest.mark.parametrize(
    "whole", [np.int64(3), np.array([1, 2]), np.array([1, 2], np.uint8), [1, 2], [0.5, 2.0]], ids=repr
)
def test_neither_integers_nor_lists_promote(whole):
    x = Tensor([1.0, 2.0], requires_grad=True)
    for out in (x * whole, x + whole, x**whole, np.maximum(x, whole)):
        assert out.dtype == np.float32
    (x * whole).sum().backward()
    np.testing.assert_array_equal(x.grad, np.broadcast_to(np.asarray(whole, np.float32), 2))
    assert (Tensor([1.0, 2.0], dtype=np.float64) * whole).dtype == np.float64
    assert (Tensor(np.array([1, 2], np.int32)) * np.array([1, 2])).dtype == np.int64


def test_arrays_promote_as_in_numpy_and_gradients_do_not():
    x = Tensor([1.0, 2.0], requires_grad=True)
    y = x * np.array([1.0, 2.0])
    assert y.dtype == np.float64
    y.sum().backward()
    assert x.grad.dtype == np.float32


def test_the_callers_array_is_copied_unless_shared_on_purpose():
    a = np.zeros(3)
    copied, shared = Tensor(a), Tensor(a, copy=False)
    a[0] = 1.0
    assert copied.data[0] == 0.0
    assert shared.data[0] == 1.0


@pytest.mark.parametrize("data", [[1, 2], np.array([True]), 3])
def test_integers_have_no_gradient(data):
    with pytest.raises(TypeError, match=r"only floating-point Tensors have derivatives; got (int64|bool)"):
        Tensor(data, requires_grad=True)


@pytest.mark.parametrize("data", [["a"], [None], [1j]])
def test_only_real_numbers(data):
    with pytest.raises(TypeError, match="a Tensor holds real numbers"):
        Tensor(data)


def test_repr():
    assert repr(Tensor(2.0)) == "Tensor(2.)"
    assert repr(Tensor([1.0, 2.5], requires_grad=True)) == "Tensor([1. , 2.5], requires_grad=True)"
    assert repr(Tensor(np.ones(1))) == "Tensor([1.], dtype=float64)"
    assert repr(Tensor([1, 2])) == "Tensor([1, 2], dtype=int64)"


def test_comparisons_give_arrays_and_tensors_can_be_keys():
    x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    np.testing.assert_array_equal(x > 1.5, [False, True, True])
    np.testing.assert_array_equal(x == Tensor([1.0, 0.0, 3.0]), [True, False, True])
    np.testing.assert_array_equal(x >= 2.0, [False, True, True])
    assert type(x != 1.0) is np.ndarray
    assert {x: "here"}[x] == "here"


def test_python_numbers_out():
    x = Tensor([[2.0]], requires_grad=True)
    assert float(x) == 2.0
    assert x.item() == 2.0
    assert int(x) == 2
    assert bool(x > 1)
    assert len(x) == 1
    assert f"{x.item():.1f}" == "2.0"


def test_iteration_and_unpacking_carry_gradients():
    x = Tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    a, b = x
    (a * b).sum().backward()
    np.testing.assert_array_equal(x.grad, [[3, 4], [1, 2]])
    with pytest.raises(TypeError, match="without axes"):
        iter(Tensor(1.0))


def test_a_list_of_numbers_as_operand():
    x = Tensor([1.0, 2.0], requires_grad=True)
    (x * [3, 4]).sum().backward()
    np.testing.assert_array_equal(x.grad, [3, 4])


def test_copies_and_pickles_hold_values_but_no_graph():
    w = Tensor([1.0], requires_grad=True)
    y = w * 2
    for z in (copy.deepcopy(y), pickle.loads(pickle.dumps(y))):
        assert z.primitive is None
        assert z.requires_grad
        np.testing.assert_array_equal(z.data, y.data)
        assert not np.shares_memory(z.data, y.data)


def test_no_grad_makes_constants_also_after_an_error():
    x = Tensor([1.0], requires_grad=True)
    with no_grad():
        assert not (x * 2).requires_grad
    with pytest.raises(ZeroDivisionError), no_grad():
        _ = 1 / 0
    assert (x * 2).requires_grad


def test_blocks_without_recording_nest_and_decorate():
    x = Tensor([1.0], requires_grad=True)
    with no_grad():
        with no_grad():
            pass
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad

    @no_grad()
    def double(x):
        return x * 2

    assert not double(x).requires_grad
    block = no_grad()
    with block, block:
        assert not (x * 2).requires_grad
    assert (x * 2).requires_grad


def test_a_leaf_is_changed_in_place_only_without_recording():
    w = Tensor([3.0], requires_grad=True)
    kept = w
    with no_grad():
        w += 1.0
        w **= 2
        w /= 2.0
    assert w is kept
    np.testing.assert_array_equal(w, [8.0])
    with pytest.raises(RuntimeError, match="changed in place while recording"):
        w **= 2


def test_detach_stops_the_derivative():
    x = Tensor([3.0], requires_grad=True)
    (x * x.detach()).sum().backward()
    np.testing.assert_array_equal(x.grad, [3.0])


def test_shapes_that_do_not_fit_are_named():
    x = Tensor(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"add expected shapes that broadcast .*; got \(2, 3\) and \(4,\)"):
        x + np.ones(4)
    with pytest.raises(ValueError, match=r"matmul expected x of shape \(\.\.\., 4\) to match y \(4, 2\); got \(2, 3\)"):
        x @ np.ones((4, 2))
    with pytest.raises(ValueError, match=r"matmul expected x of shape \(4,\) to match y \(4, 2\); got \(3,\)"):
        x[0] @ np.ones((4, 2))
    with pytest.raises(ValueError, match="use \\* for a number"):
        x @ 2.0


def test_the_power_of_zero():
    x = Tensor([0.0, 2.0], requires_grad=True)
    (x**0 + x**1 + x**2).sum().backward()
    np.testing.assert_array_equal(x.grad, [1.0, 5.0])
    p = Tensor([2.0, 0.0], requires_grad=True)
    (np.array([0.0, 3.0], np.float32) ** p).sum().backward()
    np.testing.assert_allclose(p.grad, [0.0, np.log(3)], rtol=1e-6)


def test_subgradients_at_corners_are_as_documented():
    x = Tensor([0.0], requires_grad=True)
    (abs(x) + np.maximum(x, 0.0) + np.minimum(x, x.detach()) + x.clip(0.0, 1.0)).sum().backward()
    np.testing.assert_array_equal(x.grad, [0 + 0.5 + 0.5 + 1])
    y = Tensor([[3.0, 3.0, 1.0]], requires_grad=True)
    y.max(axis=1).sum().backward()
    np.testing.assert_array_equal(y.grad, [[0.5, 0.5, 0.0]])
