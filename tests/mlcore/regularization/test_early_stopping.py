"""Early stopping."""

import copy

import numpy as np
import pytest

from mlcore import Tensor, layers
from mlcore import regularization as r


def scalar():
    model = layers.Module()
    model.w = Tensor([0.0], requires_grad=True)
    model.running = Tensor([0.0])
    return model


def run(stopper, losses, model=None):
    model = model or scalar()
    for i, loss in enumerate(losses, start=1):
        model.w.data[:] = model.running.data[:] = i
        if stopper.update(loss, model):
            return i, model
    return None, model


@pytest.mark.parametrize(
    ("options", "losses", "stops", "best"),
    [
        ({"patience": 1}, [3, 2, 2, 1], 3, 2),  # no better is not better
        ({"patience": 2}, [3, 2, 2.5, 1, 4, 5, 0], 6, 4),
        ({"patience": 3}, [5, 4, 3, 2, 1], None, 5),
        ({"patience": 2, "min_delta": 0.5}, [3, 2.6, 2.4, 2.0, 1.95, 1.8], 5, 3),  # 2.4 is better by 0.6, 2.0 by 0.4
        ({"patience": 2}, [float("nan"), 4, float("nan"), float("inf"), 1], 4, 2),
        ({"patience": 2}, [-0.5, -0.7, -0.6, -0.7], 4, 2),
    ],
)
def test_when_to_stop_and_what_is_best(options, losses, stops, best):
    stopper = r.EarlyStopping(**options)
    stopped, model = run(stopper, losses)
    assert stopped == stops
    assert stopper.best_update == best
    assert stopper.best_loss == losses[best - 1]
    stopper.restore(model)
    assert model.w.data[0] == model.running.data[0] == best


def test_the_best_state_is_a_copy_and_is_restored_bit_by_bit():
    model = layers.Dense(3, 2, rng=np.random.default_rng(0))
    array, before = model.weight.data, model.weight.data.copy()
    stopper = r.EarlyStopping(patience=1)
    assert not stopper.update(Tensor(1.0), model)
    loss = model(np.ones((1, 3), np.float32)).sum()
    model.weight.data += 1 / 3
    stopper.restore(model)
    assert model.weight.data is array
    assert array.tobytes() == before.tobytes()
    array += 1.0
    assert stopper.best_state["weight"].tobytes() == before.tobytes()
    with pytest.raises(RuntimeError, match="changed in place"):
        loss.backward()


def test_without_a_finite_loss_there_is_nothing_to_restore():
    stopper = r.EarlyStopping(patience=2)
    stopped, model = run(stopper, [float("nan")] * 5)
    assert stopped == 2
    with pytest.raises(RuntimeError, match="no best state"):
        stopper.restore(model)
    with pytest.raises(ValueError, match="patience of at least 1"):
        r.EarlyStopping(patience=0)
    with pytest.raises(ValueError, match="min_delta of at least 0"):
        r.EarlyStopping(min_delta=-1.0)


def test_watching_goes_on_exactly_from_its_state():
    losses = [3.0, 1.0, 2.0, 1.5, 1.2]
    whole, part, rest = (r.EarlyStopping(patience=3) for _ in range(3))
    stopped, model = run(whole, losses)
    _, other = run(part, losses[:3])
    rest.load_state_dict(copy.deepcopy(part.state_dict()))
    assert not rest.update(losses[3], other)
    assert rest.update(losses[4], other)
    assert stopped == rest.updates == 5
    whole.restore(model)
    rest.restore(other)
    assert model.w.data[0] == other.w.data[0] == 2
