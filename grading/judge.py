"""Judge one notebook: perform the student's cells in the sandbox, then examine what they define, here.

The judge holds hidden tests, references and scores; the student's process holds none of them. Visible checks of all
exercises come before the first hidden one, so that no hidden input can find its way into a message.
"""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import Any

from grading import autograded
from grading.checks import NOT_WRITTEN, TestResult, earned, run_test
from grading.diagnosis import diagnose
from grading.performance import Performance, Scene
from grading.proxy import CheckError, Examiner, Step
from grading.reference import Reference
from grading.rehearsal import changed_by_reference
from grading.results import ExerciseResult, NotebookResult
from grading.sandbox.client import Sandbox, SandboxError
from grading.sandbox.limits import Limits
from grading.source import Exercise, NotebookSource, read_notebook
from grading.submission import Submission, Unreadable, read_submission

MAX_STOPS = 2  # calls of one exercise that may hit a limit before its other checks are given up
TEST_SECONDS = 60  # for one check, the judge's own work included
SOLUTIONS = Path(__file__).resolve().parents[1] / "solutions"


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


@dataclass
class Inquiry:
    """An exercise under examination."""

    exercise: Exercise
    missing: str = ""  # why there is nothing to examine
    results: dict[str, TestResult] = field(default_factory=dict)
    traces: dict[str, list[Step]] = field(default_factory=dict)
    stops: int = 0


class Examination:
    """All checks of one performed notebook."""

    def __init__(self, reference: Reference, performance: Performance, student: str):
        self._reference, self._performance, self._student = reference, performance, student
        self._kept = performance.kept()
        self._examiners: dict[str, Examiner] = {}

    def run(self, names: list[str]) -> list[ExerciseResult]:
        """Examine these exercises: all visible checks first, then the hidden ones."""
        inquiries = [Inquiry(self._reference.source.exercises[name]) for name in names]
        for inquiry in inquiries:
            inquiry.missing = self._why_missing(inquiry.exercise)
        for hidden in (False, True):
            for inquiry in inquiries:
                self._examine(inquiry, hidden=hidden)
        return [self._result(inquiry) for inquiry in inquiries]

    def _why_missing(self, exercise: Exercise) -> str:
        needed = [n for n in exercise.names if n in self._reference.mentioned(exercise)] or exercise.names
        missing = [n for n in needed if n not in self._kept.get(exercise.name, [])]
        if not missing:
            return ""
        scenes = [s for s in self._performance.scenes if exercise.name in s.keep]
        what = f"`{missing[0]}` is not defined"
        if not scenes:
            return f"{what}: the cell of this exercise is missing"
        scene = scenes[-1]
        if scene.error.startswith("NotImplementedError"):
            return NOT_WRITTEN
        return f"{what}: {scene.limit or scene.error or 'the cell of this exercise does not define it'}"

    def _examine(self, inquiry: Inquiry, *, hidden: bool) -> None:
        exercise = inquiry.exercise
        chosen = exercise.hidden_tests if hidden else exercise.visible_tests
        for name, hint in self._reference.hints(exercise).items():
            if name not in chosen:
                continue
            if inquiry.missing:
                result = TestResult(name, hint, passed=False, message=inquiry.missing)
            elif inquiry.stops >= MAX_STOPS:
                result = TestResult(name, hint, passed=False, message="not run: earlier calls had to be stopped")
            else:
                result = self._run(inquiry, name, hidden=hidden)
            result.hidden = hidden
            inquiry.results[name] = result

    def _run(self, inquiry: Inquiry, name: str, *, hidden: bool) -> TestResult:
        exercise = inquiry.exercise
        result = self._once(exercise, name, hidden=hidden)
        examiner = self._examiner(exercise)
        if result.passed and examiner.changed:
            may_change = changed_by_reference(self._reference, exercise, name)
            if not examiner.changed <= may_change:
                # what is expected may have been computed from arrays that the call had made easy; ask once more
                result = self._once(exercise, name, hidden=hidden, may_change=may_change)
        inquiry.traces[name] = trace = examiner.trace
        inquiry.stops += bool(trace) and trace[-1].answer[0] == "stopped"
        if result.passed:
            result.message = ""
            inquiry.traces[name] = []
        elif hidden:
            result.message = _without_secrets(result, trace)
        return result

    def _once(
        self, exercise: Exercise, name: str, *, hidden: bool, may_change: frozenset[int] | None = None
    ) -> TestResult:  # fmt: skip
        """Run one test, with arguments changed as the student's code did, or only those that it ``may_change``."""
        examiner = self._examiner(exercise)
        examiner.begin(may_change)
        examiner.seconds = exercise.seconds
        # the text of the check is in no student's hands, so nobody can tell the numbers in advance
        seed = f"{self._student}\0{exercise.name}\0{exercise.check.text}" if hidden else exercise.name
        try:
            test = self._reference.tests(exercise, self._bindings(exercise))[name]
            with alarm(TEST_SECONDS):
                result = run_test(test, seed=seed, reference=self._reference.names)
        except CheckTooSlow:
            examiner.interrupt()
            result = TestResult(name, "", passed=False, message=f"the check took longer than {TEST_SECONDS} s")
        except SandboxError:
            raise
        except Exception as error:  # the process ended while names were fetched
            result = TestResult(name, "", passed=False, message=str(error))
        result.hint = self._reference.hints(exercise)[name]
        return result

    def _examiner(self, exercise: Exercise) -> Examiner:
        """Return the examiner for an exercise: one of its own where functions are forbidden."""
        key = exercise.name if exercise.forbid else ""
        if key not in self._examiners:
            self._examiners[key] = Examiner(self._performance.without(exercise.forbid, exercise.name))
        return self._examiners[key]

    def _bindings(self, exercise: Exercise) -> dict[str, Any]:
        """Fetch what the exercises' names that these checks speak of mean to the student."""
        mentioned = self._reference.mentioned(exercise)
        return {
            name: self._examiner(exercise).fetch(other, name)
            for other, names in self._kept.items()
            if other in self._reference.source.exercises
            for name in names
            if name in mentioned and name in self._reference.source.exercises[other].names
        }

    def _result(self, inquiry: Inquiry) -> ExerciseResult:
        exercise = inquiry.exercise
        tests = list(inquiry.results.values())
        result = ExerciseResult(exercise.name, exercise.points, earned(exercise.points, tests), tests)
        failing = [inquiry.traces[t.name] for t in tests if not t.passed and t.name in inquiry.traces]
        if failing and not inquiry.stops and len(failing) == sum(not t.passed for t in tests):
            with contextlib.suppress(CheckTooSlow), alarm(TEST_SECONDS):
                result.mistake = diagnose(self._reference, exercise, failing)
            if result.mistake is not None:
                result.diagnosis = exercise.mistakes[result.mistake].hint
        for scene in self._performance.scenes:
            unwritten = scene.error.startswith("NotImplementedError")
            if exercise.name in scene.keep and (scene.limit or scene.error) and not unwritten:
                result.notes.append(f"Your cell ended early: {scene.limit or scene.error}.")
        return result


def _without_secrets(result: TestResult, trace: list[Step]) -> str:
    """Say how a hidden check failed without a word that could carry a hidden input."""
    last = trace[-1].answer if trace else ("", "")
    if last[0] == "stopped":
        return last[1]
    if result.message == NOT_WRITTEN:
        return NOT_WRITTEN
    if last[0] == "error":
        return f"your code raised {last[1]}" if last[1] in SAID_OF_ERRORS else "your code raised an exception"
    return ""


SAID_OF_ERRORS = (
    "AttributeError", "FloatingPointError", "IndexError", "KeyError", "NameError", "NotImplementedError",
    "OverflowError", "PermissionError", "RecursionError", "TypeError", "ValueError", "ZeroDivisionError",
)  # fmt: skip


class CheckTooSlow(BaseException):
    """The judge's alarm; no ``except Exception`` of a check holds it up."""


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise CheckTooSlow when the block takes longer (in the main thread, where signals can be had)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise CheckTooSlow

    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


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


__all__ = ["CheckError", "FunctionType", "Graded", "Judge", "grade_for_nbgrader", "nothing_graded"]
