"""Make what a student's notebook shows safe to open in an instructor's browser.

Outputs keep texts and plain PNG pictures of sensible size; text cells keep their Markdown but no HTML, no remote
pictures and no active links. Nothing here trusts a type: every value may be anything that JSON can say.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_output

MAX_TEXT = 20_000  # characters of one output
MAX_PICTURE = 2 * 2**20  # bytes of one picture
MAX_SIDE = 4_000  # pixels
MAX_OUTPUTS = 50  # of one cell
MAX_CELL = 4 * 2**20  # characters of all outputs of one cell, pictures as base64
_PNG = b"\x89PNG\r\n\x1a\n"
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
_MATH_COMMAND = re.compile(
    r"\\(?=(href|url|style|class|cssId|data|bbox|mmlToken|require|html\w*|unicode|let|[gex]?def"
    r"|(re)?new(command|environment)|DeclareMathOperator)(?![A-Za-z]))"
)
# Markdown takes a colon or a letter of an address also as an entity (&colon; &#58;) or behind a backslash
_ENTITY = re.compile(r"&(?=#|colon|Tab|NewLine)", re.IGNORECASE)
_PROTOCOL = re.compile(r"(" + "|".join(r"[\s\\]*".join(p) for p in ("javascript", "vbscript")) + r")[\s\\]*:", re.I)
_DATA = re.compile(r"data\\?:(?=[\w,;])", re.IGNORECASE)


def text(value: Any) -> str:
    """Return a text of bounded length; memory addresses, which differ from run to run, are blotted out."""
    if isinstance(value, list):
        value = "".join(v for v in value if isinstance(v, str))
    if not isinstance(value, str):
        return ""
    cut = value if len(value) <= MAX_TEXT else value[:MAX_TEXT] + f"\n… ({len(value) - MAX_TEXT} characters left out)"
    return _ADDRESS.sub("0x…", _CONTROL.sub("", cut))


def line(value: str) -> str:
    """Return a text as it may stand in a message: no control characters, which a terminal would obey."""
    return _CONTROL.sub("", value).replace("\x1b", "")


def markdown(value: str) -> str:
    """Return Markdown in which HTML, pictures from elsewhere and active links are plain text."""
    value = _TAG.sub("< ", text(value)).replace("![", "[")
    value = _PROTOCOL.sub(r"\1 :", _ENTITY.sub("& ", _MATH_COMMAND.sub(r"\\backslash ", value)))
    return _DATA.sub("data :", value)


def outputs(values: Any) -> list[NotebookNode]:
    """Return the harmless part of a cell's outputs, in nbformat's form."""
    if not isinstance(values, list):
        return []
    kept: list[NotebookNode] = []
    left = MAX_CELL
    for number, value in enumerate(values):
        found = _output(value) if isinstance(value, dict) and number < MAX_OUTPUTS else []
        left -= sum(len(json.dumps(output)) for output in found)
        if number == MAX_OUTPUTS or left < 0:
            kept.append(_note(f"{len(values) - number} more outputs left out"))
            break
        kept += found
    return kept


def _output(value: dict) -> list[NotebookNode]:
    kind = value.get("output_type")
    if kind == "stream":
        name = "stderr" if value.get("name") == "stderr" else "stdout"
        return [new_output("stream", name=name, text=text(value.get("text")))]
    if kind == "error":
        lines = value.get("traceback")
        lines = [text(line) for line in lines[:60]] if isinstance(lines, list) else []
        return [new_output("error", ename=text(value.get("ename")), evalue=text(value.get("evalue")), traceback=lines)]
    if kind in ("display_data", "execute_result") and isinstance(value.get("data"), dict):
        return _display(value["data"])
    return []


def _display(data: dict) -> list[NotebookNode]:
    picture = data.get("image/png")
    if picture is not None:
        encoded = _picture(picture)
        if encoded is None:
            return [_note("a picture that is too large, or none, was left out")]
        return [new_output("display_data", data={"image/png": encoded, "text/plain": text(data.get("text/plain"))})]
    if "text/plain" in data:
        return [new_output("display_data", data={"text/plain": text(data["text/plain"])})]
    return [_note("an output of a kind that is not shown here was left out")] if data else []


def _note(what: str) -> NotebookNode:
    return new_output("display_data", data={"text/plain": f"[{what}]"})


def _picture(value: Any) -> str | None:
    """Return a PNG's base64 text, or None for what is no PNG of sensible size."""
    if isinstance(value, list):
        value = "".join(v for v in value if isinstance(v, str))
    if not isinstance(value, str) or len(value) > MAX_PICTURE * 4 // 3 + 100:
        return None
    try:
        data = base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(data) < 33 or not data.startswith(_PNG) or data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack(">II", data[16:24])
    if not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE):
        return None
    return base64.b64encode(data).decode()
