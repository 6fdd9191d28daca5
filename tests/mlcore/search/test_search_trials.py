"""Searches: which trials run, what is kept of them, and how a search is taken up again."""

import json
import math

import numpy as np
import pytest

from mlcore.search import (
    Choice,
    Integer,
    LogUniform,
    Results,
    Trial,
    Uniform,
    gaussian_process_search,
    grid_points,
    grid_search,
    random_search,
)

SPACE = {"rate": LogUniform(1e-4, 1.0), "units": Integer(1, 8), "kind": Choice("a", "b")}
SEARCHES = {
    "grid": lambda objective, *, trials=8, **options: grid_search(
        objective, SPACE, points={"rate": trials // 4, "units": 2, "kind": 2}, **options
    ),
    "random": lambda objective, *, trials=8, **options: random_search(
        objective, SPACE, trials=trials, rng=np.random.default_rng(0), **options
    ),
    "gaussian process": lambda objective, *, trials=8, **options: gaussian_process_search(
        objective, SPACE, trials=trials, rng=np.random.default_rng(0), initial=4, **options
    ),
}
every_search = pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)


def loss(rate, units, kind):
    return (math.log10(rate) + 2) ** 2 + abs(units - 4) + (kind == "b")


def parameters_of(results):
    return [trial.parameters for trial in results]


# ---- all of them --------------------------------------------------------------------------------------------------


@every_search
def test_the_best_trial_is_the_lowest_score_or_with_maximize_the_highest(search):
    low = search(loss)
    assert len(low) == 8
    assert low.best.score == min(t.score for t in low) == loss(**low.best.parameters)
    high = search(lambda **parameters: -loss(**parameters), maximize=True)
    assert parameters_of(high) == parameters_of(low)
    assert high.best.parameters == low.best.parameters
    assert high.best_so_far().tolist() == (-low.best_so_far()).tolist()


@every_search
def test_a_failure_costs_its_own_trial_only(search):
    def fragile(rate, units, kind):
        if kind == "a":
            raise ArithmeticError("boom")
        if units == 8:
            return float("inf")
        return float("nan") if units == 1 else rate

    results = search(fragile, trials=16)
    assert len(results) == 16
    assert len({trial.error for trial in results}) > 1
    for trial in results:
        of_units = {1: "the score is nan", 8: "the score is inf"}.get(trial.parameters["units"])
        error = "ArithmeticError: boom" if trial.parameters["kind"] == "a" else of_units
        assert (trial.error, trial.score) == (error, None if error else trial.parameters["rate"])
    assert "boom" in results.table()


@every_search
def test_an_interrupted_search_goes_on_as_if_it_had_not_been(search, tmp_path):
    whole = search(loss, file=tmp_path / "whole.jsonl")
    file = tmp_path / "interrupted.jsonl"
    calls = []

    def interrupted(**parameters):
        calls.append(parameters)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return loss(**parameters)

    with pytest.raises(KeyboardInterrupt):
        search(interrupted, file=file)
    assert len(file.read_text().splitlines()) == 5
    again = search(interrupted, file=file)
    assert len(calls) == 6 + 3  # what the file held was not run again
    assert [(t.parameters, t.score) for t in again] == [(t.parameters, t.score) for t in whole]
    assert len(file.read_text().splitlines()) == 8


@every_search
def test_a_search_that_is_done_runs_nothing(search, tmp_path):
    first = search(loss, file=tmp_path / "trials.jsonl")
    again = search(lambda **_: pytest.fail("ran again"), file=tmp_path / "trials.jsonl")
    assert again.trials == first.trials


@every_search
def test_the_global_generator_is_left_alone(search):
    before = np.random.get_state()[1].copy()
    search(loss)
    assert np.array_equal(before, np.random.get_state()[1])


def test_more_trials_begin_with_the_same_ones():
    for name in ("random", "gaussian process"):
        assert parameters_of(SEARCHES[name](loss, trials=9))[:6] == parameters_of(SEARCHES[name](loss, trials=6))


# ---- grid and random ----------------------------------------------------------------------------------------------


def test_a_grid_is_every_combination():
    points = grid_points(SPACE, {"rate": 3, "units": 4, "kind": 2})
    assert len(points) == 3 * 4 * 2
    assert len({tuple(p.values()) for p in points}) == 24
    assert {p["units"] for p in points} == {1, 3, 6, 8}
    assert sorted({round(p["rate"], 6) for p in points}) == [0.0001, 0.01, 1.0]


def test_a_finer_grid_in_the_same_file_runs_only_what_is_new(tmp_path):
    space, file, seen = {"x": Uniform(0, 4)}, tmp_path / "grid.jsonl", []
    for points in (3, 5):
        results = grid_search(lambda x: seen.append(x) or x, space, points=points, file=file)
    assert seen == [0, 2, 4, 1, 3]
    assert len(results) == 5


def test_random_trials_try_as_many_values_of_every_hyperparameter_as_there_are_trials():
    space = {"important": Uniform(0, 1), "not": Uniform(0, 1)}
    results = random_search(lambda important, **_: important, space, trials=9, rng=np.random.default_rng(0))
    assert len({t.parameters["important"] for t in results}) == 9
    grid = grid_search(lambda important, **_: important, space, points=3)
    assert len(grid) == 9
    assert len({t.parameters["important"] for t in grid}) == 3


# ---- results ------------------------------------------------------------------------------------------------------


def test_the_table_has_the_best_first_and_failures_last():
    results = Results([Trial({"x": 1}, None, 0.1, "E: no"), Trial({"x": 2}, 3.0, 0.2), Trial({"x": 3}, 0.5, 0.3)])
    rows = [line.split() for line in results.table().splitlines()]
    assert [row[0] for row in rows] == ["trial", "2", "1", "0"]
    assert rows[3][-2:] == ["E:", "no"]
    assert len(results.table(rows=1).splitlines()) == 2
    assert np.array_equal(results.best_so_far(), [np.nan, 3.0, 0.5], equal_nan=True)
    assert "0.5" in repr(results)


def test_no_success_at_all_is_an_error_that_says_why():
    results = random_search(lambda **_: None, {"x": Uniform(0, 1)}, trials=3, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"none of 3 trials has a score.*TypeError"):
        _ = results.best


# ---- files --------------------------------------------------------------------------------------------------------


def test_a_line_is_json_with_all_that_a_trial_is(tmp_path):
    file = tmp_path / "trials.jsonl"
    random_search(lambda x: x / 0, {"x": Uniform(0, 1)}, trials=1, rng=np.random.default_rng(0), file=file)
    line = json.loads(file.read_text())
    assert set(line) == {"parameters", "score", "seconds", "error"}
    assert line["score"] is None
    assert "ZeroDivisionError" in line["error"]


def test_a_line_that_was_cut_short_is_run_again(tmp_path):
    file = tmp_path / "trials.jsonl"
    first = SEARCHES["random"](loss, file=file)
    file.write_bytes(file.read_bytes()[:-20])
    again = SEARCHES["random"](loss, file=file)
    assert parameters_of(again) == parameters_of(first)
    assert SEARCHES["random"](loss, file=file).trials == again.trials


@pytest.mark.parametrize("line", ["{}", "[1]", "no json", '{"parameters": {"y": 1}, "score": 1, "seconds": 1}'])
def test_a_file_of_something_else_is_refused_and_left_alone(tmp_path, line):
    file = tmp_path / "notes.jsonl"
    file.write_text(line + "\n")
    with pytest.raises(ValueError, match=r"line 1, to be a trial of this search.*another file"):
        SEARCHES["random"](loss, file=file)
    assert file.read_text() == line + "\n"


@pytest.mark.parametrize(
    ("search", "error", "says"),
    [
        (lambda rng: random_search(loss, {}, trials=1, rng=rng), TypeError, "expected a space"),
        (lambda rng: random_search(loss, {"x": 0.1}, trials=1, rng=rng), TypeError, "'x' to be Uniform"),
        (lambda rng: random_search(loss, SPACE, trials=0, rng=rng), ValueError, "at least 1 trial"),
        (lambda rng: gaussian_process_search(loss, SPACE, trials=1, rng=rng, initial=0), ValueError, "initial=0"),
        (lambda rng: grid_search(loss, SPACE, points=1), ValueError, "at least 2 points"),
        (lambda rng: grid_search(loss, SPACE, points={"rate": 3}), ValueError, "each of rate, units, kind"),
    ],
)
def test_errors_say_what_was_expected(search, error, says):
    with pytest.raises(error, match=says):
        search(np.random.default_rng(0))
