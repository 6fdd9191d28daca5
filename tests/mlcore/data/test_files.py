"""IDX files of every kind, whole and damaged; real data of scikit-learn."""

import gzip
import struct
import sys

import numpy as np
import pytest

from mlcore import data

CODES = {"uint8": 0x08, "int8": 0x09, "int16": 0x0B, "int32": 0x0C, "float32": 0x0D, "float64": 0x0E}


def idx(array):
    header = bytes([0, 0, CODES[array.dtype.name], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 2, 3), (0, 5), ()])
def test_arrays_come_back(tmp_path, dtype, shape, compressed):
    array = np.random.default_rng(0).integers(-100, 100, shape).astype(dtype)
    path = tmp_path / "array"
    path.write_bytes(gzip.compress(idx(array)) if compressed else idx(array))
    loaded = data.read_idx(path)
    assert loaded.dtype == array.dtype
    assert loaded.dtype.isnative
    assert loaded.flags.writeable
    np.testing.assert_array_equal(loaded, array)


WHOLE = idx(np.arange(6, dtype=np.int16).reshape(2, 3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "got an empty file"),
        (b"PK\x03\x04", "two zeros and a type of IDX .* got 50 4b 03 04"),
        (b"\0\0\x0a" + WHOLE[3:], "got 00 00 0a 02"),
        (WHOLE[:9], "ends in its header: expected 12 bytes for 2 axes"),
        (WHOLE[:-1], r"expected .* to hold 24 bytes, for numbers of shape \(2, 3\) and type int16; got 23"),
        (WHOLE + b"\0", "hold 24 bytes.* got 25"),
        (gzip.compress(WHOLE)[:-4], "compressed but damaged"),
        (gzip.compress(WHOLE)[:-6] + b"\1\2\3\4\5\6", "compressed but damaged"),
        (gzip.compress(WHOLE)[:10] + b"\xff" * 30, "compressed but damaged"),
        (b"\x1f\x8b", "compressed but damaged"),
        (b"\0\0\x08\x04" + b"\xff" * 16, "to hold"),
    ],
    ids="empty zip type header short long cut checksum body magic huge".split(),
)
def test_damaged_files_are_named(tmp_path, content, message):
    path = tmp_path / "some-file"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as error:
        data.read_idx(path)
    assert "some-file" in str(error.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        data.read_idx(tmp_path / "nowhere")


def write_mnist(folder, *, labels=5):
    rng = np.random.default_rng(0)
    images = {part: rng.integers(0, 256, (n, 28, 28)).astype(np.uint8) for part, n in (("train", 5), ("t10k", 2))}
    (folder / "train-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images["train"])))
    (folder / "train-labels-idx1-ubyte").write_bytes(idx(np.arange(labels, dtype=np.uint8)))
    (folder / "t10k-images-idx3-ubyte").write_bytes(idx(images["t10k"]))
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx(np.array([7, 2], np.uint8))))
    return images


def test_mnist_from_four_files(tmp_path):
    images = write_mnist(tmp_path)
    (x_train, y_train), (x_test, y_test) = data.mnist(tmp_path)
    assert x_train.shape == (5, 28, 28, 1)
    assert x_train.dtype == np.float32
    assert y_test.dtype == np.int64
    np.testing.assert_allclose(x_train[..., 0] * 255, images["train"], atol=1e-4)
    np.testing.assert_array_equal(y_train, np.arange(5))
    np.testing.assert_allclose(x_test[..., 0] * 255, images["t10k"], atol=1e-4)
    np.testing.assert_array_equal(y_test, [7, 2])


def test_mnist_with_labels_missing(tmp_path):
    write_mnist(tmp_path, labels=4)
    with pytest.raises(ValueError, match=r"got \(5, 28, 28\) and \(4,\)"):
        data.mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte.gz").unlink()
    write_mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").unlink()
    with pytest.raises(FileNotFoundError, match=r"expected train-images-idx3-ubyte or .*\.gz in"):
        data.mnist(tmp_path)


# ---- data that scikit-learn ships -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("load", "shape", "counts"),
    [
        (data.digits, (1797, 8, 8, 1), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
        (lambda: data.digits(flat=True), (1797, 64), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
        (data.iris, (150, 4), [50, 50, 50]),
        (data.wine, (178, 13), [59, 71, 48]),
        (data.breast_cancer, (569, 30), [212, 357]),
    ],
)
def test_real_classes(load, shape, counts):
    pytest.importorskip("sklearn")
    x, y = load()
    assert x.shape == shape
    assert x.dtype == np.float32
    assert y.dtype == np.int64
    assert np.bincount(y).tolist() == counts


def test_digits_lie_between_0_and_1_and_upright():
    pytest.importorskip("sklearn")
    x, y = data.digits()
    assert x.min() == 0
    assert x.max() == 1
    np.testing.assert_array_equal(x.reshape(-1, 64), data.digits(flat=True)[0])
    zero = x[y == 0].mean(axis=0)[..., 0]  # a ring: dark at the sides and empty in the middle
    assert zero[3:5, 3:5].max() < 0.2
    assert zero[3:5, [1, 2, 5, 6]].max(axis=1).min() > 0.5


def test_diabetes_is_in_its_own_units():
    pytest.importorskip("sklearn")
    x, y = data.diabetes()
    assert x.shape == (442, 10)
    assert y.shape == (442, 1)
    assert x.dtype == y.dtype == np.float32
    assert (x[:, 0].min(), x[:, 0].max()) == (19, 79)  # years


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r"pip install 'mlcourse\[data\]'"):
        data.digits()
