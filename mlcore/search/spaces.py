"""Spaces: which values a hyperparameter may take, and how likely a random trial takes each."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


class Dimension:
    """Base of the values that one hyperparameter may take."""

    def quantile(self, u: float) -> Any:
        """Return the value below which the fraction u of all random trials lies, for u from 0 to 1."""
        raise NotImplementedError

    def grid(self, points: int) -> list[Any]:
        """Return up to ``points`` different values, evenly from the lowest to the highest."""
        return list(dict.fromkeys(self.quantile(float(u)) for u in np.linspace(0, 1, points)))

    def encode(self, value: Any) -> tuple[float, ...]:
        """Return coordinates for a model of the objective, in which the whole range has length 1."""
        raise NotImplementedError


def _require_range(low: float, high: float, *, positive: bool) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"expected finite low < high; got low={low!r}, high={high!r}")
    if positive and low <= 0:
        raise ValueError(f"a logarithmic range holds positive numbers only; got low={low!r}")


def _fraction(value: float, low: float, high: float, *, log: bool) -> float:
    return math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)


def _between(u: float, low: float, high: float, *, log: bool) -> float:
    """Go the fraction u of the way from low to high; the ends are exact."""
    value = low * (high / low) ** u if log else low + u * (high - low)
    return float(min(max(value, low), high))


@dataclass(frozen=True)
class Uniform(Dimension):
    """A number from ``low`` to ``high``, all equally likely: a momentum, a dropout rate.

    Raises
    ------
    ValueError
        Unless low < high.

    Examples
    --------
    >>> Uniform(0.0, 0.8).grid(3)
    [0.0, 0.4, 0.8]
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _require_range(self.low, self.high, positive=False)

    def quantile(self, u: float) -> float:
        """Return low + u * (high - low)."""
        return _between(u, self.low, self.high, log=False)

    def encode(self, value: float) -> tuple[float, ...]:
        """Return how far the value is from low to high."""
        return (_fraction(value, self.low, self.high, log=False),)


@dataclass(frozen=True)
class LogUniform(Dimension):
    """A positive number from ``low`` to ``high`` whose logarithm is uniform: a learning rate, a weight decay.

    Raises
    ------
    ValueError
        Unless 0 < low < high.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 11.4.4.

    Examples
    --------
    >>> [round(rate, 6) for rate in LogUniform(1e-5, 1e-1).grid(3)]
    [1e-05, 0.001, 0.1]
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _require_range(self.low, self.high, positive=True)

    def quantile(self, u: float) -> float:
        """Return low * (high / low)**u."""
        return _between(u, self.low, self.high, log=True)

    def encode(self, value: float) -> tuple[float, ...]:
        """Return how far the logarithm of the value is from low to high."""
        return (_fraction(value, self.low, self.high, log=True),)


@dataclass(frozen=True)
class Integer(Dimension):
    """A whole number from ``low`` to ``high``, both included: a number of layers or, with ``log``, of hidden units.

    Raises
    ------
    TypeError
        If an end is not a whole number.
    ValueError
        Unless low < high, and 0 < low with ``log``.

    Examples
    --------
    >>> Integer(1, 4).grid(10)
    [1, 2, 3, 4]
    >>> Integer(50, 5000, log=True).grid(3)
    [50, 500, 5000]
    """

    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        if not (isinstance(self.low, int) and isinstance(self.high, int)):
            raise TypeError(f"expected whole numbers low and high; got {self.low!r} and {self.high!r}")
        _require_range(self.low, self.high, positive=self.log)

    def quantile(self, u: float) -> int:
        """Return a number of low, low + 1, ..., high; with ``log``, k in proportion to log((k + 1) / k)."""
        return min(self.high, math.floor(_between(u, self.low, self.high + 1, log=self.log)))

    def encode(self, value: int) -> tuple[float, ...]:
        """Return how far the value, or its logarithm, is from low to high."""
        return (_fraction(value, self.low, self.high, log=self.log),)


class Choice(Dimension):
    """One of several names or numbers without an order: an activation, an optimizer.

    Parameters
    ----------
    *values : str, int, float, bool or None
        Names of what cannot be written to a file; the objective looks them up.

    Raises
    ------
    TypeError
        If a value is something else.
    ValueError
        If there are none, or one comes twice.

    Examples
    --------
    >>> Choice("relu", "tanh").grid(5)
    ['relu', 'tanh']
    """

    def __init__(self, *values: str | float | bool | None) -> None:
        for value in values:
            if not isinstance(value, (str, int, float, type(None))):
                raise TypeError(
                    f"expected choices that are text, numbers, bool or None; got {value!r}: "
                    "choose among names, and let the objective look them up"
                )
        if not values or len(set(values)) < len(values):
            raise ValueError(f"expected at least one choice, each of them once; got {values}")
        self.values = values

    def quantile(self, u: float) -> Any:
        """Return one of the values; the unit interval is divided equally among them."""
        return self.values[min(len(self.values) - 1, math.floor(u * len(self.values)))]

    def grid(self, points: int) -> list[Any]:
        """Return all values: there is no order in which some could stand for others."""
        return list(self.values)

    def encode(self, value: Any) -> tuple[float, ...]:
        """Return one coordinate for each choice; any two choices are at distance 1."""
        return tuple(math.sqrt(0.5) * (value == v) for v in self.values)

    def __repr__(self) -> str:
        return f"Choice({', '.join(map(repr, self.values))})"


#: A space: each hyperparameter's name and the values that it may take.
Space = Mapping[str, Dimension]


def sample(space: Space, rng: np.random.Generator) -> dict[str, Any]:
    """Draw each hyperparameter by itself from its distribution.

    Examples
    --------
    >>> sample({"units": Integer(1, 9)}, np.random.default_rng(0))
    {'units': 6}
    """
    return at(space, rng.random(len(space)))


def at(space: Space, u: np.ndarray) -> dict[str, Any]:
    """Return the hyperparameters at a point of the unit cube, u of shape (hyperparameters,)."""
    return {name: dimension.quantile(float(v)) for (name, dimension), v in zip(space.items(), u, strict=True)}


def encode(space: Space, parameters: Mapping[str, Any]) -> list[float]:
    """Return the coordinates of all hyperparameters in a row."""
    return [coordinate for name, dimension in space.items() for coordinate in dimension.encode(parameters[name])]


def require_space(space: Space) -> None:
    """Raise unless this is a mapping from names to dimensions, with at least one."""
    if not isinstance(space, Mapping) or not space:
        raise TypeError(f"expected a space such as {{'learning_rate': LogUniform(1e-5, 1e-1)}}; got {space!r}")
    for name, dimension in space.items():
        if not isinstance(dimension, Dimension):
            raise TypeError(
                f"expected {name!r} to be Uniform, LogUniform, Integer or Choice; got {dimension!r}: "
                "a fixed value belongs into the objective"
            )
