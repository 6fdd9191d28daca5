"""Every optimizer: two steps by hand, a quadratic, exact resumption."""

import numpy as np
import pytest
from registry import OPTIMIZERS

from mlcore import Tensor, optimizers

each = pytest.mark.parametrize("name", OPTIMIZERS)


@each
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_two_steps_by_hand(name, dtype):
    make, expected = OPTIMIZERS[name]
    w = Tensor(np.ones((2, 1)), dtype=dtype, requires_grad=True)
    array = w.data
    optimizer = make([w])
    for gradient, value in zip((2.0, 4.0), expected, strict=True):
        w.grad = np.full((2, 1), gradient, dtype)
        optimizer.step()
        np.testing.assert_allclose(w.data, value, rtol=1e-6)
        np.testing.assert_array_equal(w.grad, gradient)
    assert w.data is array
    assert w.dtype == dtype
    assert optimizer.steps == 2


@each
def test_a_quadratic_is_solved(name):
    make, _ = OPTIMIZERS[name]
    target = np.array([[1.0, -2.0], [3.0, 0.5]])
    w, b = Tensor(np.zeros((2, 2)), requires_grad=True), Tensor(4.0, dtype=np.float64, requires_grad=True)
    optimizer = make([w, b])
    curvature = np.array([[1.0, 2.0], [0.5, 1.0]])
    for _ in range(600):
        loss = (curvature * (w - target) ** 2).sum() + (b - 1.0) ** 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    np.testing.assert_allclose(w.data, target, atol=1e-4)
    np.testing.assert_allclose(b.data, 1.0, atol=1e-4)


@each
def test_a_run_can_be_resumed_exactly(name):
    make, _ = OPTIMIZERS[name]
    gradients = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)

    def run(w, optimizer, part):
        for g in part:
            w.grad = g
            optimizer.step()
        return w.data.copy()

    w = Tensor(np.ones(3), dtype=np.float32, requires_grad=True)
    optimizer = make([w])
    run(w, optimizer, gradients[:3])
    saved, values = optimizer.state_dict(), w.data.copy()
    straight = run(w, optimizer, gradients[3:])
    again = Tensor(values, requires_grad=True)
    resumed = make([again])
    resumed.load_state_dict(saved)
    np.testing.assert_array_equal(run(again, resumed, gradients[3:]), straight)
    with pytest.raises(ValueError, match="expected the state of 2 parameters; got 1"):
        make([w, again]).load_state_dict(saved)


@each
def test_a_parameter_without_gradient_stays(name):
    make, _ = OPTIMIZERS[name]
    w, idle = (Tensor([1.0], requires_grad=True) for _ in range(2))
    optimizer = make([w, idle])
    w.grad = np.ones(1, np.float32)
    optimizer.step()
    assert w.data[0] != 1.0
    assert idle.data[0] == 1.0


def test_momentum_reaches_its_terminal_velocity():
    w = Tensor(0.0, requires_grad=True)
    optimizer = optimizers.SGD([w], learning_rate=1.0, momentum=0.75)
    for _ in range(100):
        before = w.item()
        w.grad = np.ones((), np.float32)
        optimizer.step()
    assert before - w.item() == pytest.approx(1 / (1 - 0.75))


def test_the_first_step_of_adam_has_the_size_of_the_learning_rate():
    w = Tensor([0.0, 0.0], requires_grad=True)
    optimizer = optimizers.Adam([w], learning_rate=0.01)
    w.grad = np.array([1e-3, -1e3], np.float32)
    optimizer.step()
    np.testing.assert_allclose(w.data, [-0.01, 0.01], rtol=1e-4)


def test_epsilon_of_adam_is_added_to_the_corrected_root():
    w = Tensor([0.0], requires_grad=True)
    optimizer = optimizers.Adam([w], learning_rate=1.0, epsilon=0.5)
    w.grad = np.array([0.25], np.float32)
    for step in (1, 2, 3):  # with a constant gradient, the corrected means are the gradient and its square
        optimizer.step()
        np.testing.assert_allclose(w.data, -step * 0.25 / (0.25 + 0.5), rtol=1e-5)


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="at least one parameter"):
        optimizers.SGD([], learning_rate=0.1)
    with pytest.raises(TypeError, match="requires_grad=True"):
        optimizers.SGD([Tensor([1.0])], learning_rate=0.1)
    w = Tensor([1.0], requires_grad=True)
    with pytest.raises(TypeError, match="requires_grad=True"):
        optimizers.Adam([w * 2])
    with pytest.raises(ValueError, match="momentum"):
        optimizers.SGD([w], learning_rate=0.1, momentum=1.0)
    with pytest.raises(ValueError, match="betas"):
        optimizers.Adam([w], betas=(0.9, 1.0))
    w.grad = np.ones(1)
    with pytest.raises(NotImplementedError, match="must define update"):
        optimizers.Optimizer([w], learning_rate=0.1).step()
