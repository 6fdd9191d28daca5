"""Normalization and dropout: running averages, what is shared, wrong shapes, what is random."""

import numpy as np
import pytest

from mlcore import Tensor, functions, grad, layers


def rng():
    return np.random.default_rng(0)


def test_batch_norm_keeps_running_averages_of_unbiased_variance():
    x = rng().normal(3.0, 2.0, (50, 4)).astype(np.float32)
    layer = layers.BatchNorm(4, momentum=0.25)
    layer(x)
    np.testing.assert_allclose(layer.running_mean.data, 0.25 * x.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.running_var.data, 0.75 + 0.25 * x.var(0, ddof=1), rtol=1e-5)
    before = layer.state_dict()
    layer.eval()
    out = layer(x)
    expected = (x - before["running_mean"]) / np.sqrt(before["running_var"] + 1e-5)
    np.testing.assert_allclose(out.data, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(layer.running_mean.data, before["running_mean"])


def test_differentiating_twice_is_one_batch():
    layer = layers.BatchNorm(2)
    x = Tensor(rng().standard_normal((6, 2)), dtype=np.float32, requires_grad=True)
    once = layers.BatchNorm(2)
    once(x)
    (layer(x) ** 3).sum().backward(create_graph=True)
    np.testing.assert_array_equal(layer.running_mean.data, once.running_mean.data)


def test_running_averages_are_state_but_not_parameters():
    layer = layers.BatchNorm(2)
    assert [name for name, _ in layer.named_parameters()] == ["weight", "bias"]
    assert set(layer.state_dict()) == {"weight", "bias", "running_mean", "running_var"}


@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_a_batch_of_one_and_constant_rows_stay_finite():
    one = Tensor(np.full((1, 3), 7.0, np.float32), requires_grad=True)
    for norm in (functions.batch_norm, functions.layer_norm, functions.rms_norm):
        out = norm(one)
        out.sum().backward()
        assert np.isfinite(out.data).all()
        assert np.isfinite(one.grad).all()
    layer = layers.BatchNorm(3)
    layer(one)
    assert np.isfinite(layer.running_var.data).all()


def test_layer_norm_of_large_numbers_with_small_differences():
    x = 1e4 + rng().standard_normal((4, 64)).astype(np.float32)
    exact = x.astype(np.float64)
    exact = (exact - exact.mean(1, keepdims=True)) / np.sqrt(exact.var(1, keepdims=True) + 1e-5)
    np.testing.assert_allclose(functions.layer_norm(x), exact, atol=5e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: functions.layer_norm(x, np.ones(4)), r"expected weight of shape \(3,\), the last 1 axes"),
        (lambda x: functions.layer_norm(x, None, np.ones(4)), r"expected bias of shape \(3,\)"),
        (lambda x: functions.layer_norm(x, axes=3), "expected x with at least 3 axes"),
        (lambda x: functions.rms_norm(x, np.ones(1)), r"expected weight of shape \(3,\)"),
        (lambda x: functions.batch_norm(x, np.ones(2)), r"expected weight of shape \(3,\), the features of x"),
        (lambda x: functions.batch_norm(x, training=False), "needs running_mean and running_var"),
        (lambda x: functions.group_norm(x, groups=2), "a multiple of groups=2"),
    ],
)
def test_shapes_that_do_not_fit_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.ones((5, 3)))


def test_normalizations_agree_where_they_mean_the_same():
    x = rng().standard_normal((4, 2, 3, 6))
    whole = functions.layer_norm(x, axes=3)
    np.testing.assert_allclose(functions.group_norm(x, groups=1), whole, rtol=1e-12)
    np.testing.assert_allclose(functions.instance_norm(x), functions.group_norm(x, groups=6), rtol=1e-12)


def test_weight_norm_starts_as_the_layer_and_learns_its_length():
    dense = layers.Dense(3, 2, rng=rng())
    x = rng().standard_normal((4, 3)).astype(np.float32)
    expected = dense(x).data
    layer = layers.WeightNorm(dense)
    np.testing.assert_allclose(layer(x).data, expected, rtol=1e-5)
    layer.magnitude.data *= 2
    np.testing.assert_allclose(layer(x).data, 2 * expected, rtol=1e-5)
    layer(x).sum().backward()
    np.testing.assert_allclose((layer.direction.grad * layer.direction.data).sum(0), 0, atol=1e-4)  # only turns it


def test_dropout_keeps_the_mean_and_drops_its_share():
    x = np.ones(100_000, np.float32)
    out = functions.dropout(x, probability=0.3, rng=rng())
    assert out.dtype == np.float32
    assert set(np.unique(out)) == {np.float32(0), np.float32(1 / 0.7)}
    assert np.mean(out == 0) == pytest.approx(0.3, abs=0.01)
    assert functions.dropout(x, probability=0.0) is x
    assert not functions.dropout(x, probability=1.0, rng=rng()).any()
    assert functions.dropout(x, probability=0.3, training=False) is x


def test_dropout_passes_gradients_through_what_it_kept():
    x = Tensor(np.ones(1000), requires_grad=True)
    out = functions.dropout(x, rng=rng())
    out.sum().backward()
    np.testing.assert_array_equal(x.grad, out.data)
    twice = grad(lambda x: (functions.dropout(x, rng=rng()) ** 2).sum())(x)
    np.testing.assert_array_equal(twice.data, 2 * out.data**2)


def test_dropout_of_features_spares_or_drops_all_places():
    out = functions.dropout_features(np.ones((8, 5, 5, 16), np.float32), rng=rng())
    each = out.reshape(8, 25, 16)
    assert (each == each[:, :1]).all()
    assert 0.2 < np.mean(out == 0) < 0.8


def test_dropout_says_what_it_needs():
    with pytest.raises(ValueError, match="pass rng="):
        functions.dropout(np.ones(3))
    with pytest.raises(ValueError, match="expected a probability"):
        functions.dropout(np.ones(3), probability=1.5, rng=rng())
