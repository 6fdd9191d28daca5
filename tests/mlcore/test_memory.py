"""Training keeps no memory: no growth without the garbage collector, peaks near those by hand, very long chains."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mlcore import Tensor

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "tests" / "benchmarks"


def by_workload(call):
    """Evaluate a dict in a fresh process that has the benchmark's module ``memory``."""
    code = f"import json, memory; print(json.dumps({call}))"
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run([sys.executable, "-c", code], cwd=BENCHMARKS, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_a_thousand_steps_without_garbage_collector_do_not_grow():
    growths = by_workload("{name: memory.growth(name) for name in memory.SMALL}")
    assert {name.partition(":")[0] for name in growths} == {"mlp", "cnn", "lstm", "transformer", "bn_dropout"}
    for name, (size, tensors) in growths.items():
        assert tensors == 0, name
        assert size < 32 * 1000, name  # less than a tuple or an array at each step


def test_peak_of_a_step_is_near_that_by_hand():
    peaks = by_workload("{name: [memory.peak(side, name) for side in memory.SIDES] for name in ('mlp', 'cnn')}")
    for name, (by_hand, ours) in peaks.items():
        assert ours <= 1.5 * by_hand, name
        assert ours > 2**20, name


def test_a_chain_of_100_000_operations_differentiates_and_is_let_go():
    x = Tensor(np.float64(1.0), requires_grad=True)
    y = x
    for _ in range(50_000):
        y = y * 1.0001 - 0.0001
    y.backward(retain_graph=True)
    assert x.grad == pytest.approx(1.0001**50_000)
    del y  # all at once: freeing link by link must not recurse either
