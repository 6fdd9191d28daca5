"""Archives: what goes in comes out, and a file is never half written."""

import math
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mlcore.training import archive, load_archive, save_archive

SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text())
ARRAYS = hnp.arrays(st.sampled_from([np.float32, np.int64, np.bool_]), hnp.array_shapes(min_dims=0, min_side=0))
VALUES = st.recursive(
    SCALARS | ARRAYS,
    lambda parts: (
        st.lists(parts) | st.tuples(parts, parts) | st.dictionaries(st.text() | st.integers(), parts, max_size=3)
    ),
    max_leaves=8,
)


def assert_same(first, second):
    assert type(first) is type(second)
    if isinstance(first, np.ndarray | np.generic):
        assert first.dtype == second.dtype
        np.testing.assert_array_equal(first, second)
    elif isinstance(first, dict):
        assert list(first) == list(second)
        assert_same(list(first.values()), list(second.values()))
    elif isinstance(first, list | tuple):
        assert len(first) == len(second)
        for a, b in zip(first, second, strict=True):
            assert_same(a, b)
    else:
        assert first == second


@given(value=VALUES)
def test_structures_come_back_as_they_were(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("archive") / "file"
    save_archive(path, value)
    assert_same(load_archive(path), value)


def test_numbers_keep_their_types_and_all_their_bits(tmp_path):
    path = tmp_path / "file.npz"
    value = {"big": 2**200, "inf": -math.inf, "third": 1 / 3, "scalar": np.float32(1 / 3), "double": np.float64(0.1)}
    save_archive(path, value | {"nan": math.nan})
    loaded = load_archive(path)
    assert math.isnan(loaded.pop("nan"))
    assert_same(loaded, value)


@pytest.mark.parametrize("value", [{1, 2}, object(), np.array([None]), {"deep": [lambda: 0]}])
def test_other_things_are_refused_and_nothing_is_written(tmp_path, value):
    with pytest.raises(TypeError, match="expected arrays, numbers"):
        save_archive(tmp_path / "file.npz", value)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_while_writing_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file.npz"
    save_archive(path, "old")

    def fail(file, **arrays):
        file.write(b"half of it")
        raise OSError("disk full")

    monkeypatch.setattr(archive.np, "savez", fail)
    with pytest.raises(OSError, match="disk full"):
        save_archive(path, "new")
    monkeypatch.undo()
    assert load_archive(path) == "old"
    assert os.listdir(tmp_path) == ["file.npz"]


def test_a_new_file_takes_the_place_of_the_old_one(tmp_path):
    path, link = tmp_path / "file.npz", tmp_path / "link"
    save_archive(path, "old")
    os.link(path, link)  # as one who has opened the file sees it
    save_archive(path, "new")
    assert (load_archive(path), load_archive(link)) == ("new", "old")


@pytest.mark.parametrize("damage", ["cut", "other", "weights", "array", "empty"])
def test_files_that_are_no_archives_are_named(tmp_path, damage):
    path = tmp_path / "file.npz"
    save_archive(path, np.zeros(1000))
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:500])
    elif damage == "other":
        path.write_text("hello")
    elif damage == "weights":
        np.savez(path, weight=np.zeros(3))
    elif damage == "array":
        with path.open("wb") as file:
            np.save(file, np.zeros(3))
    else:
        path.write_bytes(b"")
    with pytest.raises(ValueError, match=r"file\.npz was not written by save_archive, or is damaged"):
        load_archive(path)
