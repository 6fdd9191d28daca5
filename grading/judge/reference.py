"""The instructor's side of a notebook: its namespace, its compiled checks, its known mistakes.

Runs in the judge, once per notebook and worker. Nothing of it is ever sent to a student's process.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import io
from functools import cached_property
from types import CodeType, FunctionType
from typing import Any

import numpy as np

from grading.checks import hint_of
from grading.sandbox.limits import Limits
from grading.sandbox.session import Session
from grading.source import Exercise, NotebookSource, SourceCell, without_markers

SECRET = " (solution)"  # ends the file name of all code that may never leave the judge


class Names:
    """The reference solutions, as attributes."""

    def __init__(self, namespace: dict[str, Any]):
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        try:
            return self._namespace[name]
        except KeyError:
            raise AttributeError(f"the reference defines no {name!r}") from None


class Reference:
    """One notebook as its instructor wrote it, run once.

    Parameters
    ----------
    source : NotebookSource

    Raises
    ------
    SourceError
        When a cell of the instructor's fails; names file and line.
    """

    def __init__(self, source: NotebookSource):
        self.source = source
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        self._checks: dict[str, tuple[CodeType, frozenset[str]]] = {}
        self._hints: dict[str, dict[str, str]] = {}
        for cell in source.cells:
            if cell.kind in ("setup", "exercise"):
                self._run(cell, self.namespace)

    @cached_property
    def names(self) -> Names:
        """What a check's ``reference`` fixture is."""
        return Names(self.namespace)

    def _run(self, cell: SourceCell, namespace: dict[str, Any]) -> None:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                exec(self._compiled(cell), namespace)
            except Exception as error:
                remedy = "Run the notebook in JupyterLab and mend it"
                raise self.source.error(cell, f"this cell raises {type(error).__name__}: {error}", remedy) from error

    def _compiled(self, cell: SourceCell) -> CodeType:
        """Compile a cell so that its lines are those of the source file."""
        kind = SECRET if cell.kind in ("exercise", "mistake", "alternative") else f" ({cell.kind})"
        return compile("\n" * (cell.line - 1) + without_markers(cell.text), f"{self.source.path}{kind}", "exec")

    # ---- checks

    def tests(self, exercise: Exercise, bindings: dict[str, Any]) -> dict[str, FunctionType]:
        """Return an exercise's tests, made anew, over fresh copies of the data and these ``bindings``.

        Names that exercises define mean what ``bindings`` says, or nothing: never the reference.
        """
        code, mentioned = self._check(exercise.name)
        defined = {name for e in self.source.exercises.values() for name in e.names}
        scope = {k: _own_copy(v) if k in mentioned else v for k, v in self.namespace.items() if k not in defined}
        scope |= bindings
        exec(code, scope)
        return {k: v for k, v in scope.items() if k.startswith("test_") and isinstance(v, FunctionType)}

    def hints(self, exercise: Exercise) -> dict[str, str]:
        """Return the hint of each test of an exercise, in order."""
        if exercise.name not in self._hints:
            self._hints[exercise.name] = {name: hint_of(test) for name, test in self.tests(exercise, {}).items()}
        return self._hints[exercise.name]

    def mentioned(self, exercise: Exercise) -> frozenset[str]:
        """Return the names that an exercise's checks speak of."""
        return self._check(exercise.name)[1]

    def _check(self, name: str) -> tuple[CodeType, frozenset[str]]:
        if name not in self._checks:
            cell = self.source.exercises[name].check
            names = frozenset(n.id for n in ast.walk(ast.parse(cell.text)) if isinstance(n, ast.Name))
            self._checks[name] = self._compiled(cell), names
        return self._checks[name]

    # ---- known mistakes

    def mistaken(self, exercise: Exercise, number: int) -> Session:
        """Return a fresh session that answers calls as someone with this mistake would."""
        cell = exercise.mistakes[number]
        namespace = {k: _own_copy(v) for k, v in self.namespace.items() if k not in exercise.names}
        self._run(cell, namespace)
        session = Session(Limits(), namespace=namespace)
        for other in self.source.exercises.values():
            session.keep(other.name, list(other.names))
        return session


def _own_copy(value: Any) -> Any:
    """Copy data, so that a call that changes its input changes nobody else's."""
    if isinstance(value, np.ndarray | list | dict | set) or type(value).__name__ == "Tensor":
        return copy.deepcopy(value)
    return value
