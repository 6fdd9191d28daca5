"""What happens to notebooks on their way from a student to the grader: each function damages good bytes in one way.

The functions work on any notebook of the course; ``DAMAGES`` holds them by name, ``UNREADABLE`` names those that leave
nothing to grade.
"""

from __future__ import annotations

import ast
import copy
import json
import random
import re
from collections.abc import Callable
from typing import Any

DAMAGES: dict[str, Callable[[bytes], bytes]] = {}
UNREADABLE: set[str] = set()

Json = dict[str, Any]


def _bytes(function: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Register a function of bytes."""
    DAMAGES[function.__name__] = function
    return function


def _cells(function: Callable[[Json, list[Json]], None]) -> Callable[[bytes], bytes]:
    """Register a function that changes a notebook and its list of cells in place."""

    def damaged(data: bytes) -> bytes:
        notebook = json.loads(data)
        function(notebook, notebook["cells"])
        return written(notebook)

    damaged.__name__, damaged.__doc__ = function.__name__, function.__doc__
    return _bytes(damaged)


def _unreadable(function: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    UNREADABLE.add(function.__name__)
    return _bytes(function)


def written(notebook: Any) -> bytes:
    """Return JSON as JupyterLab writes it."""
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


# ---- finding one's way in a notebook --------------------------------------------------------------------------------


def grade_id(cell: Json) -> str:
    """Return nbgrader's mark of a cell, or ""."""
    return cell["metadata"].get("nbgrader", {}).get("grade_id", "")


def text(cell: Json) -> str:
    """Return a cell's text."""
    return cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])


def exercises(cells: list[Json]) -> list[Json]:
    """Return the exercises' cells."""
    return [c for c in cells if grade_id(c).startswith("exercise-")]


def _first(cells: list[Json], prefix: str) -> Json:
    return next(c for c in cells if grade_id(c).startswith(prefix))


def _of_kind(cells: list[Json], kind: str) -> Json:
    return next(c for c in cells if c["cell_type"] == kind)


def _demo(cells: list[Json]) -> Json | None:
    return next((c for c in cells if "demo" in c["metadata"].get("tags", ())), None)


def _remove(cells: list[Json], cell: Json) -> None:
    cells[:] = [c for c in cells if c is not cell]


def _index(cells: list[Json], cell: Json) -> int:
    return next(i for i, c in enumerate(cells) if c is cell)


def code_cell(source: str, identity: str = "mine", **metadata: Any) -> Json:
    """Return a code cell as a student adds it."""
    return {
        "cell_type": "code", "execution_count": None, "id": identity, "metadata": metadata, "outputs": [],
        "source": source,
    }  # fmt: skip


def pasted(cell: Json, source: str | None = None) -> Json:
    """Return a copy as JupyterLab's copy and paste makes it: the same metadata, a new id."""
    copied = copy.deepcopy(cell)
    copied["id"] = f"pasted-{cell['id']}"[:60]
    if source is not None:
        copied["source"] = source
    return copied


def _cut_in_function(source: str) -> tuple[str, str]:
    """Cut within the last function, before its last statement."""
    function = next(n for n in reversed(ast.parse(source).body) if isinstance(n, ast.FunctionDef | ast.ClassDef))
    lines = source.split("\n")
    cut = function.body[-1].lineno - 1
    return "\n".join(lines[:cut]), "\n".join(lines[cut:])


# ---- deleted --------------------------------------------------------------------------------------------------------


@_cells
def exercise_deleted(notebook, cells):
    """The first exercise's cell is gone."""
    _remove(cells, _first(cells, "exercise-"))


@_cells
def check_deleted(notebook, cells):
    """The first check is gone."""
    _remove(cells, _first(cells, "check-"))


@_cells
def all_checks_deleted(notebook, cells):
    """All checks are gone."""
    cells[:] = [c for c in cells if not grade_id(c).startswith("check-")]


@_cells
def setup_deleted(notebook, cells):
    """The first setup cell, with its imports, is gone."""
    _remove(cells, _first(cells, "setup-"))


@_cells
def text_deleted(notebook, cells):
    """The first text cell is gone."""
    _remove(cells, _of_kind(cells, "markdown"))


@_cells
def demo_deleted(notebook, cells):
    """The first demonstration is gone."""
    _remove(cells, _demo(cells))


@_cells
def all_but_exercises_deleted(notebook, cells):
    """Only the exercises are left."""
    cells[:] = exercises(cells)


@_cells
def no_cells(notebook, cells):
    """An empty notebook."""
    cells.clear()


# ---- duplicated -----------------------------------------------------------------------------------------------------


@_cells
def exercise_pasted_twice(notebook, cells):
    """The first exercise is there twice, solved both times."""
    cell = _first(cells, "exercise-")
    cells.insert(_index(cells, cell) + 1, pasted(cell))


@_cells
def old_attempt_kept(notebook, cells):
    """Above the first exercise's cell stands a copy with an earlier, wrong attempt."""
    cell = _first(cells, "exercise-")
    attempt = text(cell) + "\n\nattempt = 1"
    cells.insert(_index(cells, cell), pasted(cell, attempt))


@_cells
def empty_copy_below(notebook, cells):
    """Below the solved exercise stands a copy that is still to be written."""
    cell = _first(cells, "exercise-")
    lines = []
    for node in ast.parse(text(cell)).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            lines.append(f"def {node.name}(*args):\n    raise NotImplementedError")
    cells.insert(_index(cells, cell) + 1, pasted(cell, "\n\n".join(lines)))


@_cells
def copy_used_as_scratch(notebook, cells):
    """A copy of the first exercise's cell was overwritten with something else."""
    cell = _first(cells, "exercise-")
    cells.insert(_index(cells, cell) + 1, pasted(cell, "print('trying things out')"))


@_cells
def setup_pasted_twice(notebook, cells):
    """The first setup cell is there twice."""
    cell = _first(cells, "setup-")
    cells.insert(_index(cells, cell) + 1, pasted(cell))


@_cells
def check_pasted_twice(notebook, cells):
    """The first check is there twice."""
    cell = _first(cells, "check-")
    cells.insert(_index(cells, cell) + 1, pasted(cell))


# ---- split and merged -----------------------------------------------------------------------------------------------


@_cells
def split_in_function(notebook, cells):
    """The first exercise was split within its function; JupyterLab gives both halves the marks."""
    cell = _first(cells, "exercise-")
    head, tail = _cut_in_function(text(cell))
    cell["source"] = head
    cells.insert(_index(cells, cell) + 1, pasted(cell, tail))


@_cells
def split_after_signature(notebook, cells):
    """The first exercise was cut behind its first line; the rest bears no marks."""
    cell = _first(cells, "exercise-")
    head, _, tail = text(cell).partition("\n")
    cell["source"] = head
    cells.insert(_index(cells, cell) + 1, code_cell(tail))


@_cells
def split_between_functions(notebook, cells):
    """An exercise of two definitions was split between them; both halves bear the marks."""
    head, tail, cell = _between_functions(cells)
    cell["source"] = head
    cells.insert(_index(cells, cell) + 1, pasted(cell, tail))


@_cells
def split_between_functions_unmarked(notebook, cells):
    """An exercise of two definitions was split between them; the second half bears no marks."""
    head, tail, cell = _between_functions(cells)
    cell["source"] = head
    cells.insert(_index(cells, cell) + 1, code_cell(tail))


def _between_functions(cells: list[Json]) -> tuple[str, str, Json]:
    for cell in exercises(cells):
        body = ast.parse(text(cell)).body
        if len(body) > 1:
            lines = text(cell).split("\n")
            cut = body[-1].lineno - 1 - len(getattr(body[-1], "decorator_list", ()))
            return "\n".join(lines[:cut]).rstrip(), "\n".join(lines[cut:]), cell
    cell = exercises(cells)[0]
    return "# my solution", text(cell), cell


@_cells
def exercise_merged_with_check(notebook, cells):
    """The first exercise's cell was merged with the check below it."""
    cell, check = _first(cells, "exercise-"), _first(cells, "check-")
    cell["source"] = text(cell) + "\n\n" + text(check)
    _remove(cells, check)


@_cells
def exercises_merged(notebook, cells):
    """The first two exercises are in one cell."""
    first, second, *_ = exercises(cells)
    first["source"] = text(first) + "\n\n" + text(second)
    _remove(cells, second)


# ---- moved, retyped, renamed ----------------------------------------------------------------------------------------


@_cells
def exercises_swapped(notebook, cells):
    """The first and the last exercise changed places."""
    first, last = exercises(cells)[0], exercises(cells)[-1]
    i, j = _index(cells, first), _index(cells, last)
    cells[i], cells[j] = last, first


@_cells
def shuffled(notebook, cells):
    """All cells are in a random order."""
    random.Random(6).shuffle(cells)


@_cells
def exercise_made_markdown(notebook, cells):
    """The first exercise's cell became a text cell."""
    _retype(_first(cells, "exercise-"), "markdown")


@_cells
def exercise_made_raw(notebook, cells):
    """The first exercise's cell became a raw cell."""
    _retype(_first(cells, "exercise-"), "raw")


@_cells
def setup_made_markdown(notebook, cells):
    """The first setup cell became a text cell."""
    _retype(_first(cells, "setup-"), "markdown")


def _retype(cell: Json, kind: str) -> None:
    cell["cell_type"] = kind
    del cell["outputs"], cell["execution_count"]


@_cells
def grade_id_renamed(notebook, cells):
    """The first exercise's mark has another name; the cell's own id is as it was."""
    _first(cells, "exercise-")["metadata"]["nbgrader"]["grade_id"] = "cell-0123456789abcdef"


@_cells
def grade_ids_swapped(notebook, cells):
    """Two exercises bear each other's marks."""
    first, last = exercises(cells)[0], exercises(cells)[-1]
    first["metadata"], last["metadata"] = last["metadata"], first["metadata"]
    first["id"], last["id"] = last["id"], first["id"]


@_cells
def exercise_without_marks(notebook, cells):
    """The first exercise was typed into a new cell, the old one deleted."""
    cell = _first(cells, "exercise-")
    cell["metadata"], cell["id"] = {}, "typed-anew"


@_cells
def marks_stripped(notebook, cells):
    """A tool removed all metadata; ids are left."""
    notebook["metadata"] = {}
    for cell in cells:
        cell["metadata"] = {}


@_cells
def metadata_and_ids_stripped(notebook, cells):
    """All cells were copied into a new notebook by hand."""
    notebook["metadata"], notebook["nbformat_minor"] = {}, 4
    for cell in cells:
        cell["metadata"] = {}
        del cell["id"]


@_cells
def function_renamed(notebook, cells):
    """The first exercise's function has another name than asked for."""
    cell = _first(cells, "exercise-")
    cell["source"] = re.sub(r"^(def|class) (\w+)", r"\1 my_\2", text(cell), count=1, flags=re.M)


@_cells
def solved_elsewhere(notebook, cells):
    """The first exercise was solved in a cell of the student's own at the end; its cell still raises."""
    cell = _first(cells, "exercise-")
    cells.append(code_cell(text(cell)))
    cell["source"] = re.sub(r"^(def .*\n)(?s:.*)", r"\1    raise NotImplementedError", text(cell), flags=re.M)


@_cells
def solved_again_before_check(notebook, cells):
    """Between the first exercise and its check, a cell of the student's own defines it again, better."""
    cell = _first(cells, "exercise-")
    good = text(cell)
    cells.insert(_index(cells, cell) + 1, code_cell(good))
    cell["source"] = good + "\n\nattempt = 1"


# ---- changed cells that are not the student's to change -------------------------------------------------------------


@_cells
def setup_broken(notebook, cells):
    """The first setup cell was changed into nonsense."""
    _first(cells, "setup-")["source"] = "import nunpy as np\nthis is no Python"


@_cells
def setup_extended(notebook, cells):
    """The first setup cell imports something more."""
    cell = _first(cells, "setup-")
    cell["source"] = text(cell) + "\nimport math as more_maths"


@_cells
def check_weakened(notebook, cells):
    """The first check reports full marks."""
    _first(cells, "check-")["source"] = "print('all checks hold')"


@_cells
def demo_extended(notebook, cells):
    """The first demonstration defines something that later cells use."""
    cell = _demo(cells)
    cell["source"] = text(cell) + "\nmine_from_demo = 1"


@_cells
def magics_everywhere(notebook, cells):
    """Exercises begin with magics and shell lines."""
    for cell in exercises(cells):
        cell["source"] = "%%time\n%matplotlib inline\n!echo hello\nfiles = !ls\n" + text(cell)


# ---- the notebook's own metadata ------------------------------------------------------------------------------------


@_cells
def older_release(notebook, cells):
    """The notebook was handed out before a setup cell was rewritten and another one removed."""
    notebook["metadata"]["mlcourse"]["release"] = "0" * 12
    cell = _first(cells, "setup-")
    cell["source"] = "# an older text\n" + text(cell)
    old = code_cell("left_over = 1", "setup-99")
    old["metadata"] = {"nbgrader": {"schema_version": 3, "grade_id": "setup-99", "locked": True}}
    cells.insert(_index(cells, cell) + 1, old)


@_cells
def other_kernel(notebook, cells):
    """Another kernel wrote its name into the notebook."""
    notebook["metadata"]["kernelspec"] = {"display_name": "R", "language": "R", "name": "ir"}
    notebook["metadata"]["language_info"] = {"name": "R", "version": "4.3.1"}


@_cells
def other_notebook(notebook, cells):
    """The notebook says that it is another one."""
    notebook["metadata"]["mlcourse"]["notebook"] = "99_other"


@_cells
def metadata_is_a_list(notebook, cells):
    """The metadata of the notebook and of a text cell are of the wrong type."""
    notebook["metadata"] = []
    _of_kind(cells, "markdown")["metadata"] = "none"


@_cells
def old_format(notebook, cells):
    """The notebook was saved in format 3."""
    for cell in cells:
        if cell["cell_type"] == "code":
            cell |= {"input": cell.pop("source"), "language": "python", "prompt_number": 1, "collapsed": False}
            del cell["execution_count"]
        del cell["id"]
    notebook |= {"nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells, "metadata": {}}]}
    del notebook["cells"]


@_cells
def old_format_malformed(notebook, cells):
    """The notebook claims format 3 without what that asks for."""
    notebook |= {"nbformat": 3, "worksheets": [7, {"cells": cells}]}
    del notebook["cells"], notebook["metadata"]


@_cells
def format_of_the_future(notebook, cells):
    """The notebook claims a format that does not exist yet."""
    notebook["nbformat"] = 5


# ---- outputs --------------------------------------------------------------------------------------------------------


@_cells
def outputs_of_50_megabytes(notebook, cells):
    """The first exercise printed 50 MB."""
    printed = [f"{i:07d} and so on and on\n" for i in range(50 * 2**20 // 24)]
    _first(cells, "exercise-")["outputs"] = [{"output_type": "stream", "name": "stdout", "text": printed}]


@_cells
def malformed_outputs(notebook, cells):
    """Outputs are missing or of wrong types."""
    first, second, *_ = exercises(cells)
    first["outputs"] = [None, 3, {"output_type": "stream", "name": "stdout", "text": "kept"}]
    second["outputs"] = "none"
    del _first(cells, "setup-")["outputs"]


@_cells
def outputs_nested_deeply(notebook, cells):
    """An output holds lists in lists in lists."""
    value: Any = 1
    for _ in range(200):
        value = [value]
    _first(cells, "exercise-")["outputs"] = [{"output_type": "display_data", "data": {"application/json": value}}]


# ---- JSON of wrong types --------------------------------------------------------------------------------------------


@_cells
def cells_that_are_none(notebook, cells):
    """Among the cells are numbers, texts, lists and empty dicts."""
    cells[1:1] = [None, 3, "text", [], {}]


@_cells
def sources_of_wrong_types(notebook, cells):
    """A text cell's source is a number, another's is missing, an exercise's list holds a number."""
    texts = [c for c in cells if c["cell_type"] == "markdown"]
    texts[0]["source"] = 7
    del texts[-1]["source"]
    cell = _first(cells, "exercise-")
    cell["source"] = [*text(cell).splitlines(keepends=True), 3]


@_cells
def sources_as_bare_lines(notebook, cells):
    """Sources are lists of lines that have lost their ends."""
    for cell in cells:
        cell["source"] = text(cell).split("\n")


@_cells
def cell_types_missing(notebook, cells):
    """The code cells do not say what they are."""
    for cell in cells:
        if cell["cell_type"] == "code":
            del cell["cell_type"]


@_cells
def half_surrogates(notebook, cells):
    """A cell of the student's own holds half a character, and a null byte."""
    cells.append(code_cell("face = 'HALF \0'"))


@_bytes
def half_surrogates_escaped(data):
    """As JavaScript writes it."""
    return half_surrogates(data).replace(b"HALF", b"\\ud83d")


del DAMAGES["half_surrogates"]


@_bytes
def number_of_ten_thousand_digits(data):
    """An execution count that no int holds."""
    return data.replace(b'"execution_count": null', b'"execution_count": ' + b"9" * 10_000, 1)


# ---- bytes ----------------------------------------------------------------------------------------------------------


@_bytes
def byte_order_mark(data):
    """An editor put a byte order mark in front."""
    return b"\xef\xbb\xbf" + data


@_bytes
def utf16(data):
    """An editor saved the file in UTF-16."""
    return data.decode().encode("utf-16")


@_bytes
def windows_encoding(data):
    """An editor saved the file in Windows' encoding; a text cell has an umlaut."""
    notebook = json.loads(data)
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "Grüße"})
    return json.dumps(notebook, ensure_ascii=False).encode("cp1252", "replace")


@_bytes
def windows_line_ends(data):
    """An editor, and a tool, wrote Windows' line ends, in the file and in its texts."""
    return data.replace(b"\n", b"\r\n").replace(b"\\n", b"\\r\\n")


@_bytes
def text_behind_the_end(data):
    """Something was written behind the notebook's end."""
    return data + b"\n}\n"


@_bytes
def comma_lost(data):
    """A hand-edited file lacks a comma between two cells."""
    return data.replace(b"  },\n  {", b"  }\n  {", 1)


@_bytes
def quote_lost(data):
    """A hand-edited file lacks a quotation mark in its first cell."""
    return data.replace(b'"cell_type": "markdown"', b'"cell_type": "markdown', 1)


@_bytes
def merge_conflict(data):
    """Git left both sides of a conflict in the file; the second has the work."""
    lines = data.decode().split("\n")
    i = next(i for i, line in enumerate(lines) if '"grade_id": "exercise-' in line)
    while not lines[i].startswith('   "source":'):
        i += 1
    end = i
    if lines[i].rstrip().endswith("["):
        while not lines[end].startswith("   ]"):
            end += 1
    other = ['   "source": "raise NotImplementedError"']
    mine = lines[i : end + 1]
    lines[i : end + 1] = ["<<<<<<< HEAD", *other, "=======", *mine, ">>>>>>> feature/work"]
    return "\n".join(lines).encode()


@_cells
def merge_conflict_in_cell(notebook, cells):
    """A notebook-aware merge left its markers in a cell."""
    cell = _first(cells, "exercise-")
    cell["source"] = f"<<<<<<< local\n{text(cell)}\n=======\nraise NotImplementedError\n>>>>>>> remote"


def _cut_at(share: float) -> Callable[[bytes], bytes]:
    return lambda data: data[: int(len(data) * share)]


@_bytes
def cut_off_at_three_quarters(data):
    """The download stopped at three quarters."""
    return _cut_at(0.75)(data)


@_bytes
def cut_off_near_the_end(data):
    """The download stopped before the last two hundred bytes."""
    return data[:-200]


@_bytes
def cut_off_in_a_character(data):
    """The download stopped within a character of two bytes."""
    notebook = json.loads(data)
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "Grüße"})
    good = written(notebook)
    return good[: good.index("ü".encode()) + 1]


# ---- nothing to grade -----------------------------------------------------------------------------------------------


@_unreadable
def cut_off_at_once(data):
    """The download stopped after a few bytes."""
    return data[:100]


@_unreadable
def empty_file(data):
    """Nothing."""
    return b""


@_unreadable
def zero_bytes(data):
    """What a crashed disk leaves."""
    return bytes(len(data))


@_unreadable
def pdf(data):
    """A print-out."""
    return b"%PDF-1.7\n" + data


@_unreadable
def zip_archive(data):
    """An archive."""
    return b"PK\x03\x04" + data


@_unreadable
def picture(data):
    """A screenshot."""
    return b"\x89PNG\r\n\x1a\n" + data


@_unreadable
def web_page(data):
    """An export as HTML."""
    return b"<!DOCTYPE html>\n<html><body>my notebook</body></html>"


@_unreadable
def python_script(data):
    """An export as a script."""
    return b"# %%\nimport numpy as np\n\ndef f(x):\n    return x\n"


@_unreadable
def plain_text(data):
    """An excuse."""
    return b"Dear professor, my dog ate the notebook."


@_unreadable
def other_json(data):
    """JSON of another shape."""
    return b'{"name": "mlcourse", "version": 1}'


@_unreadable
def json_list(data):
    """A JSON list."""
    return b'[{"name": "mlcourse"}]'


@_unreadable
def nested_100_000_deep(data):
    """Lists in lists, until a reader's stack overflows."""
    return b'{"cells": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@_bytes
def endless_cells(data):
    """More cells than any notebook has."""
    return b'{"cells": [' + b"{}," * 100_000 + b"{}]}"


@_unreadable
def random_bytes(data):
    """Noise."""
    return random.Random(7).randbytes(5_000)
