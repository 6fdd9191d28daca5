"""Grid search and random search: trials that do not learn from one another."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from os import PathLike
from typing import Any

import numpy as np

from mlcore.search.spaces import Space, require_space, sample
from mlcore.search.trials import Results, read_trials, run_search


def begin(space: Space, file: str | PathLike | None, maximize: bool) -> Results:
    """Check the space, and take up what the file already holds."""
    require_space(space)
    return Results(() if file is None else read_trials(file, tuple(space)), maximize=maximize)


def generators(rng: np.random.Generator, trials: int) -> list[np.random.Generator]:
    """Make one generator for each trial, so that a search that is taken up again goes on as if never interrupted.

    Raises
    ------
    ValueError
        If the number of trials is not positive.
    """
    if trials < 1:
        raise ValueError(f"expected at least 1 trial; got trials={trials}")
    return rng.spawn(trials)


def grid_points(space: Space, points: int | Mapping[str, int]) -> list[dict[str, Any]]:
    """Return every combination of evenly spaced values.

    Parameters
    ----------
    space : mapping from name to Uniform, LogUniform, Integer or Choice
    points : int, or mapping from name to int
        How many values of each hyperparameter. Of an `Integer` there may be fewer, of a `Choice` all are taken.

    Raises
    ------
    ValueError
        If a number is below 2, or ``points`` misses a name.

    Examples
    --------
    >>> from mlcore.search import Choice, Uniform
    >>> for parameters in grid_points({"momentum": Uniform(0.0, 0.9), "activation": Choice("relu", "tanh")}, 2):
    ...     print(parameters)
    {'momentum': 0.0, 'activation': 'relu'}
    {'momentum': 0.0, 'activation': 'tanh'}
    {'momentum': 0.9, 'activation': 'relu'}
    {'momentum': 0.9, 'activation': 'tanh'}
    """
    require_space(space)
    counts = points if isinstance(points, Mapping) else dict.fromkeys(space, points)
    if set(counts) != set(space) or min(counts.values()) < 2:
        raise ValueError(f"expected at least 2 points for each of {', '.join(space)}; got points={points}")
    axes = [dimension.grid(counts[name]) for name, dimension in space.items()]
    return [dict(zip(space, values, strict=True)) for values in itertools.product(*axes)]


def grid_search(
    objective: Callable[..., Any],
    space: Space,
    *,
    points: int | Mapping[str, int],
    maximize: bool = False,
    file: str | PathLike | None = None,
) -> Results:
    """Try every combination of evenly spaced values.

    With n values of each of d hyperparameters these are n**d trials, of which only n differ in the one hyperparameter
    that matters most.

    Parameters
    ----------
    objective : callable
        Called with the hyperparameters by name; returns the score, such as the loss on the validation set.
    space : mapping from name to Uniform, LogUniform, Integer or Choice
    points : int, or mapping from name to int
        How many values of each hyperparameter; see `grid_points`.
    maximize : bool
        Whether a high score is a good one.
    file : str or path, optional
        Each trial is added to it as it ends, one JSON object a line. Trials that it holds are not run again.

    Returns
    -------
    Results

    Raises
    ------
    TypeError, ValueError
        If the space, the points or the file make no sense. What the objective raises is recorded in its trial.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 11.4.3.

    Examples
    --------
    >>> from mlcore.search import Uniform
    >>> results = grid_search(lambda x, y: (x - 1) ** 2 + y**2, {"x": Uniform(0, 4), "y": Uniform(-1, 1)}, points=5)
    >>> len(results), results.best.parameters
    (25, {'x': 1.0, 'y': 0.0})
    """
    results = begin(space, file, maximize)
    known = [trial.parameters for trial in results]
    proposals = (parameters for parameters in grid_points(space, points) if parameters not in known)
    return run_search(objective, proposals, results, file)


def random_search(
    objective: Callable[..., Any],
    space: Space,
    *,
    trials: int,
    rng: np.random.Generator,
    maximize: bool = False,
    file: str | PathLike | None = None,
) -> Results:
    """Try combinations drawn at random, each hyperparameter from its own distribution.

    Every trial has a new value of every hyperparameter, so n trials explore n values of the one that matters most.

    Parameters
    ----------
    objective : callable
        Called with the hyperparameters by name; returns the score, such as the loss on the validation set.
    space : mapping from name to Uniform, LogUniform, Integer or Choice
    trials : int
        How many there shall be, with those that the file already holds.
    rng : numpy.random.Generator
        Where the values come from. The same seed and file continue an interrupted search as if nothing had happened.
    maximize : bool
        Whether a high score is a good one.
    file : str or path, optional
        Each trial is added to it as it ends, one JSON object a line. Trials that it holds are not run again.

    Returns
    -------
    Results

    Raises
    ------
    TypeError, ValueError
        If the space, the number or the file make no sense. What the objective raises is recorded in its trial.

    References
    ----------
    Bergstra and Bengio (2012), "Random Search for Hyper-Parameter Optimization"; Goodfellow, Bengio and Courville,
    *Deep Learning*, section 11.4.4.

    Examples
    --------
    >>> from mlcore.search import LogUniform
    >>> space = {"learning_rate": LogUniform(1e-5, 1e-1)}
    >>> loss = lambda learning_rate: abs(np.log10(learning_rate) + 3)
    >>> results = random_search(loss, space, trials=20, rng=np.random.default_rng(0))
    >>> bool(results.best.score < 0.2)
    True
    """
    results = begin(space, file, maximize)
    proposals = (sample(space, child) for child in generators(rng, trials)[len(results) :])
    return run_search(objective, proposals, results, file)
