"""Take away the library functions that an exercise asks students to write themselves.

This happens in a process that has heard of no student code yet, so that nobody can have kept the function before, and
for good: its code is given up, and the file from which it could be imported anew is to be hidden.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
import types
from typing import Any


def forbid(names: tuple[str, ...]) -> list[str]:
    """Make the functions of these dotted names raise PermissionError, wherever they are held.

    Returns
    -------
    list of str
        The files that define them. A call from there to one of them is forbidden as well.
    """
    return sorted({file for name in names for file in _forbid(name)})


def _forbid(name: str) -> list[str]:
    target = resolve(name)
    inner = getattr(target, "_implementation", target)  # NumPy's dispatchers hold their Python function
    message = f"this exercise asks you to write it yourself: {name} is not allowed here"
    if isinstance(inner, types.FunctionType) and not inner.__code__.co_freevars:
        file = inner.__code__.co_filename
        namespace: dict[str, Any] = {}
        exec(f"def {inner.__name__}(*args, **kwargs):\n    raise PermissionError({message!r})", namespace)
        inner.__code__ = namespace[inner.__name__].__code__
        return [path for path in (file, importlib.util.cache_from_source(file)) if os.path.exists(path)]

    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(message)

    for namespace, key in holders(name, len(sys.modules)):
        namespace[key] = refuse
    return []


@functools.lru_cache(maxsize=256)
def holders(name: str, modules: int) -> list[tuple[dict[str, Any], str]]:
    """Return the modules' dictionaries, with the key, that hold the object of a dotted name.

    The warm process looks once for all its children, as long as it has this many ``modules``.
    """
    target = resolve(name)
    return [
        (vars(module), key)
        for module in list(sys.modules.values())
        if isinstance(module, types.ModuleType)
        for key, value in list(vars(module).items())
        if value is target
    ]


def resolve(name: str) -> Any:
    """Return the object that a dotted name means; raises ImportError or AttributeError where there is none."""
    parts = name.split(".")
    for cut in range(len(parts) - 1, 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:cut]))
        except ModuleNotFoundError:
            continue
        return functools.reduce(getattr, parts[cut:], value)
    raise ImportError(f"no module in {name!r}")
