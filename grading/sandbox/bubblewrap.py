"""What the sandbox sees of this machine: the environment of its processes, and the bubblewrap command that makes it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from grading.sandbox.places import SCRATCH, WRITABLE, library_folders


class SandboxError(RuntimeError):
    """The sandbox itself cannot be had or failed: no fault of a submission."""


def environment(home: str, *, isolated: bool) -> dict[str, str]:
    """Return the environment of the warm process: nothing of the caller's but the path to its libraries."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    code = "/course" if isolated else str(Path(__file__).resolve().parents[2])
    return threads | {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": home,
        "MPLCONFIGDIR": f"{home}/matplotlib",
        "IPYTHONDIR": f"{home}/ipython",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": code,
    }


def bubblewrap_command() -> list[str]:
    """Return the bubblewrap command line: the Python environment and mlcore read-only, and nothing else of the disk."""
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(
            "bubblewrap is not installed, and student code is run only where it can be locked in.\n"
            "Install it: sudo apt-get install bubblewrap (Debian, Ubuntu), sudo dnf install bubblewrap (Fedora).\n"
            "For code that you trust there is --isolation none."
        )
    course = Path(__file__).resolve().parents[2]
    binds = {Path(p): Path(p) for p in library_folders()}
    seen = ("mlcore", "grading/__init__.py", "grading/checks.py", "grading/sandbox")
    binds |= {course / name: Path("/course") / name for name in seen}
    command = [program, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent"]
    command += ["--new-session", "--cap-drop", "ALL"] if os.getuid() else ["--new-session"]
    for place in WRITABLE:
        command += ["--perms", "1777", "--tmpfs", place]
    folders: dict[Path, None] = {}
    for target in binds.values():
        folders |= dict.fromkeys(list(target.parents)[-2::-1])
    for folder in folders:
        command += ["--perms", "0755", "--dir", str(folder)]
    for source, target in binds.items():
        if source.is_symlink():
            command += ["--symlink", os.readlink(source), str(target)]
        elif source.exists():
            command += ["--ro-bind", str(source), str(target)]
    command += ["--proc", "/proc", "--dev", "/dev", "--remount-ro", "/", "--remount-ro", "/dev"]
    return [*command, "--chdir", SCRATCH, "--"]
