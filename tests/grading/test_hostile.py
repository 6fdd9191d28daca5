"""The hostile corpus: no attack earns more than a wrong answer, leaves a trace, brings a secret out or stops anything."""

from __future__ import annotations

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import pytest

from grading.build import handed_in, serialize
from grading.classroom.hostile import ATTACKS, Attack
from grading.judge import Judge
from grading.results import NotebookResult, SubmissionResult
from grading.sandbox.limits import Limits
from grading.sandbox.namespaces import NOBODY
from tests.grading.hostile_course import CANARIES, TEXT, write_course

LIMITS = Limits(
    cell_cpu=0.5, cell_wall=1.5, call_cpu=0.5, call_wall=1.5, total_wall=15.0, memory=256, file_size=4, disk=8, output=64,
    reply=8,
)  # fmt: skip
WATCHED = [Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"), Path.home(), Path(__file__).parents[2]]
# the points of the tests that a student can see, where only these were answered honestly
VISIBLE = {"double": 1.0, "length": 1.0, "scale": 1.0}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return write_course(tmp_path_factory.mktemp("course"))


@pytest.fixture(scope="module")
def judge():
    with Judge(limits=LIMITS) as judge:
        yield judge


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: f"{a.family}: {a.name}")
def test_an_attack_earns_nothing_and_leaves_nothing(attack, source, judge):
    before, data = strays(), attack.notebook(source)
    graded = judge.grade(source, data, "student")
    assert_earns_no_more(attack, source, graded.result)
    assert attack.verdict in said(graded.result)
    assert_no_secret(graded.result, graded.notebook, data)
    assert_nothing_active(graded.notebook)
    assert len(graded.notebook) < 40 * 2**20
    assert strays() == before
    assert children_of(judge) == 0


def assert_earns_no_more(attack, source, result):
    target = attack.target(source).name
    for exercise in result.exercises:
        if exercise.name == target:
            most = {"nothing": 0.0, "visible": VISIBLE[target], "everything": exercise.points}[attack.earns]
            assert exercise.score == most, [t.name for t in exercise.tests if t.passed]
        elif not attack.spoils:
            assert exercise.score == exercise.points, [(t.name, t.message) for t in exercise.tests if not t.passed]
    assert result.score <= result.points


def said(result: NotebookResult) -> str:
    """Everything that is told of a hand-in."""
    texts = [*result.incidents, result.unreadable, *result.repairs]
    for exercise in result.exercises:
        texts += [*exercise.notes, *(t.message for t in exercise.tests)]
    return "\n".join(texts)


def assert_no_secret(result: NotebookResult, notebook: bytes, handed_in: bytes):
    record = SubmissionResult("student", "ch01_attacked", [result]).to_json()
    for canary in CANARIES:
        if canary not in handed_in.decode():  # the answers to the other exercises are the reference's own
            assert canary not in notebook.decode(), canary
            assert canary not in record, canary
    record.encode()  # can be written to a file


class Active(HTMLParser):
    """Collects what a browser would run, load or open."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        if tag in ("script", "svg", "iframe", "object", "embed", "img", "link", "meta", "base", "form", "math"):
            self.found.append(tag)
        for name, value in attributes:
            scheme = re.sub(r"[\s\x00-\x20]", "", value or "").lower()
            if name.startswith("on") or scheme.startswith(("javascript:", "vbscript:", "data:")):
                self.found.append(f"{name}={value}")


def assert_nothing_active(notebook: bytes):
    node = nbformat.reads(notebook.decode(), as_version=4)
    nbformat.validate(node)
    for cell in node.cells:
        pages = [to_html(cell.source)] if cell.cell_type == "markdown" else []
        for output in cell.get("outputs", []):
            assert output.output_type in ("stream", "error", "display_data", "execute_result")
            data = output.get("data", {})
            assert set(data) <= {"text/plain", "text/html", "image/png"}
            assert "text/html" not in data or cell.metadata.get("nbgrader", {}).get("grade")
            pages.append(data.get("text/html", ""))
        for page in pages:
            active = Active()
            active.feed(page)
            assert active.found == []
            assert not re.search(r"\\(href|require|style|mmlToken|unicode|def)\b", page)


def to_html(text: str) -> str:
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    return markdown2html_mistune(text)


def strays() -> set[str]:
    """Files outside of the sandbox that an attack may have made: by their names, or by their owner."""
    found = [f for folder in WATCHED if folder.is_dir() for f in folder.iterdir()]
    return {str(f) for f in found if f.name in ("owned", "stolen", "counter", "x") or owner(f) == NOBODY != os.getuid()}


def owner(file: Path) -> int | None:
    try:
        return file.lstat().st_uid
    except OSError:
        return None


def children_of(judge: Judge) -> int:
    """How many processes of submissions are left beside the warm process."""
    warm = judge._sandbox._process.pid
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            if fields[0] not in (b"Z", b"X"):
                parents[int(entry.name)] = int(fields[1])
    family = {warm}
    while more := {child for child, parent in parents.items() if parent in family} - family:
        family |= more
    return len(family) - len(warm_processes(judge))


def warm_processes(judge: Judge) -> set[int]:
    """bubblewrap, its process number 1, and the warm process."""
    found, last = {judge._sandbox._process.pid}, judge._sandbox._process.pid
    for _ in range(2):
        children = Path(f"/proc/{last}/task/{last}/children").read_text().split()
        if not children:
            break
        last = int(children[0])
        found.add(last)
    return found


def test_the_same_judge_still_grades_fairly(source, judge):
    for attack in ATTACKS[::40]:
        judge.grade(source, attack.notebook(source), "student")
    result = judge.grade(source, serialize(handed_in(source)), "student").result
    assert result.score == result.points == 10
    assert not result.incidents
