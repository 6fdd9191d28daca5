"""Perform a student's cells in a sandboxed process, again in a fresh one whenever it had to be stopped."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

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

    Attributes
    ----------
    incidents : list of str
        What had to be stopped and why, for the record.
    student_seconds : float
        Time that student code took, as its process says.
    """

    def __init__(self, sandbox: Sandbox, limits: Limits, scenes: list[Scene]):
        self._sandbox, self.limits, self.scenes = sandbox, limits, scenes
        self._child: Child | None = None
        self._starts = 0
        self._deadline = time.monotonic() + limits.total_wall
        self.incidents: list[str] = []
        self.student_seconds = 0.0

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.close()

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
        reply = child.request("cell", kind="cell", source=scene.text, keep=scene.keep)
        self._count(reply)
        return reply

    def _note(self, scene: Scene, reply: dict[str, Any]) -> None:
        scene.outputs = reply.get("outputs") if isinstance(reply.get("outputs"), list) else []
        error = reply.get("error")
        if isinstance(error, dict):
            kind, message = str(error.get("type"))[:100], str(error.get("message"))[:500]
            scene.error = f"{kind}: {message}" if message else kind
            limit = limit_behind(kind, message)
            if limit:
                scene.limit = self.limits.verdict(limit)
                self.incidents.append(f"{scene.label}: {scene.limit}")

    def _count(self, reply: dict[str, Any]) -> None:
        seconds = reply.get("seconds")
        if type(seconds) is float and 0 <= seconds < 1e6:
            self.student_seconds += seconds

    def _alive(self, before: int | None = None) -> Child:
        """Return a process that has performed the healthy cells (those before a number)."""
        while self._child is None or not self._child.alive:
            if time.monotonic() > self._deadline:
                raise Stopped(self.limits.verdict("total_wall"), "total_wall")
            if self._starts >= MAX_STARTS:
                raise Stopped("the notebook had to be stopped too often")
            self._starts += 1
            self._child = self._sandbox.spawn(self.limits)
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
        try:
            reply = self._alive().request(
                op, pickled=body, seconds=seconds, make_handle=make_handle, make_tensor=make_tensor
            )
        except Stopped as stopped:
            self.incidents.append(f"a check's call: {stopped.reason}")
            raise
        self._count(reply)
        return reply

    def forget(self) -> None:
        """Let the process forget the objects behind handles."""
        if self._child is not None and self._child.alive:
            try:
                self._child.request("forget")
            except Stopped as stopped:
                self.incidents.append(f"between two checks: {stopped.reason}")

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
