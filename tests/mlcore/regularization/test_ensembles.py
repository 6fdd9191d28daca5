"""Bagging and Monte Carlo dropout."""

import numpy as np
import pytest

from mlcore import layers
from mlcore import regularization as r


def rng(seed=0):
    return np.random.default_rng(seed)


# ---- bagging ----------------------------------------------------------------------------------------------------


def test_a_bootstrap_leaves_out_a_part_1_over_e():
    drawn, out_of_bag = r.bootstrap(10_000, rng=rng())
    assert drawn.shape == (10_000,)
    np.testing.assert_array_equal(np.union1d(drawn, out_of_bag), np.arange(10_000))
    assert not np.intersect1d(drawn, out_of_bag).size
    assert len(out_of_bag) / 10_000 == pytest.approx(np.exp(-1), abs=0.02)
    with pytest.raises(ValueError, match="at least one example; got n=0"):
        r.bootstrap(0, rng=rng())


def test_the_error_of_an_ensemble_is_what_the_formula_says():
    """D 7.11: v / k + (k - 1) / k c, for errors drawn from a Gaussian with variance v and covariance c."""
    k, v, c = 5, 2.0, 0.5
    errors = rng().multivariate_normal(np.zeros(k), c + (v - c) * np.eye(k), 200_000)
    mean = r.average_predictions([lambda x, i=i: x[:, i] for i in range(k)], errors)
    assert np.mean(mean**2) == pytest.approx(r.ensemble_error(k, variance=v, covariance=c), rel=0.02)
    assert r.ensemble_error(1, variance=v, covariance=c) == v
    assert r.ensemble_error(7, variance=v, covariance=v) == pytest.approx(v)
    with pytest.raises(ValueError, match="k=0"):
        r.ensemble_error(0, variance=1.0, covariance=0.0)


def test_predictions_are_averaged_without_a_graph():
    models = [layers.Dense(3, 2, rng=rng(i)) for i in range(3)]
    x = rng().standard_normal((4, 3)).astype(np.float32)
    out = r.average_predictions((m for m in models), x)
    assert type(out) is np.ndarray
    assert out.dtype == np.float32
    np.testing.assert_allclose(out, x @ np.mean([m.weight.data for m in models], axis=0), rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="at least one model"):
        r.average_predictions([], x)


# ---- Monte Carlo dropout ----------------------------------------------------------------------------------------


def dropped():
    return layers.Sequential(
        layers.BatchNorm(3),
        layers.Dense(3, 50, rng=rng()),
        layers.Dropout(0.5, rng=rng(1)),
        layers.Dense(50, 1, rng=rng()),
    )


def test_dropout_is_on_batch_normalization_is_not_and_modes_come_back():
    model = dropped().eval()
    model.layers[1].training = True
    modes = [m.training for m in model.modules()]
    x = rng(2).standard_normal((4, 3)).astype(np.float32)
    state = model.state_dict()
    samples = r.monte_carlo_dropout(model, x, samples=400)
    assert samples.shape == (400, 4, 1)
    assert samples.dtype == np.float32
    assert samples.std(axis=0).min() > 0.05
    # without a nonlinearity between, the mean of the samples is the prediction by the whole network
    np.testing.assert_allclose(samples.mean(axis=0), model(x).numpy(), atol=4 * samples.std() / 20)
    assert [m.training for m in model.modules()] == modes
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, state[name])


def test_modes_come_back_after_an_error():
    model = dropped().eval()
    with pytest.raises(ValueError):
        r.monte_carlo_dropout(model, np.ones((4, 7), np.float32), samples=2)
    assert not any(m.training for m in model.modules())
    with pytest.raises(ValueError, match="at least one sample"):
        r.monte_carlo_dropout(model, np.ones((4, 3), np.float32), samples=0)
