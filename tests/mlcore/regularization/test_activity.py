"""Penalties on activations."""

import numpy as np
import pytest

from mlcore import Tensor, layers, optimizers
from mlcore import regularization as r


def rng(seed=0):
    return np.random.default_rng(seed)


def test_sparsity_is_free_on_target_and_finite_at_the_ends():
    h = Tensor(np.array([[0.2, 0.0, 1.0], [0.0, 0.0, 1.0]]), dtype=np.float32, requires_grad=True)
    assert r.kl_sparsity_penalty(h[:, :1], target=0.1).item() == pytest.approx(0, abs=1e-6)
    penalty = r.kl_sparsity_penalty(h)
    penalty.backward()
    assert np.isfinite(penalty.item())
    assert np.isfinite(h.grad).all()
    with pytest.raises(ValueError, match=r"from 0 to 1, as out of a sigmoid; got -0\.5 to 2"):
        r.kl_sparsity_penalty(Tensor([[-0.5, 2.0]]))
    with pytest.raises(ValueError, match="expected a target between 0 and 1"):
        r.kl_sparsity_penalty(h, target=0.0)


@pytest.mark.parametrize("penalty", [r.l1_activity_penalty, r.kl_sparsity_penalty])
def test_activity_penalties_make_hidden_units_quiet(penalty):
    x = rng().standard_normal((32, 6)).astype(np.float32)
    model = layers.Sequential(layers.Dense(6, 5, rng=rng()), layers.Sigmoid())
    optimizer = optimizers.Adam(model.parameters(), learning_rate=0.1)
    before = model(x).numpy().mean()
    for _ in range(100):
        optimizer.zero_grad()
        penalty(model(x)).backward()
        optimizer.step()
    assert before > 0.4
    assert model(x).numpy().mean() < 0.1
