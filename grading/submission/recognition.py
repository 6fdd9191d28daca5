"""Tell which cell of a submission stands for which cell of the release."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

from grading.build import release_notebook
from grading.source import NotebookSource
from grading.submission.raw_cells import RawCell
from grading.submission.student_code import Code, read_code

MARKED = ("exercise", "setup", "check")  # the kinds of cells that carry nbgrader's marks
INSTEAD = "instead"  # how a cell was recognised that stands in for one with marks
MAX_NAMED = 6  # names or cells that a sentence lists
_REPORT = re.compile(r"^report\(\s*['\"](\w+)['\"]", re.M)


@dataclass(frozen=True)
class Place:
    """A cell of the release."""

    rank: int
    kind: str
    id: str
    exercise: str
    text: str
    code: Code
    wanted: frozenset[str] = frozenset()  # what an exercise must define

    @property
    def label(self) -> str:
        """The cell in a student's words, to go on with "was"."""
        if self.exercise:
            return f"The {'cell' if self.kind == 'exercise' else 'check'} of exercise {self.exercise}"
        return f"The {'text' if self.kind == 'markdown' else self.kind} cell {self.id}"


@dataclass(frozen=True)
class Release:
    """What students were given."""

    notebook: str
    mark: str  # metadata.mlcourse.release
    places: tuple[Place, ...]

    @cached_property
    def by_id(self) -> dict[str, Place]:
        """All places by the cell's id."""
        return {p.id: p for p in self.places}

    @cached_property
    def by_text(self) -> dict[str, list[Place]]:
        """All places by what can be seen of their texts."""
        found: dict[str, list[Place]] = {}
        for place in self.places:
            found.setdefault(normal(place.text), []).append(place)
        return found

    @cached_property
    def exercises(self) -> dict[str, Place]:
        """The cells of exercises by the exercise's name."""
        return {p.exercise: p for p in self.places if p.kind == "exercise"}

    @cached_property
    def checks(self) -> dict[str, Place]:
        """The checks by the exercise's name."""
        return {p.exercise: p for p in self.places if p.kind == "check"}

    @cached_property
    def demo_names(self) -> frozenset[str]:
        """What all demonstrations together define."""
        return frozenset(name for p in self.places if p.kind == "demo" for name in p.code.names)


@dataclass(eq=False)
class Cell:
    """A submission's cell and the role that it is given."""

    raw: RawCell
    text: str
    place: Place | None = None  # the cell of the release that it stands for
    how: str = ""  # by what it was recognised: mark, id, text, report, names, INSTEAD
    kind: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)
    anchor: bool = False  # the order of the release binds it
    dropped: bool = False
    _code: tuple[str, Code] | None = None

    @property
    def code(self) -> Code:
        """What its text defines."""
        if self._code is None or self._code[0] is not self.text:
            same = self.place is not None and self.text == self.place.text
            self._code = self.text, self.place.code if same else read_code(self.text)
        return self._code[1]

    @property
    def is_code(self) -> bool:
        """Whether the file has it as a code cell."""
        return self.raw.type == "code"

    @property
    def untouched(self) -> bool:
        """Whether it is as it was released."""
        return self.place is not None and same_text(self.text, self.place.text)

    @property
    def unwritten(self) -> bool:
        """Whether something in it is still to be written."""
        return self.untouched or "raise NotImplementedError" in self.text

    @property
    def free(self) -> bool:
        """Whether it is a code cell that stands for nothing of the release."""
        return self.is_code and self.place is None and not self.dropped


def normal(text: str) -> str:
    """Return a text without what cannot be seen: spaces at the ends of lines, empty lines at either end."""
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))


def same_text(a: str, b: str) -> bool:
    """Say whether two texts look the same."""
    return a == b or normal(a) == normal(b)


@lru_cache(maxsize=64)
def release_of(source: NotebookSource) -> Release:
    """Return what students were given of a source."""
    notebook = release_notebook(source)
    places = []
    of_notebook = [cell for cell in source.cells if cell.in_notebook]
    for rank, (cell, released) in enumerate(zip(of_notebook, notebook.cells, strict=True)):
        wanted = source.exercises[cell.exercise].names if cell.kind == "exercise" else ()
        code = Code(False, frozenset()) if cell.kind == "markdown" else read_code(released.source)
        places.append(Place(rank, cell.kind, cell.id, cell.exercise, released.source, code, frozenset(wanted)))
    return Release(source.name, notebook.metadata.mlcourse.release, tuple(places))


def recognise(cells: list[Cell], release: Release) -> None:
    """Give each cell its place where a mark, an id, its exact text or its report() tells; names come later."""
    for cell in cells:
        for how, key in (("mark", cell.raw.grade_id), ("id", cell.raw.id)):
            if key in release.by_id:
                cell.place, cell.how = release.by_id[key], how
                break
    taken = {cell.place.id for cell in cells if cell.place}
    for cell in cells:
        if cell.place or not cell.text.strip():
            continue
        fitting = release.by_text.get(normal(cell.text), [])
        how = "text"
        if not fitting and cell.is_code and (call := _REPORT.search(cell.text)):
            fitting, how = [p for p in (release.checks.get(call.group(1)),) if p], "report"
        place = next((p for p in fitting if p.id not in taken), None)
        if place:
            cell.place, cell.how = place, how
            taken.add(place.id)
    _mend_swapped_marks(cells, release)


def _mend_swapped_marks(cells: list[Cell], release: Release) -> None:
    """Where a cell bears one exercise's mark and defines another's names alone, believe the names."""
    for cell in cells:
        place = cell.place
        if place is None or place.kind != "exercise" or cell.code.names & place.wanted:
            continue
        others = [p for p in release.exercises.values() if p.wanted <= cell.code.names]
        if others:
            cell.place, cell.how = others[-1], "names"
