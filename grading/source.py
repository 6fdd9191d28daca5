"""Read a notebook's source, a percent-format Python file of ``solutions/``, into cells and exercises.

What may stand in a cell's marker line, beside ``[markdown]``::

    # %% exercise="softmax" points=4 forbid=["mlcore.functions.softmax"]
    # %% check="softmax"
    # %% mistake="softmax" hint="You divided by the sum over the whole batch. Which axis holds the classes?"
    # %% alternative="softmax"
    # %% demo=true

Every error names file, line and remedy.
"""

from __future__ import annotations

import ast
import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import jupytext

BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_HIDDEN, END_HIDDEN = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
KINDS = ("exercise", "check", "mistake", "alternative", "demo")
OPTIONS = {
    "exercise": {"points", "forbid", "seconds"},
    "check": set(),
    "mistake": {"hint"},
    "alternative": set(),
    "demo": set(),
}


class SourceError(Exception):
    """Something in a source file that its author must mend."""

    def __init__(self, path: Path, line: int, problem: str, remedy: str):
        self.path, self.line, self.problem, self.remedy = path, line, problem, remedy
        super().__init__(f"{path}:{line}: {problem}. {remedy}")

    def __reduce__(self) -> tuple:
        return type(self), (self.path, self.line, self.problem, self.remedy)  # travels between processes


@dataclass(frozen=True)
class SourceCell:
    """One cell of a source file. ``line`` is that of its first line of text; ``id`` is its id in the notebook."""

    kind: str  # markdown, setup, demo, exercise, check, mistake, alternative
    text: str
    line: int
    id: str
    exercise: str = ""
    hint: str = ""
    options: dict = field(default_factory=dict, hash=False)

    @property
    def in_notebook(self) -> bool:
        """Whether the cell is part of the notebook (mistakes and alternatives are not)."""
        return self.kind not in ("mistake", "alternative")


@dataclass(frozen=True)
class Exercise:
    """What a student writes, how it is checked, and what is known to go wrong."""

    name: str
    points: float
    cell: SourceCell
    check: SourceCell
    mistakes: tuple[SourceCell, ...]
    alternatives: tuple[SourceCell, ...]

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names that the reference solution defines at top level, in order."""
        return tuple(defined_names(self.cell.text))

    @property
    def forbid(self) -> tuple[str, ...]:
        """Dotted names of library functions that a solution may not call."""
        return tuple(self.cell.options.get("forbid", ()))

    @property
    def seconds(self) -> float | None:
        """A time limit of its own for each call, or None."""
        return self.cell.options.get("seconds")

    @cached_property
    def hidden_tests(self) -> frozenset[str]:
        """The names of the tests that a student's notebook does not have."""
        region = re.search(f"^{BEGIN_HIDDEN}\n(.*?)^{END_HIDDEN}$", self.check.text, re.S | re.M)
        return frozenset(test_names(region.group(1))) if region else frozenset()

    @cached_property
    def visible_tests(self) -> tuple[str, ...]:
        """The names of the tests that a student's notebook has."""
        return tuple(n for n in test_names(self.check.text) if n not in self.hidden_tests)


@dataclass(frozen=True)
class NotebookSource:
    """One notebook: its cells in order, its exercises by name."""

    path: Path
    chapter: str
    name: str
    cells: tuple[SourceCell, ...]
    exercises: dict[str, Exercise] = field(hash=False)

    @cached_property
    def fingerprint(self) -> str:
        """A short text that changes whenever anything in the source does."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:12]

    def error(self, cell: SourceCell, problem: str, remedy: str) -> SourceError:
        """Return the error that points at a cell."""
        return SourceError(self.path, cell.line, problem, remedy)

    def reference_before(self, exercise: str) -> str:
        """Return the solutions of all exercises up to and including this one, as one piece of code."""
        parts = []
        for other in self.exercises.values():
            parts.append(without_markers(other.cell.text))
            if other.name == exercise:
                break
        return "\n\n".join(parts)


def without_markers(text: str) -> str:
    """Return a solution cell's code without the lines that mark the solution."""
    return "\n".join(line for line in text.splitlines() if line.strip() not in (BEGIN_SOLUTION, END_SOLUTION))


def defined_names(code: str) -> list[str]:
    """Return the names that top-level statements define or assign, in order; imports and _private names left out."""
    names: list[str] = []
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names += [n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)]
    return [n for n in dict.fromkeys(names) if not n.startswith("_")]


def test_names(code: str) -> list[str]:
    """Return the names of the test functions of a check cell, in order."""
    return [n.name for n in ast.parse(code).body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]


test_names.__test__ = False  # not a test for pytest to collect


def chapters(solutions: Path) -> list[str]:
    """Return the chapters of a course, in order."""
    found = sorted(p.name for p in solutions.glob("ch*") if any(p.glob("[0-9]*.py")))
    if not found:
        raise FileNotFoundError(
            f"no notebook sources under {solutions}/; expected chNN_topic/NN_name.py (run this at the course's root)"
        )
    return found


def read_chapter(solutions: Path, chapter: str) -> list[NotebookSource]:
    """Read all notebooks of a chapter, in order."""
    folder = solutions / chapter
    if not folder.is_dir():
        raise FileNotFoundError(f"no chapter {chapter!r} in {solutions}/; there are: {', '.join(chapters(solutions))}")
    return [read_notebook(path) for path in sorted(folder.glob("[0-9]*.py"))]


def read_notebook(path: Path) -> NotebookSource:
    """Read one source file. Raises SourceError for whatever its author must mend."""
    text = path.read_text(encoding="utf-8")
    cells = _cells(path, text)
    if any(c.kind == "check" for c in cells) and not _imports_report(cells):
        remedy = "Write: from grading.checks import report (the build ends each check cell with a call of it)"
        raise SourceError(path, 1, "no setup cell imports report", remedy)
    return NotebookSource(path, path.parent.name, path.stem, tuple(cells), _exercises(path, cells))


def _imports_report(cells: list[SourceCell]) -> bool:
    imports = (n for c in cells if c.kind == "setup" for n in ast.parse(c.text).body if isinstance(n, ast.ImportFrom))
    return any(n.module == "grading.checks" and "report" in (a.name for a in n.names) for n in imports)


# ---- cells ----------------------------------------------------------------------------------------------------------


def _cells(path: Path, text: str) -> list[SourceCell]:
    parsed = jupytext.reads(text, fmt="py:percent").cells
    markers = [i for i, line in enumerate(text.splitlines(), start=1) if re.match(r"# %%(\s|$)", line)]
    if len(markers) != len(parsed):
        raise SourceError(path, 1, "text before the first cell, or a cell marker inside a string", "Begin with `# %%`")
    cells, counts = [], dict.fromkeys((*KINDS, "markdown", "setup"), 0)
    for marker, node in zip(markers, parsed, strict=True):
        kind, exercise, options = _kind(path, marker, node)
        if kind in ("exercise", "check"):
            identity = f"{kind}-{exercise.replace('_', '-')}"
        else:
            counts[kind] += 1
            identity = f"{'text' if kind == 'markdown' else kind}-{counts[kind]:02d}"
        if node.cell_type == "code":
            _must_compile(path, marker, node.source)
        hint = options.pop("hint", "")
        cells.append(SourceCell(kind, node.source, marker + 1, identity, exercise, hint, options))
    return cells


def _kind(path: Path, line: int, node) -> tuple[str, str, dict]:
    options = {k: v for k, v in node.metadata.items() if k != "lines_to_next_cell"}
    kinds = [k for k in KINDS if k in options]
    if len(kinds) > 1:
        raise SourceError(path, line, f"a cell is both {kinds[0]} and {kinds[1]}", "Make two cells of it")
    if not kinds:
        if options:
            raise SourceError(path, line, f"unknown cell option {min(options)!r}", f"Cells are {', '.join(KINDS)}")
        return ("markdown" if node.cell_type == "markdown" else "setup"), "", {}
    kind = kinds[0]
    exercise = options.pop(kind)
    unknown = set(options) - OPTIONS[kind]
    if unknown:
        known = ", ".join(sorted(OPTIONS[kind])) or "none"
        raise SourceError(path, line, f"unknown option {min(unknown)!r} of a {kind} cell", f"Known options: {known}")
    if kind == "demo":
        return kind, "", options
    if not isinstance(exercise, str) or not exercise.isidentifier():
        raise SourceError(path, line, f"{kind}={exercise!r} names no exercise", f'Write {kind}="its_name"')
    return kind, exercise, options


def _must_compile(path: Path, marker: int, code: str) -> None:
    try:
        ast.parse(code)
    except SyntaxError as error:
        line = marker + (error.lineno or 1)
        raise SourceError(
            path, line, f"invalid Python ({error.msg})", "Mend the syntax; magics are not allowed"
        ) from None


# ---- exercises ------------------------------------------------------------------------------------------------------


def _exercises(path: Path, cells: list[SourceCell]) -> dict[str, Exercise]:
    by_kind = {kind: [c for c in cells if c.kind == kind] for kind in KINDS}
    _must_be_unique(path, by_kind["exercise"])
    _must_be_unique(path, by_kind["check"])
    known = {c.exercise for c in by_kind["exercise"]}
    for cell in cells:
        if cell.exercise and cell.exercise not in known:
            raise SourceError(
                path, cell.line, f"{cell.kind} without exercise: no exercise {cell.exercise!r}",
                f"Add a cell exercise=\"{cell.exercise}\" or correct the name",
            )  # fmt: skip
    return {c.exercise: _exercise(path, c, by_kind) for c in by_kind["exercise"]}


def _must_be_unique(path: Path, cells: list[SourceCell]) -> None:
    seen: dict[str, int] = {}
    for cell in cells:
        if cell.exercise in seen:
            problem = f"duplicate {cell.kind} {cell.exercise!r} (the first is in line {seen[cell.exercise]})"
            raise SourceError(path, cell.line, problem, "Give each its own name")
        seen[cell.exercise] = cell.line


def _exercise(path: Path, cell: SourceCell, by_kind: dict[str, list[SourceCell]]) -> Exercise:
    def wrong(at: SourceCell, problem: str, remedy: str) -> SourceError:
        return SourceError(path, at.line, problem, remedy)

    name, points = cell.exercise, cell.options.get("points")
    if not isinstance(points, int | float) or points <= 0:
        raise wrong(cell, f"exercise {name!r} has no points", f'Write # %% exercise="{name}" points=4')
    lines = [line.strip() for line in cell.text.splitlines()]
    if lines.count(BEGIN_SOLUTION) == 0:
        raise wrong(cell, f"exercise {name!r} has no {BEGIN_SOLUTION}", "Mark what a student must write")
    if lines.count(BEGIN_SOLUTION) != lines.count(END_SOLUTION):
        raise wrong(cell, f"exercise {name!r} has a {BEGIN_SOLUTION} without its end", f"Close it with {END_SOLUTION}")
    check = next((c for c in by_kind["check"] if c.exercise == name), None)
    if check is None:
        raise wrong(cell, f"exercise {name!r} has no check", f'Add a cell # %% check="{name}"')
    if check.text.count(BEGIN_HIDDEN) != check.text.count(END_HIDDEN) or check.text.count(BEGIN_HIDDEN) > 1:
        raise wrong(check, "hidden tests are not in one closed region", f"Write {BEGIN_HIDDEN} … {END_HIDDEN} once")
    if re.search(r"^report\(", check.text, re.M):
        raise wrong(check, "a check calls report()", "Remove the line: the build adds it")
    tests = test_names(check.text)
    if not tests or len(set(tests)) < len(tests):
        raise wrong(check, "a check needs test functions with different names", "Write def test_what_must_hold(): …")
    mistakes = tuple(c for c in by_kind["mistake"] if c.exercise == name)
    for mistake in mistakes:
        if not mistake.hint:
            raise wrong(mistake, f"a mistake of {name!r} has no hint", 'Add hint="the question that leads to the fix"')
    alternatives = tuple(c for c in by_kind["alternative"] if c.exercise == name)
    exercise = Exercise(name, float(points), cell, check, mistakes, alternatives)
    if not exercise.names:
        raise wrong(cell, f"exercise {name!r} defines nothing", "Define a function, a class or a variable")
    if not exercise.visible_tests:
        raise wrong(check, f"exercise {name!r} has no visible test", "Leave a student at least one test to run")
    return exercise
