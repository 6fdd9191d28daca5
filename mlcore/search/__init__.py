"""Search for hyperparameters.

======================================================  ==============================================================
`Uniform`, `LogUniform`, `Integer`, `Choice`            the values that one hyperparameter may take
`grid_search`, `random_search`                          trials that do not learn from one another
`gaussian_process_search`                               trials where a model expects the greatest improvement
`Results`, `Trial`                                      what came of it: the best, a table, a file to continue from
`GaussianProcess`, `fit_gaussian_process`, `matern`,    the model
`rbf`, `expected_improvement`
======================================================  ==============================================================

Each search calls the objective with the hyperparameters by name and makes its score small (or large, with
``maximize=True``).

Examples
--------
>>> import numpy as np
>>> space = {"learning_rate": LogUniform(1e-5, 1e-1), "units": Integer(8, 512, log=True)}
>>> def validation_loss(learning_rate, units):
...     return (np.log10(learning_rate) + 2) ** 2 + (np.log2(units) - 6) ** 2
>>> results = random_search(validation_loss, space, trials=50, rng=np.random.default_rng(0))
>>> sorted(results.best.parameters)
['learning_rate', 'units']
"""

from mlcore.search.gaussian_process import GaussianProcess, fit_gaussian_process, matern, rbf
from mlcore.search.model_based import expected_improvement, gaussian_process_search
from mlcore.search.spaces import Choice, Integer, LogUniform, Uniform, sample
from mlcore.search.trials import Results, Trial
from mlcore.search.unguided import grid_points, grid_search, random_search

__all__ = [
    "Choice",
    "GaussianProcess",
    "Integer",
    "LogUniform",
    "Results",
    "Trial",
    "Uniform",
    "expected_improvement",
    "fit_gaussian_process",
    "gaussian_process_search",
    "grid_points",
    "grid_search",
    "matern",
    "random_search",
    "rbf",
    "sample",
]
