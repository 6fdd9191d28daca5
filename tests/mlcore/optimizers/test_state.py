"""Saving and restoring: going on as if there had been no pause."""

import copy
import json

import numpy as np
import pytest
from registry import OPTIMIZERS

from mlcore import Tensor, optimizers

each = pytest.mark.parametrize("name", OPTIMIZERS)
GRADIENTS = np.random.default_rng(0).standard_normal((6, 3)).astype(np.float32)


def through_npz(state, path):
    np.savez(path / "state.npz", **state)
    with np.load(path / "state.npz", allow_pickle=False) as loaded:
        return dict(loaded)


def through_json(state, path):
    return json.loads(json.dumps(state, default=np.ndarray.tolist))


def run(tensors, optimizer, gradients):
    for g in gradients:
        for tensor in tensors:
            tensor.grad = g
        optimizer.step()
        if isinstance(optimizer.learning_rate, optimizers.Plateau):
            optimizer.learning_rate.observe(1.0)


@each
@pytest.mark.parametrize("passed", [lambda state, path: state, through_npz, through_json])
def test_a_run_can_be_resumed_exactly(name, passed, tmp_path):
    make, _ = OPTIMIZERS[name]

    def start(w_values, b_values):
        tensors = [Tensor(values, dtype=np.float32, requires_grad=True) for values in (w_values, b_values)]
        rate = optimizers.Plateau(optimizers.cosine_decay(0.1, steps=8), patience=0, factor=0.5)
        groups = [{"parameters": tensors[:1]}, {"parameters": tensors[1:], "learning_rate": 0.3}]
        return tensors, make(groups, learning_rate=rate, weight_decay=0.1)

    tensors, optimizer = start(np.ones(3), np.ones(3))
    run(tensors, optimizer, GRADIENTS[:2])
    optimizer.groups[1].options["learning_rate"] = 0.2
    run(tensors, optimizer, GRADIENTS[2:3])
    resumed, other = start(*(tensor.data for tensor in tensors))
    other.load_state_dict(passed(optimizer.state_dict(), tmp_path))
    assert other.learning_rate.state == optimizer.learning_rate.state == {"best": 1.0, "scale": 0.25, "bad": 0}
    for part in (GRADIENTS[3:], GRADIENTS):
        run(tensors, optimizer, part)
        run(resumed, other, part)
        for tensor, twin in zip(tensors, resumed, strict=True):
            np.testing.assert_array_equal(tensor.data, twin.data)
            assert tensor.dtype == twin.dtype == np.float32
    assert optimizer.steps == other.steps == 12


@each
def test_a_state_is_a_copy_both_ways(name):
    make, _ = OPTIMIZERS[name]
    w, again = (Tensor(np.ones(3), requires_grad=True) for _ in range(2))
    optimizer, other = make([w]), make([again])
    run([w], optimizer, GRADIENTS[:1])
    state = optimizer.state_dict()
    kept = copy.deepcopy(state)
    run([w], optimizer, GRADIENTS[1:2])
    other.load_state_dict(state)
    run([again], other, GRADIENTS[1:2])
    for key, value in kept.items():
        np.testing.assert_array_equal(state[key], value)


def test_what_is_in_a_state():
    w, b = Tensor([1.0], requires_grad=True), Tensor([[1.0]], requires_grad=True)
    groups = [{"parameters": [w]}, {"parameters": [b], "learning_rate": optimizers.Plateau(0.1)}]
    optimizer = optimizers.SGD(groups, learning_rate=0.5, momentum=0.5)
    assert optimizer.state_dict() == {
        "parameters": 2,
        "steps": 0,
        "learning_rate": 0.5,
        "groups.1.learning_rate.best": np.inf,
        "groups.1.learning_rate.scale": 1.0,
        "groups.1.learning_rate.bad": 0,
        "0.velocity": np.zeros(1),
        "1.velocity": np.zeros((1, 1)),
    }


def test_a_rate_changed_by_hand_is_restored():
    w = Tensor([1.0], requires_grad=True)
    optimizer, other = optimizers.SGD([w], learning_rate=1), optimizers.SGD([w], learning_rate=1)
    optimizer.learning_rate *= 0.125
    other.load_state_dict(optimizer.state_dict())
    assert other.learning_rate == 0.125


def test_a_state_that_does_not_fit_is_refused_and_nothing_changes():
    w, b = Tensor([1.0], requires_grad=True), Tensor([1.0, 2.0], requires_grad=True)
    w.grad = np.ones(1)
    optimizer = optimizers.Adam([w], learning_rate=0.5)
    optimizer.step()
    state = optimizer.state_dict()
    with pytest.raises(ValueError, match="expected the state of 2 parameters; got 1"):
        optimizers.Adam([w, b]).load_state_dict(state)
    with pytest.raises(KeyError, match=r"does not fit this SGD: missing \['0.velocity'\], unknown \['0.m', '0.steps'"):
        optimizers.SGD([w], learning_rate=0.1, momentum=0.5).load_state_dict(state)
    other = optimizers.Adam([b], learning_rate=0.25)
    with pytest.raises(ValueError, match=r"expected 0.m of shape \(2,\); got \(1,\)"):
        other.load_state_dict(state)
    assert other.steps == 0
    assert other.learning_rate == 0.25
