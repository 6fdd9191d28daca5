"""Tangent prop, double backprop and the contractive penalty."""

import numpy as np
import pytest

from mlcore import Tensor, check_gradients, functions, grad, jacobian, layers, optimizers
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


def each_jacobian(x=X):
    return [jacobian(lambda x: network(x.reshape((1, D))))(row).numpy().reshape(K, D) for row in x]


TANGENTS = [rng(4).standard_normal((N, D)), rng(5).standard_normal((N, D))]
PENALTIES = {
    "tangent_prop": lambda v, w: r.tangent_prop_penalty(lambda x: network(x, v, w), X, TANGENTS),
    "double_backprop": lambda v, w: r.double_backprop_penalty(lambda x: loss(x, v, w), X),
    "contractive": lambda v, w: r.contractive_penalty(lambda x: network(x, v, w), X),
    "contractive estimate": lambda v, w: r.contractive_penalty(lambda x: network(x, v, w), X, samples=2, rng=rng(6)),
}


@pytest.mark.parametrize("name", PENALTIES)
def test_penalties_have_derivatives_with_respect_to_parameters(name):
    check_gradients(PENALTIES[name], V, W, order=2, tolerance=1e-5)


@pytest.mark.parametrize("name", PENALTIES)
def test_penalties_are_one_float32_and_do_not_touch_gradients(name):
    v, w = (Tensor(a.astype(np.float32), requires_grad=True) for a in (V, W))
    x = X.astype(np.float32)
    call = {
        "tangent_prop": lambda f: r.tangent_prop_penalty(f, x, TANGENTS),
        "double_backprop": lambda f: r.double_backprop_penalty(lambda x: functions.softmax_cross_entropy(f(x), Y), x),
        "contractive": lambda f: r.contractive_penalty(f, x),
        "contractive estimate": lambda f: r.contractive_penalty(f, x, samples=1, rng=rng()),
    }[name]
    penalty = call(lambda x: network(x, v, w))
    assert penalty.shape == ()
    assert penalty.dtype == np.float32
    assert v.grad is None
    penalty.backward()
    assert v.grad.dtype == w.grad.dtype == np.float32


def test_tangent_prop_is_the_squared_directional_derivative():
    """D 7.14: the sum over tangents of ((df/dx).T v)**2; here the mean over examples."""
    expected = np.mean([sum(np.sum((j @ t[i]) ** 2) for t in TANGENTS) for i, j in enumerate(each_jacobian())])
    assert r.tangent_prop_penalty(network, X, TANGENTS).item() == pytest.approx(expected)
    assert r.tangent_prop_penalty(network, X, [0 * X]).item() == 0
    with pytest.raises(ValueError, match="at least one tangent"):
        r.tangent_prop_penalty(network, X, [])
    with pytest.raises(ValueError, match=r"shape \(3, 4\)"):
        r.tangent_prop_penalty(network, X, [X[:, :2]])


def test_contraction_is_the_size_of_the_jacobian_exactly_and_on_average():
    expected = np.mean([np.sum(j**2) for j in each_jacobian()])
    assert r.contractive_penalty(network, X).item() == pytest.approx(expected)
    estimate = r.contractive_penalty(network, X, samples=4000, rng=rng())
    assert estimate.item() == pytest.approx(expected, rel=0.05)
    tokens = r.contractive_penalty(lambda x: network(x).reshape((N, K, 1)), X)
    assert tokens.item() == pytest.approx(expected)
    for options in ({"samples": 3}, {"rng": rng()}, {"samples": 0, "rng": rng()}):
        with pytest.raises(ValueError, match="sample"):
            r.contractive_penalty(network, X, **options)


def test_double_backprop_takes_each_example_for_itself():
    gradients = []
    for i in range(N):
        one = lambda x, i=i: functions.softmax_cross_entropy(network(x), Y[i : i + 1])  # noqa: E731
        gradients.append(grad(one)(X[i : i + 1]).numpy())
    expected = np.mean([np.sum(g**2) for g in gradients])
    assert r.double_backprop_penalty(loss, X).item() == pytest.approx(expected)


def test_a_model_learns_to_ignore_a_direction():
    """A ridge along the first input, tangents along the second: after training the output follows the first alone."""
    x = rng().standard_normal((64, 2)).astype(np.float32)
    y = x[:, :1]
    tangents = [np.broadcast_to(np.float32([0, 1]), x.shape)]
    model = layers.Sequential(layers.Dense(2, 16, rng=rng()), layers.Tanh(), layers.Dense(16, 1, rng=rng(1)))
    optimizer = optimizers.Adam(model.parameters(), learning_rate=0.02)
    before = r.tangent_prop_penalty(model, x, tangents).item()
    for _ in range(150):
        optimizer.zero_grad()
        total = functions.mean_squared_error(model(x), y) + r.tangent_prop_penalty(model, x, tangents)
        total.backward()
        optimizer.step()
    assert before > 0.05
    assert r.tangent_prop_penalty(model, x, tangents).item() < 0.005
    assert functions.mean_squared_error(model(x), y).item() < 0.02


def test_image_tangents_are_the_limits_of_transformations():
    place = np.arange(24) - 11.5
    y, x = place[:, None] - 2, place - 1
    images = np.exp(-(y**2 + 0.5 * x**2) / 40)[None, :, :, None] * np.array([1.0, 0.5])
    tangents = r.image_tangents(images)
    assert tangents.shape == (4, 1, 24, 24, 2)
    t = 0.02
    forms = [
        lambda t: {"shift": (t, 0.0)},
        lambda t: {"shift": (0.0, t)},
        lambda t: {"degrees": np.rad2deg(t)},
        lambda t: {"scale": np.exp(t)},
    ]
    inside = (slice(None), slice(4, -4), slice(4, -4))
    for tangent, form in zip(tangents, forms, strict=True):
        moved = (r.transform_images(images, **form(t)) - r.transform_images(images, **form(-t))) / (2 * t)
        error = np.abs(moved - tangent)[inside].max()
        assert error < 0.05 * np.abs(tangent).max()
    assert r.image_tangents(images.astype(np.float32)).dtype == np.float32
