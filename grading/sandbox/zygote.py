"""The warm process: it has imported what notebooks use, runs no student code, and forks one child a submission.

It listens on a control socket. A child gets a data socket of its own, enters its own namespaces, takes its limits,
and only then hears of any student code (:mod:`grading.sandbox.child`).
"""

from __future__ import annotations

import contextlib
import gc
import os
import pickle
import signal
import socket
import sys
import traceback
from pathlib import Path

from grading.sandbox import forbidden
from grading.sandbox.limits import Limits

CLOCK = os.sysconf("SC_CLK_TCK")


def main(control_number: int, isolated: bool) -> None:
    """Serve requests until the control socket closes."""
    control = socket.socket(fileno=control_number)
    from grading.sandbox import namespaces

    if isolated:
        namespaces.become_nobody()
        namespaces.adopt_orphans()
    from grading.sandbox import child

    shell = child.warm_up()
    gc.collect()
    gc.freeze()  # a collection in a child would write to, and so copy, every page that it shares
    namespaces.use_huge_pages()
    control.send(pickle.dumps({"ready": True, "number": 0}))
    ending: list[int] = []  # killed, and perhaps not gone yet
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 65536, 1)
        if not message:
            return
        request = pickle.loads(message)  # from the judge: trusted
        if request["op"] == "spawn":
            while ending:  # nobody meets what is left of another
                _exit_code(ending.pop())
            reply = _spawn(control, descriptors[0], request["limits"], request["forbid"], isolated, shell)
            os.close(descriptors[0])
        elif request["op"] == "usage":
            reply = _usage(request["pid"])
        elif request["op"] == "end":
            _kill(request["pid"])
            ending.append(request["pid"])
            continue
        else:
            _kill(request["pid"])
            reply = {"exit": _exit_code(request["pid"])}
        control.send(pickle.dumps(reply | {"number": request["number"]}))


def _spawn(
    control: socket.socket, data: int, limits: Limits, forbid: tuple[str, ...], isolated: bool, shell
) -> dict:  # fmt: skip
    for name in forbid:  # imported once for all, and a wrong name is told by the helper
        with contextlib.suppress(Exception):
            forbidden.resolve(name)
            forbidden.holders(name, len(sys.modules))
    read_end, write_end = os.pipe()
    helper = os.fork()
    if helper == 0:
        try:
            os.close(read_end)
            control.close()
            _helper(data, write_end, limits, forbid, isolated, shell)
        except BaseException:
            os.write(write_end, traceback.format_exc().encode()[-3000:])
        finally:
            os._exit(1)
    os.close(write_end)
    with open(read_end, "rb") as pipe:
        said = pipe.read()
    os.waitpid(helper, 0)
    return {"pid": int(said)} if said.isdigit() else {"error": said.decode(errors="replace")}


def _helper(data: int, write_end: int, limits: Limits, forbid: tuple[str, ...], isolated: bool, shell) -> None:
    """Between warm process and child: a process enters a new PID namespace only with its next child."""
    from grading.sandbox import namespaces

    mapped = namespaces.mapped_memory()
    files = forbidden.forbid(forbid)
    if isolated:
        namespaces.enter_namespaces(limits, files)
    ready_read, ready_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(write_end)
            os.close(ready_read)
            _child(data, ready_write, limits, mapped, isolated, shell)
        finally:
            os._exit(1)
    os.close(ready_write)
    problem = os.read(ready_read, 4096)
    os.write(write_end, problem or str(pid).encode())
    os._exit(0)


def _child(data: int, ready: int, limits: Limits, mapped: int, isolated: bool, shell) -> None:
    from grading.sandbox import child, namespaces, places, system_calls

    try:
        os.setsid()
        namespaces.set_limits(limits, mapped)
        if isolated:
            namespaces.drop_capabilities()
            system_calls.refuse_system_calls()
            os.environ["HOME"] = os.environ["TMPDIR"] = places.WRITABLE[0]
            os.chdir(os.environ["HOME"])
        _only_descriptors(data, ready)
    except BaseException:
        os.write(ready, traceback.format_exc().encode()[-3000:])
        raise
    os.close(ready)
    child.serve(socket.socket(fileno=data), shell, limits)


def _only_descriptors(*keep: int) -> None:
    """Close every descriptor but these; the standard ones lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    previous = 2
    for number in sorted(keep):
        os.closerange(previous + 1, number)
        previous = number
    os.closerange(previous + 1, 65536)


def _usage(pid: int) -> dict:
    """Return CPU seconds, MiB of memory and the number of threads of the child and all that it started."""
    warm = _memory(Path("/proc/self"))  # a child begins with the warm process's pages
    found: dict[int, tuple[int, int, float, float, int]] = {}  # parent, session, CPU, memory, threads
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            cpu = sum(map(int, fields[11:15])) / CLOCK
            memory = max(0.0, _memory(entry) - warm)
            found[int(entry.name)] = int(fields[1]), int(fields[3]), cpu, memory, int(fields[17])
    own = {number for number, (_, session, *_) in found.items() if pid in (number, session)}
    while more := {number for number, (parent, *_) in found.items() if parent in own} - own:
        own |= more
    cpu, memory, threads = (sum(found[number][i] for number in own) for i in (2, 3, 4))
    return {"cpu": cpu, "memory": memory, "threads": threads}


def _memory(process: Path) -> float:
    """Return the MiB that a process has for itself or shares with processes that it started (not those of files)."""
    fields = dict(line.split(b":", 1) for line in (process / "status").read_bytes().splitlines() if b":" in line)
    return sum(int(fields[name].split()[0]) for name in (b"RssAnon", b"RssShmem") if name in fields) / 1024


def _kill(pid: int) -> None:
    """Kill the child, and with it its PID namespace."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _exit_code(pid: int) -> int | None:
    """Wait for the end of a child that has been killed; return its exit code, None if it was somebody else's child."""
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return None


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] == "isolated")
