"""Cells whose text alone is meant to break whoever reads, compiles or shows it."""

from grading.classroom.attack import Attack

FAMILY = "texts"


def _text(name: str, tries: str, cell: str, **more) -> Attack:
    return Attack(name, FAMILY, tries, cell=cell, **more)


ATTACKS = [
    _text("megabytes", "Is three megabytes of comment.", "# " + "x" * 3 * 2**20 + "\n@NAME@ = 4.0"),
    _text("many lines", "Is a cell of a hundred thousand lines.", "x = 1\n" * 100_000 + "@NAME@ = 4.0"),
    _text("a null byte", "Holds a null byte.", "@NAME@ = 4.0\x00"),
    _text("half a character", "Holds half of a surrogate pair.", "@NAME@ = '\ud83d'"),
    _text(
        "directions",
        "Holds characters that turn the direction of text.",
        "@NAME@ = '\u202e\u2066'  # \u202e } return 4",
    ),
    _text("deep parentheses", "Is nested too deep for a parser.", "@NAME@ = " + "(" * 50_000 + ")" * 50_000),
    _text("deep brackets", "Is nested as deep as a parser allows.", "@NAME@ = " + "[" * 190 + "]" * 190),
    _text("many signs", "Is a number with a hundred thousand signs.", "@NAME@ = " + "-" * 100_000 + "1"),
    _text("a long sum", "Is a sum of a hundred thousand terms.", "@NAME@ = " + "1+" * 100_000 + "1"),
    _text("many attributes", "Is a chain of a hundred thousand attributes.", "@NAME@ = x" + ".x" * 100_000),
    _text(
        "a long power",
        "Is a constant that a compiler might fold.",
        "@NAME@ = 2**2**2**2**2**2 if 0 else 10**10**10",
        verdict="(limit cell_",
    ),
    _text(
        "nested functions",
        "Is nested functions, indented ever deeper.",
        "\n".join(" " * i + "def @NAME@():" for i in range(99)) + "\n" + " " * 99 + "pass",
    ),
    _text("many decorators", "Is a function with thousands of decorators.", "@print\n" * 5_000 + "def @NAME@(): pass"),
    _text("another encoding", "Declares an encoding that does not exist.", "# -*- coding: rot13 -*-\n@NAME@ = 4.0"),
    _text("form feeds", "Uses every kind of line end and white space.", "@NAME@ = 4.0\r\f\v\x1c\x85\u2028x = 1\r\n"),
    _text("unfinished", "Ends in the middle of a text.", "@NAME@ = '''"),
    _text("unknown magics", "Uses magics that nobody knows.", "%%nonsense --x\n@NAME@ = 4.0"),
    _text("a slow tokenizer", "Is a line of ten thousand open strings.", "@NAME@ = " + "'x" * 20_001),
    _text("help", "Asks for help on everything.", "?\n??\n@NAME@??\nnumpy?\n!!\n/print 1"),
    _text(
        "future imports",
        "Changes the language for the cells that follow.",
        "from __future__ import annotations, barry_as_FLUFL\n@NAME@ = 4.0",
    ),
]
