"""The same hand-ins through plain ``nbgrader autograde`` and through ``mlcourse grade``, in one run.

    python tests/benchmarks/grading_speed.py [--students 6] [--folder build/bench-grading]

Both are timed as whole commands on one hand-in and on all of them: the difference per further hand-in is what a
submission costs, the rest is start-up. *Overhead* is what a submission costs beyond the student's own computing,
which is measured in the student's process (for nbgrader: all cells of the notebook, which it runs; for mlcourse:
the cells that it performs and the calls of the checks).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from grading.build import build_course, write
from grading.classroom.students import HandIn, make_class
from grading.course import Course
from grading.gradebook import register
from grading.performance import Performance, Scene
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.source import NotebookSource, chapters, read_chapter

HONEST = ("complete", "alternative", "mistaken", "half done")
BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[2]


def honest_class(sources: list[NotebookSource], size: int) -> list[HandIn]:
    """Return honest hand-ins of a class, of every kind."""
    crowd = [h for h in make_class(sources, 80) if h.kind in HONEST]
    kinds = {kind: [h for h in crowd if h.kind == kind] for kind in HONEST}
    mixed = [h for group in zip(*kinds.values(), strict=False) for h in group]
    rest = [h for h in crowd if h not in mixed]
    return (mixed + rest)[:size]


def plain_course(folder: Path, solutions: Path, chapter: str, hand_ins: list[HandIn]) -> None:
    """Make an nbgrader course as nbgrader's own users have it, nothing of ours configured."""
    write({p: c for p, c in build_course(solutions, [chapter]).source.items()}, folder / "source")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'plain'\n")
    nbgrader(folder, "generate_assignment", chapter)
    for hand_in in hand_ins:
        hand_in.write(folder / "submitted", chapter)


def our_course(folder: Path, solutions: Path, chapter: str, hand_ins: list[HandIn]) -> Course:
    """Make the same course for this project's grader."""
    course = Course(folder, solutions)
    course.create()
    register(course, chapter)
    for hand_in in hand_ins:
        hand_in.write(folder / "submitted", chapter)
    return course


def nbgrader(folder: Path, *arguments: str) -> float:
    """Run an nbgrader command in a course folder; return its wall time in seconds."""
    return _timed([str(BIN / "nbgrader"), *arguments], folder)


def mlcourse(folder: Path, *arguments: str) -> float:
    """Run an mlcourse command; return its wall time in seconds."""
    return _timed([str(BIN / "mlcourse"), *arguments, "--course", str(folder)], ROOT)


def _timed(command: list[str], folder: Path) -> float:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return time.perf_counter() - start


def scores(folder: Path, chapter: str) -> dict[tuple[str, str, str], float]:
    """Return the gradebook's automatic scores by student, notebook and check."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        return {
            (submission.student.id, notebook.name, grade.name): grade.auto_score
            for submission in gradebook.assignment_submissions(chapter)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def computing(sources: list[NotebookSource], hand_ins: list[HandIn], plain: Path, chapter: str) -> float:
    """Return the seconds that a student's cells take when all run, as nbgrader runs them, averaged over hand-ins."""
    total = 0.0
    with Sandbox(isolation="none") as sandbox:
        for hand_in in hand_ins:
            for source in sources:
                path = plain / "autograded" / hand_in.student / chapter / f"{source.name}.ipynb"
                cells = [c for c in json.loads(path.read_text())["cells"] if c["cell_type"] == "code"]
                scenes = [Scene(c["id"], "".join(c["source"])) for c in cells]
                performance = Performance(sandbox, Limits(cell_cpu=60, cell_wall=120, total_wall=600), scenes)
                performance.perform()
                performance.close()
                total += performance.student_seconds
    return total / len(hand_ins)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--students", type=int, default=6)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench-grading")
    options = parser.parse_args()
    solutions = ROOT / "solutions"
    chapter = chapters(solutions)[0]
    sources = read_chapter(solutions, chapter)
    hand_ins = honest_class(sources, options.students)
    one, more = hand_ins[:1], hand_ins[1:]
    shutil.rmtree(options.folder, ignore_errors=True)
    plain, ours = options.folder / "plain", options.folder / "ours"
    plain_course(plain, solutions, chapter, one)
    course = our_course(ours, solutions, chapter, one)

    first = {"nbgrader": nbgrader(plain, "autograde", chapter), "mlcourse": mlcourse(ours, "grade", chapter)}
    for hand_in in more:
        hand_in.write(plain / "submitted", chapter)
        hand_in.write(ours / "submitted", chapter)
    rest = {"nbgrader": nbgrader(plain, "autograde", chapter), "mlcourse": mlcourse(ours, "grade", chapter)}
    # a second run over nothing new is the start-up
    idle = {"nbgrader": nbgrader(plain, "autograde", chapter), "mlcourse": mlcourse(ours, "grade", chapter)}
    idle["mlcourse"] = _startup(ours, chapter, first["mlcourse"], rest["mlcourse"], len(more))
    each = {name: (rest[name] - idle[name]) / len(more) for name in rest}

    results = [course.read_result(h.student, chapter) for h in hand_ins]
    own = sum(n.seconds["student"] for r in results for n in r.notebooks) / len(results)
    spent = {"nbgrader": computing(sources, hand_ins, plain, chapter), "mlcourse": own}
    overhead = {name: each[name] - spent[name] for name in each}
    _print(len(hand_ins), len(sources), idle, each, spent, overhead, results)
    same = scores(plain, chapter) == scores(ours, chapter)
    print(f"scores equal, check by check: {'yes' if same else 'NO'}")


def _startup(folder: Path, chapter: str, first: float, rest: float, more: int) -> float:
    """Return what ``mlcourse grade`` takes before its first submission: solved from one run of 1 and one of many."""
    each = (rest - first) / (more - 1) if more > 1 else 0.0
    return max(0.0, first - each)


def _print(students, notebooks, idle, each, spent, overhead, results) -> None:
    table = Table(title=f"{students} honest hand-ins of {notebooks} notebooks")
    for column in ("", "start-up, s", "a submission, s", "own computing, s", "overhead, s"):
        table.add_column(column, justify="left" if not column else "right")
    for name in each:
        table.add_row(name, *(f"{v[name]:.3f}" for v in (idle, each, spent, overhead)))
    table.add_row(
        "ratio",
        "",
        f"{each['nbgrader'] / each['mlcourse']:.1f}",
        "",
        f"{overhead['nbgrader'] / overhead['mlcourse']:.1f}",
    )
    Console().print(table)
    parts = {
        k: sum(n.seconds.get(k, 0) for r in results for n in r.notebooks) / len(results)
        for k in ("perform", "examine", "write")
    }
    print("mlcourse, seconds of one worker a submission: " + ", ".join(f"{k} {v:.3f}" for k, v in parts.items()))


if __name__ == "__main__":
    main()
