"""The main job from end to end: build, verify, release, collect, grade, feedback, report."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from grading.autograde import Summary, grade_chapter
from grading.build import build_course, write
from grading.classroom.students import HandIn, make_class, recorded_outputs
from grading.course import Course
from grading.feedback import generate
from grading.gradebook import register
from grading.progress import progress_bar
from grading.report import write_report
from grading.source import chapters, read_chapter
from grading.verify import verify_all


def run(folder: Path, solutions: Path, *, students: int, workers: int | None, console: Console) -> None:
    """Do the main job on a class that is made up, and say where everything is.

    Parameters
    ----------
    folder : Path
        The course folder to make; whatever is there goes.
    solutions : Path
    students : int
    workers : int or None
    console : Console
        Where progress is told.
    """
    start = time.perf_counter()
    chapter = chapters(solutions)[0]
    sources = read_chapter(solutions, chapter)
    if folder.exists():
        shutil.rmtree(folder)
    course = Course(folder, solutions)
    course.create()

    console.rule("[bold]1. Build and verify")
    built = build_course(solutions)
    write(built.release, folder / "notebooks")
    proofs = [proof for _, found in verify_all(sources, workers=workers) for proof in found]
    wrong = [proof for proof in proofs if not proof.holds]
    for proof in wrong:
        console.print(f"[red]✗[/] {proof}", highlight=False)
    console.print(f"{len(sources)} notebooks; {len(proofs) - len(wrong)} of {len(proofs)} proofs hold")

    console.rule("[bold]2. Release, and hand in")
    register(course, chapter)
    hand_ins = make_class(sources, students, outputs=recorded_outputs(sources))
    for hand_in in hand_ins:
        hand_in.write(course.folder("submitted", chapter, hand_in.student))
    console.print(", ".join(f"{n} {kind}" for kind, n in _kinds(hand_ins).items()))

    console.rule("[bold]3. Grade")
    summary = _grade(course, chapter, workers, console)
    console.print(f"{len(summary.graded)} hand-ins in {summary.seconds:.1f} s, start of the workers included")

    console.rule("[bold]4. Feedback and report")
    pages = generate(course, chapter, workers=workers)
    report = write_report(course, chapter, folder / "report.html")
    console.print(f"{len(pages)} feedback pages")

    console.rule(f"[bold]Done in {time.perf_counter() - start:.0f} s")
    _where(console, folder, chapter, report, hand_ins)


def _grade(course: Course, chapter: str, workers: int | None, console: Console) -> Summary:
    with progress_bar(console) as progress:
        task = progress.add_task("grading", total=None)
        return grade_chapter(
            course, chapter, workers=workers,
            on_outcome=lambda _, done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip


def _kinds(hand_ins: list[HandIn]) -> dict[str, int]:
    kinds = sorted({h.kind for h in hand_ins})
    return {kind: sum(h.kind == kind for h in hand_ins) for kind in kinds}


def _where(console: Console, folder: Path, chapter: str, report: Path, hand_ins: list[HandIn]) -> None:
    table = Table(show_header=False, box=None)
    mistaken = next((h.student for h in hand_ins if h.kind == "mistaken"), hand_ins[0].student)
    damaged = next((h.student for h in hand_ins if h.kind == "damaged"), hand_ins[0].student)
    pages = folder / "feedback"
    table.add_row("the class at a glance", str(report))
    table.add_row("feedback on misconceptions", str(pages / mistaken / chapter))
    table.add_row("feedback on a damaged file", str(pages / damaged / chapter))
    table.add_row("the gradebook", str(folder / "gradebook.db"))
    table.add_row("grade again: nothing to do", f".venv/bin/mlcourse grade {chapter} --course {folder}")
    table.add_row("regrade, see who changes", f".venv/bin/mlcourse grade {chapter} --course {folder} --force")
    table.add_row("grades as a table", f"cd {folder} && ../../.venv/bin/nbgrader export")
    table.add_row("open the notebooks", "make lab")
    console.print(table, highlight=False, soft_wrap=True)
