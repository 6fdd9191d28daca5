"""Trainer: the training loop, with all that it needs to stop and to go on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from mlcore.autodiff import Tensor
from mlcore.data.batches import batches, count_examples
from mlcore.layers import Module
from mlcore.optimizers import Optimizer, clip_gradients
from mlcore.regularization.early_stopping import EarlyStopping
from mlcore.training.evaluation import Loss, Metrics, evaluate, joined, measure
from mlcore.training.history import History

EVENTS = ("on_train_begin", "on_epoch_begin", "on_backward_end", "on_step_end", "on_epoch_end", "on_train_end")


@dataclass
class _Epoch:
    """An epoch that has begun."""

    order: np.ndarray  # the numbers of all examples, in the order of this epoch
    done: int = 0  # how many of them have had their turn
    loss: float = 0.0  # the sum over these
    outputs: list[Any] = field(default_factory=list)  # of each batch, for the metrics
    targets: list[np.ndarray] = field(default_factory=list)


class Trainer:
    """Train a model: for each epoch, for each batch, a step against the gradient of the loss.

    `fit` makes one and runs it; callbacks are given it. The arguments, which are also attributes, are explained there.

    Attributes
    ----------
    epochs : int
        How many epochs to train in all.
    epoch : int
        How many epochs are complete.
    step : int
        How many steps have been taken, in all epochs.
    steps_per_epoch : int
    history : History
        ``history.steps["loss"][-1]`` is the loss of the last batch.
    stop : bool
        A callback sets it to True to end the training after this epoch.

    Notes
    -----
    Callbacks are functions, called with the trainer at the end of each epoch, or objects with any of these methods,
    which take the trainer: ``on_train_begin``, ``on_epoch_begin``, ``on_backward_end`` (between the gradients and the
    step), ``on_step_end`` (the place for constraints on weights), ``on_epoch_end``, ``on_train_end``.

    References
    ----------
    Jiang, "Optimization Method: mini-batch SGD"; Goodfellow, Bengio and Courville, *Deep Learning*, algorithm 8.1.

    Examples
    --------
    >>> from mlcore import data, functions, layers, optimizers
    >>> rng = np.random.default_rng(0)
    >>> model = layers.Dense(2, 1, rng=rng)
    >>> optimizer = optimizers.SGD(model.parameters(), learning_rate=0.1)
    >>> trainer = Trainer(model, functions.mean_squared_error, optimizer, data.xor(), batch_size=3, rng=rng)
    >>> history = trainer.run(epochs=5)
    >>> trainer.epoch, trainer.step, trainer.steps_per_epoch
    (5, 10, 2)
    """

    def __init__(
        self,
        model: Module,
        loss: Loss,
        optimizer: Optimizer,
        train: Sequence[np.ndarray],
        *,
        batch_size: int,
        rng: np.random.Generator,
        validation: Sequence[np.ndarray] | None = None,
        metrics: Metrics | None = None,
        early_stopping: EarlyStopping | None = None,
        augment: Callable[..., Sequence[np.ndarray]] | None = None,
        clip_norm: float | None = None,
        callbacks: Sequence[Any] = (),
    ) -> None:
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"expected a random generator, rng=np.random.default_rng(seed); got {rng!r}")
        if early_stopping is not None and validation is None:
            raise ValueError("early stopping watches the validation loss: pass validation=(x, y)")
        reserved = {"loss", "learning_rate"} & set(metrics or ())
        if reserved:
            raise ValueError(f"expected other names for metrics than {sorted(reserved)}, which the history uses itself")
        for callback in callbacks:
            if not callable(callback) and not any(hasattr(callback, event) for event in EVENTS):
                raise TypeError(f"expected a callback to be a function or to have one of {EVENTS}; got {callback!r}")
        self.model = model
        self.loss = loss
        self.optimizer = optimizer
        self.train = tuple(map(np.asarray, train))
        self.batch_size = batch_size
        self.rng = rng
        self.validation = validation
        self.metrics = metrics or {}
        self.early_stopping = early_stopping
        self.augment = augment
        self.clip_norm = clip_norm
        self.callbacks = callbacks
        self.examples = count_examples(*self.train)
        if self.examples == 0 or batch_size < 1:
            raise ValueError(f"expected examples and a batch size, both at least 1; got {self.examples}, {batch_size}")
        self.steps_per_epoch = -(-self.examples // batch_size)
        self.epochs = self.epoch = self.step = 0
        self.stop = False
        self.history = History()
        self._current: _Epoch | None = None

    def run(self, epochs: int) -> History:
        """Train until so many epochs are complete, and return the history. The model is left switched to use.

        Raises
        ------
        FloatingPointError
            If the loss is no longer finite.
        """
        self.epochs = epochs
        self._call("on_train_begin")
        try:
            while self.epoch < epochs and not self.stop:
                self._run_epoch()
        except KeyboardInterrupt:
            self.history.interrupted = True
        finally:
            if self.early_stopping is not None and self.early_stopping.best_update:
                self.early_stopping.restore(self.model)
            self.model.eval()
            self._call("on_train_end")
        return self.history

    def _run_epoch(self) -> None:
        self.model.train()
        if self._current is None:  # else go on in the middle of one
            self._call("on_epoch_begin")
            self._current = _Epoch(self.rng.permutation(self.examples))
        current = self._current
        for (rows,) in batches(current.order[current.done :], batch_size=self.batch_size, shuffle=False):
            self._take_step(rows, current)
            self._call("on_step_end")
        row = {"loss": current.loss / self.examples}
        if self.metrics:
            row |= measure(self.metrics, joined(current.outputs, self.examples), joined(current.targets, self.examples))
        if self.validation is not None:
            results = evaluate(self.model, self.loss, self.validation, metrics=self.metrics, batch_size=self.batch_size)
            row |= {f"validation_{name}": value for name, value in results.items()}
        row["learning_rate"] = self.history.steps["learning_rate"][-1]
        self.history.append(row)
        self.epoch += 1
        self._current = None
        if self.early_stopping is not None and self.early_stopping.update(row["validation_loss"], self.model):
            self.stop = True
        self._call("on_epoch_end")

    def _take_step(self, rows: np.ndarray, current: _Epoch) -> None:
        batch = tuple(array[rows] for array in self.train)
        if self.augment is not None:
            batch = tuple(self.augment(*batch))
        *inputs, targets = batch
        self.optimizer.zero_grad()
        outputs = self.model(*inputs)
        loss = self.loss(outputs, targets)
        if not isinstance(loss, Tensor) or not loss.requires_grad:
            raise TypeError(f"expected the loss to be a Tensor computed from the model's outputs; got {loss!r}")
        loss.backward()
        value = loss.item()
        if self.step == 0 and all(parameter.grad is None for parameter in self.optimizer.parameters):
            raise ValueError("no parameter of the optimizer has a gradient: make it from the parameters of this model")
        if not math.isfinite(value):
            raise FloatingPointError(self._what_to_try(value, batch))
        record = {"loss": value, "learning_rate": self._learning_rate()}
        if self.clip_norm is not None:
            record["gradient_norm"] = clip_gradients(self.optimizer.parameters, norm=self.clip_norm)
        self._call("on_backward_end")
        self.optimizer.step()
        self.step += 1
        current.done += len(rows)
        current.loss += value * len(rows)
        if self.metrics:
            current.outputs.append(joined([outputs], len(rows)))
            current.targets.append(targets)
        self.history.append_step(record)

    def _what_to_try(self, loss: float, batch: Sequence[np.ndarray]) -> str:
        where = f"the loss became {loss} at step {self.step + 1}, in epoch {self.epoch + 1}"
        if not all(np.isfinite(array).all() for array in batch):
            return f"{where}: the batch holds numbers that are not finite; repair or leave out such examples"
        return (
            f"{where}, at a learning rate of {self._learning_rate():g}: try a tenth of it, clip the gradients "
            "(clip_norm), standardize the inputs, or look for log(0) and 0/0 in the loss"
        )

    def _learning_rate(self) -> float:
        """Return the rate of the next step."""
        rate = self.optimizer.learning_rate
        return float(rate(self.optimizer.steps) if callable(rate) else rate)

    def _call(self, event: str) -> None:
        for callback in self.callbacks:
            method = getattr(callback, event, None)
            if method is not None:
                method(self)
            elif event == "on_epoch_end" and callable(callback):
                callback(self)

    # ---- to stop and to go on -------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return all that is needed to go on later exactly as if there had been no pause.

        That is: model, optimizer, random generators (``rng`` and those that are attributes of Modules), early
        stopping, callbacks with a ``state_dict``, history, and the place in the epoch.
        """
        return {
            "parts": [part.state_dict() for part in self._parts()],
            "generators": [generator.bit_generator.state for generator in self._generators()],
            "epoch": self.epoch,
            "step": self.step,
            "stop": self.stop,
            "current": None if self._current is None else asdict(self._current),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up what ``state_dict`` returned, in a trainer made with the same arguments.

        Raises
        ------
        KeyError, ValueError
            If it does not fit the model, the optimizer or the data.
        """
        current = None if state["current"] is None else _Epoch(**deepcopy(state["current"]))
        if current is not None and len(current.order) != self.examples:
            raise ValueError(f"expected the {len(current.order)} examples of the checkpoint; got {self.examples}")
        for part, saved in zip(self._parts(), state["parts"], strict=True):
            part.load_state_dict(saved)
        for generator, saved in zip(self._generators(), state["generators"], strict=True):
            generator.bit_generator.state = saved
        self.epoch, self.step, self.stop = state["epoch"], state["step"], state["stop"]
        self._current = current

    def _parts(self) -> list[Any]:
        optional = [self.early_stopping, *self.callbacks]
        return [self.model, self.optimizer, self.history, *(p for p in optional if hasattr(p, "state_dict"))]

    def _generators(self) -> list[np.random.Generator]:
        values = [value for module in self.model.modules() for value in vars(module).values()]
        return [self.rng, *(value for value in values if isinstance(value, np.random.Generator))]
