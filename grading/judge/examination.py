"""The checks of one performed notebook, run in the judge's own process.

Visible checks of all exercises come before the first hidden one, so that no hidden input can find its way into a
message.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from grading.checks import NOT_WRITTEN, TestResult, earned, run_test
from grading.judge.diagnosis import diagnose
from grading.judge.performance import Performance
from grading.judge.proxy import Examiner, Step
from grading.judge.reference import Reference
from grading.judge.rehearsal import changed_by_reference
from grading.results import ExerciseResult
from grading.sandbox.client import SandboxError
from grading.source import Exercise

MAX_STOPS = 2  # calls of one exercise that may hit a limit before its other checks are given up
TEST_SECONDS = 60  # for one check, the judge's own work included


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
        examiner.seconds = exercise.seconds
        # the text of the check is in no student's hands, so nobody can tell the numbers in advance
        seed = f"{self._student}\0{exercise.name}\0{exercise.check.text}" if hidden else exercise.name
        try:
            bindings = examiner.begin(self._wanted(exercise), may_change)
            test = self._reference.tests(exercise, bindings)[name]
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

    def _wanted(self, exercise: Exercise) -> list[tuple[str, str]]:
        """Return the names, of this and other exercises, that these checks speak of and that the student defines."""
        mentioned = self._reference.mentioned(exercise)
        exercises = self._reference.source.exercises
        return [
            (other, name)
            for other, names in self._kept.items()
            if other in exercises
            for name in names
            if name in mentioned and name in exercises[other].names
        ]

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
