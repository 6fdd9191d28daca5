"""The same hand-ins through plain ``nbgrader autograde`` and through ``mlcourse grade``, in one run.

    python tests/benchmarks/grading_speed.py [--students 8] [--notebooks 01_xor 02_cost_functions]

Both are timed as whole commands, on all hand-ins and on a few (two for mlcourse, one for each core; none for
nbgrader, which works through them one by one): the difference per further hand-in is what a submission costs, the
rest is start-up. So that the difference stands out of a noisy machine, mlcourse grades each hand-in ten times, under
ten names. *Overhead* is what a submission costs beyond the student's own computing. That is measured in the
student's process: for nbgrader all cells of the notebooks, since it runs them all; for mlcourse the cells that it
performs and the calls of its checks. Both columns are per submission as the class sees it, so mlcourse's count half
on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from grading.build import build_course, write
from grading.classroom.students import HandIn, make_class
from grading.course import Course
from grading.gradebook import register
from grading.judge.performance import Performance, Scene
from grading.sandbox.client import Sandbox
from grading.sandbox.limits import Limits
from grading.source import NotebookSource, chapters, read_chapter

NAMES = 10  # under which mlcourse grades each hand-in
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
    write(build_course(solutions, [chapter]).source, folder / "source")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'plain'\n")
    nbgrader(folder, "generate_assignment", chapter)
    for hand_in in hand_ins:
        hand_in.write(folder / "submitted" / hand_in.student / chapter)


def our_course(folder: Path, solutions: Path, chapter: str, hand_ins: list[HandIn]) -> Course:
    """Make the same course for this project's grader."""
    course = Course(folder, solutions)
    course.create()
    register(course, chapter)
    for hand_in in hand_ins:
        hand_in.write(folder / "submitted" / hand_in.student / chapter)
    return course


def nbgrader(folder: Path, *arguments: str) -> float:
    """Run an nbgrader command in a course folder; return its wall time in seconds."""
    return _timed([str(BIN / "nbgrader"), *arguments], folder)


def mlcourse(folder: Path, *arguments: str) -> float:
    """Run an mlcourse command; return its wall time in seconds."""
    places = ["--course", str(folder), "--solutions", str(folder.parent / "solutions")]
    return _timed([str(BIN / "mlcourse"), *arguments, *places], ROOT)


def _timed(command: list[str], folder: Path) -> float:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment["PATH"] = f"{BIN}{os.pathsep}{environment.get('PATH', '')}"  # nbgrader calls alembic by name
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
    parser.add_argument("--students", type=int, default=8)
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "bench-grading")
    parser.add_argument("--notebooks", nargs="*", default=["01_xor", "02_cost_functions"], help="of the first chapter")
    options = parser.parse_args()
    shutil.rmtree(options.folder, ignore_errors=True)
    chapter = chapters(ROOT / "solutions")[0]
    solutions = options.folder / "solutions"
    (solutions / chapter).mkdir(parents=True)
    for name in options.notebooks:
        shutil.copy(ROOT / "solutions" / chapter / f"{name}.py", solutions / chapter)
    sources = read_chapter(solutions, chapter)
    hand_ins = honest_class(sources, options.students)
    few, more = hand_ins[:2], hand_ins[2:]
    again = [replace(h, student=f"{h.student}-{n}") for n in range(1, NAMES) for h in hand_ins]
    plain, ours = options.folder / "plain", options.folder / "ours"
    plain_course(plain, solutions, chapter, few)
    course = our_course(ours, solutions, chapter, few)

    nbgrader(plain, "autograde", chapter)
    start = {"nbgrader": nbgrader(plain, "autograde", chapter)}  # nothing left to do: start-up alone
    mlcourse(ours, "grade", chapter)
    first = mlcourse(ours, "grade", chapter, "--force")
    for hand_in in more:
        hand_in.write(plain / "submitted" / hand_in.student / chapter)
    for hand_in in more + again:
        hand_in.write(course.folder("submitted", chapter, hand_in.student))
    mlcourse(ours, "grade", chapter)
    whole = {"nbgrader": nbgrader(plain, "autograde", chapter), "mlcourse": mlcourse(ours, "grade", chapter, "--force")}
    each = {
        "nbgrader": (whole["nbgrader"] - start["nbgrader"]) / len(more),
        "mlcourse": (whole["mlcourse"] - first) / len(more + again),
    }
    start["mlcourse"] = first - each["mlcourse"] * len(few)

    cores = min(os.cpu_count() or 1, len(hand_ins))
    results = [course.read_result(h.student, chapter) for h in hand_ins + again]
    own = sum(n.seconds["student"] for r in results for n in r.notebooks) / len(results)
    spent = {"nbgrader": computing(sources, hand_ins, plain, chapter), "mlcourse": own / cores}
    overhead = {name: each[name] - spent[name] for name in each}
    _print(len(hand_ins), len(sources), start, each, spent, overhead, results)
    ours_too, plainly = scores(ours, chapter), scores(plain, chapter)
    same = {key: ours_too.get(key) for key in plainly} == plainly
    print(f"scores equal, check by check: {'yes' if same else 'NO'}")


def _print(students, notebooks, start, each, spent, overhead, results) -> None:
    table = Table(title=f"{students} honest hand-ins of {notebooks} notebooks")
    for column in ("", "start-up, s", "a submission, s", "own computing, s", "overhead, s"):
        table.add_column(column, justify="left" if not column else "right")
    for name in each:
        table.add_row(name, *(f"{v[name]:.3f}" for v in (start, each, spent, overhead)))
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
