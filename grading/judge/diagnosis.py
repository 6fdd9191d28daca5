"""Recognise a known mistake: whoever gives its answers to the failing calls has made it."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np

from grading.judge.proxy import Step
from grading.judge.reference import Reference
from grading.sandbox.session import Session
from grading.sandbox.wire import Handle, TensorData, WireError, decode
from grading.source import Exercise

RTOL, ATOL = 1e-4, 1e-7


def diagnose(reference: Reference, exercise: Exercise, failing: list[list[Step]]) -> int | None:
    """Return the number of the first known mistake that gives the same answers in all failing tests, or None.

    Parameters
    ----------
    reference : Reference
    exercise : Exercise
    failing : list of list of Step
        What each failing test asked, and the student's answers.
    """
    if not any(step.op == "call" for steps in failing for step in steps):
        failing = [steps for steps in failing if steps]
        if not failing:
            return None
    for number in range(len(exercise.mistakes)):
        if all(_coincides(reference.mistaken(exercise, number), steps) for steps in failing):
            return number
    return None


def _coincides(session: Session, steps: list[Step]) -> bool:
    for step in steps:
        if step.answer[0] in ("large", "stopped"):
            return False
        arguments = pickle.loads(step.body)  # pickled by the judge itself
        counted = bool(arguments.get("count", False))
        try:
            reply = decode(session.answer({"token": "", "op": step.op, "arguments": arguments}))
        except WireError:
            return False
        if not _same_answer(step, reply, counted=counted):
            return False
    return True


def _same_answer(step: Step, reply: dict[str, Any], *, counted: bool) -> bool:
    kind = step.answer[0]
    if kind == "error":
        return isinstance(reply.get("error"), dict) and reply["error"].get("builtin") == step.answer[1]
    if kind != "value" or "error" in reply:
        return False
    if counted:  # bytecodes of other people's loops: alike within a factor, far from none
        mine, theirs = step.answer[1], reply["value"]
        return isinstance(mine, int) and isinstance(theirs, int) and theirs / 3 <= mine <= 3 * theirs
    return alike(step.answer[1], reply["value"]) and alike(step.answer[2] or [], reply.get("changed") or [])


def alike(a: Any, b: Any) -> bool:
    """Whether two plain values agree up to rounding; objects agree with objects."""
    if isinstance(b, Handle):
        return hasattr(a, "is_student_object") or isinstance(a, Handle)
    if type(a) is type(b) is int:
        return a == b  # of any size, where an array would overflow
    if isinstance(b, TensorData):
        a, b = getattr(a, "data", None), b.array
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        return len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(alike(a[k], b[k]) for k in a)
    if isinstance(a, np.ndarray | np.generic | float | int) and isinstance(b, np.ndarray | np.generic | float | int):
        x, y = np.asarray(a), np.asarray(b)
        if x.shape != y.shape or x.dtype.kind not in "biufc" or y.dtype.kind not in "biufc":
            return False
        return bool(np.allclose(x, y, rtol=RTOL, atol=ATOL, equal_nan=True))
    return type(a) is type(b) and a == b
