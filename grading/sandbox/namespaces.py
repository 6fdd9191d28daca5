"""The few system calls that Python 3.11 lacks: namespaces, mounts, and giving up privileges."""

from __future__ import annotations

import ctypes
import os
import resource
from pathlib import Path

from grading.sandbox.limits import MIB, Limits
from grading.sandbox.places import WRITABLE, libraries_below

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
    0x00020000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000,
)  # fmt: skip
PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAPBSET_DROP = 4, 36, 38, 24
SYS_CAPSET = {"x86_64": 126, "aarch64": 91}
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_BIND, MS_REC = 1, 2, 4, 4096, 16384
MADV_COLLAPSE = 25
FILES = "16k"  # in /tmp: an empty file takes memory, too
NOBODY = 65534
INSIDE = 1000  # the student's user id inside the sandbox

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def become_nobody() -> None:
    """Give up root, for good; without root, do nothing but forbid gaining privileges."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        _check(_libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl")  # else /proc/self belongs to root
    _check(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def adopt_orphans() -> None:
    """Become the parent of processes whose parent ends."""
    _check(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def enter_namespaces(limits: Limits, hidden: list[str]) -> None:
    """Move this process into namespaces of its own (its PID one is for children).

    Whatever can be written is its own and goes with it; what the warm process wrote does not show. /proc is empty, and
    so are the ``hidden`` files.
    """
    user, group = os.getuid(), os.getgid()
    _check(_libc.unshare(NEWUSER | NEWPID | NEWNS | NEWNET | NEWIPC | NEWUTS), "unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{INSIDE} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{INSIDE} {group} 1")
    tmp, few = f"size={limits.disk}m,nr_inodes={FILES},mode=1777", "size=1m,nr_inodes=1k,mode=1777"
    roomy, *others = WRITABLE
    places = {roomy: tmp} | dict.fromkeys((*others, "/dev/shm"), few) | {"/proc": "size=4k,mode=0555"}
    libraries = {folder: os.open(folder, os.O_PATH) for folder in libraries_below()}
    for place, options in places.items():
        if place == "/proc":  # the last: what has been covered is brought back through it
            for folder, descriptor in libraries.items():
                os.makedirs(folder, exist_ok=True)
                source = f"/proc/self/fd/{descriptor}".encode()
                _check(_libc.mount(source, folder.encode(), None, MS_BIND | MS_REC, None), f"mount on {folder}")
                os.close(descriptor)
        if os.path.isdir(place):
            kind = MS_NOSUID | MS_NODEV | (MS_RDONLY if place == "/proc" else 0)
            _check(_libc.mount(b"tmpfs", place.encode(), b"tmpfs", kind, options.encode()), f"mount on {place}")
    for file in hidden:
        _check(_libc.mount(b"/dev/null", file.encode(), None, MS_BIND, None), f"mount on {file}")


def use_huge_pages() -> None:
    """Gather this process's memory in pages of 2 MiB, where the kernel can (6.1 and newer).

    Each fork copies the list of all pages, and there are 512 times as many of the usual ones.
    """
    page = 2 * MIB
    for line in Path("/proc/self/maps").read_text().splitlines():
        addresses, rights, _, _, _, *name = line.split(maxsplit=5)
        if rights == "rw-p" and name in ([], ["[heap]"]):
            start, end = (int(address, 16) for address in addresses.split("-"))
            start, end = -(-start // page) * page, end // page * page  # whole pages only
            if start < end:
                _libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), MADV_COLLAPSE)


def drop_capabilities() -> None:
    """Give up what the own user namespace granted: no mounting, no unmounting, no tracing of others."""
    for capability in range(64):
        if _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0:
            break
    number = SYS_CAPSET.get(os.uname().machine)
    if number is None:
        raise OSError(f"no sandbox on this kind of processor ({os.uname().machine})")
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _check(_libc.syscall(number, header, (ctypes.c_uint32 * 6)()), "capset")


def mapped_memory() -> int:
    """Return the bytes of address space that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def set_limits(limits: Limits, mapped: int) -> None:
    """Set the kernel's limits of this process; memory counts from the ``mapped`` bytes of the warm process."""
    kernel = {
        resource.RLIMIT_AS: mapped + limits.memory * MIB,
        resource.RLIMIT_FSIZE: limits.file_size * MIB,
        resource.RLIMIT_NPROC: limits.processes,
        resource.RLIMIT_CPU: int(limits.total_wall) + 1,
        resource.RLIMIT_NOFILE: 128,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for kind, value in kernel.items():
        resource.setrlimit(kind, (value, value))
