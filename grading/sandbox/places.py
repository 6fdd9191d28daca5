"""What the sandbox shows of the disk, and where its processes may write."""

from __future__ import annotations

import sys
import sysconfig

SCRATCH = "/scratch"  # the warm process's home; there is nothing of that name on the disk
WRITABLE = ("/tmp", "/home", SCRATCH)  # the roomiest first
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache", "/etc/fonts", "/etc/alternatives")


def library_folders() -> list[str]:
    """Return what Python needs to run: the system's folders and those of this environment outside of them."""
    python = {sys.prefix, sys.base_prefix, *(sysconfig.get_path(n) for n in ("stdlib", "purelib", "platlib"))}
    outside = sorted(p for p in python if not p.startswith(("/usr/", "/lib")))
    return [*SYSTEM, *(p for p in outside if not any(p != q and p.startswith(q + "/") for q in outside))]


def libraries_below(places: tuple[str, ...] = WRITABLE) -> list[str]:
    """Return the library folders that lie where submissions write: an environment in somebody's home folder, say."""
    return [f for f in library_folders() if any(f.startswith(place + "/") for place in places)]
