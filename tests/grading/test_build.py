"""Building notebooks: what a student gets, what nbgrader makes of the same, and that two builds are the same bytes."""

import json
from pathlib import Path

import nbformat
import pytest
from nbgrader.validator import Validator

from grading.build import build_course, differences, handed_in, release_notebook, serialize, source_notebook, write
from grading.mutation.survivors import LISTED
from grading.source import read_chapter
from tests.grading import small_course
from tests.grading.small_course import make_course

ROOT = Path(__file__).resolve().parents[2]
SOLUTIONS = ROOT / "solutions"
CHAPTER = "ch06_feedforward"


@pytest.fixture(scope="module")
def sources():
    return read_chapter(SOLUTIONS, CHAPTER)


@pytest.fixture(scope="module")
def built():
    return build_course(SOLUTIONS)


def test_the_committed_release_is_what_the_sources_build(built):
    assert differences(built.release, ROOT / "notebooks") == [], "run: mlcourse build"
    committed = {p.relative_to(ROOT / "notebooks") for p in (ROOT / "notebooks").rglob("*.ipynb")}
    committed = {p for p in committed if ".ipynb_checkpoints" not in p.parts}
    assert committed == {p for p in built.release if p.suffix == ".ipynb"}


def test_two_builds_are_the_same_bytes(built):
    assert build_course(SOLUTIONS) == built


def test_the_release_holds_nothing_that_is_not_for_students(sources, built):
    for source in sources:
        text = built.release[Path(CHAPTER) / f"{source.name}.ipynb"].decode()
        cells = {c["id"]: "".join(c["source"]) for c in json.loads(text)["cells"]}
        assert "BEGIN HIDDEN" not in text
        assert "BEGIN SOLUTION" not in text
        assert "load_reference" not in text
        for exercise in source.exercises.values():
            for test in exercise.hidden_tests:
                assert test not in cells[exercise.check.id]
            for cell in (*exercise.mistakes, *exercise.alternatives):
                assert json.dumps(cell.text)[1:-1] not in text
                assert not cell.hint or json.dumps(cell.hint)[1:-1] not in text


def test_files_of_a_chapter_are_released_with_it_but_not_its_list_of_survivors(tmp_path):
    folder = make_course(tmp_path).solutions / small_course.CHAPTER
    (folder / "README.md").write_text("Read me.")
    (folder / LISTED).write_text("[[survivor]]")
    built = build_course(tmp_path / "solutions")
    for files in (built.source, built.release):
        assert {p.name for p in files} == {"01_first.ipynb", "02_second.ipynb", "README.md"}


def test_every_cell_is_valid_and_marked_as_nbgrader_wants(sources):
    for source in sources:
        release = release_notebook(source)
        nbformat.validate(release)
        marks = {c.id: c.metadata.nbgrader for c in release.cells if "nbgrader" in c.metadata}
        for exercise in source.exercises.values():
            assert marks[exercise.cell.id]["solution"]
            assert not marks[exercise.cell.id]["locked"]
            check = marks[exercise.check.id]
            assert check["grade"]
            assert check["locked"]
            assert check["points"] == exercise.points
        assert all(m["schema_version"] == 3 and m["checksum"] for m in marks.values())


def test_stubs_keep_signature_and_docstring(sources):
    for source in sources:
        for cell in release_notebook(source).cells:
            if cell.id.startswith("exercise-"):
                assert "raise NotImplementedError()" in cell.source
                assert "# YOUR CODE HERE" in cell.source
                assert '"""' in cell.source


def test_the_source_notebook_holds_solutions_and_hidden_tests(sources):
    cells = {c.id: c for c in source_notebook(sources[0]).cells}
    exercise = next(iter(sources[0].exercises.values()))
    assert "BEGIN SOLUTION" in cells[exercise.cell.id].source
    assert all(test in cells[exercise.check.id].source for test in exercise.hidden_tests)


def test_filled_in_notebooks_have_references_or_what_is_given(sources):
    name = next(iter(sources[0].exercises))
    cells = {c.id: c.source for c in handed_in(sources[0], {name: "mine = 1"}).cells}
    assert cells[sources[0].exercises[name].cell.id] == "mine = 1"
    assert all("NotImplementedError()" not in text for text in cells.values())


def test_writing_removes_what_is_no_longer_built_and_touches_nothing_else(tmp_path):
    files = {Path("ch01/01_a.ipynb"): b"a", Path("ch01/02_b.ipynb"): b"b"}
    assert sorted(write(files, tmp_path)) == sorted(files)
    assert write(files, tmp_path) == []
    (tmp_path / "ch02").mkdir()
    (tmp_path / "ch02" / "mine.txt").write_text("x")
    del files[Path("ch01/02_b.ipynb")]
    assert write(files, tmp_path) == [Path("ch01/02_b.ipynb")]
    assert differences(files, tmp_path) == []
    assert (tmp_path / "ch02" / "mine.txt").exists()
    assert not list(tmp_path.rglob("*.part"))


def test_nbgrader_validate_says_what_fails_and_what_holds(sources, tmp_path):
    """A small notebook of its own would do, but this is the one that students validate."""
    source = sources[0]
    release, solved = tmp_path / "release.ipynb", tmp_path / "solved.ipynb"
    release.write_bytes(serialize(release_notebook(source)))
    solved.write_bytes(serialize(_without_demos(handed_in(source))))
    assert Validator().validate(str(solved)) == {}
    found = Validator().validate(str(release))
    failed = {cell["source"].split("\n")[0] for cell in found.get("failed", [])}
    assert len(failed) == len(source.exercises)


def _without_demos(notebook):
    notebook.cells = [c for c in notebook.cells if "demo" not in c.metadata.get("tags", [])]
    return notebook
