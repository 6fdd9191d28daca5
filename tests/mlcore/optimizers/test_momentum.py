"""The conventions of momentum, each as its source writes it."""

import numpy as np
import pytest

from mlcore import Tensor, optimizers

A = np.array([[3.0, 1.0], [1.0, 2.0]])  # the curvature of a quadratic
START = np.array([2.0, -2.0])
RATES = [0.1, 0.1, 0.02, 0.2, 0.05, 0.1]


def gradient(x):
    return A @ x - 1.0


def positions(make):
    """Where an optimizer with these rates goes on the quadratic, the start included."""
    w = Tensor(START, requires_grad=True)
    optimizer = make([w], learning_rate=RATES.__getitem__)
    path = [w.data.copy()]
    for _ in RATES:
        w.grad = gradient(w.data)
        optimizer.step()
        path.append(w.data.copy())
    return np.array(path)


def of_sgd(**options):
    return positions(lambda parameters, **rate: optimizers.SGD(parameters, **rate, **options))


def test_momentum_of_deep_learning_penn_and_korea():
    """v = a * v - rate * g, then x = x + v: algorithm 8.2."""
    x, v, path = START, 0.0, [START]
    for rate in RATES:
        v = 0.9 * v - rate * gradient(x)
        x = x + v
        path.append(x)
    np.testing.assert_allclose(of_sgd(momentum=0.9, rate_in_velocity=True), path)
    assert np.abs(of_sgd(momentum=0.9) - path).max() > 0.1  # the other convention differs when the rate changes


def test_momentum_of_pytorch():
    x, v, path = START, 0.0, [START]
    for rate in RATES:
        v = 0.9 * v + gradient(x)
        x = x - rate * v
        path.append(x)
    np.testing.assert_allclose(of_sgd(momentum=0.9), path)


def test_momentum_of_lepetit():
    """An exponential average, equation 64, that starts at the first gradient."""
    x, average, path = START, gradient(START), [START]
    for rate in RATES:
        average = 0.9 * average + (1 - 0.9) * gradient(x)
        x = x - rate * average
        path.append(x)
    np.testing.assert_allclose(of_sgd(momentum=0.9, dampening=0.9), path)


def test_nesterov_visits_the_points_at_which_deep_learning_computes_gradients():
    """Algorithm 8.3: v = a * v - rate * g(x + a * v), then x = x + v."""
    x, v, path = START, np.zeros(2), [START]
    for rate in RATES:
        v = 0.9 * v - rate * gradient(x + 0.9 * v)
        x = x + v
        path.append(x + 0.9 * v)
    np.testing.assert_allclose(of_sgd(momentum=0.9, nesterov=True, rate_in_velocity=True), path)


def test_rmsprop_with_nesterov_visits_the_points_of_deep_learning():
    """Algorithm 8.6, with a constant rate."""
    x, v, r, path = START, np.zeros(2), np.zeros(2), [START]
    for _ in RATES:
        g = gradient(x + 0.9 * v)
        r = 0.8 * r + 0.2 * g * g
        v = 0.9 * v - 0.01 / np.sqrt(r) * g
        x = x + v
        path.append(x + 0.9 * v)

    def make(parameters, learning_rate):
        return optimizers.RMSProp(parameters, learning_rate=0.01, decay=0.8, epsilon=0.0, momentum=0.9, nesterov=True)

    np.testing.assert_allclose(positions(make), path)


@pytest.mark.parametrize("rate_in_velocity", [False, True])
def test_momentum_reaches_its_terminal_velocity(rate_in_velocity):
    w = Tensor(0.0, requires_grad=True)
    optimizer = optimizers.SGD([w], learning_rate=0.5, momentum=0.75, rate_in_velocity=rate_in_velocity)
    for _ in range(100):
        before = w.item()
        w.grad = np.ones((), np.float32)
        optimizer.step()
    assert before - w.item() == pytest.approx(0.5 / (1 - 0.75))
