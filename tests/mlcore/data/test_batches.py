"""Minibatches."""

import numpy as np
import pytest

from mlcore import data


@pytest.mark.parametrize(("n", "batch_size"), [(10, 3), (9, 3), (2, 5), (0, 4), (5, 1)])
def test_every_example_once_and_together(n, batch_size):
    x, y = np.arange(n), np.arange(n) * 10
    parts = list(data.batches(x, y, batch_size=batch_size, rng=np.random.default_rng(0)))
    assert [len(a) for a, _ in parts] == [min(batch_size, n - i) for i in range(0, n, batch_size)]
    assert sorted(np.concatenate([x[:0], *(a for a, _ in parts)])) == list(range(n))
    for a, b in parts:
        np.testing.assert_array_equal(b, a * 10)


def test_the_order_comes_from_the_generator():
    def order(seed):
        return np.concatenate(
            [b for (b,) in data.batches(np.arange(50), batch_size=8, rng=np.random.default_rng(seed))]
        )

    np.testing.assert_array_equal(order(1), order(1))
    assert not np.array_equal(order(1), order(2))
    assert not np.array_equal(order(1), np.arange(50))


def test_each_epoch_has_another_order():
    rng = np.random.default_rng(0)
    first, second = (next(data.batches(np.arange(100), batch_size=100, rng=rng))[0] for _ in range(2))
    assert not np.array_equal(first, second)


def test_without_shuffling_the_order_is_kept():
    parts = [b.tolist() for (b,) in data.batches(np.arange(5), batch_size=2, shuffle=False)]
    assert parts == [[0, 1], [2, 3], [4]]


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((np.arange(3), np.arange(4)), {"batch_size": 1, "shuffle": False}, r"lengths \[3, 4\]"),
        ((), {"batch_size": 1, "shuffle": False}, r"lengths \[\]"),
        ((np.arange(3),), {"batch_size": 0, "shuffle": False}, "at least 1; got 0"),
        ((np.arange(3),), {"batch_size": 1}, "needs a random generator"),
    ],
)
def test_wrong_arguments_are_refused_at_once(arguments, options, message):
    with pytest.raises(ValueError, match=message):
        data.batches(*arguments, **options)
