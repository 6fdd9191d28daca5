"""The judge's side of the sandbox: starts it, asks it, watches the clock, kills."""

from __future__ import annotations

import pickle
import secrets
import select
import socket
import subprocess
import sys
import tempfile
import time
from typing import Any

from grading.sandbox.bubblewrap import SandboxError, bubblewrap_command, environment
from grading.sandbox.limits import Limits
from grading.sandbox.places import SCRATCH
from grading.sandbox.wire import FrameReader, Handle, TensorData, WireError, decode, frame

TICK = 0.25  # seconds between two looks at what a child uses
ISOLATIONS = ("bubblewrap", "none")


class Stopped(Exception):
    """A child was killed or ended. ``limit`` names the limit it hit, or is "" ; ``reason`` is for the student."""

    def __init__(self, reason: str, limit: str = ""):
        self.reason, self.limit = reason, limit
        super().__init__(reason)


class Sandbox:
    """A warm process that forks children; one of these a worker.

    Parameters
    ----------
    isolation : {"bubblewrap", "none"}
        ``"none"`` runs student code with the rights of whoever calls; only for code that you trust.
    """

    def __init__(self, *, isolation: str = "bubblewrap"):
        if isolation not in ISOLATIONS:
            raise ValueError(f"isolation must be one of {', '.join(ISOLATIONS)}; got {isolation!r}")
        self.isolation = isolation
        self._process: subprocess.Popen | None = None
        self._control: socket.socket | None = None
        self._home: tempfile.TemporaryDirectory | None = None
        self._number = 0  # of the last request: an answer that comes too late is nobody else's

    def start(self) -> None:
        """Start the warm process and wait until it is ready. Raises SandboxError with the remedy."""
        self.close()
        try:
            self._launch()
            if not self._answer(timeout=60, number=0):
                raise SandboxError(self._why_not())
        except BaseException:
            self.close()
            raise

    def _launch(self) -> None:
        isolated = self.isolation == "bubblewrap"
        if not isolated:
            self._home = tempfile.TemporaryDirectory(prefix="mlcourse-")
        home = self._home.name if self._home else SCRATCH
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            number = theirs.fileno()
            command = bubblewrap_command() if isolated else []
            command += [sys.executable, "-m", "grading.sandbox.zygote", str(number), "isolated" if isolated else "open"]
            self._process = subprocess.Popen(
                command, pass_fds=[number], env=environment(home, isolated=isolated),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd="/",
            )  # fmt: skip

    def _why_not(self) -> str:
        self._process.kill()
        said = self._process.stderr.read().decode(errors="replace").strip()[-1500:]
        advice = ""
        if self.isolation == "bubblewrap":
            advice = (
                "\nStudent code is run only where it can be locked in. What helps: allow user namespaces "
                "(sysctl kernel.unprivileged_userns_clone=1, or in a container --security-opt seccomp=unconfined). "
                "For code that you trust there is --isolation none."
            )
        return f"the sandbox did not start: {said or 'it said nothing'}{advice}"

    def close(self) -> None:
        """End the warm process and all that it started."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stderr.close()
        if self._home is not None:
            self._home.cleanup()
        self._process = self._control = self._home = None

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def spawn(self, limits: Limits, forbid: tuple[str, ...] = ()) -> Child:
        """Return a fresh child, in which the functions of these dotted names are not to be had.

        A warm process that has died is started anew, once.
        """
        for attempt in range(2):
            if self._process is None or self._process.poll() is not None:
                self.start()
            ours, theirs = socket.socketpair()
            with theirs:
                reply = self._request({"op": "spawn", "limits": limits, "forbid": forbid}, [theirs.fileno()])
            if reply and "pid" in reply:
                return Child(self, self._control, reply["pid"], ours, limits)
            ours.close()
            if reply:
                raise SandboxError(f"no process of its own for a submission: {reply['error'].strip()[-500:]}")
            if attempt == 0:
                self.close()
        raise SandboxError(self._why_not())

    def usage(self, child: Child) -> dict[str, float]:
        """Return what a child and its processes use: CPU seconds, MiB, threads."""
        return self._request({"op": "usage", "pid": child.pid}) or {"cpu": 0.0, "memory": 0.0, "threads": 0}

    def end(self, child: Child) -> None:
        """Kill a child with all its processes, and do not wait for the kernel to clear up."""
        if child.control is self._control:  # else it ended with the warm process that it came from
            self._send({"op": "end", "pid": child.pid})

    def how_it_ended(self, child: Child) -> int | None:
        """Return the exit code of a child that has closed its connection; kill what is left of it."""
        if child.control is not self._control:
            return None
        return (self._request({"op": "how it ended", "pid": child.pid}) or {"exit": None})["exit"]

    def _request(self, request: dict, descriptors: list[int] | None = None) -> dict | None:
        return self._answer(timeout=30, number=self._number) if self._send(request, descriptors) else None

    def _send(self, request: dict, descriptors: list[int] | None = None) -> bool:
        self._number += 1
        try:
            socket.send_fds(self._control, [pickle.dumps(request | {"number": self._number})], descriptors or [])
        except OSError:
            return False
        return True

    def _answer(self, timeout: float, number: int) -> dict | None:
        """Return the answer of this number; the others are of requests that an alarm or a timeout broke off."""
        while select.select([self._control], [], [], timeout)[0]:
            message = self._control.recv(65536)
            if not message:
                return None
            answer = pickle.loads(message)  # from the warm process, which runs no student code
            if answer["number"] == number:
                return answer
        return None


class Child:
    """One submission's process, as the judge sees it.

    Parameters
    ----------
    sandbox : Sandbox
    control : socket
        Of the warm process that it is a copy of.
    pid : int
        As the warm process sees it.
    connection : socket
        To the child itself.
    limits : Limits
    """

    def __init__(
        self, sandbox: Sandbox, control: socket.socket, pid: int, connection: socket.socket, limits: Limits
    ):  # fmt: skip
        self.control, self.pid = control, pid
        self._sandbox, self._connection, self._limits = sandbox, connection, limits
        self._reader = FrameReader((limits.reply + 16) * 2**20)
        self._connection.setblocking(False)
        self.alive = True
        self.deadline = time.monotonic() + limits.total_wall

    def close(self) -> None:
        """Kill the process and everything that it started."""
        if self.alive:
            self.alive = False
            self._connection.close()
            self._sandbox.end(self)

    def request(
        self, op: str, pickled: bytes | None = None, *, kind: str = "call", seconds: float | None = None,
        make_handle=None, make_tensor=None, **arguments: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Ask for one thing and wait for the answer.

        Parameters
        ----------
        op : str
            What :class:`grading.sandbox.child.Session` calls it.
        pickled : bytes, optional
            The arguments, already pickled; else ``arguments`` are.
        kind : {"cell", "call"}
            Which limits on time hold.
        seconds : float, optional
            CPU seconds instead of the limit's; wall time in proportion.

        Returns
        -------
        dict
            The reply: ``value``, ``outputs``, ``error`` …, and its ``size`` in bytes.

        Raises
        ------
        Stopped
            When a limit was hit, the process ended, or it sent what it may not.
        """
        if not self.alive:
            raise Stopped("the process has ended")
        token = secrets.token_hex(8)
        body = pickled if pickled is not None else pickle.dumps(arguments)
        message = pickle.dumps({"token": token, "op": op, "arguments": Unpickled(body)})
        cpu, wall = getattr(self._limits, f"{kind}_cpu"), getattr(self._limits, f"{kind}_wall")
        if seconds is not None:
            cpu, wall = seconds, seconds * wall / cpu
        if self._reader:
            self._stop("the code sent messages of its own to the grader")
        payload = self._exchange(frame(message), kind, cpu, wall)
        if self._reader:  # said at once, so that it is laid to whom it belongs
            self._stop("the code sent messages of its own to the grader")
        try:
            reply = decode(payload, make_handle=make_handle, make_tensor=make_tensor)
        except WireError as error:
            self._stop(f"the code sent something to the grader that is no answer ({error})")
        if not isinstance(reply, dict) or reply.get("token") != token:
            self._stop("the code sent messages of its own to the grader")
        if reply.get("limit") == "reply":
            raise Stopped(self._limits.verdict("reply"), "reply")
        return reply | {"size": len(payload)}

    def _exchange(self, message: bytes, kind: str, cpu: float, wall: float) -> bytes:
        """Send a message and wait for one frame, looking at clock and usage between."""
        start = time.monotonic()
        end, look = min(start + wall, self.deadline), start + TICK
        to_send, cpu_before = memoryview(message), None
        while True:
            try:
                payload = self._reader.next()
            except WireError as error:
                self._stop(f"the code sent something to the grader that is no answer ({error})")
            if payload is not None:
                return payload
            now = time.monotonic()
            if now >= end:
                self._stop_at_limit("total_wall" if end == self.deadline else f"{kind}_wall")
            if now >= look:  # by the clock: neither a trickle of bytes nor a closed ear puts it off
                look = now + TICK
                used = self._sandbox.usage(self)
                cpu_before = max(0.0, used["cpu"] - TICK) if cpu_before is None else cpu_before
                if used["memory"] > self._limits.memory:
                    self._stop_at_limit("memory")
                if used["cpu"] - cpu_before > cpu:
                    self._stop_at_limit(f"{kind}_cpu")
            readable, writable, _ = select.select(
                [self._connection], [self._connection] if to_send else [], [], max(0.0, min(look, end) - now)
            )
            if readable:
                self._receive()
            elif writable:
                try:
                    to_send = to_send[self._connection.send(to_send[: 1 << 20]) :]
                except BlockingIOError:
                    pass
                except ConnectionError:  # it reads no longer; what it still says is worth waiting for
                    to_send = memoryview(b"")

    def _receive(self) -> None:
        try:
            data = self._connection.recv(1 << 20)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if data:
            self._reader.feed(data)
            return
        self.alive = False
        self._connection.close()
        raise Stopped(_how_it_ended(self._sandbox.how_it_ended(self)))

    def _stop_at_limit(self, limit: str) -> None:
        self.close()
        raise Stopped(self._limits.verdict(limit), limit)

    def _stop(self, reason: str) -> None:
        self.close()
        raise Stopped(reason)


class Unpickled:
    """Bytes that become the object they encode when the message around them is read."""

    def __init__(self, body: bytes):
        self._body = body

    def __reduce__(self):
        return pickle.loads, (self._body,)


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0 and code != -9:  # -9: it had left the line, and was killed for that
        names = {6: "abort", 7: "bus error", 8: "arithmetic error", 11: "segmentation fault", 25: "file too large"}
        return f"the process crashed ({names.get(-code, f'signal {-code}')})"
    return "the code ended its own process"


__all__ = ["Child", "Handle", "Sandbox", "SandboxError", "Stopped", "TensorData"]
