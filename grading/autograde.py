"""Grade a class: many judges side by side, one writer, resumable at any point.

Workers are a ``concurrent.futures.Executor``: processes on this machine, or a Dask cluster's
(``Client.get_executor()``). A job and its outcome are plain data, so where a worker runs makes no difference.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field

from grading.course import Course
from grading.gradebook import GradebookWriter
from grading.jobs import Job, Outcome, grade_job, pool, prepare
from grading.sandbox.client import SandboxError
from grading.sandbox.limits import Limits
from grading.source import NotebookSource, read_chapter
from grading.submission import Unreadable, find_files, read_file

JOBS_PER_WORKER = 3  # that wait or run at a time, so that memory does not grow with the class


@dataclass
class Summary:
    """What a run did."""

    graded: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)  # graded by an earlier run, unchanged since
    outdated: list[str] = field(default_factory=list)  # kept, though the sources have changed since
    failed: dict[str, str] = field(default_factory=dict)  # student: why the grader (not the student) failed
    changes: dict[str, tuple[float, float]] = field(default_factory=dict)  # student: score before, after
    seconds: float = 0.0


def grade_chapter(
    course: Course,
    chapter: str,
    *,
    workers: int | None = None,
    isolation: str = "bubblewrap",
    limits: Limits | None = None,
    force: bool = False,
    students: Iterable[str] | None = None,
    executor: Executor | None = None,
    on_outcome: Callable[[Outcome, int, int], None] | None = None,
) -> Summary:
    """Grade all hand-ins of a chapter that are new or changed, and record them in the gradebook.

    Parameters
    ----------
    course : Course
    chapter : str
        Its hand-ins are ``submitted/STUDENT/CHAPTER/*.ipynb``.
    workers : int, optional
        Processes; as many as cores when left out.
    isolation : {"bubblewrap", "none"}
    limits : Limits, optional
        The course's own when left out.
    force : bool
        Regrade what is graded already. Manual scores and comments stay.
    students : iterable of str, optional
        Only these.
    executor : Executor, optional
        Runs the jobs instead of processes on this machine.
    on_outcome : callable, optional
        Called with (outcome, number done, number in all).

    Returns
    -------
    Summary

    Raises
    ------
    SandboxError
        When student code cannot be locked in on this machine.
    """
    start = time.perf_counter()
    if executor is None:
        prepare()
    sources = read_chapter(course.solutions, chapter)
    summary, before = Summary(), {}
    todo = []
    for student in sorted(students) if students is not None else course.students(chapter):
        old = course.read_result(student, chapter)
        if old is not None:
            before[student] = old.score
        if old is None or force or old.submitted != fingerprint(_read(course, student, chapter, sources).files):
            todo.append(student)
        else:
            summary.kept.append(student)
            if old.course != sources_fingerprint(sources):
                summary.outdated.append(student)
    chosen = limits or course.limits()
    jobs = (_job(course, student, chapter, sources, isolation, chosen) for student in todo)
    count = max(1, min(workers or os.cpu_count() or 1, len(todo) or 1))
    with GradebookWriter(course, chapter) as writer:
        for outcome in _outcomes(jobs, count, executor):
            if outcome.fatal:
                raise SandboxError(outcome.failure)
            if outcome.result is None:
                summary.failed[outcome.student] = outcome.failure
            else:
                writer.record(outcome.result, outcome.notebooks)
                summary.graded.append(outcome.student)
                score = outcome.result.score
                if before.get(outcome.student, score) != score:
                    summary.changes[outcome.student] = (before[outcome.student], score)
            if on_outcome is not None:
                on_outcome(outcome, len(summary.graded) + len(summary.failed), len(todo))
    summary.graded.sort()
    summary.seconds = time.perf_counter() - start
    return summary


def fingerprint(files: dict[str, tuple[str, bytes]]) -> str:
    """Return a short text that changes whenever a handed-in file does."""
    digest = hashlib.sha256()
    for name, (file, content) in sorted(files.items()):
        digest.update(f"{name}\0{file}\0{len(content)}\0".encode("utf-8", "surrogateescape") + content)
    return digest.hexdigest()[:16]


def sources_fingerprint(sources: list[NotebookSource]) -> str:
    """Return a short text that changes whenever a source does."""
    return hashlib.sha256("".join(s.fingerprint for s in sources).encode()).hexdigest()[:16]


@dataclass
class _HandIn:
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # by notebook: the file's name and content
    refused: dict[str, str] = field(default_factory=dict)  # by notebook: why its file was not read
    repairs: list[str] = field(default_factory=list)


def _read(course: Course, student: str, chapter: str, sources: list[NotebookSource]) -> _HandIn:
    found, repairs = find_files(course.folder("submitted", chapter, student), sources)
    hand_in = _HandIn(repairs=repairs)
    for name, path in found.items():
        content = b""
        try:
            content = read_file(path)
        except Unreadable as reason:
            hand_in.refused[name] = str(reason)
        hand_in.files[name] = path.name, content
    return hand_in


def _job(
    course: Course, student: str, chapter: str, sources: list[NotebookSource], isolation: str, limits: Limits
) -> Job:
    hand_in = _read(course, student, chapter, sources)
    return Job(
        student, chapter, course.solutions, hand_in.files, hand_in.refused, hand_in.repairs,
        course.timestamp(student, chapter), fingerprint(hand_in.files), sources_fingerprint(sources), isolation, limits,
    )  # fmt: skip


# ---- running jobs ---------------------------------------------------------------------------------------------------


def _outcomes(jobs: Iterator[Job], workers: int, executor: Executor | None) -> Iterator[Outcome]:
    """Yield outcomes as they come. Jobs in flight when a worker dies are tried once more, each alone."""
    if executor is not None:
        yield from _through(executor, jobs, 4 * workers, [])
        return
    suspects: list[Job] = []
    while True:
        with pool(workers) as processes:
            yield from _through(processes, jobs, JOBS_PER_WORKER * workers, suspects)
        if not suspects:
            return
        for job in suspects:
            with pool(1) as process:
                died: list[Job] = []
                yield from _through(process, iter([job]), 1, died)
            for lost in died:
                yield Outcome(lost.student, failure="the grader's own process died twice over this hand-in")
        suspects = []


def _through(executor: Executor, jobs: Iterator[Job], window: int, suspects: list[Job]) -> Iterator[Outcome]:
    """Feed jobs to an executor, never more than ``window`` at a time; lost ones end up in ``suspects``."""
    running: dict[Future, Job] = {}
    broken = False
    while True:
        while not broken and len(running) < window:
            job = next(jobs, None)
            if job is None:
                break
            try:
                running[executor.submit(grade_job, job)] = job
            except BrokenProcessPool:
                broken = True
                suspects.append(job)
        if not running:
            return
        done, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            job = running.pop(future)
            try:
                yield future.result()
            except BrokenProcessPool:
                broken = True
                suspects.append(job)
