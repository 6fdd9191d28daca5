"""The warm process: it has imported what notebooks use, runs no student code, and forks one child a submission.

It listens on a control socket. A child gets a data socket of its own, enters its own namespaces, takes its limits,
and only then hears of any student code (:mod:`grading.sandbox.child`).
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import socket
import sys
import traceback
from pathlib import Path

from grading.sandbox.limits import Limits

CLOCK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def main(control_number: int, isolated: bool) -> None:
    """Serve spawn, usage and kill requests until the control socket closes."""
    control = socket.socket(fileno=control_number)
    from grading.sandbox import namespaces

    if isolated:
        namespaces.become_nobody()
        namespaces.adopt_orphans()
    from grading.sandbox import child

    shell = child.warm_up()
    control.send(pickle.dumps({"ready": True}))
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 65536, 1)
        if not message:
            return
        request = pickle.loads(message)  # from the judge: trusted
        if request["op"] == "spawn":
            reply = _spawn(control, descriptors[0], request["limits"], isolated, shell)
            os.close(descriptors[0])
        elif request["op"] == "usage":
            reply = _usage(request["pid"], isolated)
        else:
            reply = _kill(request["pid"])
        control.send(pickle.dumps(reply))


def _spawn(control: socket.socket, data: int, limits: Limits, isolated: bool, shell) -> dict:
    read_end, write_end = os.pipe()
    helper = os.fork()
    if helper == 0:
        try:
            os.close(read_end)
            control.close()
            _helper(data, write_end, limits, isolated, shell)
        except BaseException:
            os.write(write_end, traceback.format_exc().encode()[-3000:])
        finally:
            os._exit(1)
    os.close(write_end)
    with open(read_end, "rb") as pipe:
        said = pipe.read()
    os.waitpid(helper, 0)
    return {"pid": int(said)} if said.isdigit() else {"error": said.decode(errors="replace")}


def _helper(data: int, write_end: int, limits: Limits, isolated: bool, shell) -> None:
    """Between warm process and child: a process enters a new PID namespace only with its next child."""
    from grading.sandbox import namespaces

    mapped = namespaces.mapped_memory()
    if isolated:
        namespaces.enter_namespaces(limits)
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
    from grading.sandbox import child, namespaces

    try:
        os.setsid()
        namespaces.set_limits(limits, mapped)
        if isolated:
            namespaces.drop_capabilities()
            os.chdir("/tmp")
            os.environ["HOME"] = "/tmp"
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


def _usage(pid: int, isolated: bool) -> dict:
    """Return CPU seconds, MiB of memory and the number of threads of the child and all that it started."""
    own, warm = {1, os.getpid()}, _private_pages(Path("/proc/self"))  # a child begins with the warm process's pages
    cpu = memory = threads = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in own:
            continue
        with contextlib.suppress(OSError, ValueError):
            fields = (entry / "stat").read_bytes().rpartition(b")")[2].split()
            if isolated or int(fields[3]) == pid:  # without isolation: those of the child's session
                cpu += sum(map(int, fields[11:15])) / CLOCK
                memory += max(0, _private_pages(entry) - warm) * PAGE / 2**20
                threads += int(fields[17])
    return {"cpu": cpu, "memory": memory, "threads": threads}


def _private_pages(process: Path) -> int:
    resident, shared = map(int, (process / "statm").read_bytes().split()[1:3])
    return resident - shared


def _kill(pid: int) -> dict:
    """Kill the child, and with it its PID namespace; say how it had ended."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    try:
        _, status, used = os.wait4(pid, 0)
    except ChildProcessError:
        return {"exit": None, "cpu": 0.0}
    return {"exit": os.waitstatus_to_exitcode(status), "cpu": used.ru_utime + used.ru_stime}


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2] == "isolated")
