"""Memory of training: its peak beside the step by hand, its growth over many steps, and a very long graph.

What is counted are the bytes that Python and NumPy have allocated (``tracemalloc``, to which NumPy reports every
array), from before the model is built, without the problem's data: weights, gradients, what the optimizer remembers
and all that lies between. The same on every machine, unlike the size of the process, in which the interpreter, the
libraries and the free memory kept by ``malloc`` would hide the difference. The step by hand keeps all its arrays.
"""

from __future__ import annotations

import gc
import multiprocessing
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from turns import SIDES, build

BIG = ("mlp", "cnn", "lstm", "transformer", "bn_dropout")
LIMIT = 1.5
#: Every kind of layer, small enough for a thousand steps.
SMALL = (
    "mlp:batch=8,width=16",
    "cnn:batch=2,side=8,c1=2,c2=3",
    "lstm:batch=2,T=4,inp=3,hidden=4",
    "transformer:batch=2,T=4,d=8,heads=2,ff=16",
    "bn_dropout:batch=8,width=16",
)
STEPS = 1000
LEAK = 32 * STEPS  # bytes: less than a tuple or an array at each step, more than the interpreter's method cache takes


def peak(side: str, workload: str) -> int:
    """Return the most bytes in use at any time of three steps, the first of which make what later ones use again."""
    import workloads

    build(side, "tiny")  # whatever is made at a first import
    gc.collect()
    tracemalloc.start()
    problem = workloads.load(workload)
    data, _ = tracemalloc.get_traced_memory()
    del problem
    step = build(side, workload)
    tracemalloc.reset_peak()
    for _ in range(3):
        step()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most - data


def _in_use() -> tuple[int, int]:
    """Return how many bytes and how many Tensors there are, garbage in cycles included.

    A collection empties the interpreter's own lists of freed tuples and the like; freezing keeps garbage from it.
    """
    from mlcore import Tensor

    tensors = sum(isinstance(thing, Tensor) for thing in gc.get_objects())
    gc.freeze()
    gc.collect()
    gc.unfreeze()
    return tracemalloc.get_traced_memory()[0], tensors


def growth(workload: str) -> tuple[int, int]:
    """Return how many bytes and how many Tensors more there are after 1,000 steps without the garbage collector."""
    step = build("mlcore", workload)
    gc.collect()
    gc.disable()
    tracemalloc.start()
    for _ in range(STEPS // 5):  # until caches of NumPy and the interpreter are full
        step()
    before = _in_use()
    for _ in range(STEPS):
        step()
    after = _in_use()
    tracemalloc.stop()
    gc.enable()
    return after[0] - before[0], after[1] - before[1]


def chain(operations: int = 100_000) -> float:
    """Differentiate a chain of so many operations; return the seconds that forward and backward take."""
    from mlcore import Tensor

    start = time.perf_counter()
    x = Tensor(1.0, requires_grad=True)
    y = x
    for _ in range(operations // 2):
        y = y * 1.0 + 0.0
    y.backward()
    if x.grad != 1:
        raise ValueError(f"expected the derivative 1 of a chain of {operations} operations; got {x.grad}")
    return time.perf_counter() - start


def _elsewhere(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(function, arguments)


def measure() -> dict[str, Any]:
    """Return peaks by workload and side, growths by workload, and the time of the chain."""
    return {
        "peak": {name: {side: _elsewhere(peak, side, name) for side in SIDES} for name in BIG},
        "growth": {name: _elsewhere(growth, name) for name in SMALL},
        "chain_seconds": _elsewhere(chain),
    }
