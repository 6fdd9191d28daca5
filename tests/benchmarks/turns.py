"""Both sides of a workload, each in a process of its own, taking turns: what disturbs the machine disturbs both."""

from __future__ import annotations

import multiprocessing
import os
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

SIDES = ("by hand", "mlcore")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
CHECKED = 20  # steps after which the losses are compared, which also warm up
TOLERANCE = 1e-3  # relative, of the losses
TURN = 0.05  # seconds that a turn aims to take
MOST = 300  # steps in a turn
PAUSE = 0.1  # seconds before a turn with several threads: those of OpenBLAS go on spinning for a while


def build(side: str, workload: str) -> Callable[[], float]:
    """Return ``step()`` of one side: a training step, which returns its loss."""
    if side == "mlcore":
        import peer_adapter

        return peer_adapter.build(workload, 0)
    import by_hand
    import workloads

    return by_hand.build(workloads.load(workload))


def _serve(pipe: Any, side: str, workload: str) -> None:
    """Build a step, tell its loss and how long it takes, and then take as many steps as each message asks for."""
    step = build(side, workload)
    loss = [step() for _ in range(CHECKED)][-1]
    pipe.send((loss, _seconds(step, 1)))
    while steps := pipe.recv():
        step()  # the other side has had the caches
        pipe.send(_seconds(step, steps))


def _seconds(step: Callable[[], float], steps: int) -> float:
    """Return the seconds of a step."""
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return (time.perf_counter() - start) / steps


class Runner:
    """A process that takes steps of one side of a workload, its threads limited before it imports anything."""

    def __init__(self, side: str, workload: str, threads: int) -> None:
        os.environ.update(dict.fromkeys(THREADS, str(threads)))
        context = multiprocessing.get_context("spawn")
        self.pause = PAUSE if threads > 1 else 0.0
        self.pipe, other_end = context.Pipe()
        self.process = context.Process(target=_serve, args=(other_end, side, workload))
        self.process.start()
        other_end.close()  # so that waiting for a process that has died is an error
        self.loss, first = self.pipe.recv()
        self.steps = max(1, min(MOST, round(TURN / first)))

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *error: object) -> None:
        self.pipe.send(0)
        self.process.join()

    def turn(self) -> float:
        """Take some steps; return the milliseconds of one."""
        time.sleep(self.pause)
        self.pipe.send(self.steps)
        return self.pipe.recv() * 1e3


def compare(workload: str, threads: int, turns: int) -> dict[str, Any]:
    """Return the median milliseconds of each side, and quartiles of the turns' ratios.

    Raises
    ------
    ValueError
        If the sides do not compute the same: their losses differ after some steps.
    """
    with ExitStack() as stack:
        hand, ours = (stack.enter_context(Runner(side, workload, threads)) for side in SIDES)
        if not abs(hand.loss - ours.loss) <= TOLERANCE * abs(hand.loss):
            raise ValueError(
                f"{workload}: expected equal losses after {CHECKED} steps; got {hand.loss} by hand and {ours.loss}"
            )
        taken = []
        for turn in range(turns):  # who goes first changes from turn to turn
            pair = {side: side.turn() for side in ((hand, ours), (ours, hand))[turn % 2]}
            taken.append((pair[hand], pair[ours]))
    low, ratio, high = statistics.quantiles((b / a for a, b in taken), n=4)
    hand_ms, ours_ms = (statistics.median(ms) for ms in zip(*taken, strict=True))
    return {"hand_ms": hand_ms, "mlcore_ms": ours_ms, "ratio": ratio, "quartiles": (low, high), "loss": ours.loss}


def alone(workload: str, turns: int) -> float:
    """Return the median milliseconds of a step of mlcore on one thread."""
    with Runner("mlcore", workload, 1) as runner:
        return statistics.median(runner.turn() for _ in range(turns))
