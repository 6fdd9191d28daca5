"""What the sandbox shows of the disk, and where its processes may write."""

from __future__ import annotations

import sys
import sysconfig

SCRATCH = "/scratch"  # the warm process's home; there is nothing of that name on the disk
WRITABLE = ("/tmp", "/home", SCRATCH)
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives")


def library_folders() -> list[str]:
    """Return what Python needs to run: the system's folders and those of this environment outside of them."""
    python = {sys.prefix, sys.base_prefix, *(sysconfig.get_path(n) for n in ("stdlib", "purelib", "platlib"))}
    outside = sorted(p for p in python if not p.startswith(("/usr/", "/lib")))
    return [*SYSTEM, *(p for p in outside if not any(p != q and p.startswith(q + "/") for q in outside))]


def writable_places() -> list[str]:
    """Return where a submission may write, the roomiest first: not where Python itself lies, in a home folder, say."""
    return [p for p in WRITABLE if not any(folder.startswith(p + "/") for folder in library_folders())]
