"""A course of one chapter with two tiny notebooks, and results for it that need no sandbox."""

from __future__ import annotations

import copy
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

from grading.build import release_notebook
from grading.checks import NOT_WRITTEN, TestResult, results_table
from grading.course import Course
from grading.results import ExerciseResult, NotebookResult, SubmissionResult
from grading.source import NotebookSource, read_chapter

CHAPTER = "ch01_small"
FIRST = '''# %% [markdown]
# # Doubling, where $a < b$

# %%
import numpy as np

from grading.checks import assert_allclose, report

# %% exercise="double" points=4
def double(x):
    """Return 2 x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

# %% check="double"
def test_two():
    "Twice two is four."
    assert_allclose(double(2.0), 4.0)

### BEGIN HIDDEN TESTS
def test_array(rng):
    "It works on arrays."
    x = rng.normal(size=3)
    assert_allclose(double(x), 2 * x)
### END HIDDEN TESTS

# %% exercise="half" points=2
def half(x):
    """Return x / 2."""
    ### BEGIN SOLUTION
    return x / 2
    ### END SOLUTION

# %% check="half"
def test_four():
    "Half of four is two."
    assert_allclose(half(4.0), 2.0)

# %% mistake="double" hint="Is that twice?"
def double(x):
    return x + 2
'''
SECOND = FIRST.replace("double", "triple").replace("2 * x", "3 * x").replace("4.0), 2.0", "2.0), 1.0")


def make_course(folder: Path) -> Course:
    """Write the sources and make the course folder."""
    sources = folder / "solutions" / CHAPTER
    sources.mkdir(parents=True, exist_ok=True)
    (sources / "01_first.py").write_text(FIRST)
    (sources / "02_second.py").write_text(SECOND)
    course = Course(folder / "course", folder / "solutions")
    course.create()
    return course


def hand_in(course: Course, student: str, timestamp: str = "2025-01-01 12:00:00 UTC") -> None:
    """Put the untouched release into ``submitted/``."""
    folder = course.folder("submitted", CHAPTER, student)
    folder.mkdir(parents=True, exist_ok=True)
    for source in read_chapter(course.solutions, CHAPTER):
        (folder / f"{source.name}.ipynb").write_text(nbformat.writes(release_notebook(source)))
    (folder / "timestamp.txt").write_text(timestamp)


def result(course: Course, student: str, share: float, **options) -> tuple[SubmissionResult, dict[str, bytes]]:
    """Return the record of a student who earned this share of each exercise, and the graded notebooks."""
    submission = SubmissionResult(student, CHAPTER, timestamp=course.timestamp(student, CHAPTER), **options)
    notebooks = {}
    for source in read_chapter(course.solutions, CHAPTER):
        exercises = [_exercise(e.name, e.points, share) for e in source.exercises.values()]
        submission.notebooks.append(NotebookResult(source.name, exercises, file=f"{source.name}.ipynb"))
        notebooks[source.name] = nbformat.writes(graded(source, exercises)).encode()
    return submission, notebooks


def _exercise(name: str, points: float, share: float) -> ExerciseResult:
    message = NOT_WRITTEN if share == 0 else "wrong" if share < 1 else ""
    tests = [TestResult("test_a", "A hint.", passed=share == 1, message=message)]
    return ExerciseResult(name, points, round(points * share, 2), tests)


def graded(source: NotebookSource, exercises: list[ExerciseResult]) -> NotebookNode:
    """Return the release with scores as the outputs of its check cells."""
    notebook = copy.deepcopy(release_notebook(source))
    by_check = {source.exercises[e.name].check.id: e for e in exercises}
    for cell in notebook.cells:
        if cell.id in by_check:
            exercise = by_check[cell.id]
            table = results_table(exercise.name, exercise.score, exercise.points, exercise.tests, notes=["A note."])
            data = {"text/plain": repr(exercise.score), "text/html": table}
            cell.outputs = [new_output("execute_result", data=data)]
        elif cell.id.startswith("exercise") and any(e.score for e in exercises):
            cell.source = cell.source.replace("raise NotImplementedError", "return 0 * x")
    return notebook
