"""Make nbgrader know a chapter: its notebooks in ``source/`` and ``release/``, its cells in the gradebook."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Assignment, Gradebook
from nbgrader.converters import GenerateAssignment
from nbgrader.utils import capture_log

from grading.build import build_course, write
from grading.course import Course, CourseError, write_atomically

QUIET = logging.getLogger("grading.nbgrader")
QUIET.propagate = False
QUIET.addHandler(logging.NullHandler())


@contextlib.contextmanager
def open_gradebook(course: Course) -> Iterator[Gradebook]:
    """Open nbgrader's database; made when there is none."""
    before = os.environ.get("PATH", "")
    # nbgrader asks the command `alembic` for the version of a new database; it lies beside this Python
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        gradebook = Gradebook(course.db_url, course.directory.course_id)
    finally:
        os.environ["PATH"] = before
    with gradebook:
        yield gradebook


def register(course: Course, chapter: str) -> bool:
    """Put a chapter's notebooks into ``source/`` and ``release/``, and make the gradebook know them.

    Parameters
    ----------
    course : Course
    chapter : str

    Returns
    -------
    bool
        Whether anything changed since the last time.

    Raises
    ------
    CourseError
        Where the gradebook holds submissions of other notebooks or exercises than the sources have now.
    """
    source = Path(os.path.normpath(course.folder("source", chapter)))
    if source.name != chapter:
        raise CourseError(f"{source}: expected CourseDirectory.directory_structure to end in {{assignment_id}}")
    files = build_course(course.solutions, [chapter]).source
    cells = {
        path.stem: {cell.metadata.nbgrader.grade_id for cell in _cells(content) if "nbgrader" in cell.metadata}
        for path, content in files.items()
        if path.suffix == ".ipynb" and path.parent == Path(chapter)
    }
    with open_gradebook(course) as gradebook:
        known, submissions = _registered(gradebook, chapter)
    if submissions and known != cells:
        _refuse(chapter, submissions, known, cells)
    changed = write(files, source.parent)
    released = course.folder("release", chapter)
    stamp, fingerprint = course.records / "registered" / chapter, _fingerprint(files)
    done = stamp.exists() and stamp.read_text() == fingerprint
    if done and not changed and known == cells and all((released / f"{name}.ipynb").is_file() for name in cells):
        return False
    course.directory.assignment_id = chapter
    converter = GenerateAssignment(coursedir=course.directory, config=course.nbgrader_config(), log=QUIET, force=True)
    outcome = capture_log(converter)
    if not outcome["success"]:
        said = [line for line in outcome["error"].splitlines() if line.strip()]
        raise CourseError(f"nbgrader could not register {chapter}: {said[-1]}")
    write_atomically(stamp, fingerprint.encode())
    return True


def _fingerprint(files: dict[Path, bytes]) -> str:
    digest = hashlib.sha256()
    for path, content in sorted(files.items()):
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def _cells(content: bytes) -> list[Any]:
    return nbformat.reads(content.decode(), as_version=4).cells


def _registered(gradebook: Gradebook, chapter: str) -> tuple[dict[str, set[str]], int]:
    """Return what the gradebook knows of a chapter: the cells of its notebooks, and the number of submissions."""
    assignment = gradebook.db.query(Assignment).filter_by(name=chapter).one_or_none()
    if assignment is None:
        return {}, 0
    known = {n.name: {cell.name for cell in n.source_cells} for n in assignment.notebooks}
    return known, len(assignment.submissions)


def _refuse(chapter: str, submissions: int, known: dict[str, set[str]], cells: dict[str, set[str]]) -> None:
    old = {f"{notebook}/{cell}" for notebook in known for cell in known[notebook]}
    new = {f"{notebook}/{cell}" for notebook in cells for cell in cells[notebook]}
    differences = [f"{name} is gone" for name in sorted(old - new)] + [f"{name} is new" for name in sorted(new - old)]
    raise CourseError(
        f"{chapter}: the gradebook holds {submissions} submissions of other cells than the sources have now "
        f"({', '.join(differences[:6])}). Bring them back, or start a new course folder for the changed chapter"
    )
