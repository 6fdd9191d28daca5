"""The class report: one HTML page that tells an instructor how a chapter went and what to teach again."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from grading.checks import plural
from grading.class_summary import summarize
from grading.course import Course, write_atomically
from grading.results import SubmissionResult
from grading.source import NotebookSource, read_chapter

LONGEST = 400  # characters of a text that a student may have had a hand in


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
    environment.filters.update(number=_number, mean=_mean, percent=_percent, count=plural, prose=_prose, name=_name)
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
        what = f"none of the {plural(len(students), 'hand-in')} of {chapter} is graded yet" if students else (
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


def _prose(text: str) -> Markup:
    """Escape a text, cut it to a sensible length, and set what stands in backticks as code."""
    cut = text if len(text) <= LONGEST else text[:LONGEST] + " …"
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(cut))))


def _name(text: str) -> Markup:
    """Escape a name and let it break after its underscores."""
    return Markup(str(escape(text)).replace("_", "_<wbr>"))
