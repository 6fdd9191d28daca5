"""A progress bar for a class: how many of how many, how fast, how long still."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


def progress_bar(console: Console) -> Progress:
    """Return a progress bar with rate and time left."""
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn(),
        console=console, transient=not sys.stdout.isatty(),
    )  # fmt: skip


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Return how many a second, once that is known."""
        return Text(f"{task.speed:.1f}/s" if task.speed else "")
