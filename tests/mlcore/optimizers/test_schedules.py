"""Schedules: their values, and where they join."""

import math

import pytest

from mlcore.optimizers import (
    Plateau,
    cosine_decay,
    exponential_decay,
    inverse_time_decay,
    linear_decay,
    step_decay,
    warm_up,
)


def values(schedule, steps):
    return [schedule(k) for k in range(steps)]


def test_step_decay():
    assert values(step_decay(8.0, every=2, factor=0.5), 5) == [8.0, 8.0, 4.0, 4.0, 2.0]
    assert step_decay(1.0, every=10)(25) == pytest.approx(0.01)


def test_linear_decay_is_equation_8_14():
    rate = linear_decay(0.5, steps=10, final=0.005)
    for k in range(11):
        alpha = k / 10
        assert rate(k) == pytest.approx((1 - alpha) * 0.5 + alpha * 0.005)
    assert rate(11) == rate(1000) == pytest.approx(0.005)


def test_exponential_decay():
    assert exponential_decay(0.5, factor=0.9)(7) == pytest.approx(0.5 * 0.9**7)


def test_inverse_time_decay_reaches_half_after_one_over_decay():
    assert values(inverse_time_decay(0.5, decay=0.1), 31)[::10] == pytest.approx([0.5, 0.25, 0.5 / 3, 0.125])


def test_cosine_decay():
    rate = cosine_decay(1.0, steps=8, final=0.2)
    assert rate(0) == 1.0
    assert rate(2) == pytest.approx(0.2 + 0.8 * (1 + math.sqrt(0.5)) / 2)
    assert rate(4) == pytest.approx(0.6)
    assert rate(8) == rate(9) == rate(16) == 0.2
    assert all(a > b for a, b in zip(values(rate, 8), values(rate, 9)[1:], strict=True))


def test_warm_up_rises_evenly_to_where_the_other_begins():
    assert values(warm_up(1.0, steps=3), 6) == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    rate = warm_up(exponential_decay(8.0, factor=0.5), steps=1)
    assert values(rate, 4) == [4.0, 8.0, 4.0, 2.0]


def test_plateau_waits_until_patience_is_exceeded():
    rate = Plateau(1.0, factor=0.5, patience=2)
    seen = []
    for loss in (5.0, 5.0, 6.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0, 3.0):
        rate.observe(loss)
        seen.append(rate(0))
    #   5, two bad, better at 4, three bad: reduced; three bad: reduced; better
    assert seen == [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_plateau_of_negative_losses_of_nan_and_with_a_threshold():
    rate = Plateau(1.0, factor=0.5, patience=0, threshold=0.1)
    for loss, expected in [(-1.0, 1.0), (-1.2, 1.0), (-1.25, 0.5), (-1.5, 0.5), (math.nan, 0.25), (-1.65, 0.25)]:
        rate.observe(loss)
        assert rate(0) == expected


def test_plateau_scales_a_schedule():
    rate = Plateau(warm_up(linear_decay(1.0, steps=2), steps=1), factor=0.5, patience=0)
    assert values(rate, 4) == [0.5, 1.0, 0.5, 0.0]
    rate.observe(1.0)
    rate.observe(1.0)
    assert values(rate, 4) == [0.25, 0.5, 0.25, 0.0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: step_decay(1.0, every=0), "every of at least 1; got 0"),
        (lambda: linear_decay(1.0, steps=0), "steps of at least 1; got 0"),
        (lambda: cosine_decay(1.0, steps=-3), "steps of at least 1; got -3"),
        (lambda: warm_up(1.0, steps=0), "steps of at least 1"),
        (lambda: Plateau(1.0, factor=1.0), "factor between 0 and 1; got 1.0"),
    ],
)
def test_wrong_arguments_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
