"""The two sides of the benchmark compute the same, at sizes other than those that are timed too."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
WORKLOADS = (
    "mlp:batch=6,width=8",
    "cnn:batch=6,side=8,c1=2,c2=3",
    "lstm:batch=3,T=5,inp=4,hidden=6",
    "transformer:batch=3,T=5,d=8,heads=2,ff=12",
    "bn_dropout:batch=9,width=8,drop=30",
    "tiny",
    "hvp:batch=5,width=7",
    "jvp:batch=5,width=7",
)


@pytest.fixture(scope="module")
def losses():
    code = (
        "import json, sys, turns\n"
        "def run(side, name):\n"
        "    step = turns.build(side, name)\n"
        "    return [step() for _ in range(20)]\n"
        "print(json.dumps({name: [run(side, name) for side in turns.SIDES] for name in sys.argv[1:]}))"
    )
    environment = os.environ | {"PYTHONPATH": str(HERE.parents[1])}
    command = [sys.executable, "-c", code, *WORKLOADS]
    run = subprocess.run(command, cwd=HERE, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("workload", WORKLOADS)
def test_losses_of_mlcore_and_by_hand_agree(losses, workload):
    by_hand, ours = losses[workload]
    assert ours == pytest.approx(by_hand, rel=2e-3)
    if not workload.startswith(("hvp", "jvp")):
        assert by_hand[-1] < by_hand[0]
