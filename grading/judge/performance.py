"""Perform a student's cells in a sandboxed process, again in a fresh one whenever it had to be stopped."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass, field
from typing import Any, Self

from grading.judge.harmless import line
from grading.sandbox.client import Child, Sandbox, Stopped
from grading.sandbox.limits import Limits

MAX_STARTS = 12


def limit_behind(error_type: str, message: str) -> str:
    """Return the limit that an exception of a student's code means, or ""."""
    if error_type in ("MemoryError", "_ArrayMemoryError"):
        return "memory"
    if error_type == "OutputLimit":
        return "output"
    if error_type == "BlockingIOError" or "can't start new thread" in message:
        return "processes"
    return {"[Errno 27]": "file_size", "[Errno 28]": "disk"}.get(message[:10], "") if "OSError" in error_type else ""


@dataclass
class Scene:
    """One cell to perform, and what came of it."""

    label: str  # in a student's words
    text: str
    keep: dict[str, list[str]] = field(default_factory=dict)  # names to keep, by exercise
    outputs: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""  # type and message of the exception that ended it
    limit: str = ""  # the verdict of the limit that it hit
    stopped: bool = False  # its process had to be stopped: left out of further performances
    done: bool = False


class Performance:
    """A student's cells and the process that has performed them.

    Parameters
    ----------
    sandbox : Sandbox
    limits : Limits
    scenes : list of Scene
        In order; :meth:`perform` fills in what came of them.
    forbid : tuple of str
        Dotted names of library functions that the process lacks.

    Attributes
    ----------
    incidents : list of str
        What had to be stopped and why, for the record.
    student_seconds : float
        Time that student code took, as its process says.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits, scenes: list[Scene], forbid: tuple[str, ...] = ()):
        self._sandbox, self.limits, self.scenes, self._forbid = sandbox, limits, scenes, forbid
        self._others: dict[tuple[tuple[str, ...], str], Self] = {}
        self._child: Child | None = None
        self._starts = 0
        self._deadline = time.monotonic() + limits.total_wall
        self.incidents: list[str] = []
        self.student_seconds = 0.0

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.close()
        for other in self._others.values():
            other.close()

    def without(self, forbid: tuple[str, ...], exercise: str) -> Self:
        """Return this performance up to an exercise, in a process that has lacked these functions from its start.

        Taken away any later, they could have been kept: under another name, in a container, by the garbage collector.
        """
        if not forbid:
            return self
        key = forbid, exercise
        if key not in self._others:
            end = next((i for i, s in enumerate(self.scenes) if exercise in s.keep), len(self.scenes)) + 1
            while end < len(self.scenes) and not self.scenes[end].keep:
                end += 1
            scenes = [dataclasses.replace(scene) for scene in self.scenes[:end]]
            other = self._others[key] = type(self)(self._sandbox, self.limits, scenes, forbid)
            other._deadline, other.incidents = self._deadline, self.incidents
        return self._others[key]

    def perform(self) -> None:
        """Perform all cells once; a cell that has to be stopped costs itself alone."""
        for number, scene in enumerate(self.scenes):
            try:
                child = self._alive(before=number)
                reply = self._perform(child, scene)
            except Stopped as stopped:
                scene.stopped, scene.limit = True, stopped.reason
                self.incidents.append(f"{scene.label}: {stopped.reason}")
            else:
                self._note(scene, reply)
            scene.done = True

    def _perform(self, child: Child, scene: Scene) -> dict[str, Any]:
        start = time.monotonic()
        reply = child.request("cell", kind="cell", source=scene.text, keep=scene.keep)
        self._count(reply, start)
        return reply

    def _note(self, scene: Scene, reply: dict[str, Any]) -> None:
        scene.outputs = reply.get("outputs") if isinstance(reply.get("outputs"), list) else []
        error = reply.get("error")
        if isinstance(error, dict):
            kind, message = (line(str(error.get(key))[:size]) for key, size in (("type", 100), ("message", 500)))
            scene.error = f"{kind}: {message}" if message else kind
            limit = limit_behind(kind, message)
            if limit:
                scene.limit = self.limits.verdict(limit)
                self.incidents.append(f"{scene.label}: {scene.limit}")

    def _count(self, reply: dict[str, Any], start: float) -> None:
        """Add what the process says that it took, which it may say of the time since ``start``, but no more."""
        seconds = reply.get("seconds")
        if type(seconds) is float and seconds >= 0:
            self.student_seconds += min(seconds, time.monotonic() - start)

    def _alive(self, before: int | None = None) -> Child:
        """Return a process that has performed the healthy cells (those before a number)."""
        while self._child is None or not self._child.alive:
            if time.monotonic() > self._deadline:
                raise Stopped(self.limits.verdict("total_wall"), "total_wall")
            if self._starts >= MAX_STARTS:
                raise Stopped("the notebook had to be stopped too often")
            self._starts += 1
            self._child = self._sandbox.spawn(self.limits, self._forbid)
            self._child.deadline = self._deadline
            for scene in self.scenes[:before]:
                if scene.stopped or not scene.done:
                    continue
                try:
                    self._perform(self._child, scene)
                except Stopped as stopped:
                    scene.stopped, scene.limit = True, stopped.reason
                    self.incidents.append(f"{scene.label}, performed again: {stopped.reason}")
                    break
        return self._child

    # ---- for the examiner

    def generation_for_call(self) -> int:
        """Return the number of the process that the next request goes to, starting one if need be."""
        self._alive()
        return self._starts

    def request(self, op: str, body: bytes, seconds: float | None, make_handle, make_tensor) -> dict[str, Any]:
        """Ask the process for something. Raises Stopped."""
        child, start = self._alive(), time.monotonic()
        try:
            reply = child.request(op, pickled=body, seconds=seconds, make_handle=make_handle, make_tensor=make_tensor)
        except Stopped as stopped:
            self.incidents.append(f"a check's call: {stopped.reason}")
            raise
        self._count(reply, start)
        return reply

    def interrupt(self) -> None:
        """End the process because a request was broken off: its late answer would be taken for another's."""
        if self._child is not None:
            self._child.close()

    def kept(self) -> dict[str, list[str]]:
        """Return the names that are defined, by exercise."""
        try:
            value = self._alive().request("names").get("value")
        except Stopped as stopped:
            self.incidents.append(f"after the last cell: {stopped.reason}")
            return {}
        if not isinstance(value, dict):
            return {}
        return {k: [n for n in v if isinstance(n, str)] for k, v in value.items() if isinstance(v, list)}
