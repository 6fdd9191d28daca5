"""Write feedback pages: what ``nbgrader generate_feedback`` writes, for a class at a time.

nbgrader's own converter does the work. What it repeats for each notebook is done once: the template is compiled once a
process, text cells are rendered once a class, and all grades are read with three queries. A page is made again when its
notebook, a grade, a comment or the settings have changed since.
"""

from __future__ import annotations

import contextlib
import functools
import glob
import hashlib
import json
import multiprocessing
import os
import re
import threading
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbconvert.writers import FilesWriter
from nbformat.notebooknode import NotebookNode
from nbgrader import __version__ as nbgrader_version
from nbgrader.api import Assignment, BaseCell, Comment, Grade, MissingEntry, Notebook
from nbgrader.api import SubmittedAssignment as Submitted
from nbgrader.api import SubmittedNotebook as Copy
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import GetGrades
from nbgrader.utils import capture_log, is_grade, is_solution, is_task
from sqlalchemy import create_engine, select

from grading.course import Course, CourseError, write_atomically
from grading.registration import QUIET

STUDENTS_PER_WORKER = 4  # fewer are not worth another process


@dataclass
class KnownGrades:
    """What the gradebook says of one submitted notebook."""

    penalty: float = 0.0
    scores: dict[str, tuple[float, float]] = field(default_factory=dict)  # by cell: what was earned, what it is worth
    comments: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """One student's pages."""

    course: Course
    chapter: str
    student: str
    notebooks: dict[str, KnownGrades]
    digests: dict[str, str]


def generate(
    course: Course,
    chapter: str,
    students: Iterable[str] | None = None,
    workers: int | None = None,
    *,
    force: bool = False,
) -> list[Path]:
    """Write the feedback of a graded chapter.

    Parameters
    ----------
    course : Course
    chapter : str
    students : iterable of str, optional
        Only these; everyone who is graded when left out.
    workers : int, optional
        Processes; as many as cores when left out.
    force : bool
        Also write pages that are up to date.

    Returns
    -------
    list of Path
        The pages written, in order.

    Raises
    ------
    CourseError
        Where some could not be written; all others are.
    """
    tasks = [task for task in _tasks(course, chapter, students) if force or not _up_to_date(task)]
    count = min(workers or os.cpu_count() or 1, len(tasks) // STUDENTS_PER_WORKER)
    if count < 2:
        outcomes = [_write(task) for task in tasks]
    else:
        # a fork has nbgrader imported, which takes longer than the pages of twenty students; it needs a single thread
        method = "fork" if threading.active_count() == 1 else "spawn"
        with ProcessPoolExecutor(count, mp_context=multiprocessing.get_context(method)) as pool:
            outcomes = list(pool.map(_write, tasks, chunksize=STUDENTS_PER_WORKER))
    failures = [f"{task.student} ({why})" for task, why in zip(tasks, outcomes, strict=True) if why]
    if failures:
        raise CourseError(f"no feedback for {len(failures)} of {len(tasks)} students: {', '.join(failures[:5])}")
    return [page for task in tasks for page in _pages(task)]


# ---- what is to be done ---------------------------------------------------------------------------------------------


def _tasks(course: Course, chapter: str, students: Iterable[str] | None) -> list[Task]:
    grades = read_grades(course.db_url, chapter)
    settings = f"{nbgrader_version}\0{json.dumps(course.config, sort_keys=True, default=repr)}"
    tasks = []
    for student in sorted(students) if students is not None else course.students(chapter, "autograded"):
        folder = course.folder("autograded", chapter, student)
        known = {name: g for name, g in grades.get(student, {}).items() if (folder / f"{name}.ipynb").is_file()}
        if not known:
            continue  # nothing of it is graded yet
        digests = {
            name: hashlib.sha256(f"{settings}\0{g}\0".encode() + (folder / f"{name}.ipynb").read_bytes()).hexdigest()
            for name, g in known.items()
        }
        tasks.append(Task(course, chapter, student, known, digests))
    return tasks


def read_grades(db_url: str, chapter: str) -> dict[str, dict[str, KnownGrades]]:
    """Return what the gradebook says of a chapter, by student and notebook."""
    copies = select(Submitted.student_id, Notebook.name).select_from(Copy).join(Copy.notebook)
    copies = copies.join(Copy.assignment).join(Submitted.assignment).where(Assignment.name == chapter)
    scores = copies.join(Grade, Grade.notebook_id == Copy.id).join(BaseCell, BaseCell.id == Grade.cell_id)
    comments = copies.join(Comment, Comment.notebook_id == Copy.id).join(BaseCell, BaseCell.id == Comment.cell_id)
    found: dict[str, dict[str, KnownGrades]] = {}
    engine = create_engine(db_url)
    try:
        with engine.connect() as connection:
            for student, name, penalty in connection.execute(copies.add_columns(Copy.late_submission_penalty)):
                found.setdefault(student, {})[name] = KnownGrades(penalty or 0.0)
            query = scores.add_columns(BaseCell.name, Grade.score, Grade.max_score).order_by(BaseCell.name)
            for student, name, cell, score, points in connection.execute(query):
                found[student][name].scores[cell] = score, points
            query = comments.add_columns(BaseCell.name, Comment.comment).order_by(BaseCell.name)
            for student, name, cell, comment in connection.execute(query):
                found[student][name].comments[cell] = comment
    finally:
        engine.dispose()
    return found


def _record(task: Task) -> Path:
    return task.course.records / "feedback" / task.chapter / f"{task.student}.json"


def _pages(task: Task) -> list[Path]:
    folder = task.course.folder("feedback", task.chapter, task.student)
    return [folder / f"{name}.html" for name in sorted(task.notebooks)]


def _up_to_date(task: Task) -> bool:
    try:
        return json.loads(_record(task).read_text()) == task.digests and all(p.is_file() for p in _pages(task))
    except (OSError, ValueError):
        return False


# ---- in a worker ----------------------------------------------------------------------------------------------------


class GivenGrades(GetGrades):
    """nbgrader's GetGrades with grades that were read before."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Write the grades of the student at hand into the notebook and its resources."""
        about = resources["nbgrader"]
        known = self.parent.known[about["notebook"]]
        for cell in nb.cells:
            if is_solution(cell) or is_task(cell):
                cell.metadata.nbgrader["comment"] = self._known(known.comments, cell)
            if is_grade(cell) or is_task(cell):
                marks = cell.metadata.nbgrader
                marks["score"], marks["points"] = self._known(known.scores, cell)
        about["late_penalty"] = known.penalty
        about["score"] = sum(score for score, _ in known.scores.values()) - known.penalty
        about["max_score"] = sum(points for _, points in known.scores.values())
        return nb, resources

    @staticmethod
    def _known(values: dict[str, Any], cell: NotebookNode) -> Any:
        name = cell.metadata.nbgrader["grade_id"]
        if name not in values:
            raise MissingEntry(f"the gradebook knows no cell {name}")
        return values[name]


class _Converter(GenerateFeedback):
    """nbgrader's converter with an exporter that is set up once."""

    def __init__(self, course: Course):
        super().__init__(coursedir=course.directory, config=course.nbgrader_config(), log=QUIET, force=True)
        self.exporter = self.exporter_class(parent=self, config=self.config)
        for step in self.preprocessors:
            replaced = step is GetGrades or str(step).endswith(".GetGrades")
            self.exporter.register_preprocessor(GivenGrades if replaced else step)

    def choose(self, task: Task) -> None:
        """Make one student's pages the next ones to be written."""
        folder = str(task.course.folder("autograded", task.chapter, task.student))
        self.coursedir.assignment_id, self.coursedir.student_id = task.chapter, glob.escape(task.student)
        self.assignments = {folder: [os.path.join(folder, f"{name}.ipynb") for name in task.notebooks]}
        self.exporter.known = task.notebooks
        self.writer = FilesWriter(parent=self, config=self.config)  # it makes its folder only once

    def start(self) -> None:
        """Write the chosen pages."""
        with contextlib.chdir(self.coursedir.root):
            self.convert_notebooks()


@functools.lru_cache(maxsize=1)
def _converter(root: Path, solutions: Path) -> _Converter:
    return _Converter(Course(root, solutions))


def _write(task: Task) -> str:
    """Write one student's pages; return why not, where that fails."""
    converter = _converter(task.course.root, task.course.solutions)
    converter.choose(task)
    outcome = capture_log(converter)
    if not outcome["success"]:
        said = re.findall(r"^    ([\w.]+: .*)", outcome.get("log", ""), re.M)  # the last lines of tracebacks
        return said[-1] if said else "nbgrader generate_feedback tells more"
    write_atomically(_record(task), json.dumps(task.digests).encode())
    return ""
