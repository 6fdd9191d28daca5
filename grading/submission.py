"""Read what students hand in, and repair what can be repaired."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from grading.source import NotebookSource


class Unreadable(Exception):
    """A file from which nothing can be graded; its text is the reason, in a student's words."""


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
    """Read a notebook file's bytes. Raises Unreadable."""
    raise NotImplementedError


def find_files(folder: Path, sources: list[NotebookSource]) -> tuple[dict[str, Path], list[str]]:
    """Say which file of a hand-in is which notebook, and what was odd about names."""
    raise NotImplementedError
