"""The problems of the benchmark: sizes, data and initial weights of one training step.

``load("lstm:T=200")`` gives a Problem; what follows the colon replaces the sizes below. All numbers come from one
generator, so both sides start from the same. Weights are float32, (in, out), in the layout of other libraries where
there are two: kernels of convolutions (out, in, height, width), images (batch, channels, height, width), sequences
(time, batch, features). The gates of the LSTM are in the order i, f, g, o.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

CLASSES = 10
EPSILON = 1e-5  # of both normalizations
ADAM = {"opt": "adam", "lr": 1e-3}
MOMENTUM = {"opt": "sgd", "lr": 0.01, "momentum": 0.9}

#: Sizes, and the optimizer with its options.
WORKLOADS = {
    "mlp": {"batch": 128, "width": 512, **ADAM},
    "cnn": {"batch": 64, "side": 28, "c1": 16, "c2": 32, **MOMENTUM},
    "lstm": {"batch": 32, "T": 50, "inp": 64, "hidden": 128, "opt": "sgd", "lr": 0.1, "clip": 1.0},
    "transformer": {"batch": 16, "T": 64, "d": 128, "heads": 4, "ff": 512, **ADAM},
    "bn_dropout": {"batch": 128, "width": 512, "drop": 50, **MOMENTUM},
    "tiny": {"batch": 4, "opt": "sgd", "lr": 0.1},
    "hvp": {"batch": 32, "width": 64},
    "jvp": {"batch": 32, "width": 64},
}


class Problem(SimpleNamespace):
    """One workload: its sizes by name, ``params`` (a dict of arrays), inputs ``x`` and targets ``y``.

    ``opt``, ``lr``, ``momentum`` and ``clip`` (the largest norm of the gradient) say how to train; ``hvp`` and ``jvp``
    have the parameters in one vector ``flat`` and a direction ``v`` instead.
    """


def load(workload: str, seed: int = 0) -> Problem:
    """Make a problem, such as ``mlp`` or ``lstm:T=200``."""
    name, _, changes = workload.partition(":")
    sizes = {key: int(value) for key, value in (change.split("=") for change in changes.split(",") if change)}
    if name not in WORKLOADS or not sizes.keys() <= WORKLOADS[name].keys():
        raise ValueError(f"expected one of {list(WORKLOADS)}, and sizes of it after a colon; got {workload!r}")
    problem = Problem(name=name, params={}, momentum=0.0, clip=None)
    vars(problem).update(WORKLOADS[name] | sizes)
    rng = np.random.default_rng(seed)
    problem.y = rng.integers(0, CLASSES, problem.batch)
    _MAKE[name](problem, lambda *shape: rng.standard_normal(shape, np.float32))
    return problem


def unflatten(problem: Problem, flat: np.ndarray) -> dict[str, np.ndarray]:
    """View a vector of all parameters as the parameters by name."""
    parts = np.split(flat, np.cumsum([value.size for value in problem.params.values()])[:-1])
    return {name: part.reshape(problem.params[name].shape) for name, part in zip(problem.params, parts, strict=True)}


Normal = Callable[..., np.ndarray]


def _dense(problem: Problem, normal: Normal, tag: str, inputs: int, outputs: int, gain: float = 1.0) -> None:
    problem.params["w" + tag] = normal(inputs, outputs) * np.float32(gain / np.sqrt(inputs))
    problem.params["b" + tag] = normal(outputs) * np.float32(0.01)


def _norm(problem: Problem, tag: str, features: int) -> None:
    problem.params["g" + tag] = np.ones(features, np.float32)
    problem.params["s" + tag] = np.zeros(features, np.float32)


def _mlp(p: Problem, normal: Normal) -> None:
    _dense(p, normal, "1", 784, p.width, np.sqrt(2))
    _dense(p, normal, "2", p.width, p.width // 2, np.sqrt(2))
    _dense(p, normal, "3", p.width // 2, CLASSES)
    p.x = normal(p.batch, 784)


def _cnn(p: Problem, normal: Normal) -> None:
    for tag, outputs, inputs in (("1", p.c1, 1), ("2", p.c2, p.c1)):
        p.params["w" + tag] = normal(outputs, inputs, 5, 5) * np.float32(np.sqrt(2 / (25 * inputs)))
        p.params["b" + tag] = normal(outputs) * np.float32(0.01)
    _dense(p, normal, "3", p.c2 * (p.side // 4) ** 2, CLASSES)  # features flattened as (channels, height, width)
    p.x = normal(p.batch, 1, p.side, p.side)


def _lstm(p: Problem, normal: Normal) -> None:
    for name, inputs in (("wx", p.inp), ("wh", p.hidden)):
        p.params[name] = normal(inputs, 4 * p.hidden) * np.float32(1 / np.sqrt(inputs))
    p.params["b"] = normal(4 * p.hidden) * np.float32(0.01)
    _dense(p, normal, "3", p.hidden, CLASSES)
    p.x = normal(p.T, p.batch, p.inp)


def _transformer(p: Problem, normal: Normal) -> None:
    _norm(p, "1", p.d)
    _dense(p, normal, "qkv", p.d, 3 * p.d)
    _dense(p, normal, "o", p.d, p.d)
    _norm(p, "2", p.d)
    _dense(p, normal, "1", p.d, p.ff)
    _dense(p, normal, "2", p.ff, p.d)
    _dense(p, normal, "3", p.d, CLASSES)
    p.x = normal(p.batch, p.T, p.d)


def _bn_dropout(p: Problem, normal: Normal) -> None:
    _dense(p, normal, "1", 784, p.width, np.sqrt(2))
    _norm(p, "1", p.width)
    _dense(p, normal, "2", p.width, p.width, np.sqrt(2))
    _norm(p, "2", p.width)
    _dense(p, normal, "3", p.width, CLASSES)
    p.x = normal(p.batch, 784)


def _tiny(p: Problem, normal: Normal) -> None:
    _dense(p, normal, "1", 2, 16)
    _dense(p, normal, "2", 16, 16)
    _dense(p, normal, "3", 16, 1)
    p.x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    p.y = np.array([[0], [1], [1], [0]], np.float32)


def _second_order(p: Problem, normal: Normal) -> None:
    _dense(p, normal, "1", 64, p.width)
    _dense(p, normal, "2", p.width, p.width)
    _dense(p, normal, "3", p.width, 1)
    p.x, p.y = normal(p.batch, 64), normal(p.batch, 1)
    p.flat = np.concatenate([value.ravel() for value in p.params.values()])
    p.v = normal(p.flat.size) / np.float32(np.sqrt(p.flat.size))


_MAKE = {
    "mlp": _mlp,
    "cnn": _cnn,
    "lstm": _lstm,
    "transformer": _transformer,
    "bn_dropout": _bn_dropout,
    "tiny": _tiny,
    "hvp": _second_order,
    "jvp": _second_order,
}
