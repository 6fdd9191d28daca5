"""Turn sources into notebooks: nbgrader source notebooks for instructors, the release for students.

The release is made by nbgrader's own preprocessors, so it equals what ``nbgrader generate_assignment`` makes of the
source notebooks, cell by cell. Two builds are byte-identical.
"""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.preprocessors import ClearHiddenTests, ClearOutput, ClearSolutions, ComputeChecksums, LockCells

from grading.source import BEGIN_HIDDEN, NotebookSource, SourceCell, chapters, read_chapter, without_markers

INSTRUCTORS_OWN = ("survivors.toml",)  # files of a chapter that are in no notebook folder
RELEASE_STEPS = (LockCells, ClearSolutions, ClearOutput, ComputeChecksums, ClearHiddenTests, ComputeChecksums)


@dataclass(frozen=True)
class Built:
    """The files that a build makes, by path, as bytes."""

    source: dict[Path, bytes]  # below build/source/, with solutions and hidden tests
    release: dict[Path, bytes]  # below notebooks/, what students get


def build_course(solutions: Path, only: list[str] | None = None) -> Built:
    """Build all chapters (or those named) in memory."""
    built = Built({}, {})
    for chapter in only or chapters(solutions):
        for notebook in read_chapter(solutions, chapter):
            path = Path(chapter) / f"{notebook.name}.ipynb"
            source, release = source_notebook(notebook), release_notebook(notebook)
            built.source[path], built.release[path] = serialize(source), serialize(release)
        for extra in sorted((solutions / chapter).rglob("*")):
            own = extra.suffix == ".py" or extra.name in INSTRUCTORS_OWN or "__pycache__" in extra.parts
            if extra.is_file() and not own:
                path = Path(chapter) / extra.relative_to(solutions / chapter)
                built.source[path] = built.release[path] = extra.read_bytes()
    return built


def write(files: dict[Path, bytes], folder: Path) -> list[Path]:
    """Make ``folder`` hold exactly these files in the chapters that they belong to; return what changed."""
    changed = []
    for chapter in sorted({path.parts[0] for path in files}):
        for old in sorted((folder / chapter).rglob("*")):
            relative = old.relative_to(folder)
            if old.is_file() and relative not in files and ".ipynb_checkpoints" not in old.parts:
                old.unlink()
                changed.append(relative)
    for path, content in files.items():
        target = folder / path
        if not target.is_file() or target.read_bytes() != content:
            target.parent.mkdir(parents=True, exist_ok=True)
            temporary = target.with_name(f".{target.name}.part")
            temporary.write_bytes(content)
            shutil.move(temporary, target)
            changed.append(path)
    return changed


def differences(files: dict[Path, bytes], folder: Path) -> list[Path]:
    """Return the files that ``folder`` lacks or holds in another version."""
    return [p for p, content in files.items() if not (folder / p).is_file() or (folder / p).read_bytes() != content]


def source_notebook(notebook: NotebookSource) -> NotebookNode:
    """Return the notebook with solutions and hidden tests, as nbgrader's ``source/`` wants it."""
    return _with_release_mark(notebook, _plain_notebook(notebook))


def release_notebook(notebook: NotebookSource) -> NotebookNode:
    """Return what a student gets."""
    return _release(source_notebook(notebook))


def released_cells(notebook: NotebookSource) -> list[NotebookNode]:
    """Return the cells of the release, one for each source cell that is part of the notebook, in order."""
    return release_notebook(notebook).cells


def handed_in(notebook: NotebookSource, texts: dict[str, str] | None = None) -> NotebookNode:
    """Return the release with its exercise cells filled in: with ``texts`` by exercise, else with the references."""
    release = release_notebook(notebook)
    for cell in release.cells:
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("solution"):
            exercise = next(e for e in notebook.exercises.values() if e.cell.id == mark["grade_id"])
            cell.source = (texts or {}).get(exercise.name, without_markers(exercise.cell.text))
    return release


def stub(notebook: NotebookSource, exercise: str) -> str:
    """Return the text of an exercise's cell as students get it."""
    identity = notebook.exercises[exercise].cell.id
    return next(c.source for c in release_notebook(notebook).cells if c.id == identity)


def serialize(notebook: NotebookNode) -> bytes:
    """Return a notebook as the bytes of its file."""
    return (nbformat.writes(notebook, version=4) + "\n").encode()


def _release(source: NotebookNode) -> NotebookNode:
    release = copy.deepcopy(source)
    for step in RELEASE_STEPS:
        release, _ = step().preprocess(release, {})
    return release


def _plain_notebook(notebook: NotebookSource) -> NotebookNode:
    cells = [_cell(notebook, cell) for cell in notebook.cells if cell.in_notebook]
    metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return new_notebook(cells=cells, metadata=metadata)


def _with_release_mark(notebook: NotebookSource, source: NotebookNode) -> NotebookNode:
    cells = json.dumps(_release(source).cells, sort_keys=True)
    source.metadata["mlcourse"] = {
        "chapter": notebook.chapter,
        "notebook": notebook.name,
        "release": hashlib.sha256(cells.encode()).hexdigest()[:12],
    }
    nbformat.validate(source)
    return source


def _cell(notebook: NotebookSource, cell: SourceCell) -> NotebookNode:
    if cell.kind == "markdown":
        return new_markdown_cell(cell.text, id=cell.id)
    node = new_code_cell(cell.text.strip("\n"), id=cell.id)
    if cell.kind == "demo":
        node.metadata["tags"] = ["demo"]
        return node
    marks = {"schema_version": 3, "grade_id": cell.id, "grade": False, "solution": False, "locked": True, "task": False}
    if cell.kind == "exercise":
        marks |= {"solution": True, "locked": False}
    elif cell.kind == "check":
        node.source = _check_text(notebook, cell)
        marks |= {"grade": True, "points": notebook.exercises[cell.exercise].points}
    node.metadata["nbgrader"] = marks
    return node


def _check_text(notebook: NotebookSource, cell: SourceCell) -> str:
    """A check cell's text: its tests, the reference for graders that have one process, the call of the report."""
    exercise = notebook.exercises[cell.exercise]
    reference = notebook.reference_before(cell.exercise)
    hidden = (
        f"{BEGIN_HIDDEN}\nfrom grading.checks import load_reference\n\n"
        f"reference = load_reference({reference!r}, globals())\n\n"
    )
    arguments = [f'"{exercise.name}"', f"points={exercise.points:g}"]
    if exercise.hidden_tests:
        arguments.append(f"hidden={len(exercise.hidden_tests)}")
    call = f"report({', '.join(arguments)})"
    visible, begin, rest = cell.text.partition(BEGIN_HIDDEN + "\n")
    if not begin:
        return f"{visible.rstrip()}\n\n\n{call}"
    return f"{visible.rstrip()}\n\n\n{hidden}{rest.rstrip()}\n{call}"  # without the hidden region: two empty lines
