"""Checkpoints: what has been trained so far, in a file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mlcore.training.archive import load_archive, save_archive

if TYPE_CHECKING:
    from mlcore.training.trainer import Trainer


class Checkpoint:
    """Save a training run at the end of each epoch, to go on from there after an interruption.

    A run that goes on from a checkpoint ends with the same bits as one that was never interrupted, if it is made with
    the same arguments, and if all its randomness comes from ``rng`` and from generators that are attributes of Modules.

    Parameters
    ----------
    path : str or path
        A file of NumPy's format npz, replaced each time in one step.
    every_steps : int, optional
        Save also in the middle of epochs, each time so many steps have been taken.
    resume : bool
        Begin where the file ends, if there is one. Otherwise training begins anew, and the file will be replaced.

    Notes
    -----
    Place it last among the callbacks, so that it saves what the others have done. To use the trained model, save it
    with ``model.save``: a checkpoint is for the trainer.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from mlcore import data, functions, layers, optimizers, training
    >>> def train(epochs, path):
    ...     rng = np.random.default_rng(0)
    ...     model = layers.Dense(2, 1, rng=rng)
    ...     optimizer = optimizers.Adam(model.parameters())
    ...     return training.fit(
    ...         model, functions.mean_squared_error, optimizer, data.xor(), epochs=epochs, batch_size=2, rng=rng,
    ...         callbacks=[Checkpoint(path, resume=True)],
    ...     )
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first = train(2, f"{folder}/a.npz")
    ...     second = train(4, f"{folder}/a.npz")
    ...     second["loss"] == train(4, f"{folder}/b.npz")["loss"]
    True
    """

    def __init__(self, path: str | os.PathLike, *, every_steps: int | None = None, resume: bool = False) -> None:
        if every_steps is not None and every_steps < 1:
            raise ValueError(f"expected every_steps of at least 1; got {every_steps}")
        self.path = Path(path)
        self.every_steps = every_steps
        self.resume = resume

    def on_train_begin(self, trainer: Trainer) -> None:
        """Go on from the file."""
        if self.resume and self.path.exists():
            trainer.load_state_dict(load_archive(self.path))

    def on_step_end(self, trainer: Trainer) -> None:
        """Save in the middle of an epoch."""
        if self.every_steps is not None and trainer.step % self.every_steps == 0:
            save_archive(self.path, trainer.state_dict())

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Save between two epochs."""
        save_archive(self.path, trainer.state_dict())
