"""A judge that grades all day: its memory stays where it was."""

import gc
from pathlib import Path

import pytest

from grading.build import handed_in, serialize, stub
from grading.judge import Judge
from grading.source import chapters, read_chapter

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"


def resident() -> float:
    """MiB of memory that this process holds."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    raise AssertionError("no VmRSS")


@pytest.mark.slow
def test_memory_stays_flat_over_a_thousand_submissions():
    source = read_chapter(SOLUTIONS, chapters(SOLUTIONS)[0])[0]
    stubs = {name: stub(source, name) for name in source.exercises}
    mistakes = {e.name: e.mistakes[0].text for e in source.exercises.values()}
    works = [serialize(handed_in(source, texts)) for texts in ({}, stubs, mistakes)]
    seen = []
    with Judge() as judge:
        for number in range(1000):
            judge.grade(source, works[number % 3], f"student-{number}")
            if number % 100 == 99:
                gc.collect()
                seen.append(resident())
    print("MiB after each hundred:", [round(m, 1) for m in seen])
    assert seen[-1] - seen[0] < 10
    open_files = len(list(Path("/proc/self/fd").iterdir()))
    assert open_files < 100
