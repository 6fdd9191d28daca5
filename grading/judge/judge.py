"""The judge: one notebook's bytes in, its result and its graded notebook out.

The judge holds hidden tests, references and scores; the student's process holds none of them.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from grading.judge import autograded
from grading.judge.examination import Examination
from grading.judge.performance import Performance, Scene
from grading.judge.reference import Reference
from grading.results import ExerciseResult, NotebookResult
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.source import NotebookSource, read_notebook
from grading.submission import Submission, Unreadable, read_submission

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"


@dataclass(frozen=True)
class Graded:
    """A notebook's result and the notebook that shows it, as nbgrader keeps in ``autograded/``."""

    result: NotebookResult
    notebook: bytes


class Judge:
    """Grades notebooks, one after the other.

    Parameters
    ----------
    isolation : {"bubblewrap", "none"}
        How student code is locked in.
    limits : Limits
    """

    def __init__(self, *, isolation: str = "bubblewrap", limits: Limits | None = None):
        self.limits = limits or Limits()
        self._sandbox = Sandbox(isolation=isolation)
        self._references: dict[tuple[Path, str], Reference] = {}

    def __enter__(self) -> Judge:
        self._sandbox.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._sandbox.close()

    def reference(self, source: NotebookSource) -> Reference:
        """Return the notebook's instructor side, run at most once."""
        key = source.path, source.fingerprint
        if key not in self._references:
            self._references[key] = Reference(source)
        return self._references[key]

    def grade(
        self,
        source: NotebookSource,
        data: bytes,
        student: str,
        *,
        only: str | None = None,
        repairs: Sequence[str] = (),
    ) -> Graded:
        """Grade the bytes of a notebook file.

        Parameters
        ----------
        source : NotebookSource
        data : bytes
            What the student handed in; anything at all.
        student : str
            Seeds the hidden random inputs, together with the exercise.
        only : str, optional
            Examine this exercise alone.
        repairs : sequence of str, optional
            What was repaired before, to be told with the notebook's own repairs.
        """
        start = time.perf_counter()
        try:
            submission = read_submission(data, source)
        except Unreadable as reason:
            return nothing_graded(source, str(reason), repairs)
        submission.repairs[:0] = repairs
        reference = self.reference(source)
        scenes = _scenes(source, submission)
        performance = Performance(self._sandbox, self.limits, [s for s in scenes if s is not None])
        try:
            performance.perform()
            performed = time.perf_counter()
            examination = Examination(reference, performance, student)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of checks and known mistakes, which compute with anything
                results = examination.run([only] if only else list(source.exercises))
        finally:
            performance.close()
        result = NotebookResult(source.name, results, submission.repairs, performance.incidents)
        ended = time.perf_counter()
        notebook = autograded.notebook(source, submission, scenes, result)
        result.seconds = {
            "perform": performed - start,
            "examine": ended - performed,
            "write": time.perf_counter() - ended,
            "student": performance.student_seconds,
        }
        return Graded(result, notebook)


def nothing_graded(source: NotebookSource, reason: str, repairs: Sequence[str] = ()) -> Graded:
    """Return a zero with its reason."""
    zeros = [ExerciseResult(e.name, e.points, 0.0, notes=[reason]) for e in source.exercises.values()]
    result = NotebookResult(source.name, zeros, repairs=list(repairs), unreadable=reason)
    return Graded(result, autograded.unreadable(source, result))


def _scenes(source: NotebookSource, submission: Submission) -> list[Scene | None]:
    """Return what to perform, one entry a cell; None for cells that are only shown."""
    scenes: list[Scene | None] = []
    for number, cell in enumerate(submission.cells, start=1):
        if cell.kind == "exercise":
            keep = {cell.exercise: list(source.exercises[cell.exercise].names)}
            scenes.append(Scene(f"exercise {cell.exercise}", cell.text, keep))
        elif cell.kind in ("setup", "own"):
            scenes.append(Scene(f"cell {number}", cell.text))
        else:
            scenes.append(None)
    return scenes


# ---- for nbgrader's own commands ------------------------------------------------------------------------------------

_shared: dict[str, Judge] = {}


def grade_for_nbgrader(
    data: bytes, *, chapter: str, notebook: str, student: str, solutions: Path | None = None,
    isolation: str = "bubblewrap", limits: Limits | None = None,
) -> Graded:  # fmt: skip
    """Grade one notebook with a judge that this process keeps warm.

    Parameters
    ----------
    data : bytes
        The submitted file.
    chapter, notebook, student : str
    solutions : Path, optional
        The folder of sources; the project's own when left out.
    isolation, limits
        As for Judge, when it is first needed.

    Returns
    -------
    Graded
    """
    source = read_notebook((solutions or SOLUTIONS) / chapter / f"{notebook}.py")
    if isolation not in _shared:
        _shared[isolation] = Judge(isolation=isolation, limits=limits)
    return _shared[isolation].grade(source, data, student)
