"""The prison itself: what a student's process sees and may, the limits and their names, and what is refused."""

from __future__ import annotations

import contextlib
import errno
import os
import pickle
import shutil
import socket
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from grading.sandbox import system_calls
from grading.sandbox.bubblewrap import bubblewrap_command, environment
from grading.sandbox.client import Sandbox, SandboxError, Stopped
from grading.sandbox.limits import Limits
from grading.sandbox.namespaces import INSIDE, NOBODY
from grading.sandbox.places import libraries_below

SHORT = Limits(
    cell_cpu=0.5, cell_wall=1.5, call_cpu=0.5, call_wall=1.5, total_wall=20.0, memory=256, processes=12, file_size=2,
    disk=4, output=16, reply=1,
)  # fmt: skip
PATIENT = replace(SHORT, cell_cpu=5.0, cell_wall=10.0)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as sandbox:
        yield sandbox


def perform(sandbox: Sandbox, cell: str, limits: Limits = SHORT, forbid: tuple[str, ...] = ()) -> dict:
    """Run one cell in a fresh child; return the reply."""
    child = sandbox.spawn(limits, forbid)
    try:
        return child.request("cell", kind="cell", source=cell, keep={})
    finally:
        child.close()


def printed(sandbox: Sandbox, cell: str, **options) -> str:
    """Return what a cell prints; an error in it fails the test."""
    reply = perform(sandbox, cell, **options)
    assert reply["error"] is None, reply
    return "".join(output.get("text", "") for output in reply["outputs"]).strip()


def raised(sandbox: Sandbox, cell: str, **options) -> str:
    """Return type and text of the error that ends a cell."""
    error = perform(sandbox, cell, **options)["error"]
    return f"{error['type']}: {error['message']}"


# ---- what a process sees --------------------------------------------------------------------------------------------


def test_it_is_the_first_process_of_its_namespace_and_an_ordinary_user(sandbox):
    said = printed(sandbox, "import os\nprint(os.getpid(), os.getppid(), os.getuid(), os.getgid(), os.getgroups())")
    pid, parent, user, group, groups = said.split(maxsplit=4)
    assert (pid, parent, user, group) == ("1", "0", str(INSIDE), str(INSIDE))
    assert "0" not in groups.strip("[]").split(", ")


def test_outside_it_belongs_to_nobody_who_owns_anything(sandbox):
    child = sandbox.spawn(SHORT)
    try:
        warm = f"/proc/{sandbox._process.pid}/task/{sandbox._process.pid}/children"
        first = Path(warm).read_text().split()[0]
        inside = Path(f"/proc/{first}/task/{first}/children").read_text().split()[-1]
        assert Path(f"/proc/{inside}").stat().st_uid == (NOBODY if os.getuid() == 0 else os.getuid())
    finally:
        child.close()


def test_it_sees_no_other_process(sandbox):
    assert printed(sandbox, "import os\nprint(os.listdir('/proc'))") == "[]"


def test_it_has_no_capabilities_and_can_gain_none(sandbox):
    code = """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
assert libc.syscall({"x86_64": 125, "aarch64": 90}[__import__("os").uname().machine], header, data) == 0
print(list(data), libc.prctl(39, 0, 0, 0, 0), [c for c in range(41) if libc.prctl(23, c, 0, 0, 0)])
"""
    assert printed(sandbox, code) == "[0, 0, 0, 0, 0, 0] 1 []"  # effective, permitted, inheritable; no_new_privs


def test_it_has_no_network(sandbox):
    code = """
import socket
for address in ("1.1.1.1", "127.0.0.1"):
    with socket.socket() as line:
        line.settimeout(1)
        print(line.connect_ex((address, 80)) != 0)
"""
    assert printed(sandbox, code).splitlines() == ["True", "True"]


@pytest.mark.parametrize("family", [40, 38, 16, 17])
def test_sockets_of_families_without_namespaces_are_refused(sandbox, family):
    code = f"import socket\nsocket.socket({family}, {socket.SOCK_RAW if family == 16 else socket.SOCK_STREAM})"
    assert raised(sandbox, code).startswith(f"OSError: [Errno {errno.EAFNOSUPPORT}]")


def test_it_sees_neither_the_sources_nor_the_tests(sandbox):
    code = f"import os\nprint(os.path.exists({str(ROOT / 'solutions')!r}), os.path.exists({str(ROOT / 'tests')!r}))\n"
    code += "print(sorted(os.listdir('/course')), *(n for p in ('/home', '/tmp') for n in os.listdir(p)))"
    ways = [Path(folder).parts for folder in libraries_below()]  # to Python itself, where it lies there
    shown = sorted({parts[2] for parts in ways})
    assert printed(sandbox, code).splitlines() == ["False False", " ".join(["['grading', 'mlcore']", *shown])]


def test_its_environment_holds_nothing_of_the_callers(sandbox, monkeypatch):
    monkeypatch.setenv("A_SECRET", "canary")
    with Sandbox() as fresh:
        assert "canary" not in printed(fresh, "import os\nprint(dict(os.environ))")


def test_its_descriptors_are_the_socket_and_nothing_more(sandbox):
    code = """
import os
def kind(number):
    try:
        return os.readlink(f"/dev/fd/{number}") if os.path.exists("/dev/fd") else oct(os.fstat(number).st_mode >> 12)
    except OSError:
        return None
print([n for n in range(256) if kind(n)])
"""
    assert len(eval(printed(sandbox, code))) <= 4


@pytest.mark.parametrize("place", ["/", "/usr", "/course", "/course/grading", "/proc", "/dev", "/etc", sys.prefix])
def test_it_cannot_write(sandbox, place):
    assert raised(sandbox, f"open({place!r} + '/stray', 'w')").split(":")[0] in ("OSError", "PermissionError")


@pytest.mark.parametrize("place", ["/tmp", "/home", "/dev/shm"])
def test_what_it_writes_goes_with_it(sandbox, place):
    printed(sandbox, f"open('{place}/stray', 'w').write('x')")
    assert printed(sandbox, f"import os\nprint(os.path.exists('{place}/stray'))") == "False"


def test_what_one_submission_does_to_the_library_the_next_does_not_see(sandbox):
    printed(sandbox, "import numpy\nnumpy.pi = 3")
    assert printed(sandbox, "import numpy\nprint(numpy.pi)").startswith("3.14")


# ---- what a process may ---------------------------------------------------------------------------------------------

CALLS = {
    "unshare a user namespace": "libc.unshare(0x10000000)",
    "unshare mounts": "libc.unshare(0x20000)",
    "join a namespace": "libc.setns(0, 0)",
    "clone into a user namespace": "libc.syscall(NUMBERS['clone'], 0x10000000 | 17, 0, 0, 0, 0)",
    "mount": "libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, b'size=9g')",
    "mount over the course": "libc.mount(b'/tmp', b'/course', None, 4096, None)",
    "make it writable": "libc.mount(None, b'/usr', None, 32 | 4096, None)",
    "unmount /proc": "libc.umount2(b'/proc', 2)",
    "unmount /home": "libc.umount2(b'/home', 2)",
    "change the root": "libc.chroot(b'/usr')",
    "trace": "libc.ptrace(16, 1, 0, 0)",
    "a memory file": "libc.memfd_create(b'x', 0)",
    "a shared segment": "libc.shmget(0, 4096, 0o1600)",
    "a message queue": "libc.msgget(0, 0o1600)",
    "a key": "libc.syscall(NUMBERS['add_key'], b'user', b'x', b'y', 1, -3)",
    "io_uring": "libc.syscall(425, 1, 0)",
    "a performance counter": "libc.syscall(NUMBERS['perf_event_open'], 0, 0, 0, 0, 0)",
    "a program for the kernel": "libc.syscall(NUMBERS['bpf'], 0, 0, 0)",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_system_call_is_refused(sandbox, call):
    machine = os.uname().machine
    numbers = system_calls.REFUSED[machine] | {"clone": system_calls.CLONE[machine]}
    code = f"import ctypes, errno\nNUMBERS = {numbers}\nlibc = ctypes.CDLL(None, use_errno=True)\n"
    assert printed(sandbox, f"{code}print({call}, errno.errorcode[ctypes.get_errno()])") == "-1 EPERM"


def test_no_other_program_runs(sandbox):
    assert "Operation not permitted" in raised(sandbox, "import subprocess\nsubprocess.run(['/bin/true'])")
    assert printed(sandbox, "!pip install x\nprint('goes on')") == "not run here: !pip install x\ngoes on"


def test_honest_processes_threads_and_sockets_still_work(sandbox):
    code = """
import concurrent.futures, multiprocessing, os, socket, tempfile
with concurrent.futures.ThreadPoolExecutor(3) as pool:
    print(sum(pool.map(abs, range(4))))
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(abs, [-1, 2]))
left, right = socket.socketpair()
left.send(b"x"), print(right.recv(1))
with tempfile.TemporaryFile() as file:
    print(file.write(b"abc"))
"""
    assert printed(sandbox, code, limits=PATIENT).splitlines() == ["6", "[1, 2]", "b'x'", "3"]


@pytest.mark.parametrize("machine", system_calls.ARCHITECTURES)
def test_the_filter_jumps_nowhere_but_into_itself(machine):
    program = system_calls.filter_program(machine)
    instructions = list(struct.iter_unpack("=HBBI", program))
    assert len(instructions) < 4096
    for place, (code, if_true, if_false, _) in enumerate(instructions):
        if code & 7 == 5:
            assert place + 1 + max(if_true, if_false) < len(instructions)
    assert instructions[-1][0] == 6
    assert set(system_calls.REFUSED["x86_64"]) == set(system_calls.REFUSED["aarch64"])


def test_an_unknown_processor_is_refused():
    with pytest.raises(OSError, match="kind of processor"):
        system_calls.filter_program("vax")


# ---- what an exercise forbids ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["numpy.linalg.norm", "math.hypot", "numpy.hypot"])
def test_a_forbidden_function_raises_and_says_why(sandbox, name):
    code = f"import math, numpy\n{name}(3.0, 4.0)"
    assert raised(sandbox, code, forbid=(name,)) == (
        f"PermissionError: this exercise asks you to write it yourself: {name} is not allowed here"
    )
    assert perform(sandbox, "import math\nmath.hypot(3.0, 4.0)")["error"] is None  # in the next child


def test_the_file_of_a_forbidden_function_is_empty(sandbox):
    code = "import numpy.linalg as m\nprint(len(open(m._linalg.__file__).read()))"
    assert printed(sandbox, code, forbid=("numpy.linalg.norm",)) == "0"
    assert int(printed(sandbox, code)) > 0


# ---- limits ---------------------------------------------------------------------------------------------------------

BOMBS = {
    "cell_wall": ("import time\ntime.sleep(9)", SHORT),
    "cell_cpu": ("while True:\n    pass", replace(SHORT, cell_wall=10.0)),
    "memory": ("import mmap, os, time\nfor _ in range(6):\n    if os.fork() == 0:\n        m = mmap.mmap(-1, 2**26)\n"
               "        for i in range(0, 2**26, 4096): m[i] = 1\n        time.sleep(9)\ntime.sleep(9)", PATIENT),
    "total_wall": ("import time\ntime.sleep(9)", replace(SHORT, total_wall=0.5)),
}  # fmt: skip


@pytest.mark.parametrize("limit", BOMBS)
def test_a_limit_that_the_judge_watches_stops_the_process_and_is_named(sandbox, limit):
    code, limits = BOMBS[limit]
    with pytest.raises(Stopped) as stopped:
        perform(sandbox, code, limits)
    assert stopped.value.limit == limit
    assert stopped.value.reason == limits.verdict(limit)
    assert stopped.value.reason.endswith(f"(limit {limit})")


KERNEL = {
    "memory": ("bytearray(2**30)", "MemoryError"),
    "processes": ("import threading\nwait = threading.Event()\nfor _ in range(99):\n"
                  "    threading.Thread(target=wait.wait, daemon=True).start()", "RuntimeError: can't start"),
    "forks": ("import os, time\nfor _ in range(99):\n    if os.fork() == 0:\n        time.sleep(9)", "BlockingIOError"),
    "file_size": ("open('/tmp/x', 'wb').write(bytes(2**22))", "OSError: [Errno 27]"),
    "disk": ("for i in range(9):\n    open(f'/tmp/{i}', 'wb').write(bytes(2**20))", "OSError: [Errno 28]"),
    "empty files": ("for i in range(10**5):\n    open(f'/tmp/{i}', 'w').close()", "OSError: [Errno 28]"),
    "output": ("while True:\n    print('x' * 100)", "OutputLimit"),
}  # fmt: skip


@pytest.mark.parametrize("limit", KERNEL)
def test_a_limit_that_the_kernel_keeps_is_recognised_by_its_error(sandbox, limit):
    from grading.judge.performance import limit_behind

    code, expected = KERNEL[limit]
    error = perform(sandbox, code, PATIENT)["error"]
    assert f"{error['type']}: {error['message']}".startswith(expected)
    known = {"forks": "processes", "empty files": "disk"}.get(limit, limit)
    assert limit_behind(error["type"], error["message"]) == known
    assert PATIENT.verdict(known).endswith(f"(limit {known})")


def _call(sandbox: Sandbox, body: str, limits: Limits = SHORT, seconds: float | None = None):
    child = sandbox.spawn(limits)
    try:
        cell = "def f():\n" + "".join(f"    {line}\n" for line in body.splitlines())
        child.request("cell", kind="cell", source=cell, keep={"e": ["f"]})
        handle = child.request("begin", wanted=[("e", "f")])["value"][0]
        return child.request("call", target=handle, args=(), kwargs={}, count=False, seconds=seconds)
    finally:
        child.close()


@pytest.mark.parametrize(
    ("limit", "body", "limits"),
    [
        ("call_cpu", "while True: pass", replace(SHORT, call_wall=10.0)),
        ("call_wall", "import time\ntime.sleep(9)", SHORT),
        ("reply", "return bytes(2**21)", SHORT),
    ],
)
def test_a_limit_of_a_call_is_named(sandbox, limit, body, limits):
    with pytest.raises(Stopped) as stopped:
        _call(sandbox, body, limits)
    assert stopped.value.limit == limit


def test_an_exercise_may_set_its_own_seconds(sandbox):
    body = "import time\nend = time.process_time() + 0.9\nwhile time.process_time() < end: pass\nreturn 1"
    limits = replace(SHORT, call_wall=5.0)
    with pytest.raises(Stopped):
        _call(sandbox, body, limits)
    assert _call(sandbox, body, limits, seconds=4.0)["value"] == 1


def test_settings_replace_limits_and_wrong_ones_are_told():
    assert Limits().with_settings({"memory": 512}).memory == 512
    with pytest.raises(ValueError, match="unknown limit 'memroy'; the limits are cell_cpu"):
        Limits().with_settings({"memroy": 1})
    with pytest.raises(ValueError, match="positive number"):
        Limits().with_settings({"memory": 0})


# ---- the judge's side of the line -----------------------------------------------------------------------------------


def test_an_answer_that_comes_too_late_is_nobody_elses(sandbox):
    child = sandbox.spawn(SHORT)
    sandbox._number += 1  # as if a request had been broken off before its answer was read
    socket.send_fds(sandbox._control, [pickle.dumps({"op": "usage", "pid": 1, "number": sandbox._number})], [])
    assert set(sandbox.usage(child)) >= {"cpu", "memory", "threads"}
    child.close()
    assert printed(sandbox, "print(1)") == "1"


def test_a_warm_process_that_dies_is_started_anew(sandbox):
    old = sandbox.spawn(PATIENT)
    sandbox._process.kill()
    sandbox._process.wait()
    new = sandbox.spawn(PATIENT)
    old.pid = new.pid  # of another PID namespace, so it can be the same
    old.close()
    try:
        assert new.request("cell", kind="cell", source="1", keep={})["error"] is None
    finally:
        new.close()


def test_two_children_are_counted_apart(sandbox):
    busy, idle = sandbox.spawn(PATIENT), sandbox.spawn(PATIENT)
    try:
        cell = "import os, time\nblock = bytearray(b'x') * 2**26\nif os.fork() == 0:\n    time.sleep(9)"
        busy.request("cell", kind="cell", source=cell, keep={})
        assert sandbox.usage(busy)["memory"] > 64
        assert sandbox.usage(busy)["threads"] >= 2
        assert sandbox.usage(idle)["memory"] < 32
    finally:
        busy.close(), idle.close()


def test_no_descriptor_and_no_process_is_left_over_many_submissions(sandbox):
    perform(sandbox, "1")
    before = len(os.listdir("/proc/self/fd"))
    for number in range(60):
        with contextlib.suppress(Stopped):
            perform(sandbox, "import os\nos._exit(0)" if number % 2 else "1")
    assert len(os.listdir("/proc/self/fd")) == before


# ---- where there is no sandbox --------------------------------------------------------------------------------------


def test_without_bubblewrap_it_refuses_and_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError) as refused:
        Sandbox().start()
    assert "apt-get install bubblewrap" in str(refused.value)
    assert "--isolation none" in str(refused.value)


def test_where_namespaces_are_not_to_be_had_it_refuses_and_says_why(monkeypatch, tmp_path):
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(SandboxError) as refused:
        Sandbox().start()
    for words in ("No permissions to create new namespace", "user namespaces", "--isolation none"):
        assert words in str(refused.value)


def test_an_unknown_isolation_is_refused():
    with pytest.raises(ValueError, match="bubblewrap, none"):
        Sandbox(isolation="some")


def test_without_isolation_code_runs_and_limits_hold():
    with Sandbox(isolation="none") as sandbox:
        assert printed(sandbox, "print(6 * 7)") == "42"
        with pytest.raises(Stopped) as stopped:
            perform(sandbox, "while True:\n    pass", replace(SHORT, cell_wall=10.0))
        assert stopped.value.limit == "cell_cpu"
        assert "MemoryError" in raised(sandbox, "bytearray(2**40)")


ORDINARY = """
from dataclasses import replace
from grading.sandbox.client import Sandbox, Stopped
from grading.sandbox.limits import Limits
LOOK = "import os\\nprint(os.getpid(), os.getuid(), os.listdir('/proc'))"
STRAY = "for place in ('/dev', '/home', '/usr'):\\n    try: open(place + '/stray', 'w')\\n    except OSError: pass"
with Sandbox() as sandbox:
    for cell in (LOOK, STRAY, "import os\\nprint([os.path.exists(p + '/stray') for p in ('/dev', '/home')])"):
        child = sandbox.spawn(Limits())
        reply = child.request("cell", kind="cell", source=cell, keep={})
        print(reply["error"], *(o["text"].strip() for o in reply["outputs"]))
        child.close()
    child = sandbox.spawn(replace(Limits(), cell_cpu=0.5))
    try:
        child.request("cell", kind="cell", source="while True: pass", keep={})
    except Stopped as stopped:
        print(stopped.limit)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="all other tests are run by an ordinary user")
def test_it_works_for_an_ordinary_user_too():
    said = subprocess.run(
        [*as_ordinary_user(), sys.executable, "-c", ORDINARY], text=True, capture_output=True, check=False, cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    expected = [f"None 1 {INSIDE} []", "None", "None [False, False]", "cell_cpu"]
    assert said.stdout.splitlines() == expected, said.stderr


def as_ordinary_user() -> list[str]:
    """A command line that drops root, where Python may lie in a folder that root alone can enter."""
    command, made = [shutil.which("bwrap"), "--dev-bind", "/", "/"], set()
    for needed in dict.fromkeys([Path(sys.base_prefix), Path(sys.prefix), ROOT]):
        closed = next((p for p in reversed(needed.parents) if not p.stat().st_mode & 0o005), None)
        if closed is None:
            continue
        for folder in [p for p in reversed(needed.parents) if p == closed or closed in p.parents]:
            if folder not in made:
                command += ["--perms", "0755", "--tmpfs" if folder == closed else "--dir", str(folder)]
                made.add(folder)
        command += ["--ro-bind", str(needed), str(needed)]
    return [*command, "--", "setpriv", "--reuid", "1234", "--regid", "1234", "--clear-groups"]


def test_the_command_line_shows_libraries_alone():
    command = bubblewrap_command()
    bound = [command[i + 1] for i, word in enumerate(command) if word == "--ro-bind"]
    assert str(ROOT / "mlcore") in bound
    assert not [
        b for b in bound if Path(b) in (ROOT, ROOT / "solutions", ROOT / "tests", Path.home(), Path("/"), Path("/etc"))
    ]
    assert "--bind" not in command
    assert set(environment("/home", isolated=True)) <= {
        "PATH", "LANG", "HOME", "MPLCONFIGDIR", "IPYTHONDIR", "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "PYTHONPATH",
        "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS",
    }  # fmt: skip
