"""What a worker does: one student's hand-in in, plain data out. It needs the judge, and no gradebook."""

from __future__ import annotations

import atexit
import functools
import multiprocessing
import threading
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import forkserver
from pathlib import Path

from grading.judge import Judge, nothing_graded
from grading.results import SubmissionResult
from grading.sandbox.client import SandboxError
from grading.sandbox.limits import Limits
from grading.source import NotebookSource, read_chapter

NOT_HANDED_IN = "This notebook was not handed in."


@dataclass(frozen=True)
class Job:
    """One student's hand-in of one chapter."""

    student: str
    chapter: str
    solutions: Path
    files: dict[str, tuple[str, bytes]]  # by notebook: the file's name and content
    refused: dict[str, str]  # by notebook: why its file was not read
    repairs: list[str]
    timestamp: str
    submitted: str  # fingerprint of the files
    course: str  # fingerprint of the sources
    isolation: str
    limits: Limits


@dataclass
class Outcome:
    """What a worker made of a job: a result with its notebooks, or why there is none."""

    student: str
    result: SubmissionResult | None = None
    notebooks: dict[str, bytes] = field(default_factory=dict)
    failure: str = ""
    fatal: bool = False  # the grader cannot work here at all


_judges: dict[tuple[int, str, Limits], Judge] = {}  # a cluster's worker may have several threads


def grade_job(job: Job) -> Outcome:
    """Grade one hand-in with the judge that this thread keeps warm. Never raises."""
    try:
        judge = warm_judge(job.isolation, job.limits)
        result = SubmissionResult(
            job.student, job.chapter, [], job.timestamp, submitted=job.submitted, course=job.course
        )  # fmt: skip
        outcome = Outcome(job.student, result)
        sources = _sources(job.solutions, job.chapter, job.course)
        first = min(job.files, default=sources[0].name)
        for source in sources:
            file, data = job.files.get(source.name, ("", b""))
            repairs = job.repairs if source.name == first else []  # told once
            reason = job.refused.get(source.name, "" if file else NOT_HANDED_IN)
            if reason:
                graded = nothing_graded(source, reason, repairs)
            else:
                graded = judge.grade(source, data, job.student, repairs=repairs)
            graded.result.file = file
            result.notebooks.append(graded.result)
            outcome.notebooks[source.name] = graded.notebook
        return outcome
    except SandboxError as error:
        return Outcome(job.student, failure=str(error), fatal=True)
    except Exception as error:
        return Outcome(job.student, failure=f"{type(error).__name__}: {error}")


@functools.lru_cache(maxsize=8)
def _sources(solutions: Path, chapter: str, course: str) -> list[NotebookSource]:
    """Read a chapter once for all jobs with the same fingerprint of its sources, ``course``."""
    return read_chapter(solutions, chapter)


def warm_judge(isolation: str, limits: Limits) -> Judge:
    """Return the judge that this process keeps, started when it is first asked for."""
    key = threading.get_ident(), isolation, limits
    if key not in _judges:
        judge = Judge(isolation=isolation, limits=limits)
        judge.__enter__()
        atexit.register(judge.__exit__)
        _judges[key] = judge
    return _judges[key]


def prepare() -> None:
    """Start the process that workers will be copies of: it imports the judge while the caller reads on."""
    multiprocessing.set_forkserver_preload(["grading.quick_import", "grading.jobs"])
    forkserver.ensure_running()


def pool(workers: int) -> ProcessPoolExecutor:
    """Processes that begin as copies of one that has imported the judge, and nothing of the caller's."""
    prepare()
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("forkserver"))
