"""The settings that nbgrader's own commands and formgrader need to work with this course.

A course folder's ``nbgrader_config.py`` calls :func:`configure` first; what an instructor writes below it wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from traitlets.config import Config

PLUGIN = "grading.nbgrader_plugin"


def configure(config: Config, *, solutions: str | None = None, isolation: str = "bubblewrap") -> None:
    """Let nbgrader grade with our judge, and show student work without anything that runs in a browser.

    Parameters
    ----------
    config : Config
        What ``get_config()`` returns in an ``nbgrader_config.py``; changed in place.
    solutions : str, optional
        The folder of notebook sources; the project's own when left out.
    isolation : {"bubblewrap", "none"}
        How the judge locks student code in.
    """
    # autograding: the first pass judges what was handed in, the second one records it, as nbgrader itself does
    config.Autograde.exporter_class = f"{PLUGIN}.JudgeExporter"
    config.Autograde.sanitize_preprocessors = [f"{PLUGIN}.JudgePreprocessor"]
    config.Autograde.autograde_preprocessors = [
        "nbgrader.preprocessors.SaveAutoGrades",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    config.JudgePreprocessor.isolation = isolation
    if solutions is not None:
        config.JudgePreprocessor.solutions = solutions

    # feedback and formgrader: both use an HTMLExporter
    config.GenerateFeedback.exporter_class = f"{PLUGIN}.FeedbackExporter"
    config.FeedbackExporter.optimistic_validation = True  # once a notebook, not after each step
    config.HTMLExporter.sanitize_html = True
    config.HTMLExporter.embed_images = False  # it would put any file that a student's text names into the page
    config.HTMLExporter.preprocessors = [f"{PLUGIN}.HarmlessPreprocessor"]
    config.HTMLExporter.filters = {
        "markdown2html": f"{PLUGIN}.markdown_to_html",
        "clean_html": f"{PLUGIN}.clean_html",
        "highlight_code": f"{PLUGIN}.highlight_code",
    }
