"""Penalties on weights, constraints, noise and averages."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore import Tensor, layers, optimizers
from mlcore import regularization as r


def rng(seed=0):
    return np.random.default_rng(seed)


def network():
    return layers.Sequential(
        layers.Conv2D(1, 4, 3, rng=rng(1)), layers.BatchNorm(4), layers.PReLU(4), layers.Dense(4, 3, rng=rng(2))
    )


def values(tensors):
    return [t.data.copy() for t in tensors]


# ---- which parameters -------------------------------------------------------------------------------------------


def test_biases_gains_and_slopes_are_left_alone():
    model = network()
    names = [n for n, p in model.named_parameters() if any(p is w for w in r.weights_of(model))]
    assert names == ["layers.0.weight", "layers.3.weight"]
    r.elastic_net_penalty(model, l1=1.0, l2=1.0).backward()
    assert [n for n, p in model.named_parameters() if p.grad is not None] == names


def test_a_list_is_taken_as_it_is_and_nothing_at_all_is_an_error():
    bias = Tensor([3.0, 4.0], requires_grad=True)
    assert r.l2_penalty([bias]).item() == 12.5
    assert r.l2_penalty(p for p in [bias]).item() == 12.5
    for act in (
        r.l1_penalty,
        r.l2_penalty,
        lambda m: r.limit_unit_norms(m, limit=1.0),
        lambda m: r.weight_noise(m, scale=1.0, rng=rng()).__enter__(),
    ):
        with pytest.raises(ValueError, match="at least one parameter with two axes"):
            act(layers.BatchNorm(3))


# ---- penalties --------------------------------------------------------------------------------------------------


def test_l2_makes_gradient_descent_decay_weights():
    """D 7.1.1: w becomes (1 - learning_rate * alpha) w - learning_rate * gradient."""
    w = Tensor([[2.0, -4.0]], dtype=np.float64, requires_grad=True)
    optimizer = optimizers.SGD([w], learning_rate=0.1)
    ((w * np.array([[1.0, 10.0]])).sum() + r.l2_penalty([w]) * 0.5).backward()
    optimizer.step()
    np.testing.assert_allclose(w.data, [[0.95 * 2 - 0.1, 0.95 * -4 - 1.0]], rtol=1e-12)


@pytest.mark.parametrize(
    ("penalty", "solution"),
    [
        (r.l2_penalty, lambda w, h, a: w * h / (h + a)),
        (r.l1_penalty, lambda w, h, a: np.sign(w) * np.maximum(np.abs(w) - a / h, 0)),
    ],
)
def test_a_quadratic_has_the_minimum_that_theory_says(penalty, solution):
    """D 7.1: L2 rescales by h / (h + alpha), L1 subtracts alpha / h and stops at 0."""
    best, curvature, alpha = np.array([[3.0, -2.0, 0.3]]), np.array([[1.0, 4.0, 0.5]]), 0.4
    w = Tensor(np.zeros((1, 3)), requires_grad=True)
    optimizer = optimizers.SGD([w], learning_rate=0.01)
    for _ in range(2500):
        optimizer.zero_grad()
        ((curvature * (w - best) ** 2).sum() * 0.5 + penalty([w]) * alpha).backward()
        optimizer.step()
    np.testing.assert_allclose(w.data, solution(best, curvature, alpha), atol=0.01)


# ---- constraints ------------------------------------------------------------------------------------------------


@given(st.integers(1, 4), st.integers(1, 4), st.floats(0.1, 10))
def test_max_norm_is_the_nearest_point_of_the_ball_of_each_unit(inputs, units, limit):
    before = rng(inputs + 10 * units).normal(0, 3, (2, inputs, units))
    w = Tensor(before, requires_grad=True)
    array = w.data
    r.limit_unit_norms([w], limit=limit)
    assert w.data is array
    norms = np.linalg.norm(before.reshape(-1, units), axis=0)
    expected = np.stack([before[..., j] * min(1, limit / norms[j]) for j in range(units)], axis=-1)
    np.testing.assert_allclose(w.data, expected, rtol=1e-12)
    np.testing.assert_array_equal(w.data[..., norms <= limit], before[..., norms <= limit])


def test_units_along_other_axes():
    table = Tensor([[3.0, 4.0], [0.0, 1.0]], requires_grad=True)
    r.limit_unit_norms([table], limit=1.0, axis=-1)
    np.testing.assert_allclose(table.data, [[0.6, 0.8], [0.0, 1.0]], rtol=1e-6)
    layer = layers.TransposedConv2D(3, 2, 2, rng=rng())
    r.set_unit_norms([layer.weight], axis=(0, 1, 3))
    np.testing.assert_allclose(np.linalg.norm(layer.weight.data.transpose(2, 0, 1, 3).reshape(2, -1), axis=1), 1, 1e-6)


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_units_without_weights_stay_without():
    w = Tensor([[0.0, 2.0], [0.0, 0.0]], requires_grad=True)
    r.set_unit_norms([w], length=3.0)
    np.testing.assert_array_equal(w.data, [[0, 3], [0, 0]])
    r.limit_unit_norms([w], limit=np.float64(1.5))
    np.testing.assert_array_equal(w.data, [[0, 1.5], [0, 0]])
    assert w.dtype == np.float32


def test_a_ball_holds_all_weights_together():
    model = network()
    first, second = r.weights_of(model)
    before = values([first, second])
    biases = values([model.layers[0].bias, model.layers[1].weight])
    norm = np.sqrt(sum(np.sum(b.astype(float) ** 2) for b in before))
    r.project_to_ball(model, radius=2 * norm)
    np.testing.assert_array_equal(first.data, before[0])
    r.project_to_ball(model, radius=norm / 2)
    for w, b in zip((first, second), before, strict=True):
        np.testing.assert_allclose(w.data, b / 2, rtol=1e-5)
    for w, b in zip([model.layers[0].bias, model.layers[1].weight], biases, strict=True):
        np.testing.assert_array_equal(w.data, b)


@pytest.mark.parametrize(
    "change",
    [
        lambda w: r.limit_unit_norms([w], limit=0.1),
        lambda w: r.set_unit_norms([w]),
        lambda w: r.project_to_ball([w], radius=0.1),
    ],
)
def test_a_graph_that_used_the_old_values_refuses_to_go_backward(change):
    w = Tensor([[3.0, 4.0]], requires_grad=True)
    loss = (w * w).sum()
    change(w)
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
def test_bounds_must_be_positive(value):
    w = Tensor([[1.0]], requires_grad=True)
    for act in (
        lambda: r.limit_unit_norms([w], limit=value),
        lambda: r.set_unit_norms([w], length=value),
        lambda: r.project_to_ball([w], radius=value),
    ):
        with pytest.raises(ValueError, match="above 0"):
            act()


# ---- noise ------------------------------------------------------------------------------------------------------


def test_input_noise_on_a_linear_model_is_an_l2_penalty():
    """D 7.5: E[(w (x + n) - y)^2] = (w x - y)^2 + scale^2 |w|^2."""
    w, x, scale = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.1, -1.0]), 0.3
    noisy = r.gaussian_noise(np.broadcast_to(x, (200_000, 3)), scale=scale, rng=rng())
    assert np.mean((noisy @ w) ** 2) == pytest.approx((x @ w) ** 2 + scale**2 * w @ w, rel=0.01)


def test_noise_wants_floats_and_a_scale():
    with pytest.raises(TypeError, match="float32 or float64"):
        r.gaussian_noise(np.arange(3), scale=0.1, rng=rng())
    with pytest.raises(ValueError, match="scale of at least 0"):
        r.gaussian_noise(np.ones(3), scale=-0.1, rng=rng())
    assert r.gaussian_noise(np.ones(3, np.float32), scale=np.float64(0.1), rng=rng()).dtype == np.float32


def test_weight_noise_acts_inside_the_block_and_leaves_no_trace():
    model = layers.Dense(4, 3, rng=rng())
    before = values(model.parameters())
    x = rng(1).standard_normal((5, 4)).astype(np.float32)
    plain = model(x).numpy().copy()
    with r.weight_noise(model, scale=0.1, rng=rng(2)):
        noise = model.weight.data - before[0]
        assert 0.05 < noise.std() < 0.2
        np.testing.assert_array_equal(model.bias.data, before[1])
        (model(x) ** 2).sum().backward()
        inside = model.weight.data.copy()
    for p, b in zip(model.parameters(), before, strict=True):
        assert p.data.tobytes() == b.tobytes()
    np.testing.assert_array_equal(model(x).numpy(), plain)
    np.testing.assert_allclose(model.weight.grad, 2 * x.T @ (x @ inside), rtol=1e-4, atol=1e-5)


def test_weights_come_back_after_an_error_and_gradients_of_other_values_are_refused():
    w = Tensor([[1.1, 2.2]], requires_grad=True)
    with pytest.raises(ZeroDivisionError), r.weight_noise([w], scale=1.0, rng=rng()):
        raise ZeroDivisionError
    np.testing.assert_array_equal(w.data, np.float32([[1.1, 2.2]]))
    early = (w * w).sum()
    with r.weight_noise([w], scale=1.0, rng=rng()):
        late = (w * w).sum()
        with pytest.raises(RuntimeError, match="changed in place"):
            early.backward()
    with pytest.raises(RuntimeError, match="changed in place"):
        late.backward()


# ---- averages ---------------------------------------------------------------------------------------------------


def test_the_average_is_a_plain_mean_at_first_and_exponential_later():
    w = Tensor([[0.0]], dtype=np.float64, requires_grad=True)
    mean, moving = r.WeightAverage([w], decay=1.0), r.WeightAverage([w], decay=0.75)
    seen = rng().standard_normal(12)
    expected = 0.0
    for t, value in enumerate(seen):
        w.data[...] = value
        mean.update()
        moving.update()
        expected = seen[: t + 1].mean() if t < 4 else 0.75 * expected + 0.25 * value
        np.testing.assert_allclose(mean.averages[0], seen[: t + 1].mean(), atol=1e-12)
        np.testing.assert_allclose(moving.averages[0], expected, atol=1e-12)


def test_averages_are_applied_for_a_block_or_for_good():
    model = layers.Dense(3, 2, rng=rng())
    average = r.WeightAverage(model.parameters(), decay=0.5)
    start = values(model.parameters())
    average.update()
    for p in model.parameters():
        p.data += 1.0
    average.update()
    late = values(model.parameters())
    with average.applied():
        for p, s in zip(model.parameters(), start, strict=True):
            np.testing.assert_allclose(p.data, s + 0.5, rtol=1e-6)
            assert p.dtype == np.float32
    for p, v in zip(model.parameters(), late, strict=True):
        np.testing.assert_array_equal(p.data, v)
    average.apply()
    np.testing.assert_allclose(model.weight.data, start[0] + 0.5, rtol=1e-6)
    model.weight.data += 1.0  # the averages are copies
    np.testing.assert_allclose(average.averages[0], start[0] + 0.5, rtol=1e-6)


def test_averaging_goes_on_exactly_from_its_state():
    w = Tensor(np.zeros((2, 2)), requires_grad=True)
    first = r.WeightAverage([w], decay=0.9)
    for value in range(5):
        w.data[...] = value
        first.update()
    second = r.WeightAverage([w], decay=0.9)
    state = first.state_dict()
    w.data[...] = 7.0
    second.load_state_dict(state)
    first.update()
    second.update()
    np.testing.assert_array_equal(first.averages[0], second.averages[0])
    assert state["averages"][0][0, 0] == 2.0
    with pytest.raises(ValueError, match="expected averages of shapes"):
        r.WeightAverage([w, w]).load_state_dict(first.state_dict())
