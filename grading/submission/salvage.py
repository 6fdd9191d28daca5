"""Get the JSON of a notebook out of a file, whatever state the file is in."""

from __future__ import annotations

import codecs
import json
import re
from itertools import islice
from typing import Any

MAX_BYTES = 256 * 2**20
MAX_TOKENS = 12_000_000  # texts, commas and opening brackets in one file: each takes up to 80 bytes of memory
MAX_LINES = 5_000_000  # of a file in which a merge conflict is resolved
MAX_RESCAN = 40_000_000  # characters to look at again in search of whole cells; four times the file, if more

SAVE_AGAIN = "In JupyterLab: File → Save Notebook, then hand in the .ipynb file"
FORMATS = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "a compressed archive",
    b"7z\xbc\xaf": "a compressed archive",
    b"Rar!": "a compressed archive",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"\xd0\xcf\x11\xe0": "an Office document",
    b"{\\rtf": "a word processor's document",
    b"SQLite format 3": "a database",
}
_MARKERS = {"<" * 7: "first", "|" * 7: "neither", "=" * 7: "second", ">" * 7: "both"}
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[,\[{]', re.S)
_LONG_NUMBER = re.compile(r"(?<!\d)\d{4000,}+")
_CELLS = re.compile(r'"cells"\s*:\s*\[')
_CELL = re.compile(r'\{\s*"(?:cell_type|attachments|collapsed|execution_count|id|input|metadata|outputs|source)"\s*:')
_CONFLICT = re.compile(r"^<{7}(?: |$)", re.M)


class Unreadable(Exception):
    """A file from which nothing can be graded; its text is the reason, in a student's words."""


def read_document(data: bytes) -> tuple[dict[str, Any], list[str]]:
    """Return the JSON of a notebook file, and what had to be mended to get at it, a sentence each.

    The value under "cells" (or, in old formats, "worksheets") is a list; nothing else about it is certain. Where only
    cells could be saved, there is nothing else.

    Raises
    ------
    Unreadable
    """
    if len(data) > MAX_BYTES:
        size, most = len(data) >> 20, MAX_BYTES >> 20
        raise Unreadable(f"This file has {size} MB; at most {most} MB are read. Clear the outputs and save.")
    if not data.strip(b"\0 \t\r\n"):
        what = "holds nothing but zero bytes" if data.strip() else "is empty"
        raise Unreadable(f"This file {what}. {SAVE_AGAIN}.")
    for magic, what in FORMATS.items():
        if data.startswith(magic):
            raise _no_notebook(what)
    repairs: list[str] = []
    try:
        text = _decode(data, repairs)
        if _too_many_values(text):
            raise Unreadable("This file holds too many values for a notebook. Clear the outputs and save.")
        return _parse(text, repairs), repairs
    except RecursionError:
        raise Unreadable(f"This file is nested too deeply for a notebook. {SAVE_AGAIN}.") from None
    except MemoryError:
        raise Unreadable("This file needs too much memory. Clear the outputs, save, and hand it in again.") from None


def one_side_each(text: str) -> list[str]:
    """Return the two versions that a text with git's conflict markers holds, the one with less left to write first."""
    if not _CONFLICT.search(text) or text.count("\n") > MAX_LINES:
        return []
    sides: tuple[list[str], list[str]] = ([], [])
    state = "both"
    for line in text.split("\n"):
        marker = line[:7] if line[7:8] in ("", " ", "\r") else ""
        if marker in _MARKERS and not (marker[0] == "=" and state == "both"):
            state = _MARKERS[marker]
            continue
        if state in ("both", "first"):
            sides[0].append(line)
        if state in ("both", "second"):
            sides[1].append(line)
    return sorted(("\n".join(side) for side in sides), key=lambda side: side.count("raise NotImplementedError"))


def _no_notebook(what: str) -> Unreadable:
    return Unreadable(f"This file is {what}, not a notebook. {SAVE_AGAIN}.")


def _decode(data: bytes, repairs: list[str]) -> str:
    encoding = json.detect_encoding(data)
    if not encoding.startswith("utf-8"):
        repairs.append(f"The file was written in {encoding[:6].upper()} instead of UTF-8; it was converted.")
        return data.decode(encoding, "replace").lstrip("\ufeff")
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if len(data) - error.start < 4 and error.reason == "unexpected end of data":
            return data[: error.start].decode()  # cut within a character; the cut itself is told elsewhere
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    if sum(not c.isascii() for c in text[:10_000_000]) - wrong >= wrong:
        repairs.append(f"{wrong} bytes of the file were no text; each was replaced by \ufffd.")
        return text
    repairs.append("The file was written in Windows' encoding instead of UTF-8; it was converted.")
    return data.decode("cp1252", "replace")


def _too_many_values(text: str) -> bool:
    if sum(text.count(c) for c in ',[{"') <= MAX_TOKENS:
        return False
    return sum(1 for _ in islice(_TOKEN.finditer(text), MAX_TOKENS + 1)) > MAX_TOKENS


def _loads(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        raise
    except ValueError:  # a whole number that int refuses
        return json.loads(_LONG_NUMBER.sub("0", text))


def _parse(text: str, repairs: list[str]) -> dict[str, Any]:
    text = text.lstrip()
    try:
        return _of_a_notebook(_loads(text))
    except json.JSONDecodeError as error:
        problem = error
    for side in one_side_each(text):
        try:
            document = _of_a_notebook(_loads(side))
        except json.JSONDecodeError:
            continue
        repairs.append("The file held both sides of a git merge conflict; the side with more work in it was taken.")
        return document
    if problem.msg == "Extra data" and _is_notebook(document := _loads(text[: problem.pos])):
        repairs.append("There was something behind the end of the notebook; it was ignored.")
        return document
    cells = _whole_cells(text)
    if not any(cell["cell_type"] == "code" for cell in cells):
        raise _why_unreadable(text)
    repairs.append(
        f"The file was cut off or damaged (line {problem.lineno}); {len(cells)} whole cells could be saved from it."
    )
    return {"cells": cells}


def _is_notebook(document: Any) -> bool:
    return isinstance(document, dict) and any(isinstance(document.get(k), list) for k in ("cells", "worksheets"))


def _of_a_notebook(document: Any) -> dict[str, Any]:
    if _is_notebook(document):
        return document
    raise _no_notebook("JSON of another kind")


def _whole_cells(text: str) -> list[dict[str, Any]]:
    """Return the cells that can be read one by one; the search goes on behind whatever cannot."""
    decoder = json.JSONDecoder()
    text = _LONG_NUMBER.sub("0", text)
    start = _CELLS.search(text)
    at, rescan, cells = start.end() if start else 0, max(MAX_RESCAN, 4 * len(text)), []
    while rescan > 0 and (candidate := _CELL.search(text, at)):
        try:
            value, at = decoder.raw_decode(text, candidate.start())
        except (ValueError, RecursionError):
            at = candidate.start() + 1
            rescan -= len(text) - at
        else:
            if isinstance(value.get("cell_type"), str):
                cells.append(value)
    return cells


def _why_unreadable(text: str) -> Unreadable:
    start = text[:2000].lower()
    if start.startswith(("{", "[")):
        return Unreadable(f"This file breaks off or is damaged before its first whole code cell. {SAVE_AGAIN}.")
    if start.startswith(("<!doctype html", "<html")) or "<html" in start:
        return _no_notebook("a web page (HTML)")
    if start.startswith("<?xml"):
        return _no_notebook("an XML file")
    if start.startswith("version https://git-lfs"):
        return _no_notebook("a Git LFS pointer")
    if re.search(r"^(#!.*python|# %%|import \w|from \w+ import|def \w+\()", text[:100_000], re.M):
        return _no_notebook("a Python script")
    return _no_notebook("a plain text or something else")
