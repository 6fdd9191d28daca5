"""Grading a class: resumable, idempotent, the same for one worker and for two."""

import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from grading.autograde import fingerprint, grade_chapter
from grading.build import handed_in, serialize
from grading.course import Course
from grading.gradebook import open_gradebook, register
from grading.jobs import NOT_HANDED_IN
from grading.sandbox.client import SandboxError
from grading.sandbox.limits import Limits
from grading.source import read_chapter
from tests.grading.gradebook_content import snapshot
from tests.grading.small_course import CHAPTER, make_course

WRONG = {"double": "def double(x):\n    return x", "triple": "def triple(x):\n    return 7"}
STUDENTS = {"ann": {}, "bob": WRONG, "cy": {"double": "def double(x):\n    raise ValueError"}, "dee": {}, "eve": WRONG}


def hand_in(course: Course, student: str, texts: dict[str, str], only: int | None = None) -> None:
    folder = course.folder("submitted", CHAPTER, student)
    folder.mkdir(parents=True, exist_ok=True)
    for source in read_chapter(course.solutions, CHAPTER)[:only]:
        mine = {k: v for k, v in texts.items() if k in source.exercises}
        (folder / f"{source.name}.ipynb").write_bytes(serialize(handed_in(source, mine)))
    (folder / "timestamp.txt").write_text("2025-01-01 12:00:00 UTC")


@pytest.fixture(scope="module", autouse=True)
def in_this_process():
    """A worker that is a thread: its judge stays warm from test to test."""
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def grade(in_this_process):
    def grade(course, **options):
        return grade_chapter(course, CHAPTER, executor=in_this_process, **options)

    return grade


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("template")
    course = make_course(folder)
    register(course, CHAPTER)
    for student, texts in STUDENTS.items():
        hand_in(course, student, texts)
    return folder


@pytest.fixture
def class_of(template):
    """Make a registered course with five hand-ins in a new folder."""

    def class_of(folder):
        shutil.copytree(template, folder)
        return Course(folder / "course", folder / "solutions")

    return class_of


@pytest.fixture
def course(tmp_path, class_of):
    return class_of(tmp_path / "class")


def everything(course: Course) -> dict:
    """Gradebook, graded notebooks and results, without times."""
    folder = course.root / "autograded"
    files = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.ipynb"))}
    results = {s: course.read_result(s, CHAPTER) for s in STUDENTS}
    for result in results.values():
        for notebook in result.notebooks if result else []:
            notebook.seconds = {}
    return {"gradebook": snapshot(course.db_url), "files": files, "results": results}


def test_scores_reach_gradebook_and_records(course, grade):
    seen = []
    summary = grade(course, on_outcome=lambda o, done, total: seen.append((done, total)))
    assert summary.graded == sorted(STUDENTS)
    assert seen == [(i, 5) for i in range(1, 6)]
    full = course.read_result("ann", CHAPTER)
    assert full.score > 0
    assert 0 <= course.read_result("bob", CHAPTER).score < full.score
    with open_gradebook(course) as gradebook:
        scores = {s.student.id: s.score for s in gradebook.assignment_submissions(CHAPTER)}
    assert scores == {s: course.read_result(s, CHAPTER).score for s in STUDENTS}


def test_one_worker_and_two_and_another_executor_write_the_same(tmp_path, class_of, grade):
    one, two, other = (class_of(tmp_path / name) for name in ("one", "two", "other"))
    grade_chapter(one, CHAPTER, workers=1)
    grade_chapter(two, CHAPTER, workers=2)
    grade(other)
    assert everything(one) == everything(two) == everything(other)


def test_a_second_run_keeps_and_a_changed_file_is_regraded(course, grade):
    grade(course)
    before = everything(course)
    again = grade(course)
    assert (again.graded, again.kept) == ([], sorted(STUDENTS))
    assert everything(course) == before
    hand_in(course, "bob", {})
    third = grade(course)
    assert third.graded == ["bob"]
    old, new = third.changes["bob"]
    assert old < new == course.read_result("bob", CHAPTER).score


def test_force_regrades_and_tells_who_changed(course, grade):
    grade(course)
    before = everything(course)
    forced = grade(course, force=True)
    assert forced.graded == sorted(STUDENTS)
    assert forced.changes == {}
    assert everything(course) == before


def test_changed_sources_are_told_and_not_applied_in_silence(course, grade):
    grade(course)
    path = course.solutions / CHAPTER / "01_first.py"
    path.write_text(path.read_text() + "\n# %% [markdown]\n# An afterthought.\n")
    summary = grade(course)
    assert summary.graded == []
    assert summary.outdated == sorted(STUDENTS)


def test_a_missing_notebook_is_a_zero_with_its_reason(course, grade):
    hand_in(course, "fay", {}, only=1)
    grade(course, students=["fay"])
    first, second = course.read_result("fay", CHAPTER).notebooks
    assert first.score > 0
    assert (second.score, second.unreadable, second.file) == (0, NOT_HANDED_IN, "")


def test_a_killed_run_goes_on_where_it_was(tmp_path, course, class_of, grade):
    """kill -9 in the middle, then once more: only the rest is graded, and the result is that of one run."""
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom grading.autograde import grade_chapter\n"
        "from grading.course import Course\n"
        "if __name__ == '__main__':\n"
        "    course = Course(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "    def slowly(*_):\n        print('one', flush=True)\n        time.sleep(0.3)\n"
        "    grade_chapter(course, sys.argv[3], workers=1, on_outcome=slowly)\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    command = [sys.executable, str(script), str(course.root), str(course.solutions), CHAPTER]
    run = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    for _ in range(2):
        assert run.stdout.readline() == "one\n"
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    run.stdout.close()
    done = [s for s in STUDENTS if course.read_result(s, CHAPTER) is not None]
    assert 2 <= len(done) < len(STUDENTS)
    summary = grade(course)
    assert set(summary.graded) == set(STUDENTS) - set(done)
    whole = class_of(tmp_path / "whole")
    grade(whole)
    assert everything(course) == everything(whole)


def test_a_worker_that_dies_costs_no_other_submission(course, monkeypatch, tmp_path):
    """The judge's own process is killed from outside while it grades."""

    def kill_first_worker(outcome, done, total):
        if done == 1:
            for child in multiprocessing.active_children():
                os.kill(child.pid, signal.SIGKILL)
            time.sleep(0.2)

    summary = grade_chapter(course, CHAPTER, workers=1, on_outcome=kill_first_worker)
    assert summary.graded == sorted(STUDENTS)
    assert summary.failed == {}


def test_without_bubblewrap_nothing_is_graded_and_the_remedy_is_told(course, monkeypatch, grade):
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(SandboxError, match="apt-get install bubblewrap"):
        grade(course, limits=Limits(total_wall=149))  # other limits: a judge of its own
    assert all(course.read_result(s, CHAPTER) is None for s in STUDENTS)


def test_fingerprints_see_names_and_contents():
    files = {"01_a": ("01_a.ipynb", b"x")}
    assert fingerprint(files) == fingerprint(dict(files))
    assert fingerprint(files) != fingerprint({"01_a": ("01_a.ipynb", b"y")})
    assert fingerprint(files) != fingerprint({"01_a": ("01_A.ipynb", b"x")})


def test_manual_grades_survive_a_regrade(course, grade):
    grade(course)
    with open_gradebook(course) as gradebook:
        submission = gradebook.find_submission(CHAPTER, "bob")
        manual = submission.notebooks[0].grades[0]
        manual.manual_score, name = 1.5, manual.name
        gradebook.db.commit()
    grade(course, force=True)
    with open_gradebook(course) as gradebook:
        grades = gradebook.find_submission(CHAPTER, "bob").notebooks[0].grades
        manual = next(g for g in grades if g.name == name)
        assert manual.score == 1.5
        assert manual.needs_manual_grade
