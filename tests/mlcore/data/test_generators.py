"""Data made from a seed: shapes, types, and that they are what they say."""

from datetime import date, datetime

import numpy as np
import pytest

from mlcore import data


def generator(seed=0):
    return np.random.default_rng(seed)


#: Each generator, its arguments, and the shapes and types of what it returns for n = 12.
F, I = np.float32, np.int64  # noqa: E741
ARRAYS = {
    "moons": (data.moons, (), {}, ((12, 2), F), ((12,), I)),
    "circles": (data.circles, (), {}, ((12, 2), F), ((12,), I)),
    "spirals": (data.spirals, (), {}, ((12, 2), F), ((12,), I)),
    "blobs": (data.blobs, ([[0, 0, 0], [1, 1, 1]],), {}, ((12, 3), F), ((12,), I)),
    "noisy_sine": (data.noisy_sine, (), {}, ((12, 1), F), ((12, 1), F)),
    "noisy_polynomial": (data.noisy_polynomial, ([1, 2],), {}, ((12, 1), F), ((12, 1), F)),
    "adding": (data.adding, (7,), {}, ((12, 7, 2), F), ((12, 1), F)),
    "copying": (data.copying, (3,), {"delay": 4}, ((12, 11), I), ((12, 11), I)),
    "echo": (data.echo, (7,), {"delay": 2}, ((12, 7, 1), F), ((12, 7, 1), F)),
    "parity": (data.parity, (7,), {}, ((12, 7, 1), F), ((12, 7, 1), F)),
    "bars": (data.bars, (), {"size": 5}, ((12, 5, 5, 1), F), ((12, 10), F)),
}


@pytest.mark.parametrize(("make", "arguments", "options", "x", "y"), ARRAYS.values(), ids=ARRAYS)
def test_shapes_types_and_seeds(make, arguments, options, x, y):
    first, second, other = (make(12, *arguments, rng=generator(seed), **options) for seed in (1, 1, 2))
    for array, again, another, (shape, dtype) in zip(first, second, other, (x, y), strict=True):
        assert array.shape == shape
        assert array.dtype == dtype
        np.testing.assert_array_equal(array, again)
        assert not np.array_equal(array, another)


def test_xor():
    x, y = data.xor()
    np.testing.assert_array_equal(y[:, 0], x[:, 0] != x[:, 1])
    assert x.dtype == y.dtype == np.float32


@pytest.mark.parametrize("make", [data.moons, data.circles, lambda n, **o: data.spirals(n, classes=3, **o)])
def test_classes_are_balanced_and_mixed(make):
    y = make(301, rng=generator())[1]
    assert np.ptp(np.bincount(y)) <= 1
    assert np.ptp(np.bincount(y[:100])) < 30


def test_moons_without_noise_lie_on_two_half_circles():
    x, y = data.moons(200, rng=generator(), noise=0.0)
    centers = np.array([[0.0, 0.0], [1.0, 0.5]])
    np.testing.assert_allclose(np.linalg.norm(x - centers[y], axis=1), 1, rtol=1e-6)
    assert (x[y == 0, 1] >= -1e-6).all()
    assert (x[y == 1, 1] <= 0.5 + 1e-6).all()
    assert x[y == 1, 0].max() > 1.9


def test_spirals_wind_as_their_formula_says():
    x, y = data.spirals(300, rng=generator(), classes=3, turns=0.5, noise=0.0)
    z = x[:, 0] + 1j * x[:, 1]
    back = z * np.exp(-2j * np.pi * (0.5 * np.abs(z) + y / 3))
    np.testing.assert_allclose(back, np.abs(z), atol=1e-6)
    assert np.abs(z).max() > 0.95


def test_noise_is_the_standard_deviation_of_each_coordinate():
    x, y = data.blobs(20000, [[0.0, 5.0], [7.0, 0.0]], rng=generator(), noise=0.5)
    np.testing.assert_allclose(x[y == 1].mean(axis=0), [7, 0], atol=0.02)
    np.testing.assert_allclose(x[y == 1].std(axis=0), 0.5, rtol=0.03)
    x, y = data.circles(20000, rng=generator(), ratio=0.25, noise=0.1)
    np.testing.assert_allclose(np.mean(np.sum(x[y == 1] ** 2, axis=1)), 0.25**2 + 2 * 0.1**2, rtol=0.03)
    x, y = data.noisy_sine(20000, rng=generator(), noise=0.3, periods=2)
    np.testing.assert_allclose(np.std(y - np.sin(2 * np.pi * x)), 0.3, rtol=0.03)
    assert x.min() < -0.99
    assert x.max() > 0.99


@pytest.mark.parametrize("centers", [[0.0, 1.0], np.zeros((0, 2)), 3.0])
def test_centers_of_blobs_are_one_row_each(centers):
    with pytest.raises(ValueError, match=r"centers of shape \(k, d\)"):
        data.blobs(10, centers, rng=generator())


def test_at_least_one_spiral():
    with pytest.raises(ValueError, match="at least one class; got 0"):
        data.spirals(10, rng=generator(), classes=0)


# ---- sequences --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [2, 3, 10])
def test_adding_marks_one_number_in_each_half(length):
    x, y = data.adding(50, length, rng=generator())
    marks = x[:, :, 1]
    np.testing.assert_array_equal(marks[:, : length // 2].sum(axis=1), 1)
    np.testing.assert_array_equal(marks[:, length // 2 :].sum(axis=1), 1)
    np.testing.assert_allclose(y[:, 0], [row[row[:, 1] == 1, 0].sum() for row in x], rtol=1e-6)
    assert marks.any(axis=0).all()


def test_adding_has_the_baseline_that_its_documentation_tells():
    _, y = data.adding(50000, 4, rng=generator())
    np.testing.assert_allclose(np.mean((y - 1) ** 2), 1 / 6, rtol=0.02)


def test_copying_repeats_what_was_shown_after_the_signal():
    x, y = data.copying(30, 3, delay=4, rng=generator(), symbols=5)
    np.testing.assert_array_equal(x[:, :3], y[:, -3:])
    np.testing.assert_array_equal(x[:, 3:], np.tile([0, 0, 0, 0, 6, 0, 0, 0], (30, 1)))
    assert not y[:, :-3].any()
    assert set(np.unique(x[:, :3])) == {1, 2, 3, 4, 5}


@pytest.mark.parametrize("delay", [0, 2, 6])
def test_echo_is_the_input_some_steps_later(delay):
    x, y = data.echo(20, 6, delay=delay, rng=generator())
    np.testing.assert_array_equal(y[:, delay:], x[:, : 6 - delay])
    assert not y[:, :delay].any()
    assert 0.3 < x.mean() < 0.7


def test_parity_counts_the_ones_so_far():
    x, y = data.parity(20, 6, rng=generator())
    for t in range(6):
        np.testing.assert_array_equal(y[:, t, 0], x[:, : t + 1, 0].sum(axis=1) % 2)


def test_sequences_that_are_too_short_are_refused():
    with pytest.raises(ValueError, match="length of at least 2"):
        data.adding(3, 1, rng=generator())
    for delay in (-1, 7):
        with pytest.raises(ValueError, match=f"delay from 0 to the length 6; got {delay}"):
            data.echo(3, 6, delay=delay, rng=generator())


def test_reber_strings_are_of_the_grammar_and_of_all_kinds():
    strings = data.reber_strings(300, rng=generator())
    assert all(map(data.is_reber_string, strings))
    assert min(map(len, strings)) == 5
    assert len(set(strings)) > 30
    pairs = {text[i : i + 2] for text in strings for i in range(len(text) - 1)}
    assert pairs == set("BT BP TS TX SS SX XX XS PT PV TT TV VP VV PX PS SE VE XT XV".split())


@pytest.mark.parametrize("text", ["BTSXXTVVE", "BPVVE", "BTSXSE", "BPVPXVPXVPXVVE", "BTSXXVPSE"])
def test_known_strings_of_the_grammar(text):
    assert data.is_reber_string(text)


@pytest.mark.parametrize("text", ["", "BTSSPXSE", "BPTVVB", "BTXXVVSE", "BTXSE"[:-1], "BTXSEE", "BTXSQ", "BPVPSE"[:4]])
def test_other_strings_are_not(text):
    assert not data.is_reber_string(text)


def test_embedded_strings_end_as_they_begin():
    strings = data.reber_strings(100, rng=generator(), embedded=True)
    assert {text[1] for text in strings} == {"T", "P"}
    for text in strings:
        assert text[0] == "B"
        assert text[-1] == "E"
        assert text[1] == text[-2]
        assert data.is_reber_string(text[2:-2])


def test_dates_are_the_same_days_in_both_ways_of_writing():
    written, standard = data.date_pairs(500, rng=generator())
    forms = ["%d %B %Y", "%B %d, %Y", "%d %b %Y", "%b %d, %Y", "%d.%m.%Y", "%d/%m/%Y"]
    used = set()
    for text, iso in zip(written, standard, strict=True):
        for form in forms:
            try:
                day = datetime.strptime(text, form)
            except ValueError:
                continue
            assert day.date() == date.fromisoformat(iso)
            used.add(form)
            break
        else:
            pytest.fail(f"{text} is no date")
    assert used == set(forms)


# ---- images -----------------------------------------------------------------------------------------------------


def test_bars_are_whole_rows_and_columns():
    x, y = data.bars(200, rng=generator(), size=4)
    for image, on in zip(x[..., 0], y, strict=True):
        expected = np.zeros((4, 4))
        expected[on[:4] == 1] = 1
        expected[:, on[4:] == 1] = 1
        np.testing.assert_array_equal(image, expected)
    np.testing.assert_allclose(y.mean(), 1 / 4, atol=0.05)
    assert y.mean(axis=0).min() > 0.1


def test_bars_of_a_given_probability():
    assert data.bars(3, rng=generator(), probability=1.0)[0].all()
    assert not data.bars(3, rng=generator(), probability=0.0)[0].any()
