"""``make bench``: speed, memory and growth of mlcore, beside training steps written by hand in NumPy.

    python tests/benchmarks [--parts speed memory scaling] [--turns 15] [--threads 1 2]

Prints tables and writes all figures to build/bench.json. Times are wall-clock medians; ratios are medians of the
ratios of turns, which a busy machine disturbs least.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
from pathlib import Path
from typing import Any

import memory
import numpy as np
import scaling
import turns
from rich.console import Console
from rich.table import Table

#: What is timed, and the most that mlcore may take if the step by hand takes 1.
LIMITS = {
    "mlp": 1.10,
    "cnn": 1.15,
    "lstm": 1.15,
    "transformer": 1.15,
    "bn_dropout": 1.15,
    "tiny": 6.0,
    "hvp": 5.0,
    "jvp": 4.0,
}
FILE = Path(__file__).resolve().parents[2] / "build" / "bench.json"
console = Console(width=None if os.isatty(1) else 100)


def table(title: str, *columns: str) -> Table:
    """Start a table of figures, whose first column names them."""
    made = Table(title=title, title_justify="left")
    for i, column in enumerate(columns):
        made.add_column(column, justify="right" if i else "left")
    return made


def judged(value: float, limit: float) -> str:
    """Write a ratio, marked if it is above its limit."""
    return f"[bold red]{value:.2f} ![/]" if value > limit else f"{value:.2f}"


def speed(threads: list[int], count: int) -> dict[str, Any]:
    """Time a training step of every workload on both sides, and print how they compare."""
    found: dict[str, Any] = {}
    for n in threads:
        shown = table(
            f"One training step, float32, {n} thread{'s' * (n > 1)}",
            *("workload", "by hand, ms", "mlcore, ms", "ratio", "quartiles", "at most"),
        )
        with console.status("") as status:
            for name, limit in LIMITS.items():
                status.update(f"{name}, threads: {n}")
                r = found[f"{name}@{n}"] = turns.compare(name, n, count)
                low, high = r["quartiles"]
                figures = (f"{r['hand_ms']:.3f}", f"{r['mlcore_ms']:.3f}", judged(r["ratio"], limit))
                shown.add_row(name, *figures, f"{low:.2f} – {high:.2f}", f"{limit:.2f}")
        console.print(shown)
    console.print(f"Losses after {turns.CHECKED} steps agree to {turns.TOLERANCE:g}.\n")
    return found


def remembered() -> dict[str, Any]:
    """Measure memory and print it."""
    with console.status("memory"):
        found = memory.measure()
    shown = table("Peak memory of training", "workload", "by hand, MiB", "mlcore, MiB", "ratio", "at most")
    for name, sides in found["peak"].items():
        hand, ours = (sides[side] / 2**20 for side in turns.SIDES)
        shown.add_row(name, f"{hand:.2f}", f"{ours:.2f}", judged(ours / hand, memory.LIMIT), f"{memory.LIMIT:.2f}")
    console.print(shown)
    shown = table(f"After {memory.STEPS:,} more steps without garbage collector", "model", "bytes", "Tensors")
    for name, (size, tensors) in found["growth"].items():
        mark = "" if size < memory.LEAK and not tensors else "[bold red] ![/]"
        shown.add_row(name, f"{size:+,}{mark}", f"{tensors:+,}")
    console.print(shown)
    console.print(f"A chain of 100,000 operations, forward and backward: {found['chain_seconds']:.2f} s\n")
    return found


def growing(count: int) -> dict[str, Any]:
    """Time a step of mlcore at growing sizes and print how the time follows the work."""
    with console.status("scaling"):
        found = scaling.measure(count)
    for name, rows in found.items():
        shown = table(f"{name}, 1 thread", "size", "ms", "MFLOP", "GFLOP/s", "exponent")
        for row in rows:
            exponent = "" if row["exponent"] is None else f"{row['exponent']:.2f}"
            figures = (f"{row['ms']:.3f}", f"{row['mflop']:.1f}", f"{row['gflop_per_s']:.1f}", exponent)
            shown.add_row(str(row["size"]), *figures)
        console.print(shown)
    console.print("exponent: of time against work, since the size above; 1 is linear, less is overhead that stays.")
    return found


def main() -> None:
    """Measure what is asked for, print it and write it down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=("speed", "memory", "scaling"), default=None)
    parser.add_argument("--turns", type=int, default=15, help="of each side, at least 2")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    parts = {
        "speed": lambda: speed(options.threads, options.turns),
        "memory": remembered,
        "scaling": lambda: growing(max(3, options.turns // 3)),
    }
    report: dict[str, Any] = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
    console.print("  ".join(f"{name} {value}" for name, value in report.items()))
    for name in options.parts or parts:
        report[name] = parts[name]()
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps(report, indent=1))
    console.print(f"All figures: {FILE}")


if __name__ == "__main__":
    main()
