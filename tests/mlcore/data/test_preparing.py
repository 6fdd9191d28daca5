"""Splits, folds and scaling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlcore import data


def generator(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(
    ("sizes", "lengths"),
    [
        ((0.6, 0.2, 0.2), [60, 20, 20]),
        ((0.5, 0.25), [50, 25]),
        ((70, 30), [70, 30]),
        ((10,), [10]),
        ((0, 5), [0, 5]),
        ((1.0,), [100]),
        ((0.1,) * 10, [10] * 10),  # although ten times 0.1 is not quite 1
    ],
)
def test_parts_have_their_sizes_and_share_nothing(sizes, lengths):
    x = np.arange(100)
    parts = data.split(x, -x, sizes=sizes, rng=generator())
    assert [len(a) for a, _ in parts] == lengths
    together = np.concatenate([a for a, _ in parts])
    assert len(np.unique(together)) == sum(lengths)
    assert not np.array_equal(together, np.sort(together))
    for a, b in parts:
        np.testing.assert_array_equal(a, -b)


@given(n=st.integers(1, 50), cuts=st.lists(st.floats(0.01, 1), min_size=1, max_size=5), seed=st.integers(0, 9))
def test_fractions_of_a_whole_use_every_example(n, cuts, seed):
    sizes = np.array(cuts) / sum(cuts)
    parts = data.split(np.arange(n), sizes=sizes.tolist(), rng=generator(seed))
    assert sorted(np.concatenate([a for (a,) in parts])) == list(range(n))
    for size, (a,) in zip(sizes, parts, strict=True):
        assert abs(len(a) - size * n) <= 1


@given(counts=st.lists(st.integers(1, 30), min_size=2, max_size=4), seed=st.integers(0, 9))
def test_stratified_parts_have_all_classes_in_proportion(counts, seed):
    y = np.repeat(np.arange(len(counts)) * 3, counts)
    parts = data.split(y, sizes=(0.5, 0.5), rng=generator(seed), stratify=y)
    for (part,) in parts:
        for value, count in zip(np.unique(y), counts, strict=True):
            assert abs(np.sum(part == value) - count / 2) <= 1 + len(counts) * count / len(y)


def test_stratified_parts_are_still_random():
    y = np.repeat([0, 1], 50)
    x = np.arange(100)
    (first, _), _ = data.split(x, y, sizes=(0.5, 0.5), rng=generator(1), stratify=y)
    (second, _), _ = data.split(x, y, sizes=(0.5, 0.5), rng=generator(2), stratify=y)
    assert len(np.intersect1d(first, second)) < 40
    assert len(np.unique(np.diff(first))) > 10


def test_a_single_example_of_a_class_comes_into_any_part():
    y = np.repeat([0, 1], [20, 1])
    sides = {int(1 in data.split(y, sizes=(0.5, 0.5), rng=generator(seed), stratify=y)[0][0]) for seed in range(20)}
    assert sides == {0, 1}


@pytest.mark.parametrize("n", [5, 10, 13])
def test_folds_validate_each_example_once(n):
    x = np.arange(n)
    pairs = list(data.k_fold(x, x * 2, folds=5, rng=generator()))
    assert len(pairs) == 5
    validations = [validation[0] for _, validation in pairs]
    assert sorted(np.concatenate(validations)) == list(range(n))
    assert np.ptp([len(v) for v in validations]) <= 1
    for train, validation in pairs:
        assert sorted([*train[0], *validation[0]]) == list(range(n))
        np.testing.assert_array_equal(train[1], train[0] * 2)


def test_stratified_folds():
    y = np.repeat([0, 1], [40, 10])
    for (train,), (validation,) in data.k_fold(y, folds=5, rng=generator(), stratify=y):
        assert 1 <= np.sum(validation == 1) <= 3
        assert len(validation) == 10
        assert 7 <= np.sum(train == 1) <= 9


@pytest.mark.parametrize("sizes", [(0.9, 0.2), (5, 6), (-0.1, 0.5), (), (11,)])
def test_sizes_that_are_too_large_are_refused(sizes):
    with pytest.raises(ValueError, match=r"expected (parts|sizes)"):
        data.split(np.arange(10), sizes=sizes, rng=generator())


@pytest.mark.parametrize("folds", [1, 6])
def test_numbers_of_folds_are_checked_at_once(folds):
    with pytest.raises(ValueError, match=f"2 to 5 folds, as there are 5 examples; got {folds}"):
        data.k_fold(np.arange(5), folds=folds, rng=generator())


@pytest.mark.parametrize("classes", [np.arange(12), np.zeros((10, 2)), np.array(1)])
def test_classes_to_stratify_by_are_one_for_each_example(classes):
    with pytest.raises(ValueError, match="one class for each of 10 examples"):
        data.split(np.arange(10), sizes=(0.5,), rng=generator(), stratify=classes)


# ---- scaling ----------------------------------------------------------------------------------------------------


def test_mean_and_deviation_come_from_the_training_set_alone():
    x = generator().normal(3, 2, (100, 4)).astype(np.float32)
    standardize = data.Standardizer(x)
    out = standardize(x)
    assert out.dtype == np.float32
    np.testing.assert_allclose(out.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(out.std(axis=0), 1, rtol=1e-5)
    np.testing.assert_allclose(standardize(x[:1] + 100), (x[:1] + 100 - x.mean(axis=0)) / x.std(axis=0), rtol=1e-4)
    np.testing.assert_allclose(standardize.inverse(out), x, rtol=1e-4)


def test_constant_features_become_zero():
    x = np.full((7, 3), 0.1, np.float32)  # whose computed deviation is not exactly 0
    np.testing.assert_allclose(data.Standardizer(x)(x), 0, atol=1e-6)


def test_integers_and_doubles():
    assert data.Standardizer(np.arange(6).reshape(3, 2))(np.arange(2)).dtype == np.float32
    doubles = generator().random((5, 2))
    assert data.Standardizer(doubles)(doubles).dtype == np.float64
    assert data.Standardizer(doubles)(doubles.astype(np.float32)).dtype == np.float32


def test_images_are_scaled_pixel_by_pixel():
    x = generator().random((20, 3, 3, 1), np.float32)
    np.testing.assert_allclose(data.Standardizer(x)(x).std(axis=0), np.ones((3, 3, 1)), rtol=1e-5)


@pytest.mark.parametrize("x", [np.zeros((0, 2)), np.array([[1.0], [np.nan]]), np.array([[np.inf], [0.0]])])
def test_what_cannot_be_scaled_is_refused(x):
    with pytest.raises(ValueError, match="at least one example, and finite numbers"):
        data.Standardizer(x)
