"""Spaces: the values that hyperparameters may take, and how likely each is."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlcore.search import Choice, Integer, LogUniform, Uniform, sample
from mlcore.search.spaces import encode

SPACE = {"rate": LogUniform(1e-5, 1e-1), "units": Integer(50, 5000, log=True), "momentum": Uniform(-1.0, 1.0)}
UNIT = st.floats(0, 1)


def draws(dimension, n=4000):
    rng = np.random.default_rng(0)
    return [sample({"x": dimension}, rng)["x"] for _ in range(n)]


def test_the_logarithm_of_a_learning_rate_is_uniform():
    exponents = np.log10(draws(LogUniform(1e-5, 1e-1)))
    counts, _ = np.histogram(exponents, bins=4, range=(-5, -1))
    assert counts.sum() == 4000
    assert np.all(abs(counts - 1000) < 120)  # four standard deviations


@pytest.mark.parametrize("low", [-1, 1])
def test_both_ends_of_an_integer_come_as_often_as_the_rest(low):
    values, counts = np.unique(draws(Integer(low, low + 3)), return_counts=True)
    assert values.tolist() == [low, low + 1, low + 2, low + 3]
    assert np.all(abs(counts - 1000) < 120)


def test_a_logarithmic_integer_favours_small_numbers():
    values, counts = np.unique(draws(Integer(1, 3, log=True)), return_counts=True)
    expected = 4000 * np.log([2, 3 / 2, 4 / 3]) / math.log(4)
    assert values.tolist() == [1, 2, 3]
    assert np.all(abs(counts - expected) < 120)


def test_choices_are_equally_likely():
    _, counts = np.unique(draws(Choice("a", "b", "c", "d")), return_counts=True)
    assert np.all(abs(counts - 1000) < 120)


@pytest.mark.parametrize("dimension", [*SPACE.values(), Integer(-3, 3), Uniform(0.1, 0.3), LogUniform(1e-3, 0.3)])
@settings(deadline=None, max_examples=50)
@given(u=UNIT)
def test_quantiles_stay_within_the_range_and_are_python_numbers(dimension, u):
    value = dimension.quantile(u)
    assert dimension.low <= value <= dimension.high
    assert type(value) is (int if isinstance(dimension, Integer) else float)
    assert dimension.quantile(0.0) == dimension.low
    assert dimension.quantile(1.0) == dimension.high
    assert 0 <= dimension.encode(value)[0] <= 1


@settings(deadline=None, max_examples=50)
@given(u=UNIT)
def test_coordinates_are_linear_in_the_quantile_also_on_a_log_scale(u):
    for dimension in (SPACE["rate"], SPACE["momentum"]):
        assert dimension.encode(dimension.quantile(u))[0] == pytest.approx(u, abs=1e-9)


def test_any_two_choices_are_as_far_apart_as_the_ends_of_a_range():
    choice = Choice("relu", "tanh", None)
    a, b, c = (np.array(choice.encode(v)) for v in ("relu", "tanh", None))
    assert np.linalg.norm(a - b) == pytest.approx(1)
    assert np.linalg.norm(b - c) == pytest.approx(1)
    assert encode({"f": choice, "x": Uniform(0, 4)}, {"x": 1.0, "f": "tanh"}) == [0, math.sqrt(0.5), 0, 0.25]


def test_a_grid_has_no_value_twice():
    assert Integer(1, 3).grid(10) == [1, 2, 3]
    assert Integer(1, 9).grid(3) == [1, 5, 9]
    assert Integer(1, 100, log=True).grid(3) == [1, 10, 100]


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda: Uniform(1, 1), ValueError, "low < high"),
        (lambda: Uniform(0, float("inf")), ValueError, "finite"),
        (lambda: LogUniform(0, 1), ValueError, "positive"),
        (lambda: Integer(0, 4, log=True), ValueError, "positive"),
        (lambda: Integer(1, 2.5), TypeError, "whole"),
        (lambda: Choice(), ValueError, "at least one"),
        (lambda: Choice("a", "a"), ValueError, "once"),
        (lambda: Choice((0.9, 0.999)), TypeError, "names"),
    ],
)
def test_errors_say_what_was_expected(make, error, says):
    with pytest.raises(error, match=says):
        make()
