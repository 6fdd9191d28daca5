"""Adversarial and virtual adversarial examples and losses."""

import numpy as np
import pytest

from mlcore import Tensor, functions, hessian, layers, optimizers
from mlcore import regularization as r


def rng(seed=0):
    return np.random.default_rng(seed)


N, D, H, K = 3, 4, 5, 3
X = rng(1).standard_normal((N, D))
Y = np.array([0, 2, 1])
V, W = rng(2).standard_normal((D, H)) * 0.7, rng(3).standard_normal((H, K)) * 0.7


def network(x, v=V, w=W):
    return np.tanh(x @ v) @ w


def loss(x, v=V, w=W):
    return functions.softmax_cross_entropy(network(x, v, w), Y)


# ---- adversarial ------------------------------------------------------------------------------------------------


def test_a_linear_model_falls_by_epsilon_times_the_norm():
    """D 7.13: a linear function changes by up to epsilon * sum(abs(w))."""
    w = rng().standard_normal(100)
    x = rng(1).standard_normal((5, 100))
    worst = r.fast_gradient_sign(lambda x: (x @ w).mean(), x, epsilon=0.01)
    np.testing.assert_allclose(worst @ w - x @ w, 0.01 * np.abs(w).sum(), rtol=1e-9)


@pytest.mark.parametrize(
    "search",
    [
        lambda x, **o: r.fast_gradient_sign(loss, x, **o),
        lambda x, **o: r.projected_gradient_ascent(loss, x, **o),
        lambda x, **o: r.projected_gradient_ascent(loss, x, rng=rng(), **o),
    ],
)
def test_adversarial_examples_are_near_worse_and_within_limits(search):
    for epsilon in (0.1, np.float64(0.1)):
        x = X.astype(np.float32)
        out = search(x, epsilon=epsilon)
        assert type(out) is np.ndarray
        assert out.dtype == np.float32
        assert np.abs(out - x).max() <= 0.1 + 1e-6
        assert loss(out) > loss(x) + 0.02
    limited = search(np.clip(X, 0, 1), epsilon=0.3, limits=(0.0, 1.0))
    assert limited.min() == 0
    assert limited.max() <= 1
    np.testing.assert_array_equal(search(X, epsilon=0.0), X)
    with pytest.raises(ValueError, match="epsilon of at least 0"):
        search(X, epsilon=-0.1)


def test_many_small_steps_beat_a_large_one_where_the_loss_is_curved():
    def wavy(x):
        return np.sin(6 * x).sum()

    x = np.zeros((1, 2))
    one = r.fast_gradient_sign(wavy, x, epsilon=0.5)
    many = r.projected_gradient_ascent(wavy, x, epsilon=0.5, steps=40, step_size=0.02)
    assert float(wavy(many)) == pytest.approx(2.0, abs=0.02)
    assert float(wavy(one)) < 0.5
    starts = [r.projected_gradient_ascent(wavy, x, epsilon=0.5, steps=1, step_size=0.0, rng=rng(s)) for s in range(9)]
    assert np.abs(starts).max() <= 0.5
    assert np.std(starts) > 0.15
    with pytest.raises(ValueError, match="at least one step"):
        r.projected_gradient_ascent(wavy, x, epsilon=0.5, steps=0)


def test_adversarial_loss_mixes_and_holds_the_example_fixed():
    v, w = (Tensor(a, requires_grad=True) for a in (V, W))
    worst = r.fast_gradient_sign(loss, X, epsilon=0.1)
    mixed = r.adversarial_loss(lambda x: loss(x, v, w), X, epsilon=0.1, alpha=0.3)
    assert v.grad is None
    mixed.backward()
    other = [Tensor(a, requires_grad=True) for a in (V, W)]
    expected = loss(Tensor(X), *other) * 0.3 + loss(Tensor(worst), *other) * 0.7
    expected.backward()
    assert mixed.item() == pytest.approx(expected.item())
    for mine, theirs in zip((v, w), other, strict=True):
        np.testing.assert_allclose(mine.grad, theirs.grad, rtol=1e-10)
    with pytest.raises(ValueError, match="alpha from 0 to 1"):
        r.adversarial_loss(loss, X, epsilon=0.1, alpha=2.0)


def test_searching_leaves_no_graph_and_no_gradient():
    v = Tensor(V, requires_grad=True)
    x = Tensor(X, requires_grad=True)
    r.fast_gradient_sign(lambda x: loss(x, v), x, epsilon=0.1)
    r.virtual_adversarial_direction(lambda x: network(x, v), x, rng=rng())
    assert v.grad is None
    assert x.grad is None


# ---- virtual adversarial ----------------------------------------------------------------------------------------


def divergence(x, row):
    p = functions.softmax(network(row))
    return functions.kl_divergence(functions.log_softmax(network(x)), p, reduction="sum")


def test_the_direction_is_the_largest_eigenvector_of_the_curvature():
    d = r.virtual_adversarial_direction(network, X, iterations=200, rng=rng())
    np.testing.assert_allclose(np.linalg.norm(d, axis=1), 1, rtol=1e-12)
    for i in range(N):
        curvature = hessian(lambda x, i=i: divergence(x.reshape((1, D)), X[i : i + 1]))(X[i]).numpy()
        values, vectors = np.linalg.eigh(curvature)
        assert values[-1] > 1.1 * values[-2]
        assert abs(d[i] @ vectors[:, -1]) == pytest.approx(1, abs=1e-6)


def test_one_iteration_is_the_curvature_times_a_random_start():
    start = rng(7).standard_normal(X.shape)
    d = r.virtual_adversarial_direction(network, X, rng=rng(7))
    for i in range(N):
        curvature = hessian(lambda x, i=i: divergence(x.reshape((1, D)), X[i : i + 1]))(X[i]).numpy()
        expected = curvature @ start[i]
        np.testing.assert_allclose(d[i], expected / np.linalg.norm(expected), atol=1e-7)
    with pytest.raises(ValueError, match="at least one iteration"):
        r.virtual_adversarial_direction(network, X, iterations=0, rng=rng())


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_where_nothing_changes_the_direction_is_random():
    d = r.virtual_adversarial_direction(lambda x: x @ np.zeros((4, 3), np.float32), X.astype(np.float32), rng=rng())
    assert d.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(d, axis=1), 1, rtol=1e-6)


def test_the_virtual_loss_is_worse_than_random_and_trains_through_the_second_term_alone():
    options = {"epsilon": np.float64(0.3), "iterations": 3}
    v, w = (Tensor(a, requires_grad=True) for a in (V, W))
    value = r.virtual_adversarial_loss(lambda x: network(x, v, w), X, rng=rng(), **options)
    random = rng(9).standard_normal(X.shape)
    random /= np.linalg.norm(random, axis=1, keepdims=True)
    p = functions.softmax(network(X))
    assert value.item() > 2 * functions.kl_divergence(functions.log_softmax(network(X + 0.3 * random)), p)
    value.backward()
    d = r.virtual_adversarial_direction(network, X, iterations=3, rng=rng())
    other = [Tensor(a, requires_grad=True) for a in (V, W)]
    functions.kl_divergence(functions.log_softmax(network(Tensor(X + 0.3 * d), *other)), p).backward()
    for mine, theirs in zip((v, w), other, strict=True):
        np.testing.assert_allclose(mine.grad, theirs.grad, rtol=1e-9, atol=1e-12)
    x = X.astype(np.float32)
    model = layers.Dense(4, 3, rng=rng())
    assert r.virtual_adversarial_loss(model, x, rng=rng(), **options).dtype == np.float32
    with pytest.raises(ValueError, match="epsilon of at least 0"):
        r.virtual_adversarial_loss(model, x, epsilon=-1.0, rng=rng())


def test_adversarial_training_makes_a_model_sturdy():
    g = rng()
    y = g.integers(0, 2, 200)
    x = (g.standard_normal((200, 20)) * 0.3).astype(np.float32)
    x[:, 0] += 2.0 * y - 1.0  # one strong feature
    x[:, 1:] += 0.1 * (2 * y[:, None] - 1)  # many weak ones, which an adversary can turn over
    accuracy = {}
    for alpha in (1.0, 0.0):
        model = layers.Dense(20, 2, rng=rng(1))
        optimizer = optimizers.Adam(model.parameters(), learning_rate=0.05)

        def cost(x, model=model):
            return functions.softmax_cross_entropy(model(x), y)

        for _ in range(100):
            optimizer.zero_grad()
            r.adversarial_loss(cost, x, epsilon=0.3, alpha=alpha).backward()
            optimizer.step()
        worst = r.fast_gradient_sign(cost, x, epsilon=0.3)
        accuracy[alpha] = np.mean(model(worst).numpy().argmax(axis=1) == y)
    assert accuracy[0.0] > accuracy[1.0] + 0.05
