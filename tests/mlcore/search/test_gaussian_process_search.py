"""The Gaussian process, the expected improvement, and the search that they guide."""

import math

import numpy as np
import pytest
from scipy import integrate, stats

from mlcore.search import (
    Choice,
    GaussianProcess,
    Integer,
    LogUniform,
    Uniform,
    expected_improvement,
    fit_gaussian_process,
    gaussian_process_search,
    matern,
    random_search,
    rbf,
)
from mlcore.search.model_based import _standardized

KERNELS = pytest.mark.parametrize("kernel", [rbf, matern])


def observations(n=9, d=2, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.random((n, d))
    return x, np.sin(5 * x).sum(axis=1) - 1


# ---- the process --------------------------------------------------------------------------------------------------


@KERNELS
def test_the_derivative_of_a_kernel_is_that_of_finite_differences(kernel):
    squared = np.array([0.01, 0.5, 2.0, 9.0])
    difference = (kernel(squared + 1e-6)[0] - kernel(squared - 1e-6)[0]) / 2e-6
    np.testing.assert_allclose(kernel(squared)[1], difference, rtol=1e-6)
    assert kernel(np.zeros(1))[0] == 1


@KERNELS
def test_without_noise_it_interpolates_and_far_away_it_knows_nothing(kernel):
    x, y = observations()
    process = GaussianProcess(x, y, length_scales=[0.3, 0.3], signal=2.0, noise=1e-10, kernel=kernel)
    mean, deviation = process.predict(x)
    np.testing.assert_allclose(mean, y, atol=1e-6)
    assert deviation.max() < 1e-3
    mean, deviation = process.predict(np.array([[50.0, 50.0]]))
    assert mean[0] == pytest.approx(0, abs=1e-12)
    assert deviation[0] == pytest.approx(math.sqrt(2))


@KERNELS
def test_prediction_is_the_conditional_distribution_of_a_joint_normal(kernel):
    x, y = observations(n=4)
    new = np.array([[0.2, 0.9], [0.5, 0.5]])
    scales, signal, noise = np.array([0.4, 0.7]), 1.5, 0.1
    every = np.concatenate([x, new]) / scales
    joint = signal * kernel(np.square(every[:, None] - every[None]).sum(axis=-1))[0]
    observed = joint[:4, :4] + noise * np.eye(4)
    mean = joint[4:, :4] @ np.linalg.solve(observed, y)
    covariance = joint[4:, 4:] - joint[4:, :4] @ np.linalg.solve(observed, joint[:4, 4:])
    process = GaussianProcess(x, y, length_scales=scales, signal=signal, noise=noise, kernel=kernel)
    np.testing.assert_allclose(process.predict(new), [mean, np.sqrt(np.diag(covariance))], rtol=1e-9)
    assert process.log_likelihood == pytest.approx(stats.multivariate_normal(np.zeros(4), observed).logpdf(y))


@KERNELS
def test_the_gradient_of_the_likelihood_is_that_of_finite_differences(kernel):
    x, y = observations()
    theta = np.log([0.4, 0.7, 1.5, 0.05])

    def process(theta):
        *lengths, signal, noise = np.exp(theta)
        return GaussianProcess(x, y, length_scales=lengths, signal=signal, noise=noise, kernel=kernel)

    differences = [
        (process(theta + step).log_likelihood - process(theta - step).log_likelihood) / 2e-6
        for step in 1e-6 * np.eye(4)
    ]
    np.testing.assert_allclose(process(theta).gradient(), differences, rtol=1e-5)


@KERNELS
def test_the_fit_finds_out_which_coordinate_matters(kernel):
    rng = np.random.default_rng(1)
    x = rng.random((40, 2))
    process = fit_gaussian_process(x, math.sqrt(2) * np.sin(9 * x[:, 0]), kernel=kernel)
    assert process.length_scales[1] > 4 * process.length_scales[0]
    assert process.noise < 0.01
    grid = rng.random((50, 2))
    assert np.abs(process.predict(grid)[0] - math.sqrt(2) * np.sin(9 * grid[:, 0])).max() < 0.2


def test_the_fit_tells_noise_from_signal():
    rng = np.random.default_rng(2)
    x = rng.random((80, 1))
    y = np.sin(6 * x[:, 0]) + 0.5 * rng.standard_normal(80)
    assert 0.15 < fit_gaussian_process(x, y).noise < 0.4


def test_the_fit_is_near_a_maximum():
    x, y = observations(n=25)
    process = fit_gaussian_process(x, (y - y.mean()) / y.std())
    assert np.abs(process.gradient()[:2]).max() < 1.5  # what the prior pulls back with


def test_equal_points_with_different_values_are_no_problem():
    process = fit_gaussian_process(np.full((6, 1), 0.5), np.array([1.0, -1, 1, -1, 1, -1]))
    mean, deviation = process.predict(np.array([[0.5]]))
    assert abs(mean[0]) < 1e-6
    assert np.isfinite(deviation).all()


def test_shapes_that_do_not_fit_are_named():
    with pytest.raises(ValueError, match=r"got \(3, 2\), \(3,\) and \(1,\)"):
        GaussianProcess(np.zeros((3, 2)), np.zeros(3), length_scales=[1.0], signal=1, noise=1)


# ---- the expected improvement -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mean", "deviation", "best"), [(0.0, 1.0, 0.0), (1.0, 0.5, 0.3), (-2.0, 3.0, 1.0), (4, 1, 0)])
def test_expected_improvement_is_the_integral_that_defines_it(mean, deviation, best):
    integral, _ = integrate.quad(
        lambda f: (best - f) * stats.norm.pdf(f, mean, deviation), mean - 12 * deviation, best, epsabs=1e-13
    )
    value = expected_improvement(np.array([mean]), np.array([deviation]), best)
    np.testing.assert_allclose(value, integral, rtol=1e-8)


def test_expected_improvement_without_uncertainty_is_the_improvement():
    mean = np.array([-1.0, 0.0, 2.0])
    assert expected_improvement(mean, np.zeros(3), 0.0).tolist() == [1, 0, 0]
    far = expected_improvement(np.array([1e3]), np.array([1.0]), 0.0)
    assert far[0] == 0  # neither negative nor NaN


# ---- the search ---------------------------------------------------------------------------------------------------


def branin(a, b):
    x = (b - 5.1 / (4 * math.pi**2) * a * a + 5 / math.pi * a - 6) ** 2
    return x + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


def test_it_beats_random_search_on_branin():
    space = {"a": Uniform(-5, 10), "b": Uniform(0, 15)}
    regrets = [
        [search(branin, space, trials=22, rng=np.random.default_rng(seed)).best.score - 0.397887 for seed in range(5)]
        for search in (gaussian_process_search, random_search)
    ]
    guided, unguided = np.median(regrets, axis=1)
    assert guided < 0.3
    assert guided < 0.5 * unguided


def test_it_handles_logarithms_integers_choices_failures_and_diverged_runs():
    space = {
        "rate": LogUniform(1e-5, 1.0),
        "units": Integer(8, 1024, log=True),
        "activation": Choice("relu", "tanh", "sigmoid"),
    }

    def loss(rate, units, activation):
        if rate > 0.3:
            raise OverflowError("diverged")
        if rate > 0.1:
            return 1e9
        penalty = {"relu": 0.0, "tanh": 0.5, "sigmoid": 2.0}[activation]
        return (math.log10(rate) + 2) ** 2 + 0.5 * (math.log2(units) - 6) ** 2 + penalty

    scores = [
        gaussian_process_search(loss, space, trials=25, rng=np.random.default_rng(seed)).best.score for seed in range(3)
    ]
    assert np.median(scores) < 0.2


def test_diverged_and_failed_runs_are_taken_for_bad_ones_among_the_rest():
    usual = np.linspace(0.0, 1.0, 9)
    y = _standardized(np.array([*usual, 1e9, np.inf]))
    assert y[-1] == y[-2] == y.max() > y[8]
    assert np.ptp(y[:9]) > 1  # what matters is still told apart
    assert y.mean() == pytest.approx(0)
    assert y.std() == pytest.approx(1)
    failed = _standardized(np.array([*usual, np.inf]))
    assert failed[-1] == failed[8]  # as bad as the worst, not worse


def test_it_tries_nothing_twice_until_everything_has_been_tried():
    space = {"n": Integer(1, 4), "kind": Choice("a", "b")}
    results = gaussian_process_search(
        lambda n, kind: n + (kind == "b"), space, trials=20, rng=np.random.default_rng(0), initial=3
    )
    proposed = {tuple(trial.parameters.values()) for trial in results[:11]}
    assert len(results) == 20
    assert len(proposed) == 8
    assert results.best.parameters == {"n": 1, "kind": "a"}


def test_a_constant_objective_and_one_that_always_fails_end():
    space = {"x": Uniform(0, 1)}
    for objective in (lambda x: 1.0, lambda x: float("inf")):
        results = gaussian_process_search(objective, space, trials=9, rng=np.random.default_rng(0), initial=3)
        assert len(results) == 9
