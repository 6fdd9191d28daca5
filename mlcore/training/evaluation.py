"""Evaluation: use a model, and measure it, without changing it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from mlcore.autodiff import Tensor, no_grad
from mlcore.data.batches import batches, count_examples
from mlcore.layers import Module

Loss = Callable[[Any, Any], Tensor]
Metrics = Mapping[str, Callable[[Any, Any], float]]


@contextmanager
def in_use(model: Module) -> Iterator[None]:
    """Switch a model from training to use for a block, and record no graph; then put each module's switch back.

    Examples
    --------
    >>> from mlcore.layers import Dropout
    >>> model = Dropout(0.5, rng=np.random.default_rng(0))
    >>> with in_use(model):
    ...     model(Tensor([1.0, 2.0]))
    Tensor([1., 2.])
    >>> model.training
    True
    """
    before = [(module, module.training) for module in model.modules()]
    try:
        model.eval()
        with no_grad():
            yield
    finally:
        for module, training in before:
            module.training = training


def predict(model: Module, *inputs: np.ndarray, batch_size: int = 256) -> Any:
    """Return a model's outputs for any number of examples, in use (no dropout) and without a graph.

    Parameters
    ----------
    model : Module
    *inputs : array, shape (n, ...)
        What the model is called with.
    batch_size : int
        How many examples pass through the model at once: more need more memory.

    Returns
    -------
    array, shape (n, ...)
        Or a tuple of them, where the model returns a tuple.

    Raises
    ------
    ValueError
        If there are no examples, the inputs differ in length, or an output has not one row for each example.

    Examples
    --------
    >>> from mlcore.layers import Dense
    >>> model = Dense(2, 3, rng=np.random.default_rng(0))
    >>> predict(model, np.ones((5, 2), np.float32), batch_size=2).shape
    (5, 3)
    """
    n = count_examples(*inputs)
    if n == 0:
        raise ValueError("expected at least one example; got none")
    with in_use(model):
        return joined([model(*batch) for batch in batches(*inputs, batch_size=batch_size, shuffle=False)], n)


def joined(parts: Sequence[Any], n: int) -> Any:
    """Put the outputs for batches one after another."""
    if isinstance(parts[0], tuple | list):
        return tuple(joined(column, n) for column in zip(*parts, strict=True))
    whole = np.concatenate([np.asarray(part) for part in parts])
    if len(whole) != n:
        raise ValueError(f"expected outputs with one row for each of {n} examples; got {len(whole)} rows")
    return whole


def measure(metrics: Metrics, outputs: Any, targets: Any) -> dict[str, float]:
    """Return what each metric says about outputs and targets."""
    return {name: float(metric(outputs, targets)) for name, metric in metrics.items()}


def evaluate(
    model: Module, loss: Loss, data: Sequence[np.ndarray], *, metrics: Metrics | None = None, batch_size: int = 256
) -> dict[str, float]:
    """Return the loss and the metrics of a model on some data.

    All are computed from the outputs for all examples together. (A mean over batches would be another number wherever
    a metric is no mean over examples: precision, the area under a curve, perplexity.)

    Parameters
    ----------
    model : Module
    loss : callable
        From outputs and targets to a number, such as `mlcore.functions.softmax_cross_entropy`.
    data : tuple of array, shape (n, ...)
        The inputs of the model, then the targets.
    metrics : dict from str to callable, optional
        Each from outputs (arrays) and targets to a number, such as `mlcore.metrics.accuracy`.
    batch_size : int
        How many examples pass through the model at once.

    Returns
    -------
    dict from str to float
        ``"loss"`` and each metric.

    Examples
    --------
    >>> from mlcore import functions, metrics
    >>> from mlcore.layers import Softplus
    >>> data = np.array([[2.0, 0.0], [0.0, 3.0]], np.float32), np.array([0, 0])
    >>> results = evaluate(Softplus(), functions.softmax_cross_entropy, data, metrics={"accuracy": metrics.accuracy})
    >>> {name: round(value, 3) for name, value in results.items()}
    {'loss': 1.33, 'accuracy': 0.5}
    """
    *inputs, targets = data
    count_examples(*data)
    outputs = predict(model, *inputs, batch_size=batch_size)
    with no_grad():
        value = float(loss(outputs, targets))
    return {"loss": value, **measure(metrics or {}, outputs, targets)}
