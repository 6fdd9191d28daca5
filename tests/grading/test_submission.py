"""Damaged hand-ins: what is found in them, whose text it is, and what the student is told."""

import contextlib
import copy
import json
import os
import time
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grading.build import release_notebook
from grading.classroom import damage
from grading.source import read_notebook, without_markers
from grading.submission import Unreadable, find_files, read_file, read_submission
from grading.submission.student_code import read_code, without_magics

SOURCE = read_notebook(Path(__file__).parent / "fixtures" / "ch00_damage" / "01_small.py")
RELEASE = release_notebook(SOURCE)
UNTOUCHED = (nbformat.writes(RELEASE) + "\n").encode()
SOLUTIONS = {e.name: without_markers(e.cell.text) for e in SOURCE.exercises.values()}
IDS = [cell.id for cell in RELEASE.cells]
NO_STRESS = settings(deadline=None, database=None, suppress_health_check=list(HealthCheck))


def solved():
    notebook = copy.deepcopy(RELEASE)
    for cell in notebook.cells:
        if cell.id.startswith("exercise-"):
            cell.source = SOLUTIONS[cell.id.removeprefix("exercise-")]
            cell.outputs = [nbformat.v4.new_output("stream", text=f"output of {cell.id}\n")]
    return notebook


GOOD = (nbformat.writes(solved()) + "\n").encode()


def cells_of(submission, kind):
    return [cell for cell in submission.cells if cell.kind == kind]


def texts(submission):
    return {cell.exercise: cell.text for cell in cells_of(submission, "exercise")}


def perform(submission):
    """Run the cells as the judge does; return what each exercise's cell left behind."""
    names, kept = {}, {}
    for cell in submission.cells:
        if cell.kind in ("setup", "exercise", "own"):
            try:
                exec(without_magics(cell.text), names)
            except Exception:
                assert cell.kind != "setup"
            if cell.kind == "exercise":
                wanted = SOURCE.exercises[cell.exercise].names
                kept[cell.exercise] = {name: names.get(name) for name in wanted}
    return kept


def working(submission):
    """Return the exercises that hold what they should."""
    kept = perform(submission)
    tests = {
        "scale": lambda scale: scale(2.0, 3.0) == 6.0,
        "code": lambda encode, decode: decode(encode("abba")) == "abba",
        "total": lambda total: total([1.0, 2.0]) == 3.0,
    }
    good = set()
    for name, found in kept.items():
        try:
            if tests[name](**found):
                good.add(name)
        except Exception:
            continue
    return good


def as_notebook(*changes):
    notebook = json.loads(GOOD)
    for change in changes:
        change(notebook["cells"])
    return damage.written(notebook)


# ---- an undamaged notebook ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [UNTOUCHED, GOOD], ids=["release", "solved"])
def test_undamaged_notebook_comes_back_as_it_was(data):
    submission = read_submission(data, SOURCE)
    given = nbformat.reads(data.decode(), 4).cells
    kinds = [cell.kind for cell in SOURCE.cells if cell.in_notebook]
    assert submission.repairs == []
    assert [c.id for c in submission.cells] == IDS
    assert [c.kind for c in submission.cells] == kinds
    assert [c.text for c in submission.cells] == [c.source for c in given]
    assert [c.outputs for c in submission.cells] == [c.get("outputs", []) for c in json.loads(data)["cells"]]


def test_what_the_student_adds_stays_where_it_is():
    def add(cells):
        cells.insert(3, damage.code_cell("helper = 1"))
        cells.insert(4, {"cell_type": "markdown", "metadata": {}, "source": "My notes.", "id": "n"})
        cells.insert(5, damage.code_cell("  \n", "blank"))

    submission = read_submission(as_notebook(add), SOURCE)
    assert submission.repairs == []
    assert [c.kind for c in submission.cells[2:6]] == ["markdown", "own", "note", "exercise"]
    assert [c.id for c in submission.cells if c.kind in ("own", "note")] == ["", ""]


# ---- the corpus -----------------------------------------------------------------------------------------------------

MISSING = "The cell of exercise {} is missing; it earns no points."
PUT_BACK = "The setup cell {} was missing; it was put back."
CHECKS = "The checks of scale, code and total were missing and put back."
CHECK = "The check of exercise {} was missing and put back."
TWICE = "The cell of exercise scale was there 2 times; the last one that defines what is asked for was taken."
JOINED = "The cell of exercise scale was split into 2 pieces; they were joined again."
ORDER = "The cells were not in the released order; they were put back into it."
NO_MARKS = (
    "The notebook had lost the marks of all its cells; they were recognised by their ids, their texts and the names "
    "that they define."
)
BY_NAME = "The cell of exercise {} was missing its marks; it was recognised by the function that it defines."
NO_CODE = "The cell of exercise scale was no code cell any more; it was read as code."
SETUP_CHANGED = "The setup cell setup-01 was changed; the released one was used"
OLD_FORMAT = "The notebook was saved in an old format (nbformat 3 or older); it was converted to format 4."
CUT = "The file was cut off or damaged (line {}); {} whole cells could be saved from it."
JUNK = "Malformed parts of the notebook were ignored or mended ({})."
ALL_MISSING = [MISSING.format(name) for name in SOLUTIONS]
ALL_PUT_BACK = [PUT_BACK.format("setup-01"), PUT_BACK.format("setup-02"), CHECKS]

TOLD = {
    "exercise_deleted": [MISSING.format("scale")],
    "check_deleted": [CHECK.format("scale")],
    "all_checks_deleted": [CHECKS],
    "setup_deleted": [PUT_BACK.format("setup-01")],
    "text_deleted": [],
    "demo_deleted": [],
    "all_but_exercises_deleted": ALL_PUT_BACK,
    "no_cells": ["The notebook has no cells.", *ALL_MISSING, *ALL_PUT_BACK],
    "exercise_pasted_twice": [TWICE],
    "old_attempt_kept": [TWICE],
    "empty_copy_below": [TWICE],
    "copy_used_as_scratch": [TWICE],
    "setup_pasted_twice": ["The setup cell setup-01 was there 2 times; one was kept."],
    "check_pasted_twice": ["The check of exercise scale was there 2 times; one was kept."],
    "split_in_function": [JOINED],
    "split_after_signature": [JOINED],
    "split_between_functions": ["Exercise code was spread over several cells; all of them were performed."],
    "split_between_functions_unmarked": [
        "The cell of exercise code was split; the rest of it was found in a later cell of your own."
    ],
    "exercise_merged_with_check": [
        "The cell of exercise scale was merged with its check; the check was taken out of it.",
        CHECK.format("scale"),
    ],
    "exercises_merged": ["The cell of exercise code is missing; what it asks for was found in cell 4."],
    "exercises_swapped": [ORDER],
    "shuffled": [ORDER],
    "exercise_made_markdown": [NO_CODE],
    "exercise_made_raw": [NO_CODE],
    "setup_made_markdown": [SETUP_CHANGED + "."],
    "grade_id_renamed": ["The cell of exercise scale was missing its marks; it was recognised by its cell id."],
    "grade_ids_swapped": [BY_NAME.format("scale"), BY_NAME.format("total")],
    "exercise_without_marks": [BY_NAME.format("scale")],
    "marks_stripped": [NO_MARKS],
    "metadata_and_ids_stripped": [NO_MARKS],
    "function_renamed": ["The cell of exercise scale does not define scale; nothing else in the notebook does."],
    "solved_elsewhere": [
        "The cell of exercise scale was left unwritten; your definition in a cell of your own was taken."
    ],
    "solved_again_before_check": [
        "Exercise scale is defined again in a cell of your own before its check; the later definition counts."
    ],
    "setup_broken": [SETUP_CHANGED + "."],
    "setup_extended": [SETUP_CHANGED + "; yours was performed after it, because it also defines more_maths."],
    "check_weakened": ["The check of exercise scale was changed; the released one was used."],
    "demo_extended": [],
    "magics_everywhere": [],
    "older_release": [
        "The notebook is from another release than the current one; its setup and check cells were replaced."
    ],
    "other_kernel": ["The notebook says that its language is R; it was graded as Python."],
    "other_notebook": ["The file says that it is the notebook 99_other; read as 01_small."],
    "metadata_is_a_list": [JUNK.format("2 × metadata")],
    "old_format": [OLD_FORMAT],
    "old_format_malformed": [OLD_FORMAT],
    "format_of_the_future": ["The notebook says that it has format 5; it was read as format 4."],
    "outputs_of_50_megabytes": ["The outputs of the cell of exercise scale were too large and were left out."],
    "malformed_outputs": [JUNK.format("2 × no output, 1 × outputs that are no list")],
    "outputs_nested_deeply": [JUNK.format("1 × outputs nested too deeply")],
    "cells_that_are_none": [JUNK.format("4 × no cell, 1 × source that is no text, 1 × unknown type of cell")],
    "sources_of_wrong_types": [JUNK.format("1 × line that is no text, 2 × source that is no text")],
    "sources_as_bare_lines": [JUNK.format("8 × source without line ends")],
    "cell_types_missing": [JUNK.format("9 × unknown type of cell")],
    "half_surrogates_escaped": [],
    "number_of_ten_thousand_digits": [],
    "byte_order_mark": [],
    "utf16": ["The file was written in UTF-16 instead of UTF-8; it was converted."],
    "windows_encoding": ["The file was written in Windows' encoding instead of UTF-8; it was converted."],
    "windows_line_ends": [],
    "text_behind_the_end": ["There was something behind the end of the notebook; it was ignored."],
    "comma_lost": [CUT.format(11, 12)],
    "quote_lost": [CUT.format(4, 11)],
    "merge_conflict": ["The file held both sides of a git merge conflict; the side with more work in it was taken."],
    "merge_conflict_in_cell": [
        "The cell of exercise scale held both sides of a git merge conflict; one side was taken."
    ],
    "cut_off_at_three_quarters": [CUT, MISSING.format("total"), CHECK.format("total")],
    "cut_off_near_the_end": [CUT],
    "cut_off_in_a_character": [CUT],
    "endless_cells": [
        "The notebook has 100,001 cells; all but the first 2,000 were left out.",
        JUNK.format("2000 × source that is no text, 2000 × unknown type of cell"),
        *ALL_MISSING,
        *ALL_PUT_BACK,
    ],
}
LOST = {  # exercises of which nothing is left that works; all others must work
    "exercise_deleted": {"scale"},
    "no_cells": set(SOLUTIONS),
    "endless_cells": set(SOLUTIONS),
    "function_renamed": {"scale"},
    "cut_off_at_three_quarters": {"total"},
}
OTHER_TEXT = {  # exercises whose text is not that of the solved cell
    "split_between_functions": {"code": SOLUTIONS["code"].split("\n\n\n")[1]},
    "split_between_functions_unmarked": {"code": SOLUTIONS["code"].split("\n\n\n")[1]},
    "exercises_merged": dict.fromkeys(("scale", "code"), SOLUTIONS["scale"] + "\n\n" + SOLUTIONS["code"]),
    "function_renamed": {"scale": SOLUTIONS["scale"].replace("def scale", "def my_scale")},
    "magics_everywhere": {
        name: "%%time\n%matplotlib inline\n!echo hello\nfiles = !ls\n" + text for name, text in SOLUTIONS.items()
    },
}
REASONS = {
    "cut_off_at_once": "This file breaks off or is damaged before its first whole code cell.",
    "empty_file": "This file is empty.",
    "zero_bytes": "This file holds nothing but zero bytes.",
    "pdf": "This file is a PDF, not a notebook.",
    "zip_archive": "This file is a ZIP archive, not a notebook.",
    "picture": "This file is a picture, not a notebook.",
    "web_page": "This file is a web page (HTML), not a notebook.",
    "python_script": "This file is a Python script, not a notebook.",
    "plain_text": "This file is a plain text or something else, not a notebook.",
    "other_json": "This file is JSON of another kind, not a notebook.",
    "json_list": "This file is JSON of another kind, not a notebook.",
    "nested_100_000_deep": "This file is nested too deeply for a notebook.",
    "random_bytes": "This file is a plain text or something else, not a notebook.",
}


def test_the_corpus_is_covered():
    assert set(TOLD) | set(REASONS) == set(damage.DAMAGES)
    assert set(REASONS) == damage.UNREADABLE


@pytest.mark.parametrize("name", TOLD)
def test_damage_is_repaired(name):
    damaged = damage.DAMAGES[name](GOOD)
    assert damaged != GOOD
    start = time.process_time()
    submission = read_submission(damaged, SOURCE)
    assert time.process_time() - start < 5  # 0.8 s for 50 MB
    expected = [text for text in TOLD[name] if text != CUT]
    told = submission.repairs[1:] if CUT in TOLD[name] else submission.repairs
    assert sorted(told) == sorted(expected)
    lost = LOST.get(name, set())
    assert working(submission) == set(SOLUTIONS) - lost
    whole = {n: t for n, t in SOLUTIONS.items() if MISSING.format(n) not in expected}
    assert texts(submission) == whole | OTHER_TEXT.get(name, {})


@pytest.mark.parametrize("name", sorted(set(TOLD) - {"outputs_of_50_megabytes"}))
def test_repaired_notebook_can_be_performed(name):
    """Setup and checks are the released ones, all there, and in the released order."""
    submission = read_submission(damage.DAMAGES[name](GOOD), SOURCE)
    for kind in ("setup", "check"):
        found = [(c.id, c.text) for c in cells_of(submission, kind)]
        assert found == [(c.id, c.source) for c in RELEASE.cells if c.id.startswith(kind)]
    if name not in ("solved_elsewhere", "exercises_merged"):  # a cell of the student's own stays where it is
        ids = [c.id for c in submission.cells if c.id]
        assert ids == [i for i in IDS if i in ids]


@pytest.mark.parametrize("name", REASONS)
def test_unreadable_files_say_why(name):
    with pytest.raises(Unreadable) as caught:
        read_submission(damage.DAMAGES[name](GOOD), SOURCE)
    assert str(caught.value).startswith(REASONS[name])


@pytest.mark.parametrize("name", ["cut_off_at_three_quarters", "cut_off_near_the_end", "cut_off_in_a_character"])
def test_a_cut_is_told_with_what_was_saved(name):
    submission = read_submission(damage.DAMAGES[name](GOOD), SOURCE)
    saved = sum(1 for c in submission.cells if c.kind != "check" or c.id not in ("check-total",))
    assert submission.repairs[0].endswith(f"; {saved + (name != 'cut_off_at_three_quarters')} whole cells could be "
                                          "saved from it.")  # fmt: skip


# ---- what the corpus cannot say without the release -----------------------------------------------------------------


def stub(name):
    return next(c.source for c in RELEASE.cells if c.id == f"exercise-{name}")


def test_untouched_copies_are_dropped():
    def paste(cells):
        cell = damage.exercises(cells)[0]
        cells.insert(4, damage.pasted(cell, stub("scale")))

    submission = read_submission(as_notebook(paste), SOURCE)
    assert submission.repairs == [TWICE]
    assert [c.id for c in submission.cells] == IDS


def test_an_attempt_below_the_solution_does_not_override_it():
    def paste(cells):
        cell = damage.exercises(cells)[0]
        cells.insert(4, damage.pasted(cell, "def scale(x, factor):\n    raise NotImplementedError\n\nrest = 1"))

    submission = read_submission(as_notebook(paste), SOURCE)
    assert texts(submission)["scale"] == SOLUTIONS["scale"]
    assert [c.kind for c in submission.cells[2:5]] == ["markdown", "own", "exercise"]


def test_solution_in_a_cell_of_its_own_replaces_the_stub():
    def move(cells):
        damage.exercises(cells)[0]["source"] = stub("scale")
        cells.insert(4, damage.code_cell("from math import pi"))
        cells.insert(5, damage.code_cell(SOLUTIONS["scale"]))

    submission = read_submission(as_notebook(move), SOURCE)
    assert submission.repairs == [
        "The cell of exercise scale was left unwritten; your definition in a cell of your own was taken."
    ]
    assert [c.kind for c in submission.cells[2:6]] == ["markdown", "own", "exercise", "check"]
    assert working(submission) == set(SOLUTIONS)


def test_untouched_release_has_stubs_and_nothing_to_tell():
    assert texts(read_submission(UNTOUCHED, SOURCE)) == {name: stub(name) for name in SOLUTIONS}


def test_half_done_exercise_in_two_places():
    """One function in the exercise's cell, the other, still raising there, in a cell behind it."""

    def spread(cells):
        first, second = SOLUTIONS["code"].split("\n\n\n")
        damage.exercises(cells)[1]["source"] = first + "\n\n\ndef decode(numbers):\n    raise NotImplementedError"
        cells.insert(7, damage.code_cell(second, "rest"))

    submission = read_submission(as_notebook(spread), SOURCE)
    assert working(submission) == set(SOLUTIONS)
    assert len(submission.repairs) == 1


def test_syntax_error_without_marks_is_still_the_exercise():
    def break_it(cells):
        cell = damage.exercises(cells)[0]
        cell |= {"metadata": {}, "id": "typed", "source": "def scale(x, factor):\n    return (x"}

    submission = read_submission(as_notebook(break_it), SOURCE)
    assert texts(submission)["scale"] == "def scale(x, factor):\n    return (x"
    assert submission.repairs == [BY_NAME.format("scale")]


def test_split_into_three_pieces():
    def split(cells):
        cell = damage.exercises(cells)[0]
        lines = SOLUTIONS["scale"].split("\n")
        cell["source"] = lines[0]
        cells[4:4] = [damage.pasted(cell, "\n".join(lines[1:3])), damage.code_cell("\n".join(lines[3:]), "third")]

    submission = read_submission(as_notebook(split), SOURCE)
    assert submission.repairs == [JOINED.replace("2", "3")]
    assert texts(submission)["scale"] == SOLUTIONS["scale"]


def test_broken_exercise_does_not_swallow_the_next_cell():
    def break_it(cells):
        damage.exercises(cells)[0]["source"] = "def scale(x, factor):\n    return (x"
        cells.insert(4, damage.code_cell("mine = 1"))

    submission = read_submission(as_notebook(break_it), SOURCE)
    assert submission.repairs == []
    assert [c.text for c in cells_of(submission, "own")] == ["mine = 1"]


def test_half_an_attempt_is_not_joined_to_the_whole_solution():
    def paste(cells):
        cell = damage.exercises(cells)[0]
        cells.insert(3, damage.pasted(cell, "@np.vectorize"))

    submission = read_submission(as_notebook(paste), SOURCE)
    assert submission.repairs == [TWICE]
    assert texts(submission)["scale"] == SOLUTIONS["scale"]


def test_setup_that_defines_more_is_performed_after_the_released_one():
    submission = read_submission(damage.DAMAGES["setup_extended"](GOOD), SOURCE)
    assert [c.kind for c in submission.cells[:3]] == ["markdown", "setup", "own"]
    assert submission.cells[2].text.endswith("import math as more_maths")


def test_text_cell_that_became_code_is_performed():
    def write(cells):
        cells[2] |= {"cell_type": "code", "source": "mine = 1", "outputs": [], "execution_count": None}

    submission = read_submission(as_notebook(write), SOURCE)
    assert [c.text for c in cells_of(submission, "own")] == ["mine = 1"]


def test_changed_check_without_marks_is_recognised_by_its_report():
    def change(cells):
        cells[4] |= {"metadata": {}, "id": "new", "source": "print(1)\nreport('scale', points=99)"}

    submission = read_submission(as_notebook(change), SOURCE)
    assert [c.id for c in submission.cells] == IDS
    assert submission.repairs == [
        "The check of exercise scale was changed; the released one was used.",
        "The check of exercise scale was missing its marks; it was recognised by its call of report().",
    ]


def test_too_many_values_are_not_even_read():
    with pytest.raises(Unreadable, match="too many values"):
        read_submission(b'{"cells":[' + b"[]," * 7_000_000 + b"[]]}", SOURCE)


def test_own_cells_move_with_the_cell_before_them():
    def reorder(cells):
        last = cells.pop(damage._index(cells, damage.exercises(cells)[-1]))
        cells[0:0] = [last, damage.code_cell("with_total = 1")]

    submission = read_submission(as_notebook(reorder), SOURCE)
    assert submission.repairs == [ORDER]
    kinds = [c.kind for c in submission.cells]
    assert kinds[kinds.index("own") - 1] == "exercise"
    assert submission.cells[kinds.index("own") - 1].exercise == "total"


def test_demo_runs_only_when_later_cells_may_need_it():
    def define(cells):
        demo = damage._demo(cells)
        demo["source"] = damage.text(demo) + "\nmine = 1"

    def restyle(cells):
        demo = damage._demo(cells)
        demo["source"] = damage.text(demo) + "\nprint('done')"

    def copy_it(cells):
        demo = damage._demo(cells)
        cells.append(damage.pasted(demo, damage.text(demo) + "\nprint('again')"))

    assert not cells_of(read_submission(as_notebook(define), SOURCE), "demo")
    for change in (restyle, copy_it):
        submission = read_submission(as_notebook(change), SOURCE)
        assert not cells_of(submission, "own")
        assert cells_of(submission, "demo")


def test_setup_that_was_changed_in_an_older_release_is_not_blamed_on_the_student():
    submission = read_submission(damage.DAMAGES["older_release"](GOOD), SOURCE)
    assert [c.text for c in cells_of(submission, "own")] == ["left_over = 1"]


def test_outputs_are_kept_unless_they_are_too_large():
    printed = [{"output_type": "stream", "name": "stdout", "text": "x" * 3_000_000}]

    def add(cells):
        cells.append(damage.code_cell("print(1)") | {"outputs": printed})

    submission = read_submission(as_notebook(add), SOURCE)
    assert submission.repairs == ["The outputs of cell 13 were too large and were left out."]
    assert submission.cells[-1].outputs == []
    assert submission.cells[3].outputs[0]["text"] == ["output of exercise-scale\n"]


def test_texts_can_always_be_written():
    for name in ("half_surrogates_escaped", "windows_encoding"):
        submission = read_submission(damage.DAMAGES[name](GOOD), SOURCE)
        json.dumps([vars(c) for c in submission.cells], ensure_ascii=False).encode()


@pytest.mark.parametrize("line", ["import a" + ".b" * 50_000, "a" + "()" * 50_000, "-" * 50_000 + "1", "(" * 50_000])
def test_code_that_would_hurt_its_reader(line):
    start = time.process_time()
    submission = read_submission(as_notebook(lambda cells: cells.append(damage.code_cell(line))), SOURCE)
    assert submission.cells[-1].text == line
    assert time.process_time() - start < 5


@pytest.mark.parametrize(
    "data",
    [
        b'{"id":' * 1_000_000,
        b'{"cells":[' + b'{"id":1,"b":[' * 300 + b"1," * 1_500_000,
        b'{"cells":["' + b'\\"' * 10_000_000,
        b"<<<<<<< a\n" * 300_000,
        b'{"cells":[' + (b"{" + b" " * 100) * 100_000,
        b'{"nbformat":3,"worksheets":' + b"[" * 900 + b"]" * 900 + b"}",
    ],
    ids=["ids", "innermost", "quotes", "conflicts", "spaces", "sheets"],
)
def test_hostile_json_is_read_in_bounded_time(data):
    start = time.process_time()
    with contextlib.suppress(Unreadable):
        read_submission(data, SOURCE)
    assert time.process_time() - start < 10


def test_a_normal_notebook_is_read_in_milliseconds():
    read_submission(GOOD, SOURCE)
    times = []
    for _ in range(20):
        start = time.process_time()
        read_submission(GOOD, SOURCE)
        times.append(time.process_time() - start)
    assert min(times) < 0.01  # 1 to 2 ms for the course's own


# ---- anything at all ------------------------------------------------------------------------------------------------


def survives(data):
    """Read the bytes; what comes out must be sound."""
    try:
        submission = read_submission(data, SOURCE)
    except Unreadable as caught:
        reason = str(caught)
        assert reason
        assert "instructor" not in reason  # that would be a fault of ours
        return
    assert {c.kind for c in submission.cells} <= {"markdown", "setup", "demo", "exercise", "check", "own", "note"}
    assert [c.id for c in cells_of(submission, "setup")] == [i for i in IDS if i.startswith("setup")]
    assert all(c.exercise in SOLUTIONS for c in cells_of(submission, "exercise"))
    assert all(isinstance(c.text, str) and isinstance(c.outputs, list) for c in submission.cells)
    json.dumps([vars(c) for c in submission.cells], ensure_ascii=False).encode()
    for name in SOLUTIONS:
        told = MISSING.format(name) in submission.repairs
        assert told == (name not in texts(submission))


@NO_STRESS
@given(st.integers(0, len(GOOD)))
def test_cut_anywhere(length):
    survives(GOOD[:length])


@NO_STRESS
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.binary(max_size=3), st.integers(0, 40)), max_size=6))
def test_bytes_changed_anywhere(changes):
    data = bytearray(GOOD)
    for place, new, length in changes:
        data[place : place + length] = new
    survives(bytes(data))


@NO_STRESS
@given(st.binary(max_size=300))
def test_any_bytes(data):
    survives(data)


WORDS = [*IDS, "code", "markdown", "raw", "scale", *SOLUTIONS.values(), "def scale(x):", "    return 1", "x = 1"]
KEYS = [
    "cells", "cell_type", "metadata", "source", "outputs", "id", "nbgrader", "grade_id", "nbformat", "worksheets",
    "mlcourse", "release", "notebook", "kernelspec", "language", "tags", "input",
]  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(WORDS) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=20,
)
CELL = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "code", "code", "markdown", "raw"]) | ANYTHING,
        "source": st.sampled_from(WORDS) | ANYTHING,
        "id": st.sampled_from(IDS) | ANYTHING,
        "metadata": st.fixed_dictionaries(
            {}, optional={"nbgrader": st.fixed_dictionaries({"grade_id": st.sampled_from(IDS) | ANYTHING})}
        )
        | ANYTHING,
        "outputs": ANYTHING,
    },
)


@NO_STRESS
@given(
    st.fixed_dictionaries(
        {"cells": st.lists(CELL | ANYTHING, max_size=12)}, optional={"metadata": ANYTHING, "nbformat": ANYTHING}
    )
    | ANYTHING
)
def test_any_json(document):
    survives(json.dumps(document).encode())


@NO_STRESS
@given(st.lists(st.sampled_from(sorted(set(TOLD) - {"outputs_of_50_megabytes", "endless_cells"})), max_size=4))
def test_several_damages_at_once(names):
    data = GOOD
    for name in names:
        try:
            data = damage.DAMAGES[name](data)
        except Exception:  # what it damages is no longer there
            continue
    survives(data)


# ---- a student's code -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import numpy as np\nfrom a import b as c", {"np", "c"}),
        ("%%time\n%matplotlib inline\nx = 1\n!pip install y", {"x"}),
        ("%%bash\nx=1", set()),
        ("files = !ls\nlines = %sql select\n?f\nf??", {"files", "lines"}),
        ("for i in r:\n    if i:\n        %time f()\n        y = 1", {"i", "y"}),
        ("text = '''\n%not a magic\n'''\n_private: int = 1", {"text", "_private"}),
        ("def f():\n    inner = 1\nclass C: field = 1", {"f", "C"}),
        ("x = await f()", {"x"}),
    ],
)
def test_names_that_code_defines(code, names):
    found = read_code(code)
    assert found.valid
    assert found.names == names


# ---- files ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def sources(tmp_path):
    text = SOURCE.path.read_text()
    for name in ("01_xor", "02_cost"):
        (tmp_path / "ch00_files").mkdir(exist_ok=True)
        (tmp_path / "ch00_files" / f"{name}.py").write_text(text.replace("scale", "scale" if "xor" in name else "cost"))
    return [read_notebook(p) for p in sorted((tmp_path / "ch00_files").glob("*.py"))]


@pytest.fixture
def hand_in(tmp_path, sources):
    """Return a function that writes files of a hand-in and says what is found there."""
    folder = tmp_path / "submitted"
    folder.mkdir()

    def find(**files):
        for number, (name, content) in enumerate(files.items()):
            path = folder / name.replace("__", "/")
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
            os.utime(path, (1000 + number, 1000 + number))  # later ones are newer
        found, told = find_files(folder, sources)
        return {name: str(path.relative_to(folder)) for name, path in found.items()}, told

    find.folder = folder
    find.good = {s.name: nbformat.writes(release_notebook(s)).encode() for s in sources}
    return find


def test_exact_names(hand_in):
    found, told = hand_in(**{"01_xor.ipynb": b"", "02_cost.ipynb": b"", "notes.txt": b""})
    assert found == {"01_xor": "01_xor.ipynb", "02_cost": "02_cost.ipynb"}
    assert told == []


@pytest.mark.parametrize(
    "name",
    ["01_XOR.IPYNB", "01_xor (1).ipynb", "01_xor-Copy1.ipynb", "01_xor_jane.ipynb", "Copy of 01_xor.ipynb",
     "01-xor.ipynb", "nested__01_xor.ipynb"],
)  # fmt: skip
def test_names_that_are_nearly_right(hand_in, name):
    found, told = hand_in(**{name: b"", "02_cost.ipynb": b""})
    shown = name.replace("__", "/")
    assert found == {"01_xor": shown, "02_cost": "02_cost.ipynb"}
    assert told == [f"The file {shown} was taken for 01_xor.ipynb, by its name."]


def test_exact_name_wins_over_newer_copies(hand_in):
    found, told = hand_in(**{"01_xor.ipynb": b"", "01_xor-Copy1.ipynb": b"", "02_cost.ipynb": b""})
    assert found["01_xor"] == "01_xor.ipynb"
    assert told == ["The file 01_xor-Copy1.ipynb was not used."]


def test_newest_of_several_that_fit(hand_in):
    found, told = hand_in(**{"01_xor (1).ipynb": b"", "01_xor (2).ipynb": b"", "02_cost.ipynb": b""})
    assert found["01_xor"] == "01_xor (2).ipynb"
    assert told == [
        "The file 01_xor (2).ipynb was taken for 01_xor.ipynb, by its name.",
        "The file 01_xor (1).ipynb was not used.",
    ]


def test_content_decides_where_names_do_not(hand_in):
    good = hand_in.good
    stripped = damage.DAMAGES["metadata_and_ids_stripped"](good["02_cost"])
    found, told = hand_in(**{"a.ipynb": stripped, "b.ipynb": good["01_xor"], "c.ipynb": b"%PDF"})
    assert found == {"01_xor": "b.ipynb", "02_cost": "a.ipynb"}
    assert told == [
        "The file b.ipynb was taken for 01_xor.ipynb, by what is in it.",
        "The file a.ipynb was taken for 02_cost.ipynb, by what is in it.",
        "The file c.ipynb was not used.",
    ]


def test_another_chapters_notebook_is_not_taken(hand_in):
    other = json.loads(hand_in.good["01_xor"])
    other["metadata"]["mlcourse"]["chapter"] = "ch99_other"
    found, told = hand_in(**{"x.ipynb": damage.written(other)})
    assert found == {}
    assert told == ["The file x.ipynb was not used."]


def test_a_print_out_instead_of_the_notebook_is_taken_so_that_the_reason_is_told(hand_in):
    found, told = hand_in(**{"01_xor.pdf": b"%PDF", "02_cost.ipynb.txt": hand_in.good["02_cost"]})
    assert found == {"01_xor": "01_xor.pdf", "02_cost": "02_cost.ipynb.txt"}
    assert len(told) == 2


def test_hidden_files_and_checkpoints_are_ignored(hand_in):
    found, told = hand_in(**{".ipynb_checkpoints__01_xor.ipynb": b"", "._01_xor.ipynb": b""})
    assert (found, told) == ({}, [])


def test_links_and_pipes_are_never_opened(hand_in, tmp_path):
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(hand_in.good["01_xor"])
    (hand_in.folder / "01_xor.ipynb").symlink_to(secret)
    (hand_in.folder / "more").symlink_to(tmp_path)
    os.mkfifo(hand_in.folder / "02_cost.ipynb")
    found, told = hand_in()
    assert found == {}
    assert told == [
        "01_xor.ipynb is a link; links are not followed.",
        "02_cost.ipynb is no regular file; it was ignored.",
        "more is a link; links are not followed.",
    ]
    for name in ("01_xor.ipynb", "02_cost.ipynb", "nothing.ipynb"):
        with pytest.raises(Unreadable):
            read_file(hand_in.folder / name)


def test_a_folder_that_is_missing_or_a_link_is_told(tmp_path, sources):
    found, told = find_files(tmp_path / "nobody", sources)
    assert (found, told) == ({}, ["The folder could not be searched (No such file or directory)."])
    (tmp_path / "link").symlink_to(tmp_path / "ch00_files")
    assert find_files(tmp_path / "link", sources) == ({}, ["The folder is a link; links are not followed."])


def test_names_that_no_text_can_hold(hand_in):
    path = os.fsencode(hand_in.folder) + b"/01_xor_\xff\n.ipynb"
    with open(path, "wb") as file:
        file.write(b"")
    _, told = find_files(hand_in.folder, [])
    assert told == ["The file 01_xor_??.ipynb was not used."]
    told[0].encode()
