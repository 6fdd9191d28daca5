"""Sudden ends, crashes, and what a process might do to others and to its own prison."""

from grading.classroom.attack import Attack

FAMILY = "ends"
ENDED = "ended its own process"
C = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n"


def _cell(name: str, tries: str, prelude: str, verdict: str = "", **more) -> Attack:
    return Attack(name, FAMILY, tries, prelude=prelude, verdict=verdict, **more)


def _call(name: str, tries: str, body: str, verdict: str = "", **more) -> Attack:
    return Attack(name, FAMILY, tries, body=body, verdict=verdict, **more)


ATTACKS = [
    _cell("_exit in a cell", "Ends the process at once.", "import os\nos._exit(0)", ENDED),
    _call("_exit in a call", "Ends the process at once.", "import os\nos._exit(0)", ENDED),
    _cell("SystemExit in a cell", "Raises SystemExit.", "raise SystemExit(0)", "ended early: SystemExit"),
    _call("SystemExit in a call", "Raises SystemExit.", "raise SystemExit(0)", "SystemExit"),
    _call(
        "KeyboardInterrupt",
        "Raises what stops a batch that somebody watches.",
        "raise KeyboardInterrupt",
        "KeyboardInterrupt",
    ),
    _call("GeneratorExit", "Raises GeneratorExit.", "raise GeneratorExit"),
    _call("StopIteration", "Raises StopIteration, which ends other people's loops.", "raise StopIteration(4.0)"),
    _call(
        "an error of its own kind",
        "Raises a BaseException of its own.",
        "raise type('Mine', (BaseException,), {'__str__': lambda self: 1 / 0})",
    ),
    _call(
        "an error that hurts",
        "Raises an error whose every use raises.",
        "raise Hurt",
        prelude="class Hurt(Exception):\n    def __str__(self): raise SystemExit\n    __repr__ = __str__\n"
        "    __traceback__ = property(lambda self: 1 / 0)\n",
    ),
    _call(
        "a group of errors",
        "Raises a deep group of errors.",
        "error = ValueError()\nfor _ in range(500):\n    error = ExceptionGroup('x', [error])\nraise error",
    ),
    _cell("abort in a cell", "Aborts.", "import os\nos.abort()", "crashed"),
    _call(
        "a segmentation fault",
        "Reads where there is nothing.",
        "import ctypes\nctypes.string_at(0)",
        "segmentation fault",
    ),
    _call(
        "a broken object",
        "Breaks an integer that everybody uses.",
        "import ctypes\nctypes.memset(id(1), 255, 32)\nreturn 1 + 1",
        "crashed",
    ),
    _call("recursion", "Calls itself without end.", "return @NAME@(*args)", "RecursionError"),
    _call(
        "recursion in C",
        "Raises the limit and calls itself until the stack ends.",
        "import sys\nsys.setrecursionlimit(10**9)\nreturn list(map(@NAME@, [args]))",
        "crashed",
    ),
    _call(
        "a deep repr",
        "Takes the text of something nested very deep.",
        "x = []\nfor _ in range(10**6):\n    x = [x]\nimport sys\nsys.setrecursionlimit(10**9)\nreturn repr(x)",
    ),
    _cell("kill all", "Kills every process that it sees.", "import os\nos.kill(-1, 9)"),
    _cell(
        "kill each",
        "Sends every signal to every number.",
        """
import os
for number in [*range(2, 5000), 0]:
    for signal in (9, 15, 19) if number else (15,):
        try:
            os.kill(number, signal)
        except (OSError, ProcessLookupError):
            pass
""",
    ),
    _cell(
        "kill the parent",
        "Kills its parent, its group and its session.",
        """
import os
for number in (os.getppid(), os.getpgrp(), os.getsid(0)):
    for kill in (os.kill, os.killpg):
        try:
            kill(number, 9) if number not in (0, os.getpid()) else kill(number, 15)
        except OSError:
            pass
""",
    ),
    _call(
        "kill itself",
        "Sends itself deadly signals.",
        "import os, signal\nfor n in (9, 6, 11, 19, 20):\n    os.kill(os.getpid(), n)\nsignal.raise_signal(9)",
    ),
    _cell(
        "a daemon",
        "Leaves a daemon that outlives everything.",
        """
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.chdir("/")
        os.closerange(0, 256)
        while True:
            time.sleep(0.1)
    os._exit(0)
""",
    ),
    _cell(
        "a child that runs on",
        "Forks, and lets the child run on as if it were the process.",
        "import os\nfor _ in range(4):\n    os.fork()",
        "",
    ),
    _call(
        "a child that answers, too",
        "Forks in a call, so that two processes answer.",
        "import os\nos.fork()\nreturn 0.0",
    ),
    _cell(
        "tracing others",
        "Traces its parent and other processes.",
        C
        + """
import os
for number in (1, os.getppid(), 2, 3):
    assert libc.ptrace(16, number, 0, 0) == -1
raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
""",
        "Operation not permitted",
    ),
    _cell(
        "mounts",
        "Unmounts what hides things, mounts what shows them, changes the root.",
        C
        + """
import os
said = [libc.umount2(b"/proc", 2), libc.umount2(b"/tmp", 2), libc.umount2(b"/home", 2), libc.chroot(b"/usr"),
        libc.mount(b"proc", b"/proc", b"proc", 0, None), libc.mount(b"/course", b"/tmp", None, 4096, None),
        libc.mount(None, b"/usr", None, 32 | 4096, None), libc.setns(0, 0), libc.unshare(0x20000)]
assert set(said) == {-1}, said
raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
""",
        "Operation not permitted",
    ),
    _cell(
        "privileges",
        "Asks for another user, for capabilities, for a program with the root bit.",
        C
        + """
import os, glob
for change in (lambda: os.setuid(0), lambda: os.setgid(0), lambda: os.setgroups([0]), lambda: os.seteuid(65534),
               lambda: os.chown("/tmp", 0, 0), lambda: os.mknod("/tmp/sda", 0o60666, os.makedev(8, 0)),
               lambda: os.execv("/usr/bin/su", ["su"]), lambda: os.execv("/bin/mount", ["mount"]),
               lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)), lambda: os.nice(-20),
               lambda: os.setpriority(os.PRIO_PROCESS, 0, -20), lambda: open("/proc/sys/kernel/core_pattern", "w")):
    try:
        change()
    except OSError:
        continue
    raise AssertionError("it may")
""",
        "",
    ),
    _cell(
        "limits raised",
        "Raises its own limits.",
        """
import resource
for kind in ("AS", "NPROC", "FSIZE", "CPU", "NOFILE"):
    kind = getattr(resource, "RLIMIT_" + kind)
    try:
        resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    except (ValueError, OSError):
        continue
    raise AssertionError("it may")
x = bytearray(2**40)
""",
        "(limit memory)",
    ),
    _cell(
        "the network",
        "Asks the world for the answer.",
        """
import socket, urllib.request
for address in ("https://example.org", "http://1.1.1.1", "http://169.254.169.254", "http://127.0.0.1:8888"):
    try:
        print(urllib.request.urlopen(address, timeout=1).read())
        raise AssertionError("it answers")
    except OSError:
        pass
for family in (socket.AF_INET, socket.AF_INET6):
    with socket.socket(family) as line:
        line.settimeout(0.5)
        assert line.connect_ex(("1.1.1.1" if family == socket.AF_INET else "::1", 53)) != 0
""",
        "",
    ),
    _cell(
        "other networks",
        "Opens sockets of families that know no namespaces.",
        """
import os, socket
for family in (40, 38, 17, 16, 31):
    try:
        socket.socket(family, socket.SOCK_STREAM if family != 16 else socket.SOCK_RAW)
        raise AssertionError(f"it may: {family}")
    except OSError:
        pass
""",
        "",
    ),
    _cell(
        "abstract sockets",
        "Listens where others might connect.",
        """
import socket
line = socket.socket(socket.AF_UNIX)
line.bind("\\0mlcourse")
line.listen()
with socket.socket(socket.AF_UNIX) as other:
    other.connect("\\0mlcourse")
""",
        "",
    ),
    _cell(
        "keys",
        "Leaves a key in the kernel's keyring for the next submission.",
        C
        + """
import os
assert libc.syscall(248, b"user", b"leak", b"data", 4, -3) == -1
raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
""",
        "Operation not permitted",
    ),
    _cell(
        "the host's name",
        "Changes the name of the machine and its clock.",
        C
        + """
import os, time
assert libc.sethostname(b"owned", 5) == -1 and libc.settimeofday(None, None) in (0, -1)
try:
    time.clock_settime(time.CLOCK_REALTIME, 0)
    raise AssertionError("it may")
except PermissionError:
    pass
""",
        "",
    ),
    _cell(
        "the library's files",
        "Writes into the Python environment and the course.",
        """
import os, sys, numpy
for file in (numpy.__file__, sys.executable, "/course/grading/checks.py", "/usr/bin/env", "/etc/passwd", "/x"):
    for use in (lambda f: open(f, "a"), os.unlink, lambda f: os.rename(f, f + "2"), lambda f: os.chmod(f, 0o777)):
        try:
            use(file)
        except OSError:
            continue
        raise AssertionError(file)
""",
        "",
    ),
]
