"""Memory that the process keeps: freed arrays are used again instead of going back to the system.

A training step makes and frees the same arrays every time. The C library of Linux gives large ones back at once, and
the system fills every page of the next one with zeros: a third of the time of a transformer's step. Raising
two thresholds of its allocator ends that.
"""

from __future__ import annotations

import ctypes
import os
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # the numbers of the two options, in malloc.h


def keep_freed_memory(*, kept: int = 1 << 28, largest: int = 1 << 25) -> bool:
    """Ask the C library to keep freed memory for later use.

    Called when the library is imported, for the whole process. Nothing is done where the environment sets
    ``MALLOC_TRIM_THRESHOLD_`` or ``MALLOC_MMAP_THRESHOLD_``, or where the C library is not GNU's.

    Parameters
    ----------
    kept : int
        How much may be kept, in bytes.
    largest : int
        The largest array that is kept, in bytes.

    Returns
    -------
    bool
        Whether the C library agreed.
    """
    if sys.platform != "linux" or {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_"} & os.environ.keys():
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(_MMAP_THRESHOLD, largest) and mallopt(_TRIM_THRESHOLD, kept))
