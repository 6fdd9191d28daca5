"""Every notebook of the course: its checks are proven, it runs with the references, and it opens with the stubs."""

from pathlib import Path

import pytest

from grading.build import handed_in, release_notebook, serialize
from grading.judge import Judge
from grading.judge.performance import Performance, Scene
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.source import chapters, read_chapter
from grading.verify import verify

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"
SOURCES = [s for chapter in chapters(SOLUTIONS) for s in read_chapter(SOLUTIONS, chapter)]
LIMITS = Limits(cell_cpu=100, cell_wall=200, total_wall=300)
every = pytest.mark.parametrize("source", SOURCES, ids=lambda s: f"{s.chapter}/{s.name}")


@pytest.fixture(scope="module")
def judge():
    with Judge() as judge:
        yield judge


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


def perform(sandbox, notebook):
    cells = [c for c in notebook.cells if c.cell_type == "code"]
    performance = Performance(sandbox, LIMITS, [Scene(c.id, c.source) for c in cells])
    try:
        performance.perform()
    finally:
        performance.close()
    return performance


@every
def test_the_checks_are_proven(source, judge):
    assert [str(p) for p in verify(source, judge) if not p.holds] == []


@every
def test_there_are_enough_mistakes_and_alternatives(source):
    for exercise in source.exercises.values():
        assert len(exercise.mistakes) >= 3, exercise.name
        assert len(exercise.alternatives) >= 1, exercise.name
        assert exercise.hidden_tests, exercise.name
        assert len({m.hint for m in exercise.mistakes}) == len(exercise.mistakes), "each mistake needs its own hint"


@pytest.mark.slow
@every
def test_the_same_mistake_earns_the_same_whoever_makes_it(source, judge):
    for exercise in source.exercises.values():
        for mistake in exercise.mistakes:
            data = serialize(handed_in(source, {exercise.name: mistake.text}))
            graded = [judge.grade(source, data, f"student-{n}", only=exercise.name).result for n in range(8)]
            passed = {tuple(t.name for e in result.exercises for t in e.tests if t.passed) for result in graded}
            assert len(passed) == 1, f"{exercise.name}, mistake in line {mistake.line}: {passed}"


@every
def test_it_runs_top_to_bottom_with_the_references(source, sandbox):
    performance = perform(sandbox, handed_in(source))
    assert [f"{s.label}: {s.error or s.limit}" for s in performance.scenes if s.error or s.limit] == []
    assert performance.student_seconds < 60
    shown = [o for s in performance.scenes for o in s.outputs]
    assert sum("image/png" in o.get("data", {}) for o in shown) >= 1, "a notebook has at least one figure"
    noise = [o["text"] for o in shown if o.get("name") == "stderr"]
    assert noise == []


@every
def test_it_opens_with_the_stubs_without_a_surprise(source, sandbox):
    performance = perform(sandbox, release_notebook(source))
    surprises = [f"{s.label}: {s.error or s.limit}" for s in performance.scenes if s.error or s.limit]
    allowed = [s for s in surprises if s.startswith("exercise-") and "NotImplementedError" in s]
    assert surprises == allowed
