"""The class report: one HTML page that tells an instructor how a chapter went and what to teach again."""

from __future__ import annotations

import os
import re
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grading.checks import NOT_WRITTEN
from grading.course import Course, write_atomically
from grading.results import ExerciseResult, NotebookResult, SubmissionResult
from grading.source import NotebookSource, read_chapter

LONGEST = 400  # characters of a text that a student may have had a hand in
LESSONS = 3
LARGE_CLASS = 200  # from here on the histogram has 20 bins instead of 10


# ---- what is counted ------------------------------------------------------------------------------------------------


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


# ---- the page -------------------------------------------------------------------------------------------------------


def render(
    results: Iterable[SubmissionResult],
    sources: Sequence[NotebookSource],
    *,
    waiting: Sequence[str] = (),
    feedback: Callable[[str, str], str] | None = None,
) -> str:
    """Return the report as one HTML page that needs no other file and no script.

    Parameters
    ----------
    results : iterable of SubmissionResult
        One a student, in any order.
    sources : sequence of NotebookSource
        The chapter's notebooks.
    waiting : sequence of str
        Students whose hand-ins are not graded yet.
    feedback : callable, optional
        The address of the feedback page of (student, notebook); ``feedback/STUDENT/CHAPTER/NOTEBOOK.html`` if left out.
    """
    chapter = sources[0].chapter
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters.update(number=_number, mean=_mean, percent=_percent, count=_count, prose=_prose, name=_name)
    page = environment.get_template("report.html")
    return page.render(
        chapter=chapter,
        summary=summarize(results, sources),
        waiting=sorted(waiting),
        feedback=feedback or (lambda student, notebook: _address(f"feedback/{student}/{chapter}", notebook)),
    )


def write_report(course: Course, chapter: str, output: Path) -> Path:
    """Write the report on a graded chapter.

    Parameters
    ----------
    course : Course
    chapter : str
    output : Path
        The HTML file; links to feedback pages are relative to its folder.

    Raises
    ------
    FileNotFoundError
        Where nothing is graded yet.
    """
    sources = read_chapter(course.solutions, chapter)
    students = course.students(chapter)
    found = {student: course.read_result(student, chapter) for student in students}
    results = [result for result in found.values() if result is not None]
    if not results:
        what = f"none of the {_count(len(students), 'hand-in')} of {chapter} is graded yet" if students else (
            f"nobody has handed in {chapter}: {course.folder('submitted', chapter, 'STUDENT')}/ is where hand-ins go"
        )  # fmt: skip
        raise FileNotFoundError(f"{what}. Run: mlcourse grade {chapter} --course {course.root}")
    output = Path(output)
    base = output.resolve().parent

    @cache
    def folder(student: str) -> str:
        return Path(os.path.relpath(course.folder("feedback", chapter, student), base)).as_posix()

    page = render(
        results, sources,
        waiting=[student for student, result in found.items() if result is None],
        feedback=lambda student, notebook: _address(folder(student), notebook),
    )  # fmt: skip
    write_atomically(output, page.encode("utf-8", "replace"))
    return output


def _address(folder: str, notebook: str) -> str:
    return quote(f"{folder}/{notebook}.html", errors="replace")


def _number(value: float) -> str:
    return f"{round(value, 2):g}"


def _mean(value: float) -> str:
    return f"{value:.1f}"


def _percent(share: float) -> str:
    """Return a share in whole percent; 0 and 100 mean exactly that."""
    whole = round(100 * share)
    return f"{whole if share in (0, 1) else min(max(whole, 1), 99)} %"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" + ("" if n == 1 else "s")


def _prose(text: str) -> Markup:
    """Escape a text, cut it to a sensible length, and set what stands in backticks as code."""
    cut = text if len(text) <= LONGEST else text[:LONGEST] + " …"
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(cut))))


def _name(text: str) -> Markup:
    """Escape a name and let it break after its underscores."""
    return Markup(str(escape(text)).replace("_", "_<wbr>"))
