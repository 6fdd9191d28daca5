"""On honest hand-ins the scores are those of plain nbgrader, which runs the same cells in one process."""

from pathlib import Path

import pytest

from grading.autograde import grade_chapter
from grading.build import handed_in, serialize
from grading.classroom.students import HandIn, make_class
from grading.source import chapters, read_chapter
from tests.benchmarks.grading_speed import HONEST, nbgrader, our_course, plain_course, scores
from tests.grading.small_course import CHAPTER, make_course

SOLUTIONS = Path(__file__).resolve().parents[2] / "solutions"


def agree(folder, solutions, chapter, hand_ins):
    plain, ours = folder / "plain", folder / "ours"
    plain_course(plain, solutions, chapter, hand_ins)
    nbgrader(plain, "autograde", chapter)
    grade_chapter(our_course(ours, solutions, chapter, hand_ins), chapter)
    found = scores(ours, chapter)
    assert len(found) == len(hand_ins) * sum(len(s.exercises) for s in read_chapter(solutions, chapter))
    assert found == scores(plain, chapter)


def test_a_small_class(tmp_path):
    make_course(tmp_path)
    solutions = tmp_path / "solutions"
    works = {
        "right": {},
        "wrong": {"double": "def double(x):\n    return x", "triple": "def triple(x):\n    return 7"},
        "warns": {"double": "import numpy as np\ndef double(x):\n    np.exp(1e4)\n    return 2 * x"},
        "raises": {"double": "def double(x):\n    raise ValueError(x)"},
        "does-not-compile": {"double": "def double(x)\n    return 2 * x"},
        "stub": {"double": "def double(x):\n    raise NotImplementedError()"},
    }
    hand_ins = []
    for student, texts in works.items():
        files = {}
        for source in read_chapter(solutions, CHAPTER):
            mine = {k: v for k, v in texts.items() if k in source.exercises}
            files[f"{source.name}.ipynb"] = serialize(handed_in(source, mine))
        hand_ins.append(HandIn(student, "small", files))
    agree(tmp_path, solutions, CHAPTER, hand_ins)


@pytest.mark.slow
def test_the_demos_honest_hand_ins(tmp_path):
    chapter = chapters(SOLUTIONS)[0]
    crowd = [h for h in make_class(read_chapter(SOLUTIONS, chapter), 40) if h.kind in HONEST]
    agree(tmp_path, SOLUTIONS, chapter, crowd)
