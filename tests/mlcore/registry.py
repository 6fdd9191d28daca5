"""Every primitive, function, loss, layer and optimizer, each with inputs to hold it to the common contract.

One line a case: ``Case(function, inputs, reference)``. ``function`` takes Tensors, ``reference`` says the same in NumPy
or SciPy. Inputs are float64 arrays, away from corners by more than the step of a finite difference. A public name that
has no line here fails `test_contract.py::test_everything_public_is_registered`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import scipy.special
from registry_optimizers import OPTIMIZERS  # noqa: F401

from mlcore import functions, layers
from mlcore.autodiff import elementwise as e
from mlcore.autodiff import linear_algebra as la
from mlcore.autodiff import reductions as r
from mlcore.autodiff import shaping as s


@dataclass(frozen=True)
class Case:
    """One function on one set of inputs."""

    name: str  # of the public function
    label: str
    function: Callable[..., Any]
    inputs: tuple[np.ndarray, ...]
    reference: Callable[..., Any]

    def __str__(self) -> str:
        return f"{self.name}-{self.label}"


_rng = np.random.default_rng(20240501)


def normal(*shape: int) -> np.ndarray:
    """Draw numbers of either sign, none closer to 0 than 0.05."""
    x = np.asarray(_rng.standard_normal(shape))
    return np.where(np.abs(x) < 0.05, 0.5, x)


def positive(*shape: int) -> np.ndarray:
    """Draw numbers from 0.3 to 2.3."""
    return np.asarray(0.3 + 2 * _rng.random(shape))


def distinct(*shape: int) -> np.ndarray:
    """Draw numbers that differ by at least 0.1."""
    n = int(np.prod(shape))
    return np.asarray(_rng.permutation(n).reshape(shape) / 8.0 - 0.4)


CASES: list[Case] = []


def add(
    function: Callable[..., Any], inputs: tuple, reference: Callable[..., Any], label: str = "", **options: Any
) -> None:
    """Register a case; options go to the function alone."""
    shapes = label or ",".join("x".join(map(str, x.shape)) or "()" for x in inputs)
    bound = partial(function, **options) if options else function
    CASES.append(Case(function.__name__.lstrip("_"), shapes, bound, inputs, reference))


# ---- elementwise ------------------------------------------------------------------------------------------------

CORNERS = [(), (1,), (3, 2), (0, 2)]

for function, reference, draw in [
    (e.negative, np.negative, normal),
    (e.absolute, np.absolute, normal),
    (e.square, np.square, normal),
    (e.exp, np.exp, normal),
    (e.log, np.log, positive),
    (e.log1p, np.log1p, positive),
    (e.expm1, np.expm1, normal),
    (e.sqrt, np.sqrt, positive),
    (e.sin, np.sin, normal),
    (e.cos, np.cos, normal),
    (e.tanh, np.tanh, normal),
    (e.sigmoid, scipy.special.expit, normal),
    (functions.relu, lambda x: np.maximum(x, 0), normal),
    (functions.softplus, lambda x: np.logaddexp(0, x), normal),
]:
    for shape in CORNERS:
        add(function, (draw(*shape),), reference)

PAIRS = [
    ((), ()),
    ((3, 2), (3, 2)),
    ((3, 1), (1, 2)),
    ((2,), (3, 2)),
    ((3, 2), ()),
    ((1,), (1, 1)),
    ((0, 2), (2,)),
    ((1, 2), (0, 2)),
]

for function, reference, draw in [
    (e.add, np.add, normal),
    (e.subtract, np.subtract, normal),
    (e.multiply, np.multiply, normal),
    (e.divide, np.divide, positive),
    (e.power, np.power, positive),
]:
    for first, second in PAIRS:
        add(function, (draw(*first), draw(*second)), reference)

for exponent in (0, 1, 2, 3, -1, 0.5):
    x = positive(3, 2) if exponent == 0.5 else normal(3, 2)
    CASES.append(
        Case(
            "power",
            f"exponent {exponent}",
            partial(lambda p, x: e.power(x, p), exponent),
            (x,),
            partial(lambda p, x: x**p, float(exponent)),
        )
    )

for function, reference in [(e.maximum, np.maximum), (e.minimum, np.minimum)]:
    apart = distinct(3, 2)
    add(function, (apart, apart[:, ::-1].copy()), reference)
    add(function, (distinct(3, 1), distinct(1, 2) + 0.05), reference)
    add(function, (np.zeros((0, 2)), normal(2)), reference)

_condition = np.array([[True, False], [False, True], [True, True]])
for first, second in [((3, 2), (3, 2)), ((3, 1), (2,)), ((), (1, 1))]:
    CASES.append(
        Case(
            "where",
            f"{first},{second}",
            partial(e.where, _condition),
            (normal(*first), normal(*second)),
            partial(np.where, _condition),
        )
    )

add(e.clip, (distinct(3, 4),), lambda x: np.clip(x, -0.17, 0.33), lower=-0.17, upper=0.33)
add(e.clip, (distinct(3, 4),), lambda x: np.clip(x, -0.17, None), "lower only", lower=-0.17)

# ---- reductions -------------------------------------------------------------------------------------------------

REDUCED = [
    ((), None),
    ((4,), 0),
    ((3, 2), None),
    ((3, 2), 0),
    ((3, 2), -1),
    ((2, 3, 2), (0, -1)),
    ((1, 3), 0),
    ((2, 1, 2), (0, 1, 2)),
]

for function, reference, draw in [
    (r.sum, np.sum, normal),
    (r.mean, np.mean, normal),
    (r.max, np.max, distinct),
    (r.min, np.min, distinct),
    (r.var, np.var, normal),
    (r.logsumexp, lambda x, **axes: np.log(np.sum(np.exp(x), **axes)), normal),
]:
    for shape, axis in REDUCED:
        for keepdims in (False, True):
            options = {"axis": axis, "keepdims": keepdims}
            add(function, (draw(*shape),), partial(reference, **options), f"{shape},{axis},{keepdims}", **options)

add(r.sum, (np.zeros((0, 2)),), partial(np.sum, axis=0), axis=0)
add(r.mean, (np.zeros((2, 0, 3)),), partial(np.mean, axis=0), axis=0)
add(r.max, (np.zeros((3, 0)),), partial(np.max, axis=0), axis=0)
add(r.var, (normal(5, 2),), partial(np.var, axis=0, ddof=1), "ddof", axis=0, ddof=1)

# ---- shaping ----------------------------------------------------------------------------------------------------

for shape, new in [((3, 2), (2, 3)), ((3, 2), (-1,)), ((), (1, 1)), ((1,), ()), ((0, 2), (2, 0, 5))]:
    add(s.reshape, (normal(*shape),), partial(np.reshape, shape=new), f"{shape},{new}", shape=new)
for shape, axes in [((3, 2), None), ((2, 3, 4), (1, 2, 0)), ((2, 3, 4), (-1, 0, -2)), ((), None), ((1, 0), None)]:
    add(s.transpose, (normal(*shape),), partial(np.transpose, axes=axes), f"{shape},{axes}", axes=axes)
for shape, new in [((3, 1), (3, 2)), ((), (2, 2)), ((2,), (3, 2)), ((1,), (0,)), ((1, 1), (1, 1))]:
    add(s.broadcast_to, (normal(*shape),), partial(np.broadcast_to, shape=new), f"{shape},{new}", shape=new)
add(s.astype, (normal(3),), lambda x: x, dtype=np.float64)

INDICES = [
    0,
    -1,
    (1, 2),
    slice(None, None, -1),
    (slice(1, 3), 0),
    (Ellipsis, None, 1),
    np.array([0, 2, 2, -1]),
    np.array([[0, 1], [1, 1]]),
    (np.array([0, 1, 0]), np.array([2, 2, 2])),
    (slice(None), np.array([1, 1])),
    np.array([], dtype=int),
]
for index in INDICES:
    add(s.getitem, (normal(3, 4),), partial(lambda i, x: x[i], index), repr(index), index=index)


def _scatter(index: Any, x: np.ndarray) -> np.ndarray:
    out = np.zeros((3, 4))
    np.add.at(out, index, x)
    return out


for index in INDICES:
    add(s.scatter, (np.array(normal(3, 4)[index]),), partial(_scatter, index), repr(index), index=index, shape=(3, 4))
_mask = np.array([[True, False, True, False], [False] * 4, [True] * 4])
add(s.getitem, (normal(3, 4),), lambda x: x[_mask], "mask", index=_mask)
add(s.scatter, (normal(6),), partial(_scatter, _mask), "mask", index=_mask, shape=(3, 4))
add(s.getitem, (np.array(2.0),), lambda x: x, "scalar", index=())

for function, reference in [(s.concatenate, np.concatenate), (s.stack, np.stack)]:
    for shapes, axis in [([(3, 2), (3, 2), (3, 2)], 0), ([(3, 2), (3, 2)], -1), ([(0, 2), (0, 2)], 0), ([(1,)], 0)]:
        CASES.append(
            Case(
                function.__name__,
                f"{shapes},{axis}",
                partial(lambda f, a, *xs: f(xs, axis=a), function, axis),
                tuple(normal(*shape) for shape in shapes),
                partial(lambda f, a, *xs: f(xs, axis=a), reference, axis),
            )
        )
CASES.append(
    Case(
        "concatenate",
        "uneven",
        lambda *xs: s.concatenate(xs, axis=1),
        (normal(2, 1), normal(2, 3)),
        lambda *xs: np.concatenate(xs, axis=1),
    )
)

# ---- linear algebra ---------------------------------------------------------------------------------------------

for first, second in [
    ((3, 4), (4, 2)),
    ((4,), (4,)),
    ((4,), (4, 2)),
    ((3, 4), (4,)),
    ((5, 3, 4), (5, 4, 2)),
    ((5, 3, 4), (4, 2)),
    ((3, 4), (5, 4, 2)),
    ((5, 1, 3, 4), (2, 4, 2)),
    ((5, 3, 4), (4,)),
    ((4,), (5, 4, 2)),
    ((1, 1), (1, 1)),
    ((0, 4), (4, 2)),
    ((3, 0), (0, 2)),
]:
    add(la.matmul, (normal(*first), normal(*second)), np.matmul)

# ---- functions and losses ---------------------------------------------------------------------------------------

for shape, axis in [((3, 4), -1), ((3, 4), 0), ((4,), 0), ((2, 3, 4), 1), ((3, 1), -1), ((0, 3), -1)]:
    add(functions.softmax, (normal(*shape),), partial(scipy.special.softmax, axis=axis), f"{shape},{axis}", axis=axis)
    add(
        functions.log_softmax,
        (normal(*shape),),
        partial(scipy.special.log_softmax, axis=axis),
        f"{shape},{axis}",
        axis=axis,
    )
for shape in [(3, 4), (2, 3, 4), (4,), (1, 4), (0, 4)]:
    add(functions.linear, (normal(*shape), normal(4, 2), normal(2)), lambda x, w, b: x @ w + b)
for shape in [(3, 2), (4,), (1, 1), ()]:
    add(functions.mean_squared_error, (normal(*shape), normal(*shape)), lambda p, t: np.mean((p - t) ** 2))
    add(functions.mean_absolute_error, (normal(*shape), 3 + normal(*shape)), lambda p, t: np.mean(np.abs(p - t)))
    add(
        functions.binary_cross_entropy,
        (normal(*shape), np.asarray(_rng.random(shape))),
        lambda z, y: np.mean(-y * np.log(scipy.special.expit(z)) - (1 - y) * np.log(scipy.special.expit(-z))),
    )
add(functions.binary_cross_entropy, (np.zeros((2, 2)), np.eye(2)), lambda z, y: np.log(2.0), "zero logits")
for shape in [(3, 4), (2, 3, 4), (1, 1), (4,)]:
    classes = np.asarray(_rng.integers(0, shape[-1], shape[:-1]))
    CASES.append(
        Case(
            "softmax_cross_entropy",
            str(shape),
            partial(lambda c, z: functions.softmax_cross_entropy(z, c), classes),
            (normal(*shape),),
            partial(
                lambda c, z: -np.mean(np.take_along_axis(scipy.special.log_softmax(z, axis=-1), c[..., None], -1)),
                classes,
            ),
        )
    )

# ---- layers -----------------------------------------------------------------------------------------------------

#: Each layer: how to make one, and the shapes of its input and its output.
LAYERS: dict[str, tuple[Callable[[], layers.Module], tuple[int, ...], tuple[int, ...]]] = {
    "Dense": (lambda: layers.Dense(4, 3, rng=np.random.default_rng(0)), (5, 4), (5, 3)),
    "ReLU": (layers.ReLU, (5, 4), (5, 4)),
    "Sigmoid": (layers.Sigmoid, (5, 4), (5, 4)),
    "Tanh": (layers.Tanh, (5, 4), (5, 4)),
    "Sequential": (
        lambda: layers.Sequential(
            layers.Dense(4, 6, rng=np.random.default_rng(0)),
            layers.Tanh(),
            layers.Dense(6, 2, rng=np.random.default_rng(1)),
        ),
        (5, 4),
        (5, 2),
    ),
}

INITIALIZERS = {"xavier": lambda i, o: 2 / (i + o), "kaiming": lambda i, o: 2 / i}  # the variance for (in, out)

import registry_autodiff  # noqa: E402, F401  (adds its cases to CASES)
import registry_convolution  # noqa: E402, F401
import registry_functions  # noqa: E402, F401  (adds its cases to those above)
import registry_linear_algebra  # noqa: E402, F401
import registry_losses  # noqa: E402, F401
import registry_regularization  # noqa: E402, F401
