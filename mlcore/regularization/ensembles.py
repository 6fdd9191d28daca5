"""Ensembles: models that make different errors are right together more often than each alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from mlcore.autodiff.tensor import no_grad
from mlcore.layers import BatchNorm, Module


def bootstrap(n: int, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw n of n examples with replacement: a data set of its own for one model of a bag.

    About 63 % of the examples, 1 - 1/e, are drawn at least once. The others were never seen by the model, and serve to
    validate it.

    Parameters
    ----------
    n : int
        The number of examples.
    rng : numpy.random.Generator
        Where the choice comes from.

    Returns
    -------
    drawn : array of int, shape (n,)
        Indices of the examples to train on, some more than once.
    out_of_bag : array of int, shape (about 0.37 n,)
        Indices of the others, in order.

    Raises
    ------
    ValueError
        If there are no examples.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, section 7.11; Breiman (1996).

    Examples
    --------
    >>> bootstrap(5, rng=np.random.default_rng(0))
    (array([4, 3, 2, 1, 1]), array([0]))
    """
    if n < 1:
        raise ValueError(f"expected at least one example; got n={n}")
    drawn = rng.integers(0, n, n)
    return drawn, np.setdiff1d(np.arange(n), drawn)


def average_predictions(models: Iterable[Callable[[Any], Any]], x: Any) -> np.ndarray:
    """Predict with every model and return the mean, o(x) = sum(o_i(x)) / k.

    Average probabilities, not class numbers. Switch models to ``eval()`` first; nothing is recorded.

    Parameters
    ----------
    models : iterable of callable
        ``model(x)`` returns a Tensor or an array, of the same shape for all.
    x : Tensor or array
        What each is called with.

    Returns
    -------
    array, shape of one prediction

    Raises
    ------
    ValueError
        If there is no model.

    References
    ----------
    Lepetit, equation 79; Goodfellow, Bengio and Courville, *Deep Learning*, section 7.11.

    Examples
    --------
    >>> average_predictions([lambda x: x, lambda x: 3 * x], np.array([1.0, 2.0]))
    array([2., 4.])
    """
    with no_grad():
        predictions = [np.asarray(model(x)) for model in models]
    if not predictions:
        raise ValueError("expected at least one model; got none")
    return np.mean(predictions, axis=0)


def ensemble_error(k: int, *, variance: float, covariance: float) -> float:
    """Return the expected squared error of the mean of k models, v / k + (k - 1) / k * c.

    Errors that have nothing to do with each other (c = 0) fall as 1 / k; errors that are the same (c = v) stay.

    Parameters
    ----------
    k : int
        The number of models, 1 or more.
    variance : float
        v, the expected squared error of one model.
    covariance : float
        c, the expected product of the errors of two models.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If k is less than 1.

    References
    ----------
    Goodfellow, Bengio and Courville, *Deep Learning*, equation 7.51.

    Examples
    --------
    >>> ensemble_error(4, variance=1.0, covariance=0.0), ensemble_error(4, variance=1.0, covariance=1.0)
    (0.25, 1.0)
    """
    if k < 1:
        raise ValueError(f"expected at least one model; got k={k}")
    return variance / k + (k - 1) / k * covariance


def monte_carlo_dropout(model: Module, x: Any, *, samples: int) -> np.ndarray:
    """Predict several times with dropout left on: each time another network of the ensemble that dropout trains.

    The mean over the samples is the prediction, their spread says how sure the model is. All layers work as while
    training, except batch normalization, which goes by its running averages. The modes of the layers are as before in
    the end.

    Parameters
    ----------
    model : Module
    x : Tensor or array
        What it is called with.
    samples : int
        How often, 1 or more.

    Returns
    -------
    array, shape (samples, *shape of one prediction)

    Raises
    ------
    ValueError
        If samples is less than 1.

    References
    ----------
    Penn CIS 419, "Dropout at Test Time"; Goodfellow, Bengio and Courville, *Deep Learning*, section 7.12;
    Gal and Ghahramani (2016).

    Examples
    --------
    >>> from mlcore import layers
    >>> model = layers.Dropout(0.5, rng=np.random.default_rng(0))
    >>> monte_carlo_dropout(model, np.ones(2), samples=3)
    array([[2., 0.],
           [0., 0.],
           [2., 2.]])
    """
    if samples < 1:
        raise ValueError(f"expected at least one sample; got samples={samples}")
    modes = [(module, module.training) for module in model.modules()]
    try:
        for module, _ in modes:
            module.training = not isinstance(module, BatchNorm)
        with no_grad():
            return np.stack([np.asarray(model(x)) for _ in range(samples)])
    finally:
        for module, mode in modes:
            module.training = mode
