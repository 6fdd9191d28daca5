"""How the time of a step of mlcore grows with its work: the floating-point operations of its matrix products."""

from __future__ import annotations

import math
from typing import Any

from turns import alone

SERIES = {
    "MLP, width": [("mlp:width={}", n) for n in (64, 128, 256, 512, 1024)],
    "LSTM, steps of time": [("lstm:T={}", n) for n in (10, 25, 50, 100, 200, 400)],
    "attention, places": [("transformer:batch=4,T={}", n) for n in (10, 25, 50, 100, 200, 400)],
}


def operations(workload: str) -> int:
    """Return the multiplications and additions of a training step's matrix products.

    A dense layer from i to o features costs 2 * i * o for each row, forward, and as much again for the gradients of
    its weight and, unless it is the first, of its input.
    """
    import workloads

    p = workloads.load(workload)
    if p.name == "mlp":
        h1, h2 = p.width, p.width // 2
        return 2 * p.batch * (2 * 784 * h1 + 3 * h1 * h2 + 3 * h2 * workloads.CLASSES)
    last = 6 * p.batch * workloads.CLASSES
    if p.name == "lstm":
        return 2 * p.batch * p.T * 4 * p.hidden * (2 * p.inp + 3 * p.hidden) + last * p.hidden
    if p.name == "transformer":
        scores_and_values = 6 * 2 * p.batch * p.T**2 * p.d
        return 6 * p.batch * p.T * (4 * p.d**2 + 2 * p.d * p.ff) + scores_and_values + last * p.d
    raise ValueError(f"expected mlp, lstm or transformer; got {workload!r}")


def measure(turns: int) -> dict[str, list[dict[str, Any]]]:
    """Return for each series and size: ms, MFLOP, GFLOP/s, and the exponent of time against work since the last size.

    An exponent below 1 says that a part of the time does not depend on the work: the overhead. Past it the exponent
    is 1.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    for name, series in SERIES.items():
        rows = found[name] = []
        for pattern, size in series:
            workload = pattern.format(size)
            ms, work = alone(workload, turns), operations(workload)
            row = {"size": size, "ms": ms, "mflop": work / 1e6, "gflop_per_s": work / ms / 1e6, "exponent": None}
            if rows:
                row["exponent"] = math.log(ms / rows[-1]["ms"]) / math.log(row["mflop"] / rows[-1]["mflop"])
            rows.append(row)
    return found
