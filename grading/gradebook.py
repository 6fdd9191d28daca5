"""The one file that writes nbgrader's database.

Grading a submission ends with three steps, in this order: the gradebook (one transaction), the folder below
``autograded/`` (one rename), our own record of the result (one rename). A submission counts as graded when it has a
record, so a run that is killed at any moment leaves, at worst, a submission that the next run grades again.
"""

from __future__ import annotations

import contextlib
import fcntl
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    GradeCell,
    Notebook,
    SolutionCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.converters import Autograde
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import Connection, bindparam, func, select, update

from grading.checks import NOT_WRITTEN
from grading.course import Course, CourseError, replace_folder
from grading.registration import QUIET, open_gradebook, register
from grading.results import ExerciseResult, NotebookResult, SubmissionResult

__all__ = ["GradebookWriter", "open_gradebook", "register"]
NO_RESPONSE = "No response."  # nbgrader's words
# ---- recording results ----------------------------------------------------------------------------------------------


@dataclass
class _Outline:
    """A registered notebook: its id, and the ids of its cells by name."""

    id: str
    grades: dict[str, str] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)


@dataclass
class _Chapter:
    """A registered chapter."""

    id: str
    due: datetime | None
    notebooks: dict[str, _Outline]

    @property
    def ids(self) -> dict[str, list[str]]:
        return {"notebooks": [outline.id for outline in self.notebooks.values()]}


class GradebookWriter:
    """Writes results into the gradebook; one connection for a whole run, one transaction a submission.

    Parameters
    ----------
    course : Course
    chapter : str, optional
        What will be recorded, so that a chapter that is not registered is noticed before anything is graded.

    Raises
    ------
    CourseError
        On entering, where another run writes to the same course, or where the gradebook does not know the chapter.
    """

    def __init__(self, course: Course, chapter: str | None = None):
        self.course, self.chapter = course, chapter
        self._chapters: dict[str, _Chapter] = {}

    def __enter__(self) -> GradebookWriter:
        with contextlib.ExitStack() as stack:
            self.course.records.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context((self.course.records / "lock").open("w"))
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise CourseError(f"{self.course.root}: another run is grading this course; wait for it") from None
            gradebook = stack.enter_context(open_gradebook(self.course))
            self._connection = stack.enter_context(gradebook.engine.connect())
            config = self.course.nbgrader_config()
            self._penalties = AssignLatePenalties(config=config, log=QUIET)
            permissions = Autograde(coursedir=self.course.directory, config=config, log=QUIET).permissions
            self._permissions = int(str(permissions), 8)
            if self.chapter is not None:
                self._chapter(self.chapter)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def record(self, result: SubmissionResult, autograded: dict[str, bytes]) -> None:
        """Record a graded submission.

        Manual scores, extra credit and comments of graders stay as they are; where there is a manual score, the grade
        is marked for another look, as nbgrader does.

        Parameters
        ----------
        result : SubmissionResult
            Notebooks that it lacks count as missing, and get zero.
        autograded : dict of str to bytes
            The graded notebooks by name.

        Raises
        ------
        CourseError
            Where the result holds exercises that the gradebook does not know.
        """
        chapter = self._chapter(result.chapter)
        self.course.forget_result(result.student, result.chapter)
        try:
            self._record_grades(chapter, result)
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise
        files = {f"{name}.ipynb": content for name, content in autograded.items()}
        if parsed_timestamp(result.timestamp) is not None:
            files["timestamp.txt"] = result.timestamp.encode()
        folder = self.course.folder("autograded", result.chapter, result.student)
        replace_folder(folder, files, self._permissions, shared=self.course.directory.groupshared)
        self.course.write_result(result)

    def _chapter(self, name: str) -> _Chapter:
        if name not in self._chapters:
            self._chapters[name] = _outline(self._connection, name)
        return self._chapters[name]

    # ---- the gradebook ----------------------------------------------------------------------------------------------

    def _record_grades(self, chapter: _Chapter, result: SubmissionResult) -> None:
        run = self._connection.execute
        submission = self._submission(chapter, result)
        notebooks = {row.notebook_id: row.id for row in run(_NOTEBOOKS, {"submission": submission.id, **chapter.ids})}
        results = {notebook.name: notebook for notebook in result.notebooks}
        grades, comments = [], []
        for name, outline in chapter.notebooks.items():
            mine = notebooks.get(outline.id) or self._submitted_notebook(submission.id, outline)
            notebooks[outline.id] = mine
            for cell, score in _scores(outline, results.get(name), f"{result.chapter}/{name}").items():
                grades.append({"notebook": mine, "cell": outline.grades[cell], "score": score})
            for cell, comment in _comments(outline, results.get(name)).items():
                comments.append({"notebook": mine, "cell": outline.comments[cell], "comment": comment})
        if grades:
            run(_SCORE, grades)
        if comments:
            run(_COMMENT, comments)
        for outline in chapter.notebooks.values():
            penalty = self._penalty(chapter, result.student, submission, notebooks[outline.id], outline)
            run(_PENALTY, {"notebook": notebooks[outline.id], "penalty": penalty})

    def _submission(self, chapter: _Chapter, result: SubmissionResult) -> Any:
        """Find or make a submission; return its row."""
        run = self._connection.execute
        timestamp = parsed_timestamp(result.timestamp)
        key = {"assignment": chapter.id, "student": result.student}
        found = run(_SUBMISSION, key).one_or_none()
        if found is None:
            if run(select(Student.id).where(Student.id == result.student)).one_or_none() is None:
                run(Student.__table__.insert(), {"id": result.student})
            values = {"assignment_id": chapter.id, "student_id": result.student, "timestamp": timestamp}
            run(SubmittedAssignment.__table__.insert(), values)
        elif timestamp is not None and timestamp != found.timestamp:
            run(update(SubmittedAssignment).where(SubmittedAssignment.id == found.id).values(timestamp=timestamp))
        else:
            return found
        return run(_SUBMISSION, key).one()

    def _submitted_notebook(self, submission: str, outline: _Outline) -> str:
        """Make a submitted notebook with all its grades and comments; return its id."""
        run = self._connection.execute
        values = {"assignment_id": submission, "notebook_id": outline.id}
        created = run(SubmittedNotebook.__table__.insert(), values).inserted_primary_key[0]
        for table, cells in ((Grade.__table__, outline.grades), (Comment.__table__, outline.comments)):
            if cells:
                run(table.insert(), [{"notebook_id": created, "cell_id": cell} for cell in cells.values()])
        return created

    def _penalty(
        self, chapter: _Chapter, student: str, submission: Any, notebook: str, outline: _Outline
    ) -> float | None:
        """Ask the configured plugin for a notebook's late penalty, as nbgrader's AssignLatePenalties does."""
        if submission.timestamp is None or chapter.due is None:
            return None
        late = (submission.timestamp - chapter.due - (submission.extension or timedelta())).total_seconds()
        if late <= 0:
            return None
        cells = {"notebook": notebook, "cells": list(outline.grades.values())}
        score = self._connection.execute(_TOTAL, cells).scalar()
        self._penalties.init_plugin()
        penalty = self._penalties.plugin_inst.late_submission_penalty(student, score, late)
        return None if penalty is None else self._penalties._check_late_penalty(SimpleNamespace(score=score), penalty)


# all of these find their rows by the unique indexes of nbgrader's tables
_SUBMISSION = select(SubmittedAssignment.id, SubmittedAssignment.timestamp, SubmittedAssignment.extension).where(
    SubmittedAssignment.assignment_id == bindparam("assignment"), SubmittedAssignment.student_id == bindparam("student")
)
_NOTEBOOKS = select(SubmittedNotebook.id, SubmittedNotebook.notebook_id).where(
    SubmittedNotebook.notebook_id.in_(bindparam("notebooks", expanding=True)),
    SubmittedNotebook.assignment_id == bindparam("submission"),
)
_TOTAL = select(func.coalesce(func.sum(Grade.score), 0.0)).where(
    Grade.cell_id.in_(bindparam("cells", expanding=True)), Grade.notebook_id == bindparam("notebook")
)
_grade, _comment, _notebook = Grade.__table__, Comment.__table__, SubmittedNotebook.__table__
_SCORE = (
    _grade.update()
    .where(_grade.c.cell_id == bindparam("cell"), _grade.c.notebook_id == bindparam("notebook"))
    .values(auto_score=bindparam("score"), needs_manual_grade=_grade.c.manual_score.is_not(None))
)
_COMMENT = (
    _comment.update()
    .where(_comment.c.cell_id == bindparam("cell"), _comment.c.notebook_id == bindparam("notebook"))
    .values(auto_comment=bindparam("comment"))
)
_PENALTY = (
    _notebook.update()
    .where(_notebook.c.id == bindparam("notebook"))
    .values(late_submission_penalty=bindparam("penalty"))
)


def _outline(connection: Connection, name: str) -> _Chapter:
    """Read what is registered of a chapter."""
    found = connection.execute(select(Assignment.id, Assignment.duedate).where(Assignment.name == name)).one_or_none()
    if found is None:
        raise CourseError(f"the gradebook knows no chapter {name!r}; register it first")
    notebooks = connection.execute(
        select(Notebook.name, Notebook.id).where(Notebook.assignment_id == found.id).order_by(Notebook.name)
    )
    chapter = _Chapter(found.id, found.duedate, {row.name: _Outline(row.id) for row in notebooks})
    for outline in chapter.notebooks.values():
        cells = select(BaseCell.name, BaseCell.id, BaseCell.type).where(BaseCell.notebook_id == outline.id)
        for row in connection.execute(cells.order_by(BaseCell.name)):
            if row.type in (GradeCell.__name__, TaskCell.__name__):
                outline.grades[row.name] = row.id
            if row.type in (SolutionCell.__name__, TaskCell.__name__):
                outline.comments[row.name] = row.id
    return chapter


def _cell_of(kind: str, exercise: ExerciseResult) -> str:
    return f"{kind}-{exercise.name.replace('_', '-')}"


def _scores(outline: _Outline, result: NotebookResult | None, where: str) -> dict[str, float]:
    """Return the score of each grade cell that the judge speaks of."""
    if result is None or result.unreadable:
        return dict.fromkeys(outline.grades, 0.0)
    scores = {_cell_of("check", exercise): float(exercise.score) for exercise in result.exercises}
    unknown = sorted(set(scores) - set(outline.grades))
    if unknown:
        raise CourseError(f"{where}: the gradebook knows no cell {unknown[0]!r}; register the chapter again")
    return scores


def _comments(outline: _Outline, result: NotebookResult | None) -> dict[str, str | None]:
    """Return the automatic comment of each solution cell: whether there is an answer at all."""
    exercises = result.exercises if result is not None and not result.unreadable else []
    found: dict[str, str | None] = dict.fromkeys(outline.comments)
    for exercise in exercises:
        untouched = bool(exercise.tests) and all(t.message == NOT_WRITTEN for t in exercise.tests)
        if _cell_of("exercise", exercise) in found:
            found[_cell_of("exercise", exercise)] = NO_RESPONSE if untouched else None
    return found


def parsed_timestamp(text: str) -> datetime | None:
    """Return the time of a ``timestamp.txt`` in UTC; None for what is no time."""
    try:
        return parse_utc(text) if text else None
    except (ValueError, OverflowError, TypeError, AttributeError):
        return None
