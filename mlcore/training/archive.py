"""Archives: nested dicts, lists and tuples of arrays, numbers and strings in one file, written whole or not at all."""

from __future__ import annotations

import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

_STRUCTURE = "structure"


def save_archive(path: str | os.PathLike, value: Any) -> None:
    """Write a nested structure to a file of NumPy's format npz, without pickle.

    The arrays become members of the file; one more member holds the structure around them as JSON. Everything is
    written to a temporary file beside it, which then takes its place in one step: whoever opens the file finds the old
    content or the new, never half of it.

    Parameters
    ----------
    path : str or path
        Written as it is given, without adding an ending.
    value : nested dict, list or tuple of array, int, float, str, bool or None
        Whole numbers may have any size; floats are kept to the last bit.

    Raises
    ------
    TypeError
        If it holds anything else.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_archive(f"{folder}/state.npz", {"weights": [np.ones(2)], "step": 3, "sizes": (2, 1)})
    ...     load_archive(f"{folder}/state.npz")
    {'weights': [array([1., 1.])], 'step': 3, 'sizes': (2, 1)}
    """
    arrays: dict[str, np.ndarray] = {}
    text = json.dumps(_described(value, arrays))
    temporary = Path(f"{os.fspath(path)}.tmp")
    try:
        with temporary.open("wb") as file:
            np.savez(file, **{_STRUCTURE: np.frombuffer(text.encode(), np.uint8)}, **arrays)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load_archive(path: str | os.PathLike) -> Any:
    """Read what ``save_archive`` wrote.

    Parameters
    ----------
    path : str or path

    Returns
    -------
    nested dict, list or tuple
        Equal to what was saved, with the same types.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is something else.

    Examples
    --------
    See `save_archive`:

    >>> load_archive("nowhere.npz")
    Traceback (most recent call last):
    FileNotFoundError: ...
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            return _rebuilt(json.loads(file[_STRUCTURE].tobytes()), file)
    except (KeyError, ValueError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{os.fspath(path)} was not written by save_archive, or is damaged: {error}") from error


def _described(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    """Return the structure as JSON knows it, and put the arrays aside under the names that stand for them."""
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        name = f"array_{len(arrays)}"
        arrays[name] = np.asarray(value)
        return {"array" if isinstance(value, np.ndarray) else "scalar": name}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_described(part, arrays) for part in value]
    if isinstance(value, tuple):
        return {"tuple": [_described(part, arrays) for part in value]}
    if isinstance(value, dict):
        return {"dict": [[_described(key, arrays), _described(part, arrays)] for key, part in value.items()]}
    raise TypeError(
        f"expected arrays, numbers, strings, None, or dicts, lists and tuples of these; got {type(value).__name__}"
    )


def _rebuilt(described: Any, arrays: Any) -> Any:
    if isinstance(described, list):
        return [_rebuilt(part, arrays) for part in described]
    if not isinstance(described, dict):
        return described
    [(kind, content)] = described.items()
    if kind == "array":
        return arrays[content]
    if kind == "scalar":
        return arrays[content][()]
    if kind == "tuple":
        return tuple(_rebuilt(part, arrays) for part in content)
    return {_rebuilt(key, arrays): _rebuilt(part, arrays) for key, part in content}
