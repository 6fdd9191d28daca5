"""What is particular to single optimizers with a rate for each weight."""

import numpy as np
import pytest

from mlcore import Tensor, optimizers


def after(make, gradients, start=0.0):
    """Where one weight is after steps with these gradients."""
    w = Tensor([start], dtype=np.float64, requires_grad=True)
    optimizer = make([w])
    for g in gradients:
        w.grad = np.array([g])
        optimizer.step()
    return w.item()


def test_the_first_step_of_adam_has_the_size_of_the_learning_rate():
    w = Tensor([0.0, 0.0], requires_grad=True)
    optimizer = optimizers.Adam([w], learning_rate=0.01)
    w.grad = np.array([1e-3, -1e3], np.float32)
    optimizer.step()
    np.testing.assert_allclose(w.data, [-0.01, 0.01], rtol=1e-4)


@pytest.mark.parametrize("kind", [optimizers.Adam, optimizers.AdamW])
def test_epsilon_of_adam_is_added_to_the_corrected_root(kind):
    for steps in (1, 2, 3):  # with a constant gradient, the corrected means are the gradient and its square
        w = after(lambda p: kind(p, learning_rate=1.0, epsilon=0.5, weight_decay=0.0), [0.25] * steps)
        assert w == pytest.approx(-steps * 0.25 / (0.25 + 0.5))


def test_amsgrad_remembers_the_largest_gradients():
    def make(amsgrad):
        return lambda p: optimizers.Adam(p, learning_rate=1.0, betas=(0.0, 0.5), amsgrad=amsgrad, bias_correction=False)

    large = np.sqrt(0.5) * 8.0  # the root of v after a gradient of 8
    assert after(make(True), [8.0, 0.5, 0.5]) == pytest.approx(-(8.0 + 0.5 + 0.5) / large)
    assert after(make(False), [8.0, 0.5, 0.5]) < after(make(True), [8.0, 0.5, 0.5])


def test_decoupled_decay_does_not_depend_on_the_gradients():
    """Whatever the size of gradients that cancel, AdamW shrinks a weight alike; Adam hardly where they are large."""

    def shrunk(kind, size):
        start = Tensor([1.0, 1.0], dtype=np.float64, requires_grad=True)
        optimizer = kind([start], learning_rate=0.01, weight_decay=0.5)
        for _ in range(50):
            start.grad = np.array([size, -size])
            optimizer.step()
        return 1 - start.data.mean()  # the steps themselves are opposite

    assert shrunk(optimizers.AdamW, 100.0) == pytest.approx(shrunk(optimizers.AdamW, 1.0), rel=1e-6)
    assert shrunk(optimizers.AdamW, 1.0) == pytest.approx(1 - 0.995**50, rel=1e-6)
    assert shrunk(optimizers.Adam, 100.0) < 0.1 * shrunk(optimizers.Adam, 1.0)


@pytest.mark.parametrize("kind", ["AdaGrad", "RMSProp", "Adadelta", "Adam", "AdamW", "AdaMax"])
def test_a_gradient_of_zero_moves_nothing(kind):
    make = getattr(optimizers, kind)
    assert after(lambda p: make(p, weight_decay=0.0), [0.0, 0.0], start=2.0) == 2.0


def test_steps_of_adagrad_shrink_as_the_root_of_their_number():
    make = lambda p: optimizers.AdaGrad(p, learning_rate=1.0)  # noqa: E731
    assert after(make, [3.0] * 4) == pytest.approx(-(1 + 2**-0.5 + 3**-0.5 + 4**-0.5))


def test_adamax_forgets_a_large_gradient_by_beta2():
    w = after(lambda p: optimizers.AdaMax(p, learning_rate=1.0, betas=(0.0, 0.5), epsilon=0.0), [8.0, 1.0, 1.0, 1.0])
    assert w == -(1 + 1 / 4 + 1 / 2 + 1)  # u: 8, 4, 2, 1


def test_the_rate_of_adadelta_scales_its_steps_and_not_their_mean_square():
    gradients = [1.0, -3.0, 2.0, 2.0]
    whole, half = (after(lambda p, r=r: optimizers.Adadelta(p, learning_rate=r), gradients) for r in (1.0, 0.5))
    assert half == pytest.approx(whole / 2, rel=1e-12)


def test_gains_of_delta_bar_delta():
    """Up by a summand while the sign stays, down by a factor when it turns, unchanged at 0."""
    w = Tensor([0.0], dtype=np.float64, requires_grad=True)
    optimizer = optimizers.DeltaBarDelta([w], learning_rate=1.0, increase=0.5, decrease=0.25, smoothing=0.5)
    gains = []
    for g in (1.0, 1.0, 1.0, -1.0, 0.0, -0.25):  # averages before: 0, 0.5, 0.75, 0.875, -0.0625, -0.03125
        w.grad = np.array([g])
        optimizer.step()
        gains.append(optimizer.states[0]["gain"].item())
    assert gains == [1.0, 1.5, 2.0, 1.5, 1.5, 2.0]
    assert w.item() == -(1.0 + 1.5 + 2.0 - 1.5 - 0.25 * 2.0)


def test_delta_bar_delta_is_faster_than_sgd_in_a_narrow_valley():
    curvature = np.array([1.0, 0.01])

    def distance(make):
        w = Tensor([1.0, 1.0], dtype=np.float64, requires_grad=True)
        optimizer = make([w])
        for _ in range(200):
            w.grad = curvature * w.data
            optimizer.step()
        return np.abs(w.data).max()

    slow = distance(lambda p: optimizers.SGD(p, learning_rate=0.5))
    assert slow > 0.3
    assert distance(lambda p: optimizers.DeltaBarDelta(p, learning_rate=0.5)) < 0.05 * slow
