"""Read a notebook file into cells that are plain and well typed: texts are texts, outputs are lists of dicts."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import nbformat

from grading.submission.salvage import read_document

MAX_CELLS = 2_000
MAX_CODE = 2_000_000  # characters of code in one notebook
MAX_OUTPUTS = 2 * 2**20  # bytes of JSON of one cell's outputs
MAX_OUTPUT_DEPTH = 40
MAX_UPGRADE = 100_000  # values in a file of an old format that nbformat may convert


@dataclass
class RawCell:
    """One cell as the file has it."""

    number: int  # its place in the file, from 1
    type: str  # code, markdown or raw
    text: str
    id: str = ""
    grade_id: str = ""
    demo: bool = False
    outputs: list[dict[str, Any]] = field(default_factory=list)
    too_large: bool = False  # its outputs were left out


@dataclass
class RawNotebook:
    """A file's cells and metadata, and what was mended to get at them."""

    cells: list[RawCell]
    metadata: dict[str, Any]
    repairs: list[str]


def read_raw(data: bytes) -> RawNotebook:
    """Read the bytes of a file.

    Raises
    ------
    Unreadable
    """
    document, repairs = read_document(data)
    metadata = document.get("metadata", {})
    junk: Counter[str] = Counter()
    if not isinstance(metadata, dict):
        junk["metadata"] += 1
        metadata = {}
    raw = RawNotebook(_cells(_items(document, repairs), junk, repairs), metadata, repairs)
    if junk := +junk:
        told = ", ".join(f"{count} × {what}" for what, count in sorted(junk.items()))
        repairs.append(f"Malformed parts of the notebook were ignored or mended ({told}).")
    return raw


def _items(document: dict[str, Any], repairs: list[str]) -> list[Any]:
    """Return the list of cells, of an older format too."""
    version = document.get("nbformat", 4)
    if isinstance(document.get("cells"), list):
        if version != 4:
            repairs.append(f"The notebook says that it has format {str(version)[:10]}; it was read as format 4.")
        return document["cells"]
    repairs.append("The notebook was saved in an old format (nbformat 3 or older); it was converted to format 4.")
    if sum(1 for _ in islice(_values(document), MAX_UPGRADE + 1)) <= MAX_UPGRADE:
        with contextlib.suppress(Exception):  # nbformat wants it well formed
            return list(nbformat.convert(nbformat.from_dict(document), 4).cells)
    sheets = [sheet.get("cells") for sheet in document["worksheets"] if isinstance(sheet, dict)]
    return [cell for cells in sheets if isinstance(cells, list) for cell in cells]


def _cells(items: list[Any], junk: Counter[str], repairs: list[str]) -> list[RawCell]:
    if len(items) > MAX_CELLS:
        repairs.append(f"The notebook has {len(items):,} cells; all but the first {MAX_CELLS:,} were left out.")
    items = items[:MAX_CELLS]
    cells = [_cell(number, item, junk) for number, item in enumerate(items, start=1) if isinstance(item, dict)]
    junk["no cell"] += len(items) - len(cells)
    size = sum(len(c.text) for c in cells if c.type == "code")
    for cell in sorted((c for c in cells if c.type == "code"), key=lambda c: -len(c.text)):
        if size <= MAX_CODE:
            break
        repairs.append(f"Cell {cell.number} holds {len(cell.text):,} characters of code; they were left out.")
        size -= len(cell.text)
        cell.text = ""
    return cells


def _cell(number: int, item: dict[str, Any], junk: Counter[str]) -> RawCell:
    kind = item.get("cell_type")
    if kind not in ("code", "markdown", "raw"):
        junk["unknown type of cell"] += kind != "heading"
        kind = "markdown" if kind == "heading" else "code"
    metadata = item.get("metadata", {})
    if not isinstance(metadata, dict):
        junk["metadata"] += 1
        metadata = {}
    marks, tags = metadata.get("nbgrader"), metadata.get("tags")
    cell = RawCell(
        number, kind, _text(item.get("source", item.get("input")), junk), _word(item.get("id")),
        _word(marks.get("grade_id")) if isinstance(marks, dict) else "", isinstance(tags, list) and "demo" in tags,
    )  # fmt: skip
    if kind == "code":
        _set_outputs(cell, item.get("outputs", []), junk)
    return cell


def _word(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _text(value: Any, junk: Counter[str]) -> str:
    if isinstance(value, list):
        lines = [line for line in value if isinstance(line, str)]
        junk["line that is no text"] += len(value) - len(lines)
        lost_ends = len(lines) > 1 and not any("\n" in line for line in lines)
        junk["source without line ends"] += lost_ends
        value = ("\n" if lost_ends else "").join(lines)
    elif not isinstance(value, str):
        junk["source that is no text"] += 1
        value = ""
    if not value.isascii():  # half a surrogate pair cannot be written to any file
        value = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value.replace("\r\n", "\n").replace("\r", "\n")


def _set_outputs(cell: RawCell, values: Any, junk: Counter[str]) -> None:
    if not isinstance(values, list):
        junk["outputs that are no list"] += 1
        return
    outputs = [v for v in values if isinstance(v, dict)]
    junk["no output"] += len(values) - len(outputs)
    if not outputs:
        return
    if _surely_too_large(outputs):
        cell.too_large = True
        return
    try:
        written = json.dumps(outputs, ensure_ascii=False)
        if len(written.encode("utf-8", "surrogatepass")) > MAX_OUTPUTS:
            cell.too_large = True
        elif written.count("[") + written.count("{") > MAX_OUTPUT_DEPTH and _depth(outputs) > MAX_OUTPUT_DEPTH:
            junk["outputs nested too deeply"] += 1
        elif written.isascii():
            cell.outputs = outputs
        else:
            cell.outputs = json.loads(written.encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        junk["outputs that are no JSON"] += 1


def _surely_too_large(outputs: list[dict[str, Any]]) -> bool:
    """Say whether the texts and values alone pass the limit, without looking further than that."""
    size = 0
    for value in _values(outputs):
        size += len(value) if isinstance(value, str) else 1
        if size > MAX_OUTPUTS:
            return True
    return False


def _values(value: Any) -> Iterator[Any]:
    """Yield a JSON value and all that it holds, without recursion."""
    left = [value]
    while left:
        value = left.pop()
        yield value
        if isinstance(value, list | dict):
            left.extend(value.values() if isinstance(value, dict) else value)


def _depth(value: Any) -> int:
    """Return how deep lists and dicts are nested, level by level, without recursion."""
    depth, level = 0, [value]
    while level and depth <= MAX_OUTPUT_DEPTH:
        level = [v for c in level if isinstance(c, list | dict) for v in (c.values() if isinstance(c, dict) else c)]
        depth += 1
    return depth
