"""Make a class: hand-ins as a real one brings them, from the course's own notebooks.

Everything follows from the seed, so that two classes of the same size are byte-identical.
"""

from __future__ import annotations

import copy
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat.notebooknode import NotebookNode, from_dict

from grading.build import handed_in, serialize, stub
from grading.classroom import damage, hostile
from grading.judge.performance import Performance, Scene
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.source import NotebookSource

NAMES = (
    "abebe agnes alejandro amina anneliese aroha benoit bilal chiara chidi dagmar daniyar deepika eluned emeka esra "
    "fatou finn gulnara haruka hemi ines ishaan ivana jarek jing kofi lena leyla malia mateo mehmet mwangi nadia niko "
    "noor olga oskar paloma priya quentin rafael rana rosa ruslan sana selma siddharth soo-jin tariq tereza thabo "
    "tomasz uma valeria viktor wanjiru xiulan yara yusuf zanele zoran"
).split()
FIGURES = Limits(cell_cpu=60, cell_wall=120, total_wall=600)


@dataclass
class HandIn:
    """One student's submission, and what is known of it."""

    student: str
    kind: str  # complete, alternative, mistaken, half done, damaged, hostile, partial, late
    files: dict[str, bytes] = field(default_factory=dict)
    timestamp: str = "2026-03-02 17:00:00 UTC"
    about: str = ""

    def write(self, folder: Path) -> None:
        """Write the hand-in into its folder, as nbgrader's collect would."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        (folder / "timestamp.txt").write_text(self.timestamp)


def make_class(
    sources: list[NotebookSource], size: int, *, seed: int = 0, outputs: dict[str, dict[str, list]] | None = None
) -> list[HandIn]:
    """Return a class that makes every known mistake, with some files damaged, some hostile, and some that are right.

    Parameters
    ----------
    sources : list of NotebookSource
        The chapter's notebooks.
    size : int
    seed : int
    outputs : dict, optional
        What :func:`recorded_outputs` returned, by notebook: the figures in the students' notebooks.
    """
    draw = random.Random(seed)
    names = [NAMES[i % len(NAMES)] + ("" if i < len(NAMES) else str(i // len(NAMES) + 1)) for i in range(size)]
    maker = _Maker(sources, outputs or {})
    crowd = [maker.complete(), maker.alternative(0), *maker.odd(draw), *maker.mistaken(draw, among=size // 2)]
    while len(crowd) < size:
        crowd.append(draw.choice((maker.complete, maker.half_done, lambda: maker.alternative(draw.randrange(3))))())
    draw.shuffle(crowd)
    crowd = crowd[:size]
    for name, hand_in in zip(names, crowd, strict=True):
        hand_in.student = name
    return crowd


def recorded_outputs(sources: list[NotebookSource], *, isolation: str = "bubblewrap") -> dict[str, dict[str, list]]:
    """Run each notebook with its references, demonstrations included; return the outputs by notebook and cell id."""
    recorded: dict[str, dict[str, list]] = {}
    with Sandbox(isolation=isolation) as sandbox:
        for source in sources:
            cells = [c for c in handed_in(source).cells if c.cell_type == "code"]
            performance = Performance(sandbox, FIGURES, [Scene(c.id, c.source) for c in cells])
            try:
                performance.perform()
            finally:
                performance.close()
            recorded[source.name] = {
                cell.id: scene.outputs for cell, scene in zip(cells, performance.scenes, strict=True)
            }
    return recorded


class _Maker:
    def __init__(self, sources: list[NotebookSource], outputs: dict[str, dict[str, list]]):
        self._sources, self._outputs = sources, outputs
        self._blank = {s.name: handed_in(s) for s in sources}
        self._stubs = {(s.name, e): stub(s, e) for s in sources for e in s.exercises}

    def _notebook(self, source: NotebookSource, texts: dict[str, str]) -> NotebookNode:
        """A notebook with these exercise texts (else references), and figures up to the first wrong one."""
        notebook = copy.deepcopy(self._blank[source.name])
        outputs, count = self._outputs.get(source.name, {}), 0
        exercises = {e.cell.id: e for e in source.exercises.values()}
        for cell in notebook.cells:
            exercise = exercises.get(cell.id)
            if exercise is not None and exercise.name in texts:
                cell.source = texts[exercise.name]
                if cell.source not in [a.text for a in exercise.alternatives]:
                    outputs = {}
            if cell.cell_type == "code" and outputs:
                count += 1
                cell.execution_count = count
                cell.outputs = [from_dict(_output(o, count)) for o in outputs.get(cell.id, [])]
        return notebook

    def _hand_in(self, kind: str, texts: dict[str, dict[str, str]], about: str = "") -> HandIn:
        files = {
            f"{s.name}.ipynb": serialize(self._notebook(s, texts.get(s.name, {}))) for s in self._sources
        }  # fmt: skip
        return HandIn("", kind, files, about=about)

    def complete(self) -> HandIn:
        return self._hand_in("complete", {})

    def alternative(self, number: int) -> HandIn:
        texts = {
            s.name: {
                e.name: e.alternatives[number % len(e.alternatives)].text
                for e in s.exercises.values()
                if e.alternatives
            }
            for s in self._sources
        }
        return self._hand_in("alternative", texts)

    def mistaken(self, draw: random.Random, among: int) -> list[HandIn]:
        """Hand-ins that make every known mistake of the chapter once, dealt ``among`` students; one an exercise."""
        mistakes = [
            (source.name, exercise.name, number)
            for source in self._sources
            for exercise in source.exercises.values()
            for number in range(len(exercise.mistakes))
        ]
        draw.shuffle(mistakes)
        dealt: list[dict[tuple[str, str], int]] = [{} for _ in range(max(1, among))]
        for source, exercise, number in mistakes:
            free = [hand for hand in dealt if (source, exercise) not in hand]
            if not free:
                dealt.append({})
                free = dealt[-1:]
            min(free, key=len)[source, exercise] = number
        return [self._mistaken(chosen) for chosen in dealt if chosen]

    def _mistaken(self, chosen: dict[tuple[str, str], int]) -> HandIn:
        texts: dict[str, dict[str, str]] = {}
        for source in self._sources:
            for exercise in source.exercises.values():
                number = chosen.get((source.name, exercise.name))
                if number is not None:
                    texts.setdefault(source.name, {})[exercise.name] = exercise.mistakes[number].text
        about = ", ".join(f"{exercise} {number + 1}" for (_, exercise), number in sorted(chosen.items()))
        return self._hand_in("mistaken", texts, f"mistakes {about}")

    def half_done(self) -> HandIn:
        texts: dict[str, dict[str, str]] = {}
        for source in self._sources:
            names = list(source.exercises)
            texts[source.name] = {n: self._stubs[source.name, n] for n in names[len(names) // 2 :]}
        return self._hand_in("half done", texts)

    def odd(self, draw: random.Random) -> list[HandIn]:
        """Half-done, late, incomplete, damaged and hostile hand-ins."""
        found = [self.half_done(), self.half_done()]
        late = self.complete()
        late.kind, late.timestamp = "late", "2026-03-04 09:30:00 UTC"
        partial = self.complete()
        partial.kind = "partial"
        partial.files.popitem()
        found += [late, partial]
        first, *_ = self._sources
        good = serialize(self._notebook(first, {}))
        for name in draw.sample(sorted(damage.DAMAGES), k=min(8, len(damage.DAMAGES))):
            hand_in = self.complete()
            hand_in.kind, hand_in.about = "damaged", name
            hand_in.files[f"{first.name}.ipynb"] = damage.DAMAGES[name](good)
            found.append(hand_in)
        for attack in draw.sample(sorted(hostile.ATTACKS, key=lambda a: a.name), k=min(5, len(hostile.ATTACKS))):
            hand_in = self.complete()
            hand_in.kind, hand_in.about = "hostile", attack.name
            hand_in.files[f"{first.name}.ipynb"] = attack.notebook(first)
            found.append(hand_in)
        return found


def _output(output: dict[str, Any], count: int) -> dict[str, Any]:
    """Complete a recorded output to nbformat's form."""
    full = dict(output)
    if full["output_type"] in ("display_data", "execute_result"):
        full.setdefault("metadata", {})
    if full["output_type"] == "execute_result":
        full["execution_count"] = count
    return full
