"""Make mutants of a reference: copies of its code with one slip each.

Only what a student writes is touched, that is the lines between the marks of a solution, and of these neither
docstrings nor annotations. The order is that of the code, and no two mutants are the same program.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from grading.mutation.slips import SAFEGUARDS, Place, axis_named, is_negative_number
from grading.source import BEGIN_SOLUTION, END_SOLUTION

NOT_CODE = {"annotation", "returns", "ctx"}


@dataclass(frozen=True)
class Mutant:
    """A reference with one slip."""

    line: int  # where, in the file
    function: str  # whose line it is
    code: str  # that line
    change: str  # a + b → a - b
    text: str  # all of the cell, with the slip


def mutants(text: str, first_line: int = 1) -> list[Mutant]:
    """Return the mutants of a solution cell, in the order of its lines.

    Parameters
    ----------
    text : str
        The cell; without any marks of a solution all of it counts as one.
    first_line : int
        Where the cell begins in its file.
    """
    tree, lines, mine = ast.parse(text), text.splitlines(), _solution_lines(text)
    found, seen, told = [], {ast.unparse(tree)}, Counter[tuple[int, str]]()
    for place in _places(tree):
        line = getattr(place.node, "lineno", 0)
        if line not in mine:
            continue
        for new in place.slips():
            mutated = ast.unparse(_replaced(tree, place.path, new))
            if mutated not in seen:
                seen.add(mutated)
                change, code = _change(place, new), lines[line - 1].strip()
                told[line, change] += 1
                if told[line, change] > 1:
                    change += f" (number {told[line, change]})"
                found.append(Mutant(first_line + line - 1, _function_name(place), code, change, mutated + "\n"))
    return found


def _solution_lines(text: str) -> set[int]:
    chosen, inside, lines = set(), BEGIN_SOLUTION not in text, text.splitlines()
    for number, line in enumerate(lines, start=1):
        inside = (inside or line.strip() == BEGIN_SOLUTION) and line.strip() != END_SOLUTION
        if inside:
            chosen.add(number)
    return chosen


def _replaced(node: ast.AST, path: tuple, new: ast.AST) -> ast.AST:
    """Return the tree with another node at the end of the path; the old one stays as it is."""
    if not path:
        return new
    (name, index), *rest = path
    changed, child = copy.copy(node), getattr(node, name)
    if index is None:
        setattr(changed, name, _replaced(child, rest, new))
    else:
        setattr(changed, name, [*child[:index], _replaced(child[index], rest, new), *child[index + 1 :]])
    return changed


def _places(node: ast.AST, path: tuple = (), above: tuple[ast.AST, ...] = ()) -> Iterator[Place]:
    """Walk the code; an axis and a negative number are one thing each."""
    yield Place(node, path, above)
    if is_negative_number(node) or axis_named(node) is not None:
        return
    for name, value in ast.iter_fields(node):
        if name in NOT_CODE or (isinstance(node, ast.keyword) and node.arg in SAFEGUARDS):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if isinstance(child, ast.AST):
                yield from _places(child, (*path, (name, index)), (*above, node))


def _function_name(place: Place) -> str:
    return ".".join(n.name for n in (*place.above, place.node) if isinstance(n, ast.FunctionDef | ast.ClassDef))


def _change(place: Place, new: ast.AST) -> str:
    """Say what was changed, with as much of the code around it as makes it plain."""
    if isinstance(new, ast.Pass):
        return f"{ast.unparse(place.node)} → dropped"
    chain, first = (*place.above, place.node), len(place.above)
    while _is_small(chain[first]) and isinstance(chain[first - 1], ast.expr | ast.keyword | ast.Slice):
        first -= 1
    return f"{ast.unparse(chain[first])} → {ast.unparse(_replaced(chain[first], place.path[first:], new))}"


def _is_small(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant | ast.Name | ast.Slice | ast.keyword) or is_negative_number(node)
