"""What a student's code defines, read without running it; magics are legal, and nothing that it holds can hurt."""

from __future__ import annotations

import re
import symtable
from dataclasses import dataclass

MAX_LENGTH = 250_000  # characters that are worth reading
MAX_DOTS = 60  # of a module's name: the parser's memory grows with their square
MAGICS_OF_PYTHON = ("time", "timeit", "capture", "prun")
_ASSIGNED_MAGIC = re.compile(r"([\w, .]++=) *[%!]")
_HELP = re.compile(r"\?*+[\w.]++\?+\s*$|\?++[\w.]++\s*$")
_LOOSE = re.compile(r"^(?:(?:async\s+)?def|class)\s+(\w+)|^(\w++)[ \t]*+(?::[^=\n]*+)?=(?!=)", re.M)


@dataclass(frozen=True)
class Code:
    """Whether a text is Python (with magics), and the names that it binds at top level, imports included."""

    valid: bool
    names: frozenset[str]


NOTHING = Code(True, frozenset())
INVALID = Code(False, frozenset())


def read_code(text: str) -> Code:
    """Say what a cell's code defines.

    Examples
    --------
    >>> sorted(read_code("%matplotlib inline\\nimport numpy as np\\ndef f(x): y = x").names)
    ['f', 'np']
    >>> read_code("def f(x):").valid
    False
    """
    if len(text) > MAX_LENGTH or _has_long_module_name(text):
        return NOTHING
    try:
        return Code(True, _bound(text))
    except _ERRORS:
        pass
    plain = without_magics(text)
    if plain == text:
        return INVALID
    try:
        return Code(True, _bound(plain))
    except _ERRORS:
        return INVALID


# ValueError: null bytes; UnicodeError: half a surrogate pair; the last two: nested too deeply
_ERRORS = (SyntaxError, ValueError, RecursionError, MemoryError)


def _bound(code: str) -> frozenset[str]:
    table = symtable.symtable(code, "<cell>", "exec")
    return frozenset(
        s.get_name() for s in table.get_symbols() if s.is_assigned() or s.is_imported() or s.is_namespace()
    )


def _has_long_module_name(text: str) -> bool:
    if text.count(".") <= MAX_DOTS:
        return False
    lines = text.replace("\\\n", "").split("\n")
    return any("import" in line and len(re.findall(r"\w\s*\.(?=\s*\w)", line)) > MAX_DOTS for line in lines)


def without_magics(text: str) -> str:
    """Return the code with IPython's magics, shell lines and help requests taken out; lines keep their numbers.

    A cell magic that runs Python (``%%time``) leaves its Python; any other (``%%bash``) leaves nothing.

    Examples
    --------
    >>> without_magics("%%time\\nfiles = !ls\\nx = 1")
    '\\nfiles = None\\nx = 1'
    """
    lines = text.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        name = re.match(r"%%(\w*)", lines[first]).group(1)
        if name not in MAGICS_OF_PYTHON:
            return ""
        lines[first] = ""
    return "\n".join(_without_magic(line) for line in lines)


def _without_magic(line: str) -> str:
    if "%" not in line and "!" not in line and "?" not in line:
        return line
    rest = line.lstrip()
    indent = line[: len(line) - len(rest)]
    if assigned := _ASSIGNED_MAGIC.match(rest):
        return f"{indent}{assigned.group(1)} None"
    if rest[:1] in ("%", "!") or _HELP.match(rest):
        return f"{indent}pass"
    return line


def names_at_line_starts(text: str) -> frozenset[str]:
    """Return the names that a text seems to define, where it is no valid Python."""
    return frozenset(name for pair in _LOOSE.findall(text[:MAX_LENGTH]) for name in pair if name)


def is_continuation(text: str) -> bool:
    """Say whether a text begins within a block."""
    first = next((line for line in text.split("\n") if line.strip()), "")
    return first[:1] in (" ", "\t")
