"""Activations and losses: worked numbers, extreme logits, wrong inputs."""

import numpy as np
import pytest

from mlcore import Tensor, functions, grad, jvp


def test_softmax_of_the_worked_example():
    np.testing.assert_allclose(functions.softmax(np.array([[2.8, 1.1, -0.5]])), [[0.82, 0.15, 0.03]], atol=5e-3)


def test_uniform_logits_cost_log_k():
    logits = Tensor(np.zeros((3, 10)), requires_grad=True)
    loss = functions.softmax_cross_entropy(logits, np.array([0, 5, 9]))
    assert loss.item() == pytest.approx(np.log(10))
    loss.backward()
    np.testing.assert_allclose(logits.grad, (0.1 - np.eye(10)[[0, 5, 9]]) / 3)


def test_binary_cross_entropy_of_certain_and_undecided_predictions():
    assert functions.binary_cross_entropy(np.array([0.0]), np.array([1])) == pytest.approx(np.log(2))
    assert functions.binary_cross_entropy(np.array([2.0, -1.0]), [1, 0]) == pytest.approx(
        -np.mean([np.log(1 / (1 + np.exp(-2.0))), np.log(1 - 1 / (1 + np.exp(1.0)))])
    )


@pytest.mark.parametrize("size", [1e2, 1e4, 3e38])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_losses_are_stable_in_float32(size):
    size = np.float32(size)
    logits = Tensor(np.array([[size, -size, 0], [-size, 0, size / 2]], np.float32), requires_grad=True)
    if size < 1e38:
        loss = functions.softmax_cross_entropy(logits, np.array([1, 2]))
        assert loss.item() == pytest.approx(size)  # (2 * size + 0) / 2
        loss.backward()
        np.testing.assert_allclose(logits.grad, [[0.5, -0.5, 0], [0, 0, 0]], atol=1e-12)
    loss = functions.binary_cross_entropy(logits, np.array([[1, 0, 1], [0, 1, 1]]))
    assert loss.item() == pytest.approx(np.log(2) / 3)
    logits.grad = None
    loss.backward()
    np.testing.assert_allclose(logits.grad, [[0, 0, -1 / 12], [0, -1 / 12, 0]], rtol=1e-6, atol=1e-12)
    for f in (functions.sigmoid, functions.softplus, functions.softmax, functions.log_softmax):
        if size < 1e38 or f in (functions.sigmoid, functions.softplus):
            assert np.isfinite(f(logits).data).all()


def test_second_derivative_of_the_logistic_loss_at_zero():
    """p * (1 - p) = 1/4 also at a logit of exactly 0, where every model with zero weights starts."""
    second = grad(grad(lambda z: functions.binary_cross_entropy(z, np.array(1.0))))(0.0)
    assert second.item() == pytest.approx(0.25)


def test_labels_may_be_integers_without_changing_the_type():
    predictions = Tensor(np.zeros((2, 1), np.float32), requires_grad=True)
    for loss in (functions.mean_squared_error, functions.mean_absolute_error, functions.binary_cross_entropy):
        for targets in ([[1], [0]], np.array([[1], [0]]), np.array([[True], [False]]), np.array([[1.0], [0.0]])):
            assert loss(predictions, targets).dtype == np.float32
            assert jvp(lambda p, f=loss, t=targets: f(p, t), (predictions,), (np.ones((2, 1)),))[1].dtype == np.float32


def test_targets_of_another_shape_are_refused():
    """(n, 1) against (n,) would broadcast to (n, n): the classical silent mistake."""
    for loss in (functions.mean_squared_error, functions.mean_absolute_error, functions.binary_cross_entropy):
        with pytest.raises(ValueError, match=r"expected targets of the predictions' shape \(3, 1\); got \(3,\)"):
            loss(Tensor(np.zeros((3, 1))), np.zeros(3))


@pytest.mark.parametrize(
    ("targets", "error", "message"),
    [
        (np.array([0.0, 1.0]), TypeError, "class numbers .integers.; got float64"),
        (np.array([0, 1, 2]), ValueError, r"expected targets of shape \(2,\)"),
        (np.array([[0], [1]]), ValueError, r"expected targets of shape \(2,\)"),
        (np.array([0, 3]), ValueError, "class numbers from 0 to 2"),
        (np.array([-1, 0]), ValueError, "class numbers from 0 to 2"),
    ],
)
def test_wrong_classes_are_refused(targets, error, message):
    with pytest.raises(error, match=message):
        functions.softmax_cross_entropy(Tensor(np.zeros((2, 3))), targets)


@pytest.mark.parametrize(
    ("x", "weight", "bias", "message"),
    [
        ((5, 4), (3, 8), (8,), r"expected x of shape \(n, 3\) to match weight \(3, 8\); got \(n, 4\)"),
        ((5, 2, 4), (3, 8), (8,), r"expected x of shape \(n, m, 3\) to match weight \(3, 8\); got \(n, m, 4\)"),
        ((4,), (3, 8), (8,), r"expected x of shape \(3,\) to match weight \(3, 8\); got \(4,\)"),
        ((5, 3), (3, 8), (7,), r"expected bias of shape \(8,\) to match weight \(3, 8\); got \(7,\)"),
        ((5, 3), (3,), (1,), r"expected weight of shape \(in, out\); got \(3,\)"),
        ((5, 3), (3, 8), (1,), r"expected bias of shape \(8,\) to match weight \(3, 8\); got \(1,\)"),
        ((), (3, 8), (8,), r"expected x of shape \(\.\.\., 3\) to match weight \(3, 8\); got a number"),
        ((5, 3), (3, 1), (8,), r"expected bias of shape \(1,\) to match weight \(3, 1\); got \(8,\)"),
    ],
)
def test_linear_names_the_shapes_that_do_not_fit(x, weight, bias, message):
    with pytest.raises(ValueError, match=message):
        functions.linear(Tensor(np.ones(x)), Tensor(np.ones(weight)), Tensor(np.ones(bias)))


def test_relu_is_dead_at_zero():
    x = Tensor([0.0, 1.0, -1.0], requires_grad=True)
    functions.relu(x).sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 1, 0])
