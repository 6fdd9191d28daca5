"""What the judge can ask of a process that holds a student's (or any) objects; plain data goes back.

In the sandbox everything here runs beside student code and may be altered by it. That is fine: the judge believes
nothing but the values. The judge itself uses the same class to replay recorded calls against known mistakes.
"""

from __future__ import annotations

import builtins
import operator
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

from grading.checks import count_operations
from grading.sandbox.limits import MIB, Limits
from grading.sandbox.wire import Encoder, Handle, WireError

OPERATORS: dict[str, Callable] = {
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul")},
    **{name: getattr(operator, name) for name in ("neg", "pos", "abs", "getitem")},
    "len": len,
    "float": float,
    "list": list,
    "repr": repr,
}


class Session:
    """The state of one submission: what each exercise defined, the objects behind handles.

    Parameters
    ----------
    limits : Limits
    run_cell : callable, optional
        Runs a cell's text and returns the reply for it.
    namespace : dict, optional
        Where the cells' names are.
    """

    def __init__(self, limits: Limits, run_cell: Callable | None = None, namespace: dict[str, Any] | None = None):
        self._limits, self._run_cell, self._namespace = limits, run_cell, {} if namespace is None else namespace
        self._kept: dict[str, dict[str, Any]] = {}
        self._handles: list[Any] = []
        tensor = getattr(sys.modules.get("mlcore"), "Tensor", None)
        self._encoder = Encoder(self._handle, tensor)

    def answer(self, request: dict[str, Any]) -> bytes:
        """Do what a request asks; return the encoded reply."""
        reply = {"token": request["token"]}
        start = time.perf_counter()
        try:
            reply |= getattr(self, f"_{request['op']}")(**request["arguments"])
        except BaseException as error:
            reply["error"] = describe(error)
        reply["seconds"] = time.perf_counter() - start
        try:
            encoded = self._encoder.encode(reply)
        except BaseException as error:
            problem = describe(error)
            if isinstance(error, WireError):
                problem["message"] = f"the result cannot be handed over: {error}"
            encoded = self._encoder.encode({"token": request["token"], "error": problem})
        if len(encoded) > self._limits.reply * MIB:
            encoded = self._encoder.encode({"token": request["token"], "limit": "reply"})
        return encoded

    def _handle(self, value: Any) -> Handle:
        self._handles.append(value)
        return Handle(len(self._handles) - 1, type(value).__name__[:100], callable(value))

    # ---- performing

    def _cell(self, source: str, keep: dict[str, list[str]]) -> dict[str, Any]:
        reply = self._run_cell(source)
        for exercise, names in keep.items():
            self.keep(exercise, names)
        return reply

    def keep(self, exercise: str, names: list[str]) -> None:
        """Keep the objects that these names mean now as what the exercise defines."""
        self._kept[exercise] = {name: self._namespace[name] for name in names if name in self._namespace}

    # ---- being examined

    def _names(self) -> dict[str, Any]:
        return {"value": {exercise: sorted(kept) for exercise, kept in self._kept.items()}}

    def _begin(self, wanted: list[tuple[str, str]]) -> dict[str, Any]:
        """Forget the objects behind handles, and return what these names of exercises mean."""
        self._handles.clear()
        return {"value": [self._kept[exercise][name] for exercise, name in wanted]}

    def _attribute(self, target: Handle, name: str) -> dict[str, Any]:
        return {"value": getattr(self._handles[target.number], name)}

    def _call(self, target: Handle, args: tuple, kwargs: dict, count: bool) -> dict[str, Any]:
        function = self._handles[target.number]
        args, kwargs = self._resolved(args), self._resolved(kwargs)
        arrays = arrays_in((args, kwargs))
        before = [a.copy() for a in arrays]
        value = count_operations(function, *args, **kwargs) if count else function(*args, **kwargs)
        changed = [i for i, (old, new) in enumerate(zip(before, arrays, strict=True)) if not same(old, new)]
        return {"value": value, "changed": [(i, arrays[i]) for i in changed]}

    def _operator(self, name: str, operands: tuple) -> dict[str, Any]:
        return {"value": OPERATORS[name](*self._resolved(operands))}

    def _resolved(self, value: Any) -> Any:
        """Put objects in the place of their handles."""
        if isinstance(value, Handle):
            return self._handles[value.number]
        if type(value) in (list, tuple):
            return type(value)(self._resolved(v) for v in value)
        if type(value) is dict:
            return {k: self._resolved(v) for k, v in value.items()}
        return value


def arrays_in(value: Any) -> list[np.ndarray]:
    """Return the arrays in nested containers (the data of Tensors, too), in a fixed order."""
    if isinstance(value, np.ndarray):
        return [value]
    if type(value) in (list, tuple):
        return [a for v in value for a in arrays_in(v)]
    if type(value) is dict:
        return [a for v in value.values() for a in arrays_in(v)]
    if type(value).__name__ == "Tensor":
        return [value.data]
    return []


def same(old: np.ndarray, new: np.ndarray) -> bool:
    """Whether two arrays hold the same bytes (so that NaN equals itself)."""
    return old.shape == new.shape and old.tobytes() == new.tobytes()


def describe(error: BaseException) -> dict[str, str]:
    """Return an error as texts: the nearest built-in type's name, its own, the message, the student's line."""
    kinds = (c.__name__ for c in type(error).__mro__ if getattr(builtins, c.__name__, None) is c)
    frames = student_frames(error)
    where = f" (in {frames[-1].name}, line {frames[-1].lineno}: {frames[-1].line})" if frames else ""
    return {
        "builtin": next(kinds, "Exception"),
        "type": type(error).__name__[:100],
        "message": message_of(error),
        "location": where[:300],
    }


def message_of(error: BaseException) -> str:
    """Return an error's text, even where its ``__str__`` fails, at most 2,000 characters."""
    try:
        return str(error)[:2000]
    except BaseException:
        return "(no text)"


def student_frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Return the frames of an error that lie in cells."""
    frames = traceback.extract_tb(error.__traceback__, limit=-50)
    return [f for f in frames if f.filename.startswith("<ipython-input")]
