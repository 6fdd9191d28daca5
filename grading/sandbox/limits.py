"""What a submission may use, and the words for each limit that it hits."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Self

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Limits of one submission. CPU time does not depend on how busy the machine is; wall time is for sleepers.

    Attributes
    ----------
    cell_cpu, cell_wall : float
        Seconds for one cell.
    call_cpu, call_wall : float
        Seconds for one call by a check (an exercise may set its own in the source: ``seconds=20``).
    total_wall : float
        Seconds for the whole notebook, fresh starts included.
    memory : int
        MiB, for all processes together.
    processes : int
        Processes and threads.
    file_size, disk : int
        MiB, for one file and for all.
    output : int
        KiB of text that one cell may print.
    reply : int
        MiB that one result may have.
    """

    cell_cpu: float = 8.0
    cell_wall: float = 20.0
    call_cpu: float = 4.0
    call_wall: float = 10.0
    total_wall: float = 150.0
    memory: int = 1024
    processes: int = 32
    file_size: int = 32
    disk: int = 64
    output: int = 256
    reply: int = 64

    def with_settings(self, settings: dict[str, float]) -> Self:
        """Return these limits with some replaced; raises ValueError for an unknown name or a senseless value."""
        known = {f.name: f.type for f in dataclasses.fields(self)}
        for name, value in settings.items():
            if name not in known:
                raise ValueError(f"unknown limit {name!r}; the limits are {', '.join(known)}")
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise ValueError(f"limit {name} must be a positive number; got {value!r}")
        return dataclasses.replace(self, **{k: int(v) if known[k] == "int" else float(v) for k, v in settings.items()})

    def verdict(self, name: str) -> str:
        """Say in a student's words which limit was hit."""
        value = getattr(self, name)
        return {
            "cell_cpu": f"the cell computed for more than {value:g} s and was stopped",
            "cell_wall": f"the cell took longer than {value:g} s and was stopped",
            "call_cpu": f"a call computed for more than {value:g} s and was stopped",
            "call_wall": f"a call took longer than {value:g} s and was stopped",
            "total_wall": f"the notebook as a whole took longer than {value:g} s",
            "memory": f"more than {value:g} MiB of memory were asked for",
            "processes": f"more than {value:g} processes or threads were started",
            "file_size": f"a file of more than {value:g} MiB was written",
            "disk": f"more than {value:g} MiB were written to disk",
            "output": f"more than {value:g} KiB were printed by one cell",
            "reply": f"a result of more than {value:g} MiB was returned",
        }[name] + f" (limit {name})"
