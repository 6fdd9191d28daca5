"""fit: train a model in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mlcore.layers import Module
from mlcore.optimizers import Optimizer
from mlcore.regularization.early_stopping import EarlyStopping
from mlcore.training.evaluation import Loss, Metrics
from mlcore.training.history import History
from mlcore.training.progress import ProgressBar, is_interactive
from mlcore.training.trainer import Trainer


def fit(
    model: Module,
    loss: Loss,
    optimizer: Optimizer,
    train: Sequence[np.ndarray],
    *,
    epochs: int,
    batch_size: int,
    rng: np.random.Generator,
    validation: Sequence[np.ndarray] | None = None,
    metrics: Metrics | None = None,
    early_stopping: EarlyStopping | None = None,
    augment: Callable[..., Sequence[np.ndarray]] | None = None,
    clip_norm: float | None = None,
    callbacks: Sequence[Any] = (),
    progress: bool | None = None,
) -> History:
    """Train a model by minibatches, and return what happened.

    Each epoch takes all examples in a new order, a batch at a time; each batch gives a gradient of the loss, and each
    gradient a step of the optimizer. An interruption from the keyboard ends the training and keeps the history.

    Parameters
    ----------
    model : Module
        Switched to training for the steps, and left switched to use.
    loss : callable
        From outputs and targets to a Tensor of shape (): the mean over the batch.
    optimizer : Optimizer
        Of the model's parameters.
    train : tuple of array, shape (n, ...)
        The inputs of the model, then the targets: most often ``(x, y)``.
    epochs : int
        How many times to go through all examples.
    batch_size : int
        Examples in a batch; the last batch of an epoch has what is left.
    rng : numpy.random.Generator
        Where the order comes from.
    validation : tuple of array, shape (m, ...), optional
        Like ``train``, to measure the model with after each epoch.
    metrics : dict from str to callable, optional
        What else to measure: each from outputs (arrays) and targets of all examples to a number. An epoch's outputs
        are kept in memory for it.
    early_stopping : EarlyStopping, optional
        Watches the validation loss, ends the training, and gives the model back in its best state.
    augment : callable, optional
        Changes training batches: from the arrays of one to a tuple of arrays.
    clip_norm : float, optional
        The largest norm of all gradients together; see `mlcore.optimizers.clip_gradients`.
    callbacks : sequence of callable or object
        What else is to happen; see `Trainer`.
    progress : bool, optional
        Whether to show a bar; by default in notebooks and at terminals.

    Returns
    -------
    History
        ``"loss"``, the metrics, ``"validation_loss"`` and so on, and ``"learning_rate"``: a list for each, one number
        an epoch.

    Raises
    ------
    FloatingPointError
        If the loss becomes infinite or is not a number. The parameters are then those that gave it, or the best seen
        where there is early stopping.
    TypeError, ValueError
        If the arguments do not fit together.

    References
    ----------
    Jiang, "Optimization Method: mini-batch SGD"; Goodfellow, Bengio and Courville, *Deep Learning*, algorithm 8.1.

    Examples
    --------
    >>> from mlcore import data, functions, layers, metrics, optimizers
    >>> rng = np.random.default_rng(0)
    >>> x, y = data.moons(200, rng=rng)
    >>> model = layers.Sequential(layers.Dense(2, 16, rng=rng), layers.Tanh(), layers.Dense(16, 2, rng=rng))
    >>> optimizer = optimizers.Adam(model.parameters(), learning_rate=0.05)
    >>> history = fit(
    ...     model, functions.softmax_cross_entropy, optimizer, (x[:150], y[:150]), epochs=10, batch_size=25, rng=rng,
    ...     validation=(x[150:], y[150:]), metrics={"accuracy": metrics.accuracy},
    ... )
    >>> list(history)
    ['loss', 'accuracy', 'validation_loss', 'validation_accuracy', 'learning_rate']
    >>> history["validation_accuracy"][-1] > 0.9
    True
    """
    if progress or (progress is None and is_interactive()):
        callbacks = [*callbacks, ProgressBar()]
    trainer = Trainer(
        model,
        loss,
        optimizer,
        train,
        batch_size=batch_size,
        rng=rng,
        validation=validation,
        metrics=metrics,
        early_stopping=early_stopping,
        augment=augment,
        clip_norm=clip_norm,
        callbacks=callbacks,
    )
    return trainer.run(epochs)
