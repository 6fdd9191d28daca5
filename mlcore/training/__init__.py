"""Training: a loop, and what may happen in it.

- `fit` trains a model and returns its `History`; `Trainer` is the loop itself, which callbacks are given
- `Checkpoint` saves a run to go on later, to the same bits; `ProgressBar` shows how far it is
- `predict` and `evaluate` use and measure a model
- `save_archive` and `load_archive` keep nested structures of arrays in a file
"""

from mlcore.training.archive import load_archive, save_archive
from mlcore.training.checkpoint import Checkpoint
from mlcore.training.evaluation import evaluate, in_use, predict
from mlcore.training.fit import fit
from mlcore.training.history import History
from mlcore.training.progress import ProgressBar
from mlcore.training.trainer import Trainer

__all__ = [
    "Checkpoint",
    "History",
    "ProgressBar",
    "Trainer",
    "evaluate",
    "fit",
    "in_use",
    "load_archive",
    "predict",
    "save_archive",
]
