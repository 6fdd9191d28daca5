"""Embedding: a vector for each word of a vocabulary, looked up by its number."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlcore.autodiff.elementwise import where
from mlcore.autodiff.shaping import getitem
from mlcore.autodiff.tensor import Tensor, TensorLike


def class_numbers(values: Any, count: int, name: str) -> np.ndarray:
    """Check that values are integers from 0 to count - 1, and return them as an array."""
    values = np.asarray(values)
    if values.dtype.kind not in "iu" and values.size:
        raise TypeError(f"expected {name} to be integers; got {values.dtype}")
    if values.size and (values.min() < 0 or values.max() >= count):
        raise ValueError(f"expected {name} from 0 to {count - 1}; got {values.min()} to {values.max()}")
    return values if values.size else values.astype(int)


def embedding(indices: Any, weight: TensorLike, *, padding_index: int | None = None) -> Tensor:
    """Look up rows of a table, weight[indices]: the product of one-hot rows with ``weight``, without the zeros.

    Parameters
    ----------
    indices : array of int, any shape
        Numbers of rows, 0 to n - 1.
    weight : Tensor, shape (n, d)
    padding_index : int, optional
        A row that stands for no word at all, and gets no gradient.

    Returns
    -------
    Tensor, shape (*indices.shape, d)

    Raises
    ------
    TypeError
        If the indices are not integers.
    ValueError
        If an index is not a row of ``weight``.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 12.4.2.

    Examples
    --------
    >>> embedding([2, 0], Tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    Tensor([[5., 6.],
            [1., 2.]])
    """
    if np.ndim(weight) != 2:
        raise ValueError(f"expected weight of shape (n, d); got {np.shape(weight)}")
    indices = class_numbers(indices, np.shape(weight)[0], "indices")
    rows = getitem(weight, index=indices)
    if padding_index is None:
        return rows
    return where((indices == padding_index)[..., None], np.asarray(rows), rows)


def one_hot(indices: Any, classes: int, *, axis: int = -1, dtype: Any = np.float32) -> np.ndarray:
    """Write class numbers as rows of zeros with a one in the place of the class.

    Parameters
    ----------
    indices : array of int, any shape
        0 to classes - 1.
    classes : int
    axis : int
        Where the axis of the classes stands in the result.
    dtype : numpy dtype

    Returns
    -------
    array, shape (*indices.shape, classes)

    Raises
    ------
    TypeError, ValueError
        If the indices are not integers from 0 to classes - 1.

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    indices = class_numbers(indices, classes, "indices")
    out = np.zeros((*indices.shape, classes), dtype)
    np.put_along_axis(out, indices[..., None], 1, axis=-1)
    return np.moveaxis(out, -1, axis)
