"""The command line as a person types it: what it says when something is wrong."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grading.small_course import CHAPTER, make_course

PROGRAM = Path(sys.executable).with_name("mlcourse")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    make_course(folder)
    shutil.rmtree(folder / "course")
    return folder


def run(place, *arguments):
    return subprocess.run([PROGRAM, *arguments], cwd=place, capture_output=True, text=True)


def test_build_then_check(place):
    stale = run(place, "build", "--check")
    assert stale.returncode == 2
    assert "Run: mlcourse build" in stale.stderr
    assert run(place, "build").returncode == 0
    assert (place / "notebooks" / CHAPTER / "01_first.ipynb").exists()
    assert (place / "build" / "source" / CHAPTER / "01_first.ipynb").exists()
    assert run(place, "build", "--check").returncode == 0
    assert "0 changed" in run(place, "build").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("verify", "ch77"), "no chapter 'ch77' in solutions/; there are: ch01_small"),
        (("build", "--solutions", "nowhere"), "no notebook sources under nowhere/"),
        (("grade", CHAPTER, "--limit", "cell_cpu"), "expected --limit name=number; got 'cell_cpu'"),
        (("grade", CHAPTER, "--limit", "cel_cpu=3"), "unknown limit 'cel_cpu'; the limits are cell_cpu"),
        (("report", CHAPTER), "mlcourse grade"),
    ],
)
def test_problems_are_told_without_a_traceback(place, arguments, said):
    done = run(place, *arguments)
    assert done.returncode == 2
    told = " ".join(done.stderr.replace("│", " ").split())
    assert said in told
    assert "Traceback" not in done.stderr


def test_a_source_error_names_file_line_and_remedy(place):
    path = place / "solutions" / CHAPTER / "01_first.py"
    good = path.read_text()
    path.write_text(good.replace(" points=4", ""))
    try:
        done = run(place, "build")
    finally:
        path.write_text(good)
    assert done.returncode == 2
    assert "01_first.py:" in done.stderr
    assert "has no points. Write # %% exercise=" in " ".join(done.stderr.split())


def test_verify_fails_when_a_mistake_passes(place):
    path = place / "solutions" / CHAPTER / "01_first.py"
    good = path.read_text()
    wrong = good + '\n# %% mistake="double" hint="Is this one wrong at all?"\ndef double(x):\n    return x + x\n'
    path.write_text(wrong)
    try:
        done = run(place, "verify")
    finally:
        path.write_text(good)
    assert done.returncode == 1
    assert f"01_first.py:{len(wrong.splitlines()) - 1}" in done.stdout
    assert "passes every check; add a test that catches it" in done.stdout


def test_grading_from_the_command_line(place):
    assert run(place, "release", CHAPTER).returncode == 0
    shutil.copytree(place / "notebooks" / CHAPTER, place / "course" / "submitted" / "ann" / CHAPTER)
    done = run(place, "grade", CHAPTER, "--workers", "1")
    assert done.returncode == 0, done.stderr
    assert "1 graded" in done.stdout
    assert "1 kept" in run(place, "grade", CHAPTER).stdout
    assert "no score changed" in run(place, "grade", CHAPTER, "--force").stdout
    assert "feedback pages" in run(place, "feedback", CHAPTER).stdout
    assert (place / "course" / "feedback" / "ann" / CHAPTER / "01_first.html").exists()
    assert run(place, "report", CHAPTER).returncode == 0
    assert (place / "course" / f"report-{CHAPTER}.html").exists()
