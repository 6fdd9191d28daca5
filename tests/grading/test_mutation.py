"""Mutants of references: which there are, and what becomes of those that no check catches."""

import ast
import dataclasses
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from grading.mutation.mutants import Mutant, mutants
from grading.mutation.survivors import LISTED, Survivor, figures, outcome, read_survivors
from grading.source import SourceError, read_chapter
from tests.grading.small_course import CHAPTER, make_course

PROGRAM = Path(sys.executable).with_name("mlcourse")


def changes(code):
    return [m.change for m in mutants(code)]


# ---- which mutants there are


def test_mutants_of_a_small_function_in_the_order_of_its_code():
    code = '''
def standardized(x: "1 + 1"):
    """Return 1 + 1."""
    centred = x - x.mean(axis=0)
    return centred / 2.0
'''
    assert changes(code) == [
        "x - x.mean(axis=0) → x + x.mean(axis=0)",
        "x - x.mean(axis=0) → x.mean(axis=0) - x",
        "x - x.mean(axis=0) → x",
        "x - x.mean(axis=0) → -x.mean(axis=0)",
        "x - x.mean(axis=0) → np.subtract(x, x.mean(axis=0), out=x)",
        "x - x.mean(axis=0) → -(x - x.mean(axis=0))",
        "x.mean(axis=0) → x.sum(axis=0)",
        "x.mean(axis=0) → x.mean()",
        "x.mean(axis=0) → x",
        "x.mean(axis=0) → x.mean(axis=1)",
        "centred / 2.0 → centred * 2.0",
        "centred / 2.0 → 2.0 / centred",
        "centred / 2.0 → centred",
        "centred / 2.0 → 1 / 2.0",
        "centred / 2.0 → -(centred / 2.0)",
        "centred / 2.0 → centred / 4.0",
    ]  # the first assignment of a name is not dropped: that would be no slip but a NameError


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("y = a @ b", {"a @ b → a * b", "a @ b → b @ a", "a @ b → a", "a @ b → b", "a @ b → -(a @ b)"}),
        ("y = f(a.T)", {"a.T → a", "f(a.T) → a.T"}),
        ("y = g(a, b)", {"g(a, b) → g(b, a)"}),
        ("y = np.maximum(a, b)", {"np.maximum(a, b) → np.minimum(a, b)"}),
        ("y = np.where(a, b, c)", {"np.where(a, b, c) → np.where(a, c, b)"}),
        ("y = np.zeros(3)", {"np.zeros(3) → np.ones(3)", "np.zeros(3) → 3", "np.zeros(3) → np.zeros(4)",
                             "np.zeros(3) → np.zeros(2)"}),
        ("y = x.max(axis=-1, keepdims=True)", {
            "x.max(axis=-1, keepdims=True) → x.min(axis=-1, keepdims=True)",
            "x.max(axis=-1, keepdims=True) → x.max(keepdims=True)",
            "x.max(axis=-1, keepdims=True) → x.max(axis=-1)",
            "x.max(axis=-1, keepdims=True) → x",
            "x.max(axis=-1, keepdims=True) → x.max(axis=0, keepdims=True)",
            "x.max(axis=-1, keepdims=True) → x.max(axis=1, keepdims=True)"}),
        ("y = x[:, None]", {"x[:, None] → x[None, :]", "x[:, None] → x"}),
        ("y = x[:-1]", {"x[:-1] → x[:]", "x[:-1] → x[:1]", "x[:-1] → x[:0]", "x[:-1] → x[:-2]"}),
        ("y = x[:n]", {"x[:n] → x[:]", "x[:n] → x[:n - 1]", "x[:n] → x[:n + 1]"}),
        ("y = x[i]", {"x[i] → x[i - 1]", "x[i] → x[i + 1]"}),
        ("for i in range(n): pass", {"range(n) → range(n - 1)", "range(n) → range(n + 1)", "range(n) → n"}),
        ("y = a < b", {"a < b → a <= b", "a < b → a >= b"}),
        ("y = 0 <= a < b", {
            "0 <= a < b → 0 < a < b", "0 <= a < b → 0 > a < b", "0 <= a < b → 0 <= a <= b", "0 <= a < b → 0 <= a >= b",
            "0 <= a < b → 1 <= a < b", "0 <= a < b → -1 <= a < b"}),
        ("y = ~a & b", {"~a & b → ~a | b", "~a & b → ~a", "~a & b → b", "~a & b → -(~a & b)", "~a → a"}),
        ("y = a and b", {"a and b → a or b", "a and b → a", "a and b → b"}),
        ("y = a if c else b", {"a if c else b → a", "a if c else b → b", "a if c else b → a if not c else b"}),
        ("if c: y = -a", {"c → not c", "-a → a"}),
        ("y = 1 - a", {"1 - a → 1 + a", "1 - a → a - 1", "1 - a → 1", "1 - a → -a", "1 - a → 2 - a",
                       "1 - a → -(1 - a)"}),
        ("x += 1.5", {"x += 1.5 → x -= 1.5", "x += 1.5 → x = 1.5", "x += 1.5 → dropped", "1.5 → 3.0"}),
        ("x[i] = y", {"x[i] = y → dropped", "x[i] → x[i - 1]", "x[i] → x[i + 1]"}),
        ("step()\ndone.append(x)", {"step() → dropped", "done.append(x) → dropped"}),
        ("y = zip(a, b, strict=True)", {"zip(a, b, strict=True) → zip(b, a, strict=True)"}),
        ("y = np.exp(a)", {"np.exp(a) → a", "np.exp(a) → np.exp(-a)"}),
    ],
)  # fmt: skip
def test_slips(code, expected):
    assert set(changes(code)) == expected


def test_results_are_negated_exchanged_and_mistaken_for_another_local():
    code = "def f(x):\n    a = x\n    b = x\n    return a, b\n"
    assert changes(code) == [
        "(a, b) → (b, a)", "(a, b) → (-a, b)", "(a, b) → (b, b)", "(a, b) → (a, -b)", "(a, b) → (a, a)",
    ]  # fmt: skip


def test_a_parameter_is_changed_in_place():
    assert "x - 1 → np.subtract(x, 1, out=x)" in changes("def f(x):\n    return x - 1\n")
    assert not any("out=" in change for change in changes("def f(x):\n    y = g(x)\n    return y - 1\n"))


def test_an_assignment_is_dropped_where_its_name_has_a_value_without_it():
    assert "x = x + 1 → dropped" in changes("def f(x):\n    x = x + 1\n    return x\n")


def test_only_what_a_student_writes_is_mutated_and_lines_are_those_of_the_file():
    code = """def f(x, step=1e-6):
    given = x + 1
    ### BEGIN SOLUTION
    return given * x
    ### END SOLUTION
"""
    found = mutants(code, first_line=100)
    assert {(m.line, m.function, m.code) for m in found} == {(103, "f", "return given * x")}
    assert "given = x + 1" in found[0].text


def test_equal_programs_are_made_once_and_the_same_slip_elsewhere_in_a_line_is_told_apart():
    assert changes("y = x * x") == ["x * x → x / x", "x * x → x", "x * x → -(x * x)"]
    assert changes("y = [len(a), len(a)]") == ["len(a) → a", "len(a) → a (number 2)"]


def test_every_mutant_is_a_program_of_its_own():
    code = Path(__file__).with_name("small_course.py").read_text().partition("def make_course")[2]
    code = "def make_course" + code
    found = mutants(code)
    assert len(found) > 50
    assert len({ast.unparse(ast.parse(m.text)) for m in found}) == len(found)
    assert [m.line for m in found] == [m.line for m in mutants(code)]


# ---- survivors


@pytest.fixture
def source(tmp_path):
    return read_chapter(make_course(tmp_path).solutions, CHAPTER)[0]


MUTANT = Mutant(19, "double", "return 2 * x", "2 * x → 2 / x", "")
SURVIVOR = Survivor("01_first", "double", "double", "return 2 * x", "2 * x → 2 / x", "It's \\ ½.", False)


def test_a_survivor_is_listed_unlisted_or_stale(source):
    exercise = source.exercises["double"]
    unlisted = outcome(source, exercise, 5, [MUTANT], [])
    assert [s for _, s in unlisted.unlisted] == [SURVIVOR]
    listed = outcome(source, exercise, 5, [MUTANT], [SURVIVOR])
    assert (listed.unlisted, listed.listed, listed.stale) == ([], [SURVIVOR], [])
    assert outcome(source, exercise, 5, [], [SURVIVOR]).stale == [SURVIVOR]
    assert outcome(source, source.exercises["half"], 5, [], [SURVIVOR]).stale == [], "another exercise's"


def test_equivalent_mutants_do_not_count(source):
    exercise = source.exercises["double"]
    same = Survivor("01_first", "double", "double", "return 2 * x", "2 * x → 2 / x", "Says the same.", True)
    assert vars(figures([outcome(source, exercise, 5, [MUTANT], [same])])) == {
        "mutants": 5, "caught": 4, "equivalent": 1, "listed": 0, "unlisted": 0, "share": 1.0,
    }  # fmt: skip
    both = [outcome(source, exercise, 5, [MUTANT], [SURVIVOR]), outcome(source, exercise, 5, [MUTANT], [])]
    assert list(vars(figures(both)).values()) == [10, 8, 0, 1, 1, 0.8]


def test_what_is_printed_can_be_pasted_into_the_list(tmp_path):
    (tmp_path / LISTED).write_text(str(SURVIVOR))
    (read,) = read_survivors(tmp_path)
    assert vars(read) == vars(SURVIVOR)
    assert tomllib.loads(str(SURVIVOR))
    assert read_survivors(tmp_path / "nowhere") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[survivor", "not a list of survivors"),
        ("[[survivor]]\nexercise = 'double'", "missing 4 required"),
        (str(SURVIVOR).replace("change", "changes"), "unexpected keyword argument 'changes'"),
        (str(dataclasses.replace(SURVIVOR, reason=" ")), "no reason for '2 * x → 2 / x' in double"),
        (f"{SURVIVOR}\n{SURVIVOR}", "is listed twice"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(tmp_path, text, said):
    (tmp_path / LISTED).write_text(text)
    with pytest.raises(SourceError, match=re.escape(said)):
        read_survivors(tmp_path)


def run(place, *arguments):
    command = [PROGRAM, "mutate", CHAPTER, "--isolation", "none", "--workers", "1", *arguments]
    done = subprocess.run(command, cwd=place, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_the_command_names_what_a_weak_check_lets_through(tmp_path):
    folder = make_course(tmp_path).solutions / CHAPTER
    path = folder / "01_first.py"
    hidden = path.read_text().partition("### BEGIN HIDDEN TESTS")[2].partition("### END HIDDEN TESTS\n")[0]
    weak = path.read_text().replace(f"### BEGIN HIDDEN TESTS{hidden}### END HIDDEN TESTS\n", "")
    path.write_text(weak.replace("double(2.0), 4.0", "double(1.0), 2.0"))

    status, told = run(tmp_path, "--notebook", "01", "--exercise", "double")
    assert status == 1
    line = path.read_text().splitlines().index("    return 2 * x") + 1
    assert f"01_first.py:{line}: no check of double catches 2 * x → 2 / x" in told
    entries = told[told.index("[[survivor]]") :]
    assert [e["change"] for e in tomllib.loads(entries)["survivor"]] == ["2 * x → 2 / x", "2 * x → 2"]

    listed = entries.replace('reason = ""', 'reason = "One is a poor example."')
    gone = dataclasses.replace(SURVIVOR, change="x + 2 → x - 2")
    (folder / LISTED).write_text(f"{listed}\n{gone}".replace("equivalent = false", "equivalent = true"))
    status, told = run(tmp_path, "--exercise", "double")
    assert status == 0
    assert "100.0%" in told
    assert told.count("stale entry") == 1
    assert "stale entry, this mutant is caught or gone: x + 2 → x - 2" in told


def test_an_exercise_that_is_not_there(tmp_path):
    make_course(tmp_path)
    assert run(tmp_path, "--exercise", "treble") == (2, "error: no exercise 'treble' in a notebook ''\n")
