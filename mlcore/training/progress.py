"""A bar that shows how far the training is, in a notebook or in a terminal."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlcore.training.trainer import Trainer


def is_interactive() -> bool:
    """Return whether somebody is watching: in a notebook, or at a terminal.

    Examples
    --------
    >>> isinstance(is_interactive(), bool)
    True
    """
    return "ipykernel" in sys.modules or sys.stderr.isatty()


class ProgressBar:
    """A callback that shows steps, time left and the numbers of the last epoch. It needs tqdm; without, nothing shows.

    Examples
    --------
    >>> bar = ProgressBar()  # fit(..., callbacks=[bar]) is the same as fit(..., progress=True)
    """

    def __init__(self) -> None:
        self._bar: Any = None

    def on_train_begin(self, trainer: Trainer) -> None:
        """Show the bar."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that ipywidgets is not there: tqdm then draws the bar in text
                from tqdm.auto import tqdm
        except ImportError:
            return
        self._bar = tqdm(total=trainer.epochs * trainer.steps_per_epoch, initial=trainer.step, unit="step")

    def on_step_end(self, trainer: Trainer) -> None:
        """Move on by one step."""
        if self._bar is not None:
            self._bar.update()

    def on_epoch_end(self, trainer: Trainer) -> None:
        """Show the numbers of the epoch."""
        if self._bar is not None:
            self._bar.set_description(f"epoch {trainer.epoch}/{trainer.epochs}", refresh=False)
            self._bar.set_postfix({name: f"{values[-1]:.4g}" for name, values in trainer.history.items()})

    def on_train_end(self, trainer: Trainer) -> None:
        """Leave the bar as it is."""
        if self._bar is not None:
            self._bar.close()
