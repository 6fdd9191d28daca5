"""The notebook that nbgrader keeps in ``autograded/`` and turns into feedback: the student's work with what was found.

It shows the student's code and figures and each check's result. It never holds a hidden test, a hidden input or an
expected value, and nothing that runs in a reader's browser.
"""

from __future__ import annotations

import copy
import functools

from nbformat import v4
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

from grading.build import release_notebook
from grading.checks import results_table
from grading.judge import harmless
from grading.judge.performance import Scene
from grading.results import ExerciseResult, NotebookResult
from grading.source import NotebookSource
from grading.submission import StudentCell, Submission


def notebook(
    source: NotebookSource, submission: Submission, scenes: list[Scene | None], result: NotebookResult
) -> bytes:
    """Return the graded notebook.

    Parameters
    ----------
    source : NotebookSource
    submission : Submission
    scenes : list of (Scene or None)
        What came of each cell of the submission.
    result : NotebookResult
    """
    released = _released(source)
    by_exercise = {e.name: e for e in result.exercises}
    cells = _preface(result)
    present = {cell.exercise for cell in submission.cells if cell.kind == "check"}
    for cell, scene in zip(submission.cells, scenes, strict=True):
        cells.append(_cell(cell, scene, released, by_exercise))
    for name, exercise in by_exercise.items():
        if name not in present:
            cells.append(_check(released[source.exercises[name].check.id], exercise))
    return _finished(source, cells)


def unreadable(source: NotebookSource, result: NotebookResult) -> bytes:
    """Return the notebook that stands for one that could not be read: the reason, and zeros."""
    released = _released(source)
    cells = [_text(f"**This hand-in could not be graded.** {harmless.markdown(result.unreadable)}", "why")]
    for exercise in result.exercises:
        cells.append(_check(released[source.exercises[exercise.name].check.id], exercise))
    return _finished(source, cells)


def _finished(source: NotebookSource, cells: list[NotebookNode]) -> bytes:
    seen: set[str] = set()
    for number, cell in enumerate(cells):
        if cell.id in seen:
            cell.id = f"{cell.id[:50]}-{number}"
        seen.add(cell.id)
    metadata = copy.deepcopy(_release(source).metadata)
    node = NotebookNode(nbformat=4, nbformat_minor=5, metadata=metadata, cells=cells)
    return (v4.writes(node) + "\n").encode("utf-8", "replace")


def _code(text: str, identity: str, metadata: NotebookNode | None = None) -> NotebookNode:
    """Return a code cell; nbformat's own constructor validates each anew, which takes longer than all else here."""
    metadata = NotebookNode() if metadata is None else copy.deepcopy(metadata)
    return NotebookNode(cell_type="code", id=identity, metadata=metadata, execution_count=None, source=text, outputs=[])


def _text(text: str, identity: str) -> NotebookNode:
    return NotebookNode(cell_type="markdown", id=identity, metadata=NotebookNode(), source=text)


@functools.lru_cache(maxsize=64)
def _release(source: NotebookSource) -> NotebookNode:
    return release_notebook(source)


def _released(source: NotebookSource) -> dict[str, NotebookNode]:
    return {cell.id: cell for cell in _release(source).cells}


def _preface(result: NotebookResult) -> list[NotebookNode]:
    if not (result.repairs or result.incidents):
        return []
    lines = ["**Notes of the grader**", ""]
    lines += [f"- {harmless.markdown(text)}" for text in [*result.repairs, *dict.fromkeys(result.incidents)]]
    return [_text("\n".join(lines), "notes-of-the-grader")]


def _cell(
    cell: StudentCell, scene: Scene | None, released: dict[str, NotebookNode], results: dict[str, ExerciseResult]
) -> NotebookNode:
    if cell.kind == "check" and cell.exercise in results:
        return _check(released[cell.id], results[cell.exercise])
    original = released.get(cell.id)
    if cell.kind in ("markdown", "note"):
        same = original is not None and cell.text == original.source
        text = cell.text if same else harmless.markdown(cell.text)
        return _text(text, _identity(cell, "note"))
    marked = original is not None and cell.kind in ("exercise", "setup", "demo")
    node = _code(harmless.text(cell.text), _identity(cell, "own"), original.metadata if marked else None)
    shown = cell.outputs if scene is None else scene.outputs
    node.outputs = harmless.outputs(shown)
    if scene is not None and scene.limit:
        node.outputs.append(new_output("stream", name="stderr", text=f"[{scene.limit}]\n"))
    return node


def _identity(cell: StudentCell, kind: str) -> str:
    return cell.id if cell.id and cell.kind not in ("note", "own") else kind


def _check(released: NotebookNode, result: ExerciseResult) -> NotebookNode:
    node = _code(released.source, released.id, released.metadata)
    notes = [*result.notes, *([f"A question for you: {result.diagnosis}"] if result.diagnosis else [])]
    table = results_table(result.name, result.score, result.points, result.tests, notes=notes)
    data = {"text/plain": repr(float(result.score)), "text/html": table}
    node.outputs = [new_output("execute_result", data=data, execution_count=None)]
    return node
