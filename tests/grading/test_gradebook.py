from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps.api import NbGraderAPI

from grading import gradebook
from grading.course import Course, CourseError
from grading.gradebook import GradebookWriter, register
from tests.grading.gradebook_content import snapshot
from tests.grading.small_course import CHAPTER, FIRST, hand_in, make_course, result

ROOT = Path(__file__).resolve().parents[2]
FIRST_CELL = ("check-double", "01_first", CHAPTER)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("course"))
    assert register(course, CHAPTER)
    for student in ("ann", "bob"):
        hand_in(course, student)
    return course


@pytest.fixture
def course(template, tmp_path):
    shutil.copytree(template.root, tmp_path / "course")
    return Course(tmp_path / "course", template.solutions)


def record(course, *students, share=0.5, **options):
    with GradebookWriter(course, CHAPTER) as writer:
        for student in students:
            writer.record(*result(course, student, share, **options))


def settings(course, *lines):
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("\n".join(lines) + "\n")
    return Course(course.root, course.solutions)


def files(course):
    """What a course folder holds for a reader, by path, with permissions."""
    folders = [course.root / "autograded", course.records / "results"]
    paths = [p for folder in folders for p in sorted(folder.rglob("*")) if p.is_file()]
    return {str(p.relative_to(course.root)): (p.read_bytes(), p.stat().st_mode) for p in paths}


def nbgrader(course, *arguments):
    """Run one of nbgrader's own commands in the course folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(command, cwd=course.root, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stderr


# ---- registering ----------------------------------------------------------------------------------------------------


def test_registering_makes_release_and_gradebook(template):
    assert (template.folder("release", CHAPTER) / "01_first.ipynb").is_file()
    assert "BEGIN SOLUTION" in (template.folder("source", CHAPTER) / "01_first.ipynb").read_text()
    with Gradebook(template.db_url) as book:
        assert book.find_assignment(CHAPTER).max_score == 12
        assert "NotImplementedError" in book.find_source_cell("exercise-double", "01_first", CHAPTER).source


def test_registering_again_changes_nothing(course):
    before = snapshot(course.db_url)
    assert not register(course, CHAPTER)
    shutil.rmtree(course.folder("release", CHAPTER))
    assert register(course, CHAPTER)
    assert snapshot(course.db_url) == before


def test_a_changed_exercise_is_refused_once_there_are_submissions(course, tmp_path):
    record(course, "ann")
    changed = tmp_path / "solutions"
    shutil.copytree(course.solutions, changed)
    (changed / CHAPTER / "02_second.py").unlink()
    source = course.folder("source", CHAPTER) / "02_second.ipynb"
    before = snapshot(course.db_url), source.read_bytes()
    with pytest.raises(CourseError, match="02_second/check-half is gone"):
        register(Course(course.root, changed), CHAPTER)
    assert (snapshot(course.db_url), source.read_bytes()) == before


def test_new_points_reach_the_gradebook_even_with_submissions(course, tmp_path):
    record(course, "ann")
    changed = tmp_path / "solutions"
    shutil.copytree(course.solutions, changed)
    (changed / CHAPTER / "01_first.py").write_text(FIRST.replace("points=4", "points=5"))
    assert register(Course(course.root, changed), CHAPTER)
    assert snapshot(course.db_url)["cells"][f"{CHAPTER}/01_first/GradeCell/check-double"][1] == 5


# ---- recording ------------------------------------------------------------------------------------------------------


def test_scores_are_what_formgrader_shows(course):
    record(course, "ann", share=0.5)
    record(course, "bob", share=0)
    with Gradebook(course.db_url) as book:
        ann = book.find_submission(CHAPTER, "ann")
        assert (ann.score, ann.max_score, ann.needs_manual_grade) == (6, 12, False)
        assert ann.timestamp == datetime(2025, 1, 1, 12)
        assert [n.score for n in ann.notebooks] == [3, 3]
        assert book.find_comment("exercise-double", "01_first", CHAPTER, "ann").comment is None
        assert book.find_comment("exercise-double", "01_first", CHAPTER, "bob").comment == "No response."
    api = NbGraderAPI(coursedir=course.directory)
    assert api.get_autograded_students(CHAPTER) == {"ann", "bob"}
    state = api.get_submission(CHAPTER, "ann")
    assert (state["score"], state["autograded"], state["needs_manual_grade"]) == (6, True, False)


def test_a_regrade_changes_nothing(course):
    record(course, "ann", "bob")
    before = snapshot(course.db_url), files(course)
    record(course, "bob", "ann")
    assert (snapshot(course.db_url), files(course)) == before


def test_the_order_of_recording_does_not_matter(course, template, tmp_path):
    shutil.copytree(template.root, tmp_path / "other")
    other = Course(tmp_path / "other", template.solutions)
    record(course, "ann", "bob")
    record(other, "bob", "ann")
    assert snapshot(course.db_url) == snapshot(other.db_url)
    assert files(course) == files(other)


def test_what_graders_wrote_survives_a_regrade(course):
    record(course, "ann")
    with Gradebook(course.db_url) as book:
        grade = book.find_grade(*FIRST_CELL, "ann")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 3.5, 0.25, False
        book.find_comment("exercise-double", "01_first", CHAPTER, "ann").manual_comment = "Well argued."
        book.find_submission_notebook("02_second", CHAPTER, "ann").flagged = True
        book.update_or_create_student("ann", first_name="Ann")
        book.db.commit()
    record(course, "ann", share=0)
    content = snapshot(course.db_url)
    assert content["grades"][f"{CHAPTER}/ann/01_first/check-double"] == [0, 3.5, 0.25, True]
    assert content["grades"][f"{CHAPTER}/ann/01_first/check-half"] == [0, None, None, False]
    assert content["comments"][f"{CHAPTER}/ann/01_first/exercise-double"] == ["No response.", "Well argued."]
    assert content["notebooks"][f"{CHAPTER}/ann/02_second"] == [None, True]
    assert content["students"]["ann"][0] == "Ann"


def test_missing_and_unreadable_notebooks_get_zero(course):
    record(course, "ann", share=1)
    submission, notebooks = result(course, "ann", 1)
    submission.notebooks[0].unreadable, submission.notebooks[0].exercises = "no JSON", []
    del submission.notebooks[1], notebooks["02_second"]
    with GradebookWriter(course) as writer:
        writer.record(submission, notebooks)
    assert {tuple(v) for v in snapshot(course.db_url)["grades"].values()} == {(0, None, None, False)}
    assert not (course.folder("autograded", CHAPTER, "ann") / "02_second.ipynb").exists()


LATE = ("c.LateSubmissionPlugin.penalty_method = 'zero'",)
OWN = (
    "from nbgrader.plugins import LateSubmissionPlugin",
    "class PerHour(LateSubmissionPlugin):",
    "    def late_submission_penalty(self, student_id, score, seconds):",
    "        return seconds / 3600",
    "c.AssignLatePenalties.plugin_class = PerHour",
)


@pytest.mark.parametrize(("plugin", "penalty"), [(LATE, 3), (OWN, 1)])
def test_late_penalties_come_from_the_configured_plugin(course, plugin, penalty):
    course = settings(course, *plugin)
    with Gradebook(course.db_url) as book:
        book.update_or_create_assignment(CHAPTER, duedate="2025-01-01 11:00:00 UTC")
    record(course, "ann", "bob")
    with Gradebook(course.db_url) as book:
        assert [n.late_submission_penalty for n in book.find_submission(CHAPTER, "ann").notebooks] == [penalty] * 2
        book.grant_extension(CHAPTER, "ann", hours=2)
        assert book.find_submission(CHAPTER, "ann").extension == timedelta(hours=2)
    record(course, "ann")
    with Gradebook(course.db_url) as book:
        assert book.find_submission(CHAPTER, "ann").late_submission_penalty == 0
        assert book.find_submission(CHAPTER, "bob").late_submission_penalty == 2 * penalty


@pytest.mark.parametrize("timestamp", ["", "next Tuesday", "9" * 80])
def test_a_senseless_timestamp_is_none(course, timestamp):
    submission, notebooks = result(course, "ann", 1)
    submission.timestamp = timestamp
    with GradebookWriter(course) as writer:
        writer.record(submission, notebooks)
    with Gradebook(course.db_url) as book:
        assert book.find_submission(CHAPTER, "ann").timestamp is None
    assert not (course.folder("autograded", CHAPTER, "ann") / "timestamp.txt").exists()


def test_an_unknown_exercise_or_chapter_is_refused_and_changes_nothing(course):
    submission, notebooks = result(course, "ann", 1)
    submission.notebooks[1].exercises[0].name = "other"
    before = snapshot(course.db_url)
    with GradebookWriter(course) as writer, pytest.raises(CourseError, match=r"02_second.*check-other"):
        writer.record(submission, notebooks)
    assert snapshot(course.db_url) == before
    assert files(course) == {}
    with pytest.raises(CourseError, match="knows no chapter 'ch99'"), GradebookWriter(course, "ch99"):
        pass


def test_one_writer_at_a_time(course):
    with GradebookWriter(course), pytest.raises(CourseError, match="another run"), GradebookWriter(course):
        pass
    with GradebookWriter(course):
        pass


# ---- killed at any moment -------------------------------------------------------------------------------------------


class Killed(BaseException):
    pass


@pytest.mark.parametrize("step", range(9))
@pytest.mark.parametrize("regrade", [False, True])
def test_a_kill_at_any_step_and_another_run_equal_an_uninterrupted_one(course, monkeypatch, tmp_path, step, regrade):
    if regrade:
        record(course, "ann", share=0.5)
    old = snapshot(course.db_url), files(course)
    shutil.copytree(course.root, tmp_path / "other")
    other = Course(tmp_path / "other", course.solutions)
    record(other, "ann", share=1)

    steps = iter(range(100))

    def dying(function):
        def call(*arguments, **options):
            if next(steps) == step:
                raise Killed
            return function(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for place, name in (
            (os, "replace"), (os, "fsync"), (gradebook.GradebookWriter, "_record_grades"), (gradebook, "replace_folder")
        ):  # fmt: skip
            patch.setattr(place, name, dying(getattr(place, name)))
        with pytest.raises(Killed):
            record(course, "ann", share=1)
    seen = files(course)
    assert course.read_result("ann", CHAPTER) is None or (snapshot(course.db_url), seen) == old
    for name, content in seen.items():
        assert "/." in name or content in (old[1].get(name), files(other).get(name)), "half a file"
    record(course, "ann", share=1)
    assert snapshot(course.db_url) == snapshot(other.db_url)
    assert files(course) == files(other)


# ---- nbgrader's own commands ----------------------------------------------------------------------------------------


def test_nbgrader_exports_the_scores(course):
    record(course, "ann", "bob")
    nbgrader(course, "export")
    with (course.root / "grades.csv").open() as file:
        assert [(row["student_id"], row["score"]) for row in csv.DictReader(file)] == [("ann", "6.0"), ("bob", "6.0")]


def test_nbgrader_autograde_leaves_what_is_graded_alone(course):
    record(course, "ann", "bob")
    before = snapshot(course.db_url), files(course)
    assert "Skipping existing assignment" in nbgrader(course, "autograde", CHAPTER)
    assert (snapshot(course.db_url), files(course)) == before


def test_nbgrader_autograde_asks_the_judge(course):
    course = settings(course, "c.JudgePreprocessor.isolation = 'none'")
    notebook = course.folder("submitted", CHAPTER, "ann") / "01_first.ipynb"
    solved = nbformat.read(notebook, as_version=4)
    cell = next(c for c in solved.cells if c.id == "exercise-double")
    cell.source = "def double(x):\n    return x + x"
    notebook.write_text(nbformat.writes(solved))
    (notebook.parent / "02_second.ipynb").write_text("{ broken")
    nbgrader(course, "autograde", CHAPTER, "--student", "ann")
    grades = snapshot(course.db_url)["grades"]
    assert grades[f"{CHAPTER}/ann/01_first/check-double"] == [4, None, None, False]
    assert grades[f"{CHAPTER}/ann/01_first/check-half"] == [0, None, None, False]
    assert grades[f"{CHAPTER}/ann/02_second/check-triple"] == [0, None, None, False]
    with Gradebook(course.db_url) as book, pytest.raises(MissingEntry):
        book.find_submission(CHAPTER, "bob")
