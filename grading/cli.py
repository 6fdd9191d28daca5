"""The command line: build, verify, release, grade, feedback, report, demo."""

from __future__ import annotations

import sys
import time
from concurrent.futures import Executor
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from grading.build import build_course, differences, write
from grading.course import Course, CourseError
from grading.progress import progress_bar
from grading.sandbox.client import SandboxError
from grading.sandbox.limits import Limits
from grading.source import SourceError, chapters, read_chapter

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Build, verify, release and grade the course.",
)
console = Console()

DEFAULTS = "Defaults: " + ", ".join(f"{name}={value:g}" for name, value in vars(Limits()).items())
Solutions = Annotated[Path, typer.Option(help="The folder of notebook sources.")]
CourseFolder = Annotated[Path, typer.Option("--course", help="The nbgrader course folder.")]
Workers = Annotated[int | None, typer.Option(min=1, help="Processes; as many as cores when left out.")]
Isolation = Annotated[str, typer.Option(help="bubblewrap, or none: only for code that you trust.")]
Settings = Annotated[
    list[str] | None, typer.Option("--limit", help=f"A limit, as name=value; may be repeated. {DEFAULTS}.")
]
Chapter = Annotated[str, typer.Argument(help="For example ch06_feedforward.")]


def main() -> None:
    """Run the command line. Problems that a user can mend are told without a traceback, with exit status 2."""
    try:
        app()
    except (SourceError, CourseError, SandboxError, FileNotFoundError) as problem:
        sys.exit(fail(problem).exit_code)


def fail(problem: object) -> typer.Exit:
    """Print a problem and return the exit to raise."""
    Console(stderr=True, soft_wrap=True).print(f"[bold red]error:[/] {_plain(problem)}", highlight=False)
    return typer.Exit(2)


def _plain(text: object) -> str:
    return str(text).replace("[", r"\[")


@app.command()
def build(
    solutions: Solutions = Path("solutions"),
    notebooks: Annotated[Path, typer.Option(help="Where the release goes.")] = Path("notebooks"),
    check: Annotated[bool, typer.Option("--check", help="Change nothing; fail if the release is out of date.")] = False,
) -> None:
    """Build the student release in notebooks/ and nbgrader's source notebooks in build/source/."""
    built = build_course(solutions)
    if check:
        stale = differences(built.release, notebooks)
        if stale:
            raise fail(
                f"{notebooks}/ is not what {solutions}/ builds: {', '.join(map(str, stale))}. Run: mlcourse build"
            )
        console.print(f"{notebooks}/ is up to date: {len(built.release)} files")
        return
    changed = write(built.release, notebooks)
    write(built.source, Path("build/source"))
    told = f": {', '.join(map(str, changed))}" if changed else ""
    console.print(f"{len(built.release)} files in {notebooks}/, {len(changed)} changed{told}", highlight=False)


@app.command()
def verify(
    chapter: Annotated[str | None, typer.Argument(help="Only this chapter.")] = None,
    solutions: Solutions = Path("solutions"),
    isolation: Isolation = "bubblewrap",
    workers: Workers = None,
) -> None:
    """Prove the checks: references, stubs, alternatives and known mistakes earn what they must."""
    from grading.verify import Proof, verify_all

    start, proofs = time.perf_counter(), list[Proof]()
    table = Table("notebook", "exercise", "points", "checks", "mistakes caught", "alternatives", "proofs that hold")
    sources = [s for name in ([chapter] if chapter else chapters(solutions)) for s in read_chapter(solutions, name)]
    for source, found in verify_all(sources, isolation=isolation, workers=workers):
        proofs += found
        for exercise in source.exercises.values():
            own = [p for p in found if p.exercise == exercise.name]
            held = sum(p.holds for p in own)
            table.add_row(
                source.name, exercise.name, f"{exercise.points:g}",
                f"{len(exercise.visible_tests)} + {len(exercise.hidden_tests)} hidden",
                f"{sum(p.holds for p in own if 'mistake' in p.claim)} of {len(exercise.mistakes)}",
                f"{sum(p.holds for p in own if 'alternative' in p.claim)} of {len(exercise.alternatives)}",
                f"[{'green' if held == len(own) else 'red'}]{held} of {len(own)}",
            )  # fmt: skip
    console.print(table)
    wrong = [p for p in proofs if not p.holds]
    for proof in wrong:
        console.print(f"[red]✗[/] {_plain(proof)}", highlight=False, soft_wrap=True)
    console.print(f"{len(proofs) - len(wrong)} of {len(proofs)} proofs hold ({time.perf_counter() - start:.1f} s)")
    if wrong:
        raise typer.Exit(1)


@app.command()
def mutate(
    chapter: Annotated[str | None, typer.Argument(help="Only this chapter.")] = None,
    notebook: Annotated[str, typer.Option(help="Only the notebook whose name begins so.")] = "",
    exercise: Annotated[str, typer.Option(help="Only this exercise.")] = "",
    solutions: Solutions = Path("solutions"),
    isolation: Isolation = "bubblewrap",
    workers: Workers = None,
) -> None:
    """Measure the checks: how many small slips, made in the references one by one, do they catch?"""
    from grading.mutation.survivors import ENOUGH, LISTED, figures, mutate_all

    sources = [s for name in ([chapter] if chapter else chapters(solutions)) for s in read_chapter(solutions, name)]
    work = [
        (source, found)
        for source in sources if source.name.startswith(notebook)
        for found in source.exercises.values() if exercise in ("", found.name)
    ]  # fmt: skip
    if not work:
        raise fail(f"no exercise {exercise!r} in a notebook {notebook!r}")
    outcomes = []
    with progress_bar(console) as progress:
        for outcome in progress.track(
            mutate_all(work, isolation=isolation, workers=workers), total=len(work), description="mutating"
        ):
            outcomes.append(outcome)
    table = Table("notebook", "exercise", "mutants", "caught", "equivalent", "listed", "not listed", "share caught")
    for outcome in outcomes:
        table.add_row(outcome.source.name, outcome.exercise, *_columns([outcome]))
    table.add_section()
    table.add_row("total", "", *_columns(outcomes))
    console.print(table)
    for outcome in outcomes:
        for mutant, survivor in outcome.unlisted:
            told = f"{outcome.source.path}:{mutant.line}: no check of {outcome.exercise} catches {survivor.change}"
            console.print(f"[red]✗[/] {_plain(told)}", highlight=False, soft_wrap=True)
        for stale in outcome.stale:
            told = f"{outcome.source.name}: stale entry, this mutant is caught or gone: {stale.change} ({stale.code})"
            console.print(f"[yellow]![/] {_plain(told)}", highlight=False, soft_wrap=True)
    unlisted = [survivor for outcome in outcomes for _, survivor in outcome.unlisted]
    if unlisted:
        console.print(f"Strengthen the checks, or say in {LISTED} beside the sources why not:", highlight=False)
        console.print(_plain("\n\n".join(map(str, unlisted))), highlight=False, soft_wrap=True)
    if unlisted or figures(outcomes).share < ENOUGH:
        raise typer.Exit(1)


def _columns(outcomes: list) -> list[str]:
    from grading.mutation.survivors import figures

    *counts, share = vars(figures(outcomes)).values()
    return [*map(str, counts), f"{share:.1%}"]


@app.command()
def release(chapter: Chapter, course: CourseFolder = Path("course"), solutions: Solutions = Path("solutions")) -> None:
    """Put a chapter into an nbgrader course: source/, release/ and the gradebook's entry."""
    from grading.gradebook import register

    place = _course(course, solutions)
    register(place, chapter)
    console.print(f"{chapter} is in {course}/release/{chapter}/ and in the gradebook", highlight=False)


@app.command()
def grade(
    chapter: Chapter,
    course: CourseFolder = Path("course"),
    solutions: Solutions = Path("solutions"),
    workers: Workers = None,
    isolation: Isolation = "bubblewrap",
    limit: Settings = None,
    force: Annotated[bool, typer.Option("--force", help="Regrade what is graded already.")] = False,
    student: Annotated[list[str] | None, typer.Option(help="Only this student; may be repeated.")] = None,
    scheduler: Annotated[str | None, typer.Option(help="Address of a Dask scheduler, to grade on a cluster.")] = None,
) -> None:
    """Grade the hand-ins in submitted/STUDENT/CHAPTER/; what is graded already is kept."""
    from grading.autograde import Outcome, grade_chapter

    place = _course(course, solutions)
    try:
        limits = place.limits().with_settings(_settings(limit))
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    executor, threads = _cluster(scheduler) if scheduler else (None, None)
    with progress_bar(console) as progress:
        task = progress.add_task(f"grading {chapter}", total=None)

        def advance(outcome: Outcome, done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)
            if outcome.failure:
                progress.console.print(f"[red]✗[/] {_plain(outcome.student)}: {_plain(outcome.failure)}")

        summary = grade_chapter(
            place, chapter, workers=workers or threads, isolation=isolation, limits=limits, force=force,
            students=student, executor=executor, on_outcome=advance,
        )  # fmt: skip
    rate = f" ({summary.seconds / len(summary.graded):.2f} s each)" if summary.graded else ""
    console.print(f"{len(summary.graded)} graded{rate}, {len(summary.kept)} kept from earlier runs", highlight=False)
    if summary.outdated:
        console.print(
            f"The sources changed since {len(summary.outdated)} of these were graded; mlcourse grade --force regrades"
        )
    if summary.changes:
        table = Table("student", "before", "after", "change", title="Scores that changed")
        for who, (old, new) in sorted(summary.changes.items()):
            table.add_row(who, f"{old:g}", f"{new:g}", f"{new - old:+g}")
        console.print(table)
    elif force and summary.graded:
        console.print("no score changed")
    if summary.failed:
        names = ", ".join(sorted(summary.failed))
        raise fail(f"not graded, through no fault of theirs: {names}. Run the same command again")


@app.command()
def feedback(
    chapter: Chapter,
    course: CourseFolder = Path("course"),
    solutions: Solutions = Path("solutions"),
    workers: Workers = None,
    force: Annotated[bool, typer.Option("--force", help="Write what is there already anew.")] = False,
) -> None:
    """Write each graded student's feedback page (what nbgrader generate_feedback writes, in parallel)."""
    from grading.feedback import generate

    start = time.perf_counter()
    pages = generate(_course(course, solutions), chapter, workers=workers, force=force)
    console.print(f"{len(pages)} feedback pages in {course}/feedback/ ({time.perf_counter() - start:.1f} s)")


@app.command()
def report(
    chapter: Chapter,
    course: CourseFolder = Path("course"),
    solutions: Solutions = Path("solutions"),
    output: Annotated[
        Path | None, typer.Option(help="The HTML file; course/report-CHAPTER.html when left out.")
    ] = None,
) -> None:
    """Write a page about the class: scores, exercises, misconceptions, odd submissions."""
    from grading.report import write_report

    try:
        path = write_report(_course(course, solutions), chapter, output or course / f"report-{chapter}.html")
    except (FileNotFoundError, SourceError) as error:
        raise fail(error) from None
    console.print(f"{path}", highlight=False)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Made anew each time.")] = Path("build/demo"),
    solutions: Solutions = Path("solutions"),
    students: Annotated[int, typer.Option(min=1, help="The size of the class.")] = 40,
    workers: Workers = None,
) -> None:
    """Build, verify and grade a class of realistic hand-ins; leave feedback and a report to look at."""
    from grading.demo import run

    run(folder, solutions, students=students, workers=workers, console=console)


def _course(folder: Path, solutions: Path) -> Course:
    place = Course(folder, solutions)
    place.create()
    return place


def _settings(texts: list[str] | None) -> dict[str, float]:
    settings = {}
    for text in texts or []:
        name, _, value = text.partition("=")
        try:
            settings[name.strip()] = float(value)
        except ValueError:
            raise typer.BadParameter(f"expected --limit name=number; got {text!r}") from None
    return settings


def _cluster(address: str) -> tuple[Executor, int]:
    """Return an executor on a Dask cluster, and how many jobs run there at a time."""
    try:
        from distributed import Client
    except ModuleNotFoundError:
        raise fail("grading on a cluster needs Dask: pip install 'mlcourse[cluster]'") from None
    try:
        client = Client(address, timeout=10)
    except (OSError, ValueError) as problem:
        raise fail(f"there is no Dask scheduler at {address}: {problem}") from None
    return client.get_executor(), sum(client.nthreads().values())
