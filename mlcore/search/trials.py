"""Trials: running an objective, and what came of it."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Trial:
    """One run of the objective.

    Attributes
    ----------
    parameters : dict
        The hyperparameters, by name.
    score : float or None
        What the objective returned; None if it failed.
    seconds : float
        How long it took.
    error : str or None
        Why it failed: the exception, or a score that is not finite.

    Examples
    --------
    >>> Trial({"units": 8}, score=0.25, seconds=1.5)
    Trial(parameters={'units': 8}, score=0.25, seconds=1.5, error=None)
    """

    parameters: dict[str, Any]
    score: float | None
    seconds: float
    error: str | None = None


def run_trial(objective: Callable[..., Any], parameters: dict[str, Any]) -> Trial:
    """Call ``objective(**parameters)``; an exception or a score that is not finite costs this trial only."""
    start = time.perf_counter()
    score = error = None
    try:
        score = float(objective(**parameters))
    except Exception as exception:
        error = f"{type(exception).__name__}: {exception}"
    else:
        if not math.isfinite(score):
            score, error = None, f"the score is {score}"
    return Trial(parameters, score, time.perf_counter() - start, error)


class Results(Sequence[Trial]):
    """All trials of a search, in the order in which they ran.

    Parameters
    ----------
    trials : iterable of Trial
    maximize : bool
        Whether a high score is a good one.

    Examples
    --------
    >>> results = Results([Trial({"units": 8}, 0.5, 1.0), Trial({"units": 16}, 0.25, 2.0)])
    >>> results.best.parameters
    {'units': 16}
    >>> print(results.table())
    trial  units  score  seconds
        1     16   0.25      2.0
        0      8    0.5      1.0
    """

    def __init__(self, trials: Iterable[Trial] = (), *, maximize: bool = False) -> None:
        self.trials = list(trials)
        self.maximize = maximize

    def __len__(self) -> int:
        return len(self.trials)

    def __getitem__(self, index: Any) -> Any:
        return self.trials[index]

    def costs(self) -> np.ndarray:
        """Return what the search makes small, the score or minus the score; inf where a trial failed. Shape (n,)."""
        sign = -1.0 if self.maximize else 1.0
        return np.array([np.inf if t.score is None else sign * t.score for t in self.trials])

    @property
    def best(self) -> Trial:
        """The trial with the best score.

        Raises
        ------
        ValueError
            If no trial has a score.
        """
        costs = self.costs()
        if not np.isfinite(costs).any():
            last = f"; the last one with {self.trials[-1].error}" if self.trials else ""
            raise ValueError(f"none of {len(self)} trials has a score{last}")
        return self.trials[int(costs.argmin())]

    def best_so_far(self) -> np.ndarray:
        """Return the best score after each trial, shape (n,); NaN (not a number) before the first success."""
        best = np.minimum.accumulate(self.costs())
        return np.where(np.isinf(best), np.nan, -best if self.maximize else best)

    def table(self, *, rows: int | None = None) -> str:
        """Describe the trials in a table, the best first and failures last.

        Parameters
        ----------
        rows : int, optional
            How many trials to show at most.
        """
        order = np.argsort(self.costs(), kind="stable")[:rows]
        names = list(dict.fromkeys(name for t in self.trials for name in t.parameters))
        table = [["trial", *names, "score", "seconds"]]
        for i in order:
            trial = self.trials[i]
            cells = [_cell(trial.parameters.get(name)) for name in names]
            score = "failed" if trial.score is None else _cell(trial.score)
            table.append([str(i), *cells, score, f"{trial.seconds:.1f}"])
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in table]
        errors = [self.trials[i].error for i in order]
        return "\n".join(
            [lines[0], *(f"{line}  {e}" if e else line for line, e in zip(lines[1:], errors, strict=True))]
        )

    def __repr__(self) -> str:
        return f"Results of {len(self)} trials\n{self.table(rows=10)}"


def _cell(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


# ---- the file of a search -----------------------------------------------------------------------------------------


def read_trials(path: str | PathLike, names: Sequence[str]) -> list[Trial]:
    """Read the trials of an earlier search from its file, one JSON object a line; none where there is no file.

    A last line that was cut short, since the machine went down while it was written, is removed from the file.

    Parameters
    ----------
    path : str or path
    names : sequence of str
        The hyperparameters that each trial must have.

    Raises
    ------
    ValueError
        If a line is no trial of this search.
    """
    path = Path(path)
    if not path.exists():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if whole != content:
        path.write_bytes(whole)
    trials = []
    for number, line in enumerate(whole.decode().splitlines(), start=1):
        try:
            trial = Trial(**json.loads(line))
            fits = set(trial.parameters) == set(names)
        except (TypeError, ValueError, AttributeError):
            fits = False
        if not fits:
            raise ValueError(
                f"expected {path}, line {number}, to be a trial of this search, with the hyperparameters "
                f"{', '.join(names)}; got {line[:80]!r}: give another search another file"
            )
        trials.append(trial)
    return trials


def run_search(
    objective: Callable[..., Any], proposals: Iterator[dict[str, Any]], results: Results, path: str | PathLike | None
) -> Results:
    """Run the objective on all proposals; add each trial to the results, and to the file if there is one."""
    for parameters in proposals:
        trial = run_trial(objective, parameters)
        results.trials.append(trial)
        if path is not None:
            with open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(trial), allow_nan=False) + "\n")
    return results
