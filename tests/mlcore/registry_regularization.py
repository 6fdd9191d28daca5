"""Cases of regularization for `registry`, which imports this file at its end.

Penalties that call a model take derivatives of it inside, and return Tensors whatever they are given: they are held to
the same finite differences in tests/mlcore/regularization.
"""

from __future__ import annotations

from functools import partial

import numpy as np
from registry import add, normal
from registry_functions import case

from mlcore import regularization

_rng = np.random.default_rng(20240504)


def _elastic(x, y):
    return 0.3 * (np.abs(x).sum() + np.abs(y).sum()) + 0.7 * (np.sum(x**2) + np.sum(y**2)) / 2


for name, reference, options in [
    ("l1_penalty", lambda x, y: np.abs(x).sum() + np.abs(y).sum(), {}),
    ("l2_penalty", lambda x, y: (np.sum(x**2) + np.sum(y**2)) / 2, {}),
    ("elastic_net_penalty", _elastic, {"l1": 0.3, "l2": 0.7}),
]:
    penalty = partial(lambda f, o, *weights: f(weights, **o), getattr(regularization, name), options)
    for first, second in [((3, 2), (2,)), ((), (1, 1)), ((0, 2), (2, 0))]:
        case(name, f"{first},{second}", penalty, (normal(*first), normal(*second)), reference)

for shape in [(4, 3), (2, 3, 2), (1, 1), (0, 3)]:
    add(regularization.l1_activity_penalty, (normal(*shape),), lambda h: np.abs(h).sum() / max(len(h), 1))


def _kl(h, t=0.05):
    m = h.mean(axis=tuple(range(h.ndim - 1)))
    return np.sum(t * np.log(t / m) + (1 - t) * np.log((1 - t) / (1 - m)))


for shape in [(4, 3), (2, 3, 2), (1, 1)]:
    add(regularization.kl_sparsity_penalty, (np.asarray(0.1 + 0.8 * _rng.random(shape)),), _kl)
add(
    regularization.kl_sparsity_penalty,
    (np.asarray(0.1 + 0.8 * _rng.random((4, 3))),),
    partial(_kl, t=0.3),
    "target",
    target=0.3,
)

for shape in [(), (3, 2), (0, 2)]:
    case(
        "gaussian_noise",
        f"{shape}",
        lambda x: regularization.gaussian_noise(x, scale=0.5, rng=np.random.default_rng(1)),
        (normal(*shape),),
        lambda x: x + 0.5 * np.random.default_rng(1).standard_normal(x.shape),
    )
