"""The system calls that student code has no use for, refused by the kernel (a seccomp filter).

Namespaces say what a process sees and limits how much it takes; these calls lead around both: new namespaces bring back
the right to mount, a memory file or a shared segment belongs to no process whose memory could be counted, and a new
program would begin without what an exercise forbids.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from grading.sandbox.namespaces import NEWIPC, NEWNET, NEWNS, NEWPID, NEWUSER, NEWUTS

# by machine: the audit name of the architecture, then the numbers of the calls
ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
REFUSED = {
    "x86_64": {
        "execve": 59, "execveat": 322, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311,
        "unshare": 272, "setns": 308, "mount": 165, "umount2": 166, "pivot_root": 155, "chroot": 161,
        "memfd_create": 319, "shmget": 29, "shmat": 30, "semget": 64, "msgget": 68,
        "add_key": 248, "request_key": 249, "keyctl": 250,
        "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "fanotify_init": 300,
    },
    "aarch64": {
        "execve": 221, "execveat": 281, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271,
        "unshare": 97, "setns": 268, "mount": 40, "umount2": 39, "pivot_root": 41, "chroot": 51,
        "memfd_create": 279, "shmget": 194, "shmat": 196, "semget": 190, "msgget": 186,
        "add_key": 217, "request_key": 218, "keyctl": 219,
        "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "fanotify_init": 262,
    },
}  # fmt: skip
REFUSED_EVERYWHERE = {
    "io_uring_setup": 425, "io_uring_enter": 426, "io_uring_register": 427, "open_tree": 428, "move_mount": 429,
    "fsopen": 430, "fsconfig": 431, "fsmount": 432, "fspick": 433, "pidfd_getfd": 438, "mount_setattr": 442,
    "memfd_secret": 447,
}  # fmt: skip
CLONE, CLONE3, SOCKET = {"x86_64": 56, "aarch64": 220}, 435, {"x86_64": 41, "aarch64": 198}
FAMILIES = (1, 2, 10)  # Unix, IPv4 and IPv6; some others (vsock) know no network namespaces
X32 = 0x40000000  # x86-64 has each call a second time from here on

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data
_ALLOW, _KILL, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2


def refuse_system_calls() -> None:
    """Have the kernel refuse them to this process and its children, for good. Needs ``no_new_privs``."""
    program = filter_program(os.uname().machine)

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p)]

    libc = ctypes.CDLL(None, use_errno=True)
    arguments = Program(len(program) // 8, program)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(arguments), 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"seccomp filter: {os.strerror(number)}")


def filter_program(machine: str) -> bytes:
    """Return the filter, in the kernel's packet-filter code. Raises OSError for an unknown kind of processor."""
    if machine not in ARCHITECTURES:
        raise OSError(f"no sandbox on this kind of processor ({machine})")
    program = [_op(_LOAD, _ARCHITECTURE), _op(_EQUAL, ARCHITECTURES[machine], 1, 0), _op(_RETURN, _KILL)]
    program += [_op(_LOAD, _NUMBER), _op(_AT_LEAST, X32, 0, 1), _refuse(errno.ENOSYS)]
    for number in (REFUSED[machine] | REFUSED_EVERYWHERE).values():
        program += [_op(_EQUAL, number, 0, 1), _refuse(errno.EPERM)]
    # the flags of clone3 lie behind a pointer, where no filter looks; without it the C library takes clone
    program += [_op(_EQUAL, CLONE3, 0, 1), _refuse(errno.ENOSYS)]
    namespaces = NEWNS | NEWUTS | NEWIPC | NEWUSER | NEWPID | NEWNET
    program += [_op(_EQUAL, CLONE[machine], 0, 4), _op(_LOAD, _FIRST_ARGUMENT), _op(_ANY_BIT, namespaces, 0, 1)]
    program += [_refuse(errno.EPERM), _op(_RETURN, _ALLOW)]
    program += [_op(_EQUAL, SOCKET[machine], 0, len(FAMILIES) + 2), _op(_LOAD, _FIRST_ARGUMENT)]
    program += [_op(_EQUAL, family, len(FAMILIES) - i, 0) for i, family in enumerate(FAMILIES)]
    program += [_refuse(errno.EAFNOSUPPORT), _op(_RETURN, _ALLOW)]
    return b"".join(program)


def _op(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse(number: int) -> bytes:
    return _op(_RETURN, _ERROR | number)
