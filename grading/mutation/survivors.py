"""Hand in every mutant as a student would, and answer for those that no check catches.

``survivors.toml`` beside the sources lists the mutants that may survive, each with the reason. An entry names a mutant
by its line of code and by what was changed, so it outlives edits elsewhere in the file::

    [[survivor]]
    notebook = "03_output_units"
    exercise = "log_softmax"
    function = "log_softmax"
    code = "shifted = logits - np.max(logits, axis=-1, keepdims=True)"
    change = "np.max(logits, axis=-1, keepdims=True) → np.max(logits, axis=1, keepdims=True)"
    reason = "Why no check catches it."
    equivalent = true    # it computes the same for every input that the exercise allows
"""

from __future__ import annotations

import dataclasses
import json
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from grading.build import handed_in, serialize
from grading.jobs import pool, warm_judge
from grading.judge import Judge
from grading.mutation.mutants import Mutant, mutants
from grading.sandbox.limits import Limits
from grading.source import Exercise, NotebookSource, SourceError, without_markers

LISTED = "survivors.toml"  # in a chapter's folder; never released
STUDENT = "mutation"
LIMITS = Limits(cell_cpu=4, cell_wall=15, call_cpu=2, call_wall=8, total_wall=60)  # endless loops are common and cheap
ENOUGH = 0.95


@dataclass(frozen=True)
class Survivor:
    """A mutant that no check catches, as ``survivors.toml`` names it."""

    notebook: str
    exercise: str
    function: str
    code: str
    change: str
    reason: str = dataclasses.field(default="", compare=False)
    equivalent: bool = dataclasses.field(default=False, compare=False)

    def __str__(self) -> str:
        """Return the entry, to be pasted into the file."""
        keys = ("notebook", "exercise", "function", "code", "change", "reason")
        lines = [f"{key} = {json.dumps(getattr(self, key), ensure_ascii=False)}" for key in keys]
        return "\n".join(["[[survivor]]", *lines, f"equivalent = {str(self.equivalent).lower()}"])


@dataclass(frozen=True)
class Outcome:
    """What became of an exercise's mutants."""

    source: NotebookSource
    exercise: str
    mutants: int
    unlisted: list[tuple[Mutant, Survivor]]
    listed: list[Survivor]
    stale: list[Survivor]  # listed, but caught or gone


@dataclass(frozen=True)
class Figures:
    """The mutants of some exercises, counted; ``share`` is that of the caught among those that are not equivalent."""

    mutants: int
    caught: int
    equivalent: int
    listed: int
    unlisted: int
    share: float


def figures(outcomes: list[Outcome]) -> Figures:
    """Count the mutants of these exercises."""
    mutants, caught, equivalent, listed, unlisted = (
        sum(counts) for counts in zip(*(_counts(outcome) for outcome in outcomes), strict=True)
    )
    real = mutants - equivalent
    return Figures(mutants, caught, equivalent, listed, unlisted, caught / real if real else 1.0)


def _counts(outcome: Outcome) -> tuple[int, ...]:
    equivalent = sum(s.equivalent for s in outcome.listed)
    survived = len(outcome.listed) + len(outcome.unlisted)
    others = len(outcome.listed) - equivalent
    return outcome.mutants, outcome.mutants - survived, equivalent, others, len(outcome.unlisted)


def read_survivors(folder: Path) -> list[Survivor]:
    """Read a chapter's ``survivors.toml``; without one there are none. Raises SourceError for what must be mended."""
    path = folder / LISTED
    if not path.exists():
        return []
    remedy = f"An entry has the keys {', '.join(f.name for f in dataclasses.fields(Survivor))}"
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", [])
        found = [Survivor(**entry) for entry in entries]
    except (tomllib.TOMLDecodeError, TypeError) as error:
        raise SourceError(path, 1, f"not a list of survivors ({error})", remedy) from None
    for survivor in found:
        if not survivor.reason.strip():
            raise SourceError(path, 1, f"no reason for {survivor.change!r} in {survivor.exercise}", "Say why")
        if found.count(survivor) > 1:
            raise SourceError(path, 1, f"{survivor.change!r} in {survivor.exercise} is listed twice", "Keep one")
    return found


def mutate_all(
    work: list[tuple[NotebookSource, Exercise]], *, isolation: str = "bubblewrap", workers: int | None = None
) -> Iterator[Outcome]:
    """Judge the mutants of many exercises side by side; yield what became of them, in order.

    Parameters
    ----------
    work : list of (NotebookSource, Exercise)
    isolation : {"bubblewrap", "none"}
    workers : int, optional
        Processes; as many as cores when left out.
    """
    with pool(max(1, min(workers or os.cpu_count() or 1, len(work)))) as executor:
        found = executor.map(_survivors, *zip(*work, strict=True), [isolation] * len(work))
        for (source, exercise), (count, surviving) in zip(work, found, strict=True):
            yield outcome(source, exercise, count, surviving, read_survivors(source.path.parent))


def _survivors(source: NotebookSource, exercise: Exercise, isolation: str) -> tuple[int, list[Mutant]]:
    judge = warm_judge(isolation, LIMITS)
    if not _passes(judge, source, exercise, without_markers(exercise.cell.text)):
        raise source.error(exercise.cell, f"the reference of {exercise.name} fails", "Run: mlcourse verify")
    made = mutants(exercise.cell.text, exercise.cell.line)
    return len(made), [m for m in made if _passes(judge, source, exercise, m.text)]


def _passes(judge: Judge, source: NotebookSource, exercise: Exercise, text: str) -> bool:
    data = serialize(handed_in(source, {exercise.name: text}))
    return judge.grade(source, data, STUDENT, only=exercise.name).result.exercises[0].solved


def outcome(
    source: NotebookSource, exercise: Exercise, count: int, surviving: list[Mutant], listed: list[Survivor]
) -> Outcome:  # fmt: skip
    """Compare the mutants of an exercise that survive with those that may."""
    place = source.name, exercise.name
    named = [(m, Survivor(*place, m.function, m.code, m.change)) for m in surviving]
    mine = [s for s in listed if (s.notebook, s.exercise) == place]
    alive = [survivor for _, survivor in named]
    return Outcome(
        source, exercise.name, count,
        unlisted=[(m, s) for m, s in named if s not in mine],
        listed=[s for s in mine if s in alive],
        stale=[s for s in mine if s not in alive],
    )  # fmt: skip
