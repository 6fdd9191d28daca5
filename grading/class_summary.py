"""What a class made of a chapter, in numbers: scores, exercises, frequent mistakes, what was out of the ordinary."""

from __future__ import annotations

import re
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from grading.checks import NOT_WRITTEN
from grading.results import ExerciseResult, NotebookResult, SubmissionResult
from grading.source import NotebookSource

LESSONS = 3
LARGE_CLASS = 200  # from here on the histogram has 20 bins instead of 10


@dataclass
class Finding:
    """A known mistake or a failed check, and who it concerns."""

    notebook: str
    exercise: str
    text: str
    hidden: bool = False
    students: list[str] = field(default_factory=list)


@dataclass
class ExerciseSummary:
    """How the class did in one exercise. The four counts add up to the class."""

    notebook: str
    name: str
    points: float
    full: int = 0
    partly: int = 0
    nothing: int = 0
    empty: int = 0  # not begun, or the notebook could not be graded
    earned: float = 0.0  # by all students together
    lost: float = 0.0  # by those whose notebook could be graded
    mistakes: list[Finding] = field(default_factory=list)  # most frequent first
    checks: list[Finding] = field(default_factory=list)  # that failed for those who tried, most frequent first

    @property
    def tried(self) -> int:
        """How many wrote something."""
        return self.full + self.partly + self.nothing

    @property
    def mean(self) -> float:
        """Mean points of the class."""
        return self.earned / (self.tried + self.empty)


@dataclass
class NotebookSummary:
    """How the class did in one notebook."""

    name: str
    title: str
    exercises: list[ExerciseSummary]

    @property
    def points(self) -> float:
        """The points that could be earned."""
        return sum(e.points for e in self.exercises)

    @property
    def mean(self) -> float:
        """Mean points of the class."""
        return sum(e.mean for e in self.exercises)


@dataclass
class Remark:
    """What is to be said about one notebook of one student."""

    student: str
    notebook: str
    texts: list[str]


@dataclass
class StudentRow:
    """One line of the students' table."""

    student: str
    notebooks: list[tuple[str, NotebookResult | None]]
    score: float
    share: float  # of the points, at most 1
    flags: list[str]


@dataclass
class Summary:
    """All that the report says; counts of students unless said otherwise."""

    points: float
    notebooks: list[NotebookSummary]
    students: list[StudentRow]
    unreadable: list[Remark]
    missing: list[Remark]
    incidents: list[Remark]
    repairs: list[Remark]
    stale: bool  # whether some results come from other versions of the sources

    @property
    def exercises(self) -> list[ExerciseSummary]:
        """All exercises, in the chapter's order."""
        return [e for n in self.notebooks for e in n.exercises]

    @property
    def mean(self) -> float:
        """Mean score."""
        return statistics.fmean(s.score for s in self.students)

    @property
    def median(self) -> float:
        """Median score."""
        return statistics.median(s.score for s in self.students)

    @property
    def full_scores(self) -> int:
        """How many earned every point."""
        return sum(s.share == 1 for s in self.students)

    @property
    def histogram(self) -> list[int]:
        """How many scores lie in each of 10 or 20 equal bins below the full score."""
        bins = 20 if len(self.students) >= LARGE_CLASS else 10
        counts = Counter(min(int(s.share * bins + 1e-9), bins - 1) for s in self.students if s.share < 1)
        return [counts[i] for i in range(bins)]

    @property
    def mistakes(self) -> list[Finding]:
        """Known mistakes, most frequent first."""
        return _by_frequency(f for e in self.exercises for f in e.mistakes)

    @property
    def checks(self) -> list[Finding]:
        """Failed checks, most frequent first."""
        return _by_frequency(f for e in self.exercises for f in e.checks)

    @property
    def lessons(self) -> list[ExerciseSummary]:
        """The exercises in which the class lost most points: what to teach again."""
        return sorted((e for e in self.exercises if e.lost > 0), key=lambda e: -e.lost)[:LESSONS]


def summarize(results: Iterable[SubmissionResult], sources: Sequence[NotebookSource]) -> Summary:
    """Count what the report tells.

    Parameters
    ----------
    results : iterable of SubmissionResult
        One a student, in any order. A notebook without a file counts as not handed in.
    sources : sequence of NotebookSource
        The chapter's notebooks; they give order, titles and points.

    Raises
    ------
    ValueError
        Where there is no result.
    """
    results = sorted(results, key=lambda r: r.student)
    if not results:
        raise ValueError("expected at least one graded submission to report on; got none")
    notebooks = [_notebook_summary(source, results) for source in sources]
    points = sum(n.points for n in notebooks)
    remarks: dict[str, list[Remark]] = {"unreadable": [], "missing": [], "incidents": [], "repairs": []}
    students = []
    for result in results:
        own = [(source.name, _notebook(result, source.name)) for source in sources]
        flags = []
        for name, notebook in own:
            for kind, texts in _remarks(notebook).items():
                remarks[kind].append(Remark(result.student, name, texts))
                flags.append(kind)
        share = min(result.score / points, 1.0) if points else 0.0
        students.append(StudentRow(result.student, own, result.score, share, sorted(set(flags))))
    return Summary(points, notebooks, students, **remarks, stale=_stale(results, sources))


def _notebook_summary(source: NotebookSource, results: Sequence[SubmissionResult]) -> NotebookSummary:
    exercises = [_exercise_summary(source.name, e.name, e.points, results) for e in source.exercises.values()]
    heading = re.search(r"^# (.+)$", "\n".join(c.text for c in source.cells if c.kind == "markdown"), re.M)
    return NotebookSummary(source.name, heading.group(1).strip() if heading else "", exercises)


def _exercise_summary(notebook: str, name: str, points: float, results: Sequence[SubmissionResult]) -> ExerciseSummary:
    summary = ExerciseSummary(notebook, name, points)
    mistakes: dict[tuple[int, str], Finding] = {}
    checks: dict[str, Finding] = {}
    for result in results:
        graded = _notebook(result, notebook)
        exercise = next((e for e in graded.exercises if e.name == name), None) if graded else None
        if graded is None or graded.unreadable or exercise is None:
            summary.empty += 1
            continue
        summary.earned += exercise.score
        summary.lost += points - exercise.score
        if _not_begun(exercise):
            summary.empty += 1
            continue
        summary.full += exercise.solved
        summary.nothing += not exercise.score
        summary.partly += bool(exercise.score) and not exercise.solved
        if exercise.diagnosis:
            key = -1 if exercise.mistake is None else exercise.mistake, exercise.diagnosis
            mistakes.setdefault(key, Finding(notebook, name, exercise.diagnosis)).students.append(result.student)
        for test in exercise.tests:
            if not test.passed:
                finding = checks.setdefault(test.name, Finding(notebook, name, test.hint, test.hidden))
                finding.students.append(result.student)
    summary.mistakes = _by_frequency(mistakes[key] for key in sorted(mistakes))
    summary.checks = _by_frequency(checks.values())
    return summary


def _not_begun(exercise: ExerciseResult) -> bool:
    return all(t.message == NOT_WRITTEN and not t.passed for t in exercise.tests)


def _by_frequency(findings: Iterable[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: -len(f.students))


def _notebook(result: SubmissionResult, name: str) -> NotebookResult | None:
    return next((n for n in result.notebooks if n.name == name), None)


def _remarks(notebook: NotebookResult | None) -> dict[str, list[str]]:
    if notebook is None:
        return {"missing": ["No result for this notebook."]}
    found = {"incidents": _counted(notebook.incidents), "repairs": _counted(notebook.repairs)}
    if notebook.unreadable:
        found["unreadable" if notebook.file else "missing"] = [notebook.unreadable]
    return {kind: texts for kind, texts in found.items() if texts}


def _counted(texts: Iterable[str]) -> list[str]:
    """Return each text once, with how often it came."""
    return [text if n == 1 else f"{text} ({n} times)" for text, n in Counter(texts).items()]


def _stale(results: Sequence[SubmissionResult], sources: Sequence[NotebookSource]) -> bool:
    known = {(s.name, e.name, e.points) for s in sources for e in s.exercises.values()}
    seen = {(n.name, e.name, e.points) for r in results for n in r.notebooks for e in n.exercises}
    return not seen <= known or len({r.course for r in results}) > 1
