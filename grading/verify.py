"""Prove the checks: a grader that is not tested grades nothing.

For every exercise, through the same judge and sandbox that grade students: the reference earns all points, the
untouched stub none, every alternative all; every known mistake loses points and draws its own hint.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grading.build import handed_in, serialize, stub
from grading.jobs import pool
from grading.judge import Judge
from grading.results import ExerciseResult
from grading.source import Exercise, NotebookSource, SourceCell

STUDENT = "verify"


@dataclass(frozen=True)
class Proof:
    """One thing that was tried with an exercise."""

    path: Path
    line: int
    exercise: str
    claim: str  # reference, stub, alternative 1, mistake 2 …
    holds: bool
    score: float
    points: float
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.claim} of {self.exercise}: {self.problem or 'holds'}"


def verify(source: NotebookSource, judge: Judge) -> Iterator[Proof]:
    """Try every reference, stub, alternative and mistake of a notebook."""
    yield from _whole(source, judge)
    for exercise in source.exercises.values():
        empty = _graded(source, judge, exercise, stub(source, exercise.name))
        yield _proof(source, exercise, exercise.cell, "stub", empty, _must_earn_nothing(empty))
        for number, cell in enumerate(exercise.alternatives, start=1):
            result = _graded(source, judge, exercise, cell.text)
            yield _proof(source, exercise, cell, f"alternative {number}", result, _must_earn_all(result))
        for number, cell in enumerate(exercise.mistakes, start=1):
            result = _graded(source, judge, exercise, cell.text)
            yield _proof(source, exercise, cell, f"mistake {number}", result, _must_be_caught(result, number))


def verify_all(
    sources: list[NotebookSource], *, isolation: str = "bubblewrap", workers: int | None = None
) -> Iterator[tuple[NotebookSource, list[Proof]]]:
    """Verify many notebooks side by side; yield each with its proofs, in order.

    Parameters
    ----------
    sources : list of NotebookSource
    isolation : {"bubblewrap", "none"}
    workers : int, optional
        Processes; as many as cores when left out.
    """
    count = max(1, min(workers or os.cpu_count() or 1, len(sources)))
    with pool(count) as executor:
        yield from zip(sources, executor.map(_verified, sources, [isolation] * len(sources)), strict=True)


def _verified(source: NotebookSource, isolation: str) -> list[Proof]:
    with Judge(isolation=isolation) as judge:
        return list(verify(source, judge))


def _whole(source: NotebookSource, judge: Judge) -> Iterator[Proof]:
    """All references together, and all stubs together."""
    full = judge.grade(source, serialize(handed_in(source)), STUDENT).result
    stubs = {name: stub(source, name) for name in source.exercises}
    empty = judge.grade(source, serialize(handed_in(source, stubs)), STUDENT).result
    for result, nothing in zip(full.exercises, empty.exercises, strict=True):
        exercise = source.exercises[result.name]
        yield _proof(source, exercise, exercise.cell, "reference", result, _must_earn_all(result))
        yield _proof(source, exercise, exercise.cell, "stub among stubs", nothing, _must_earn_nothing(nothing))


def _graded(source: NotebookSource, judge: Judge, exercise: Exercise, text: str) -> ExerciseResult:
    data = serialize(handed_in(source, {exercise.name: text}))
    return judge.grade(source, data, STUDENT, only=exercise.name).result.exercises[0]


def _proof(
    source: NotebookSource, exercise: Exercise, cell: SourceCell, claim: str, result: ExerciseResult, problem: str
) -> Proof:
    return Proof(
        source.path, cell.line, exercise.name, claim, not problem, result.score, exercise.points, problem
    )  # fmt: skip


def _must_earn_all(result: ExerciseResult) -> str:
    failed = [f"{t.name} ({t.message or t.hint})" for t in result.tests if not t.passed]
    notes = "; ".join(result.notes)
    return f"must earn all points, but fails {', '.join(failed)}. {notes}".strip() if failed or not result.tests else ""


def _must_earn_nothing(result: ExerciseResult) -> str:
    passed = [t.name for t in result.tests if t.passed]
    return f"must earn nothing, but passes {', '.join(passed)}; let each test call the student's code" if passed else ""


def _must_be_caught(result: ExerciseResult, number: int) -> str:
    if result.solved:
        return "passes every check; add a test that catches it"
    if result.mistake is None:
        failed = ", ".join(t.name for t in result.tests if not t.passed)
        why = "; ".join({t.message for t in result.tests if not t.passed and t.message})
        return f"is caught ({failed}: {why}) but not recognised; does it behave the same each time it is called?"
    if result.mistake + 1 != number:
        return f"gives the same answers as mistake {result.mistake + 1}; add a test that tells them apart"
    return ""
