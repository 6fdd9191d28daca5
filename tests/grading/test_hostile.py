"""The hostile corpus: no attack earns more than a wrong answer, leaves a trace, tells a secret or stops anything."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
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
from tests.grading.hostile_course import CANARIES, write_course

LIMITS = Limits(
    cell_cpu=0.5, cell_wall=1.0, call_cpu=0.5, call_wall=1.0, total_wall=15.0, memory=256, file_size=4, disk=8,
    output=64, reply=8,
)  # fmt: skip
PATIENT = replace(LIMITS, cell_cpu=5.0, cell_wall=10.0, call_cpu=5.0, call_wall=10.0)  # where memory is to be the limit
WATCHED = [Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"), Path.home(), Path(__file__).parents[2]]


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
    judge.limits = PATIENT if attack.verdict == "(limit memory)" else LIMITS
    graded = judge.grade(source, data, "student")
    assert_earns_no_more(attack, source, graded.result)
    assert attack.verdict in said(graded.result)
    assert_no_secret(graded.result, graded.notebook, data)
    assert_nothing_active(graded.notebook)
    assert len(graded.notebook) < 40 * 2**20
    assert wait_until(lambda: strays() == before)
    assert wait_until(lambda: children_of(judge) == 0)


def assert_earns_no_more(attack, source, result):
    target = attack.target(source).name
    for exercise in result.exercises:
        if exercise.name == target:
            least, most = {"nothing": (0, 0), "visible": (1, 1), "some": (1, exercise.points - 1)}[attack.earns]
            assert least <= exercise.score <= most, [t.name for t in exercise.tests if t.passed]
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


def wait_until(holds: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Whether something holds soon: what has been killed takes the kernel a moment to clear away."""
    end = time.monotonic() + seconds
    while not (result := holds()) and time.monotonic() < end:
        time.sleep(0.01)
    return result


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
    judge.limits = LIMITS
    for attack in ATTACKS[::40]:
        judge.grade(source, attack.notebook(source), "student")
    result = judge.grade(source, serialize(handed_in(source)), "student").result
    assert result.score == result.points == 10
    assert not result.incidents


def test_nothing_is_carried_from_one_submission_to_the_next(source, judge):
    """One student's function saves the hidden inputs wherever it can; another's cells print whatever they find."""
    judge.limits = LIMITS
    thief = next(a for a in ATTACKS if a.name == "kept in files")
    judge.grade(source, thief.notebook(source), "student")
    code = "import glob\nfor place in ('/tmp', '/home', '/dev', '/dev/shm'):\n    print(glob.glob(place + '/*'))\n"
    reader = Attack("reader", "leaks", "Prints what others have left.", prelude=code)
    notebook = judge.grade(source, reader.notebook(source), "accomplice").notebook.decode()
    assert "/dev/null" in notebook
    assert "stolen" not in notebook


def test_a_check_that_takes_too_long_costs_its_exercise_alone(source, judge, monkeypatch):
    monkeypatch.setattr("grading.judge.examination.TEST_SECONDS", 0.3)
    judge.limits = LIMITS
    sleeper = Attack("sleeper", "loops", "Sleeps.", body="import time\ntime.sleep(0.7)")
    for _ in range(3):  # the alarm rings at another moment each time
        result = judge.grade(source, sleeper.notebook(source), "student").result
        assert [e.score for e in result.exercises] == [0, 3, 3]
        assert "longer than 0.3 s" in said(result)
        assert "messages of its own" not in said(result)


def test_hidden_inputs_differ_between_students_and_are_the_same_for_a_regrade(source, judge):
    """A student who knew the seed could bring a table of answers."""
    from grading.judge import examination as module

    judge.limits, seeds = LIMITS, []
    with pytest.MonkeyPatch.context() as patch:
        run = module.run_test
        patch.setattr(
            module, "run_test", lambda test, seed, **more: (seeds.append(seed), run(test, seed=seed, **more))[1]
        )
        for student in ("ann", "ben", "ann"):
            judge.grade(source, serialize(handed_in(source)), student)
    third = len(seeds) // 3
    ann, ben, again = seeds[:third], seeds[third : 2 * third], seeds[2 * third :]
    assert ann == again
    hidden = [(a, b) for a, b in zip(ann, ben, strict=True) if a != b]
    assert len(hidden) == 7
    assert all("hidden_canary" in a for a, _ in hidden[:3])  # made of a text that no student has


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda a: f"{a.family}: {a.name}")
def test_an_attack_says_what_it_is_and_makes_the_same_file_each_time(attack, source):
    assert attack.tries.endswith(".")
    assert attack.notebook(source) == attack.notebook(source)
    assert all(mark not in attack.notebook(source).decode() for mark in ("@NAME@", "@SOLUTION@", "@FORBIDDEN@"))


def test_the_names_of_attacks_differ():
    assert len({a.name for a in ATTACKS}) == len(ATTACKS)
