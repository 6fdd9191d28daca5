"""Which arguments an exercise's function is meant to change: those that the reference changes in the same test."""

from __future__ import annotations

import functools
import pickle
from typing import Any

from grading.checks import run_test
from grading.judge.proxy import Examiner
from grading.judge.reference import Reference
from grading.sandbox.limits import Limits
from grading.sandbox.session import Session
from grading.sandbox.wire import decode
from grading.source import Exercise


class Rehearsal:
    """Takes the place of a Performance: the reference answers, in this process."""

    limits = Limits()

    def __init__(self, reference: Reference):
        self._session = Session(self.limits, namespace=dict(reference.namespace))
        for exercise in reference.source.exercises.values():
            self._session.keep(exercise.name, list(exercise.names))

    def generation_for_call(self) -> int:
        """Return the number of the process: there is one."""
        return 0

    def request(self, op: str, body: bytes, seconds: float | None, make_handle, make_tensor) -> dict[str, Any]:
        """Answer as a student's process would."""
        answer = self._session.answer({"token": "", "op": op, "arguments": pickle.loads(body)})
        return decode(answer, make_handle=make_handle, make_tensor=make_tensor) | {"size": len(answer)}


@functools.lru_cache(maxsize=1024)
def changed_by_reference(reference: Reference, exercise: Exercise, test: str) -> frozenset[int]:
    """Return which arrays, counted through a call's arguments, the reference changes in a test."""
    examiner = Examiner(Rehearsal(reference))
    mentioned, exercises = reference.mentioned(exercise), reference.source.exercises.values()
    wanted = [(other.name, name) for other in exercises for name in other.names if name in mentioned]
    bindings = examiner.begin(wanted)
    run_test(reference.tests(exercise, bindings)[test], seed=exercise.name, reference=reference.names)
    return frozenset(examiner.changed)
