"""Search with a model of the objective: a Gaussian process says where an improvement may be expected."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from os import PathLike
from typing import Any

import numpy as np

from mlcore.autodiff.elementwise import erfc
from mlcore.search.gaussian_process import Kernel, fit_gaussian_process, matern
from mlcore.search.spaces import Space, at, encode, sample
from mlcore.search.trials import Results, run_search
from mlcore.search.unguided import begin, generators


def expected_improvement(mean: np.ndarray, deviation: np.ndarray, best: float) -> np.ndarray:
    """Return by how much a normal variable can be expected to fall below the best value so far, E[max(best - f, 0)].

    With z = (best - mean) / deviation and the standard normal density p and distribution function P it is
    ``deviation * (z * P(z) + p(z))``: large where the mean is low (exploitation) or the deviation is
    large (exploration).

    Parameters
    ----------
    mean, deviation : array, shape (...)
        Of the objective, which is to be made small. Where the deviation is 0, the result is max(best - mean, 0).
    best : float
        The lowest value observed.

    Returns
    -------
    array, shape (...)

    References
    ----------
    Jones, Schonlau and Welch (1998), "Efficient Global Optimization of Expensive Black-Box Functions", equation 15.

    Examples
    --------
    >>> expected_improvement(np.array([0.0, 0.0, -1.0]), np.array([1.0, 2.0, 0.0]), 0.0).round(3)
    array([0.399, 0.798, 1.   ])
    """
    gain = best - np.asarray(mean, np.float64)
    deviation = np.asarray(deviation, np.float64)
    z = gain / np.where(deviation > 0, deviation, 1.0)
    density = np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi)
    expected = gain * 0.5 * erfc(-z / math.sqrt(2)) + deviation * density
    return np.maximum(np.where(deviation > 0, expected, gain), 0.0)


def gaussian_process_search(
    objective: Callable[..., Any],
    space: Space,
    *,
    trials: int,
    rng: np.random.Generator,
    maximize: bool = False,
    file: str | PathLike | None = None,
    initial: int = 6,
    kernel: Kernel = matern,
) -> Results:
    """Try where a Gaussian process, fitted to all trials so far, expects the greatest improvement.

    Parameters
    ----------
    objective : callable
        Called with the hyperparameters by name; returns the score, such as the loss on the validation set.
    space : mapping from name to Uniform, LogUniform, Integer or Choice
        The process sees logarithms of log-uniform values, and one coordinate for each choice.
    trials : int
        How many there shall be, with those that the file already holds.
    rng : numpy.random.Generator
        The same seed and file continue an interrupted search as if nothing had happened.
    maximize : bool
        Whether a high score is a good one.
    file : str or path, optional
        Each trial is added to it as it ends, one JSON object a line. Trials that it holds are not run again.
    initial : int
        How many trials to draw at random before the first fit.
    kernel : callable
        `matern` or `rbf`.

    Returns
    -------
    Results

    Raises
    ------
    TypeError, ValueError
        If the space, a number or the file make no sense. What the objective raises is recorded in its trial, and
        the process takes the trial for as bad as the worst one.

    References
    ----------
    Snoek, Larochelle and Adams (2012), "Practical Bayesian Optimization of Machine Learning Algorithms"; Goodfellow,
    Bengio and Courville, *Deep Learning*, section 11.4.5.

    Examples
    --------
    >>> from mlcore.search import Uniform
    >>> rng = np.random.default_rng(0)
    >>> results = gaussian_process_search(lambda x: (x - 0.3) ** 2, {"x": Uniform(0, 1)}, trials=12, rng=rng)
    >>> bool(abs(results.best.parameters["x"] - 0.3) < 0.01)
    True
    """
    if initial < 1:
        raise ValueError(f"expected at least 1 initial trial; got initial={initial}")
    results = begin(space, file, maximize)
    children = generators(rng, trials)[len(results) :]

    def proposals() -> Iterator[dict[str, Any]]:
        for child in children:
            costs = results.costs()
            guided = len(results) >= initial and np.isfinite(costs).sum() >= 2
            yield _propose(space, results, kernel, child) if guided else sample(space, child)

    return run_search(objective, proposals(), results, file)


def _propose(space: Space, results: Results, kernel: Kernel, rng: np.random.Generator) -> dict[str, Any]:
    """Return the untried hyperparameters of the greatest expected improvement among many candidates."""
    known = [trial.parameters for trial in results]
    y = _standardized(results.costs())
    process = fit_gaussian_process(np.array([encode(space, p) for p in known]), y, kernel=kernel)

    def improvement(points: np.ndarray) -> np.ndarray:
        features = np.array([encode(space, at(space, u)) for u in points])
        return expected_improvement(*process.predict(features), y.min())

    points = rng.random((1000, len(space)))
    gains = improvement(points)
    for radius in (0.1, 0.03, 0.01, 0.003):  # look closer and closer around the best few
        leaders = points[np.argsort(-gains)[:10]]
        near = np.clip(np.repeat(leaders, 10, axis=0) + radius * rng.standard_normal((100, len(space))), 0, 1)
        points, gains = np.concatenate([points, near]), np.concatenate([gains, improvement(near)])
    ranked = (at(space, points[i]) for i in np.argsort(-gains))
    return next((parameters for parameters in ranked if parameters not in known), sample(space, rng))


def _standardized(costs: np.ndarray) -> np.ndarray:
    """Scale costs to mean 0 and variance 1; first bring failures, and outliers such as diverged runs, down to the rest.

    An outlier is what lies above the upper quartile by more than 1.5 times the distance of the quartiles.
    """
    finite = costs[np.isfinite(costs)]
    lower, upper = np.quantile(finite, [0.25, 0.75])
    costs = np.minimum(costs, min(finite.max(), upper + 1.5 * (upper - lower)))
    return (costs - costs.mean()) / (costs.std() or 1.0)
