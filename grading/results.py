"""What grading yields: plain data that travels between processes, into the gradebook, and into reports."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from typing import Any, Self

from grading.checks import TestResult


@dataclass
class ExerciseResult:
    """One exercise of one student."""

    name: str
    points: float  # what it is worth
    score: float  # what was earned
    tests: list[TestResult] = field(default_factory=list)
    diagnosis: str = ""  # the hint of the known mistake that explains the failures
    mistake: int | None = None  # which mistake of the source that is, counted from 0
    notes: list[str] = field(default_factory=list)  # limits hit, why nothing is defined …, for the student

    @property
    def solved(self) -> bool:
        """Whether all checks hold."""
        return bool(self.tests) and all(t.passed for t in self.tests)


@dataclass
class NotebookResult:
    """One notebook of one student."""

    name: str
    exercises: list[ExerciseResult] = field(default_factory=list)
    repairs: list[str] = field(default_factory=list)  # what was found damaged, and what was done about it
    incidents: list[str] = field(default_factory=list)  # limits hit, crashes, messages forged
    unreadable: str = ""  # the reason, where nothing could be graded
    file: str = ""  # the file that was graded
    seconds: dict[str, float] = field(default_factory=dict)  # where the time went; not part of the result proper

    @property
    def score(self) -> float:
        """The points earned."""
        return round(sum(e.score for e in self.exercises), 2)

    @property
    def points(self) -> float:
        """The points that could be earned."""
        return sum(e.points for e in self.exercises)


@dataclass
class SubmissionResult:
    """All notebooks of one student's hand-in of one chapter."""

    student: str
    chapter: str
    notebooks: list[NotebookResult] = field(default_factory=list)
    timestamp: str = ""  # when it was handed in, as nbgrader's timestamp.txt says
    submitted: str = ""  # fingerprint of the files handed in
    course: str = ""  # fingerprint of the sources that graded them

    @property
    def score(self) -> float:
        """The points earned."""
        return round(sum(n.score for n in self.notebooks), 2)

    @property
    def points(self) -> float:
        """The points that could be earned."""
        return sum(n.points for n in self.notebooks)

    def to_json(self) -> str:
        """Return the result as JSON; :meth:`from_json` reads it back."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        for notebook in data["notebooks"]:
            for exercise in notebook["exercises"]:
                exercise["tests"] = [TestResult(**t) for t in exercise["tests"]]
            notebook["exercises"] = [ExerciseResult(**e) for e in notebook["exercises"]]
        data["notebooks"] = [NotebookResult(**n) for n in data["notebooks"]]
        return cls(**data)
