"""Files of the format IDX, in which MNIST and its relatives are kept."""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path

import numpy as np

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_GZIP = b"\x1f\x8b"


def read_idx(path: str | os.PathLike) -> np.ndarray:
    """Read an array from a file of the format IDX, compressed by gzip or not.

    The file begins with two zeros, a byte for the type of the numbers and one for how many axes there are; then come
    the length of each axis, in four bytes, and the numbers, all with the largest byte first.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    array
        Of the type and shape that the file gives.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not an IDX file, or not a whole one.

    References
    ----------
    LeCun, Cortes and Burges, "The MNIST database of handwritten digits", "File formats".

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "labels.idx")
    ...     _ = path.write_bytes(bytes([0, 0, 0x08, 1, 0, 0, 0, 3, 7, 2, 1]))
    ...     read_idx(path)
    array([7, 2, 1], dtype=uint8)
    """
    content = Path(path).read_bytes()
    if content.startswith(_GZIP):
        try:
            content = gzip.decompress(content)
        except (EOFError, OSError, zlib.error) as error:
            raise ValueError(f"{os.fspath(path)} is compressed but damaged ({error}): get it anew") from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _TYPES:
        raise ValueError(
            f"expected {os.fspath(path)} to begin with two zeros and a type of IDX ({', '.join(map(hex, _TYPES))}); "
            f"got {content[:4].hex(' ') or 'an empty file'}"
        )
    dtype, axes = np.dtype(_TYPES[content[2]]), content[3]
    start = 4 + 4 * axes
    if len(content) < start:
        raise ValueError(f"{os.fspath(path)} ends in its header: expected {start} bytes for {axes} axes")
    shape = struct.unpack(f">{axes}I", content[4:start])
    expected = start + math.prod(shape) * dtype.itemsize
    if len(content) != expected:
        raise ValueError(
            f"expected {os.fspath(path)} to hold {expected} bytes, for numbers of shape {shape} and type {dtype.name}; "
            f"got {len(content)}: get it anew"
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def mnist(folder: str | os.PathLike) -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Load MNIST, or a data set with the same four files (Fashion-MNIST, KMNIST), from a folder on your disk.

    Parameters
    ----------
    folder : str or path
        Where ``train-images-idx3-ubyte``, ``train-labels-idx1-ubyte``, ``t10k-images-idx3-ubyte`` and
        ``t10k-labels-idx1-ubyte`` are, each as it is or with the ending ``.gz``.

    Returns
    -------
    train, test : tuple of two arrays
        Images of float32, from 0 to 1, shape (n, 28, 28, 1), and classes, integers from 0 to 9, shape (n,).

    Raises
    ------
    FileNotFoundError
        If one of the files is missing.
    ValueError
        If one of them is damaged, or there is not one label for each image.

    Examples
    --------
    >>> (x_train, y_train), (x_test, y_test) = mnist("nowhere")
    Traceback (most recent call last):
    FileNotFoundError: expected train-images-idx3-ubyte or train-images-idx3-ubyte.gz in nowhere; found neither
    """
    return _images_and_labels(Path(folder), "train"), _images_and_labels(Path(folder), "t10k")


def _images_and_labels(folder: Path, part: str) -> tuple[np.ndarray, np.ndarray]:
    images, labels = (
        read_idx(_find(folder, f"{part}-images-idx3-ubyte")),
        read_idx(_find(folder, f"{part}-labels-idx1-ubyte")),
    )
    if images.ndim != 3 or labels.shape != images.shape[:1]:
        raise ValueError(
            f"expected images (n, height, width) and labels (n,) in {folder}; got {images.shape} and {labels.shape}"
        )
    return images[..., None] / np.float32(255), labels.astype(np.int64)


def _find(folder: Path, name: str) -> Path:
    for path in (folder / name, folder / f"{name}.gz"):
        if path.exists():
            return path
    raise FileNotFoundError(f"expected {name} or {name}.gz in {folder}; found neither")
