"""What an attack is: code for one exercise of any notebook, with cells around it where it needs them."""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from typing import Any

from nbformat.v4 import new_code_cell, new_markdown_cell

from grading.build import handed_in
from grading.source import Exercise, NotebookSource, without_markers

WRONG = "return None"


@dataclass(frozen=True)
class Attack:
    """One thing to try.

    In every piece of code ``@NAME@`` stands for the first name that the exercise defines, ``@SOLUTION@`` for its
    reference solution and ``@FORBIDDEN@`` for the first library function that it forbids.

    Attributes
    ----------
    name, family : str
    tries : str
        What it does and hopes for, in a sentence.
    body : str
        Body of each function that the exercise asks for; its arguments are ``args`` and ``kwargs``.
    prelude : str
        What stands above these functions, in the same cell.
    cell : str
        The whole cell of the exercise, in place of prelude and functions.
    before, after : str
        Code cells before the exercise's cell and after its check.
    others : str
        What is appended to the cells of all other exercises.
    note : str
        A text cell.
    outputs : list of dict
        Outputs that the file claims for every code cell.
    verdict : str
        What the notes, messages or incidents say of it; "" where the answers are merely wrong.
    earns : {"nothing", "visible", "some"}
        What the exercise earns: ``"visible"`` the points of the tests that a student can see, for whoever answers these
        honestly; ``"some"`` those and whatever else was answered rightly.
    spoils : str
        Why other exercises lose points, too; "" where they keep them.
    """

    name: str
    family: str
    tries: str
    body: str = WRONG
    prelude: str = ""
    cell: str = ""
    before: str = ""
    after: str = ""
    others: str = ""
    note: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list, hash=False)
    verdict: str = ""
    earns: str = "nothing"
    spoils: str = ""

    def target(self, source: NotebookSource) -> Exercise:
        """Return the exercise that is attacked: the first, or the first that forbids a function where it takes one."""
        exercises = list(source.exercises.values())
        if self.family == "forbidden":
            return next((e for e in exercises if e.forbid), exercises[0])
        return exercises[0]

    def notebook(self, source: NotebookSource) -> bytes:
        """Return the hand-in as the bytes of a notebook file."""
        target = self.target(source)
        texts = {target.name: self._cell(target)}
        if self.others:
            for other in source.exercises.values():
                if other is not target:
                    texts[other.name] = without_markers(other.cell.text) + "\n\n" + self._fill(self.others, other)
        node = handed_in(source, texts)
        place = next(i for i, c in enumerate(node.cells) if c.id == target.cell.id)
        if self.after:
            check = next(i for i, c in enumerate(node.cells) if c.id == target.check.id)
            node.cells.insert(check + 1, new_code_cell(self._fill(self.after, target), id="hostile-after"))
        if self.before:
            node.cells.insert(place, new_code_cell(self._fill(self.before, target), id="hostile-before"))
        if self.note:
            node.cells.append(new_markdown_cell(self.note, id="hostile-note"))
        for cell in node.cells:
            if cell.cell_type == "code" and self.outputs:
                cell.outputs = self.outputs
        return json.dumps(node).encode()

    def _cell(self, exercise: Exercise) -> str:
        if self.cell:
            return self._fill(self.cell, exercise)
        body = textwrap.indent(self._fill(self.body, exercise), "    ")
        functions = [f"def {name}(*args, **kwargs):\n{body}" for name in exercise.names]
        return "\n\n".join([self._fill(self.prelude, exercise), *functions]).strip()

    @staticmethod
    def _fill(text: str, exercise: Exercise) -> str:
        forbidden = exercise.forbid[0] if exercise.forbid else "numpy.sum"
        text = textwrap.dedent(text).strip("\n")
        for mark, value in (("@NAME@", exercise.names[0]), ("@FORBIDDEN@", forbidden)):
            text = text.replace(mark, value)
        return text.replace("@SOLUTION@", repr(without_markers(exercise.cell.text)))
