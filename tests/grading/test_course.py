from __future__ import annotations

import os
import pickle

import pytest

from grading.course import Course, CourseError, replace_folder
from grading.sandbox.limits import Limits
from tests.grading.small_course import CHAPTER, hand_in, make_course, result


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


def test_settings_are_written_once_and_kept(course):
    settings = course.root / "nbgrader_config.py"
    assert "configure(" in settings.read_text()
    address = "postgresql://someone@host/book"
    with settings.open("a") as file:
        file.write(f"c.CourseDirectory.db_url = {address!r}\n")
    course.create()
    assert Course(course.root, course.solutions).db_url == address


def test_a_database_that_holds_courses_together_by_their_name_needs_one(course):
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.CourseDirectory.db_url = 'postgresql://someone@host/book'\nc.CourseDirectory.course_id = ''\n")
    with pytest.raises(CourseError, match=r"set c\.CourseDirectory\.course_id in .*nbgrader_config\.py"):
        _ = Course(course.root, course.solutions).db_url


def test_an_instructors_settings_win_over_ours(course):
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.HTMLExporter.sanitize_html = False\nc.LateSubmissionPlugin.penalty_method = 'zero'\n")
        file.write("c.CourseDirectory.submitted_directory = 'handed_in'\n")
    config = Course(course.root, course.solutions).nbgrader_config()
    assert config.HTMLExporter.sanitize_html is False
    assert config.LateSubmissionPlugin.penalty_method == "zero"
    assert config.JudgePreprocessor.solutions == str(course.solutions)
    folder = Course(course.root, course.solutions).folder("submitted", CHAPTER, "ann")
    assert folder == course.root / "handed_in" / "ann" / CHAPTER


def test_a_broken_settings_file_is_named(course):
    (course.root / "nbgrader_config.py").write_text("c = get_config(\n")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py: SyntaxError"):
        _ = Course(course.root, course.solutions).config


def test_a_relative_database_lies_in_the_course_folder(course, monkeypatch, tmp_path):
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write("c.CourseDirectory.db_url = 'sqlite:///grades.db'\n")
    monkeypatch.chdir(tmp_path)
    assert Course(course.root, course.solutions).db_url == f"sqlite:///{course.root}/grades.db"


def test_students_are_folders_only(course):
    for student in ("bob", "ann", "[x] y"):
        hand_in(course, student)
    submitted = course.root / "submitted"
    (submitted / "notes.txt").write_text("")
    (submitted / "other" / "ch02_other").mkdir(parents=True)
    (submitted / "link").symlink_to(submitted / "ann")
    (submitted / "half").mkdir()
    (submitted / "half" / CHAPTER).symlink_to(submitted / "ann" / CHAPTER)
    (submitted / "file").mkdir()
    (submitted / "file" / CHAPTER).write_text("")
    assert course.students(CHAPTER) == ["[x] y", "ann", "bob"]


def test_timestamps(course):
    hand_in(course, "ann", " 2025-01-01 12:00:00 UTC\n")
    assert course.timestamp("ann", CHAPTER) == "2025-01-01 12:00:00 UTC"
    assert course.timestamp("nobody", CHAPTER) == ""
    path = course.folder("submitted", CHAPTER, "ann") / "timestamp.txt"
    path.unlink()
    os.mkfifo(path)
    assert course.timestamp("ann", CHAPTER) == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[limits]\nmemmory = 1", r"mlcourse\.toml: \[limits\] memmory: unknown limit"),
        ("[limits]\nmemory = -1", r"mlcourse\.toml: \[limits\] memory: .*positive"),
        ("[limits]\nmemory = inf", r"mlcourse\.toml: \[limits\] memory"),
        ("[limit]\nmemory = 1", r"mlcourse\.toml: unknown key 'limit'"),
        ("limits = 3", r"mlcourse\.toml: limits must be a table"),
        ("[limits", r"mlcourse\.toml: "),
    ],
)
def test_senseless_limits_name_file_and_key(course, text, message):
    (course.root / "mlcourse.toml").write_text(text)
    with pytest.raises(CourseError, match=message):
        course.limits()


def test_limits(course):
    assert course.limits() == Limits()
    (course.root / "mlcourse.toml").write_text("[limits]\nmemory = 2048\ncell_cpu = 20\n")
    assert course.limits() == Limits(memory=2048, cell_cpu=20.0)


def test_results_survive_a_round_trip_and_damage_counts_as_none(course):
    submission, _ = result(course, "ann", 0.5)
    assert course.read_result("ann", CHAPTER) is None
    course.write_result(submission)
    assert course.read_result("ann", CHAPTER) == submission
    for damage in ("", "[]", '{"student": "ann"}', '{"notebooks": 3}'):
        course.result_path("ann", CHAPTER).write_text(damage)
        assert course.read_result("ann", CHAPTER) is None


def test_a_write_that_dies_leaves_the_old_file(course, monkeypatch):
    submission, _ = result(course, "ann", 0.5)
    course.write_result(submission)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        course.write_result(result(course, "ann", 1.0)[0])
    assert course.read_result("ann", CHAPTER) == submission


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    folder = tmp_path / "graded"
    replace_folder(folder, {"a": b"1", "b": b"2"}, 0o444)
    replace_folder(folder, {"b": b"3"}, 0o444)
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == {"b": b"3"}
    assert (folder / "b").stat().st_mode & 0o777 == 0o444
    assert [p.name for p in tmp_path.iterdir()] == ["graded"]


def test_a_course_travels_to_workers(course):
    _ = course.directory
    copy = pickle.loads(pickle.dumps(course))
    assert (copy.root, copy.solutions, copy.db_url) == (course.root, course.solutions, course.db_url)
