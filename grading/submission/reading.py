"""Read what students hand in, and repair what can be repaired.

The way of a file: :mod:`grading.salvage` gets the JSON out of the bytes, :mod:`grading.raw_cells` the cells out of the
JSON, :mod:`grading.recognition` tells which cell of the release each one is, :mod:`grading.exercise_cells` finds the
work on each exercise, :mod:`grading.repair` gives every cell its role and its place.
"""

from __future__ import annotations

import os
import re
import stat
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grading.source import NotebookSource
from grading.submission.raw_cells import read_raw
from grading.submission.recognition import Cell, release_of
from grading.submission.repair import repair
from grading.submission.salvage import MAX_BYTES, Unreadable

MAX_FILES = 1_000  # of one hand-in that are looked at
MAX_PEEKS = 20  # files without a telling name that are opened
OTHER_SUFFIXES = {"", ".txt", ".json", ".pdf", ".html", ".htm", ".py", ".zip", ".docx"}

__all__ = ["StudentCell", "Submission", "Unreadable", "find_files", "read_file", "read_submission"]


@dataclass
class StudentCell:
    """One cell of a submission, in the role that it plays.

    ``kind`` is that of the source cell with the same ``id`` (markdown, setup, demo, exercise, check), or "own" for a
    code cell and "note" for a text cell that the student added.
    """

    kind: str
    text: str
    id: str = ""
    exercise: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Submission:
    """A readable notebook: its cells in an order that can be performed, and what was repaired."""

    cells: list[StudentCell]
    repairs: list[str] = field(default_factory=list)


def read_submission(data: bytes, source: NotebookSource) -> Submission:
    """Read a notebook file's bytes.

    Parameters
    ----------
    data : bytes
        Anything at all.
    source : NotebookSource

    Returns
    -------
    Submission
        Cells that are performed are setup, exercise and own; an exercise's cell may be there more than once.

    Raises
    ------
    Unreadable
        And nothing else, whatever the bytes are.
    """
    release = release_of(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of a student's escape sequences, of old formats
            cells, repairs = repair(read_raw(data), release)
    except Unreadable:
        raise
    except Exception as error:  # a fault of ours must not stop a class
        reason = f"This file could not be read ({type(error).__name__}). Please tell your instructor."
        raise Unreadable(reason) from error
    return Submission([_student_cell(cell) for cell in cells], repairs)


def _student_cell(cell: Cell) -> StudentCell:
    if cell.kind in ("own", "note"):
        return StudentCell(cell.kind, cell.text, outputs=cell.outputs)
    place = cell.place  # a copy of a demonstration has none
    return StudentCell(cell.kind, cell.text, place.id if place else "", place.exercise if place else "", cell.outputs)


# ---- files ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _File:
    path: Path
    shown: str  # its name in a sentence
    nested: bool
    modified: float

    @property
    def is_notebook(self) -> bool:
        return self.path.suffix.lower() == ".ipynb"


def read_file(path: Path) -> bytes:
    """Return the bytes of a regular file; links are not followed, devices and pipes are not opened.

    Raises
    ------
    Unreadable
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Unreadable("This is no regular file.")
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise Unreadable(f"This file could not be opened ({getattr(error, 'strerror', None) or error}).") from None


def find_files(folder: Path, sources: list[NotebookSource]) -> tuple[dict[str, Path], list[str]]:
    """Say which file of a hand-in is which notebook, and what was odd about names.

    A file is taken by its exact name, else by a name that holds the notebook's ("01_xor (1).ipynb"), else by what is in
    it; of several that fit, the newest. Links and whatever else is no regular file are ignored.

    Returns
    -------
    found : dict
        Paths by notebook name.
    told : list of str
        A sentence for each thing that was odd.
    """
    told: list[str] = []
    found: dict[str, _File] = {}
    try:
        files = _files(folder, told)
        for match in (_exact, _by_name, _by_content, _by_name_of_others):
            missing = [s for s in sources if s.name not in found]
            unused = [f for f in files if f not in found.values()]
            if missing and unused:
                found |= match(missing, unused, told)
        taken = set(found.values())
        told += [f"The file {f.shown} was not used." for f in files if f.is_notebook and f not in taken]
    except Exception as error:
        told.append(f"The folder could not be searched ({getattr(error, 'strerror', None) or type(error).__name__}).")
    return {name: file.path for name, file in found.items()}, told


def _files(folder: Path, told: list[str]) -> list[_File]:
    """Return the regular files of a folder and of the folders in it, hidden ones left out; the newest first."""
    files: list[_File] = []
    if os.path.islink(folder):
        told.append("The folder is a link; links are not followed.")
        return files
    folders = [Path(folder)]
    for place in folders:
        with os.scandir(place) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
        for entry in listed:
            if entry.name.startswith((".", "__")):
                continue
            nested = place != folders[0]
            shown = _shown(Path(entry.path).relative_to(folders[0]))
            if len(files) + len(folders) > MAX_FILES:
                told.append(f"The folder holds more than {MAX_FILES} files; the others were ignored.")
                return _newest_first(files)
            if entry.is_dir(follow_symlinks=False):
                folders += [] if nested else [Path(entry.path)]
            elif entry.is_file(follow_symlinks=False):
                modified = entry.stat(follow_symlinks=False).st_mtime
                files.append(_File(Path(entry.path), shown, nested, modified))
            else:
                what = "a link; links are not followed" if entry.is_symlink() else "no regular file; it was ignored"
                told.append(f"{shown} is {what}.")
    return _newest_first(files)


def _newest_first(files: list[_File]) -> list[_File]:
    return sorted(files, key=lambda f: (-f.modified, str(f.path)))


def _shown(path: Path) -> str:
    text = str(path).encode("utf-8", "replace").decode()
    return "".join(c if c.isprintable() else "?" for c in text)[:100]


def _exact(sources: list[NotebookSource], files: list[_File], told: list[str]) -> dict[str, _File]:
    by_name = {f.path.name: f for f in files if not f.nested}
    return {s.name: by_name[f"{s.name}.ipynb"] for s in sources if f"{s.name}.ipynb" in by_name}


def _words(name: str) -> str:
    return f"_{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_')}_"


def _by_name(
    sources: list[NotebookSource], files: list[_File], told: list[str], *, notebooks: bool = True
) -> dict[str, _File]:
    found: dict[str, _File] = {}
    for source in sorted(sources, key=lambda s: -len(s.name)):  # 01_xor_again before 01_xor
        for file in files:
            suffix_fits = file.is_notebook if notebooks else file.path.suffix.lower() in OTHER_SUFFIXES
            stem = file.path.stem if suffix_fits else ""
            if file not in found.values() and _words(source.name) in _words(stem):
                found[source.name] = file
                told.append(f"The file {file.shown} was taken for {source.name}.ipynb, by its name.")
                break
    return found


def _by_name_of_others(sources: list[NotebookSource], files: list[_File], told: list[str]) -> dict[str, _File]:
    """A notebook that was saved as something else, or something else that was handed in as the notebook."""
    return _by_name(sources, files, told, notebooks=False)


def _by_content(sources: list[NotebookSource], files: list[_File], told: list[str]) -> dict[str, _File]:
    scores: list[tuple[int, int, NotebookSource, _File]] = []
    for order, file in enumerate([f for f in files if f.is_notebook][:MAX_PEEKS]):
        try:
            data = read_file(file.path)
        except Unreadable:
            continue
        scores += [(score, -order, s, file) for s in sources if (score := _likeness(data, s))]
    found: dict[str, _File] = {}
    for _, _, source, file in sorted(scores, key=lambda score: score[:2], reverse=True):
        if source.name not in found and file not in found.values():
            found[source.name] = file
            told.append(f"The file {file.shown} was taken for {source.name}.ipynb, by what is in it.")
    return found


def _likeness(data: bytes, source: NotebookSource) -> int:
    """Say how much a file's content is like a notebook: what it says it is, else how many exercises are in it."""
    try:
        raw = read_raw(data)
        ours = raw.metadata.get("mlcourse")
        if isinstance(ours, dict) and isinstance(ours.get("notebook"), str):
            same = ours["notebook"] == source.name and ours.get("chapter", source.chapter) == source.chapter
            return 1_000_000 if same else 0
        cells, _ = repair(raw, release_of(source))
    except Exception:  # whatever it is, it is no notebook of ours
        return 0
    return len({c.place.exercise for c in cells if c.kind == "exercise"})
