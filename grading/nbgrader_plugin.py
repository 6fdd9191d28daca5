"""Our parts in nbgrader's pipelines: the judge in ``nbgrader autograde``, harmless HTML in feedback and formgrader.

:mod:`grading.nbgrader_config` puts them there. The judge is trusted to write harmless notebooks; the HTML is cleaned
all the same, because ``autograded/`` may hold what another tool wrote.
"""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import nbformat
from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter, NotebookExporter
from nbconvert.filters import DataTypeFilter, Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_notebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode

# ---- nbgrader autograde ---------------------------------------------------------------------------------------------


class JudgePreprocessor(NbGraderPreprocessor):
    """Replaces a notebook by the one that the judge makes of the submitted file's bytes."""

    solutions = Unicode("", help="The folder of notebook sources; empty: the project's own").tag(config=True)
    isolation = Unicode("bubblewrap", help="How student code is locked in: bubblewrap or none").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Grade the file that this notebook was read from."""
        from grading.course import Course  # here: a student's Jupyter may read this configuration
        from grading.judge import SOLUTIONS, grade_for_nbgrader

        about = resources["nbgrader"]
        solutions = Path(self.solutions) if self.solutions else SOLUTIONS
        submitted = Path(resources["metadata"]["path"]) / f"{about['notebook']}.ipynb"
        data = submitted.read_bytes() if submitted.is_file() and not submitted.is_symlink() else b""
        graded = grade_for_nbgrader(
            data,
            chapter=about["assignment"],
            notebook=about["notebook"],
            student=about["student"],
            solutions=solutions,
            isolation=self.isolation,
            limits=Course(self.parent.parent.coursedir.root, solutions).limits(),
        )
        return nbformat.reads(graded.notebook.decode(), as_version=4), resources


class JudgeExporter(NotebookExporter):
    """Leaves the reading of submitted files to the judge, which also knows what to do with broken ones."""

    def from_file(self, file_stream: TextIO, resources: dict | None = None, **options: Any) -> tuple[str, dict]:
        """Convert a notebook; one that will be judged is not even read here."""
        if any(isinstance(p, JudgePreprocessor) for p in self._preprocessors):
            return self.from_notebook_node(new_notebook(), resources=resources, **options)
        return super().from_file(file_stream, resources=resources, **options)


# ---- feedback and formgrader: what a page may hold -------------------------------------------------------------------

SHOWN = ("text/html", "text/markdown", "text/latex", "image/png", "image/jpeg", "text/plain")
TAGS = frozenset(
    (
        "a", "abbr", "b", "blockquote", "br", "code", "dd", "del", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4",
        "h5", "h6", "hr", "i", "img", "kbd", "li", "ol", "p", "pre", "s", "small", "span", "strong", "sub", "sup",
        "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
    )
)  # fmt: skip
STYLES = frozenset(
    (
        "background-color", "border", "border-collapse", "color", "font-size", "font-style", "font-weight", "margin",
        "margin-bottom", "margin-left", "margin-right", "margin-top", "max-width", "opacity", "padding", "text-align",
        "vertical-align", "white-space",
    )
)  # fmt: skip
_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")
_ADDRESS = re.compile(r"(https?://|mailto:|#)", re.IGNORECASE)


def _may_have(tag: str, attribute: str, value: str) -> bool:
    """Whether a tag may carry an attribute. Pictures must be in the page itself: one from elsewhere tells who reads."""
    if attribute == "src":
        return tag == "img" and _PICTURE.fullmatch(value) is not None
    if attribute == "href":
        return tag == "a" and _ADDRESS.match(value) is not None
    if attribute == "id":
        return re.fullmatch("h[1-6]", tag) is not None
    return attribute in ("class", "style", "title", "alt", "align", "colspan", "rowspan", "start", "width", "height")


_cleaner = Cleaner(
    tags=TAGS,
    attributes=_may_have,
    protocols=("http", "https", "mailto", "data"),
    css_sanitizer=CSSSanitizer(allowed_css_properties=STYLES),
)


def clean_html(element: Any) -> str:
    """Return HTML of which only harmless tags, attributes and styles are left; all other tags become plain text."""
    text = element.decode(errors="replace") if isinstance(element, bytes) else str(element)
    return _cleaned(text) if "<" in text or "&" in text else text


_cleaned = functools.lru_cache(maxsize=1000)(_cleaner.clean)


@functools.lru_cache(maxsize=2000)
def _page_of(source: str) -> str:
    """Render Markdown. Most text cells are the same in all notebooks of a class."""
    renderer = IPythonRenderer(escape=False, embed_images=False)
    try:
        return clean_html(MarkdownWithMath(renderer=renderer).render(source))
    except Exception:  # text made to break the renderer: nested too deeply, attachments that are not there …
        return f"<pre>{html.escape(source)}</pre>"


@pass_context
def markdown_to_html(context: Any, source: Any) -> str:
    """Render a text cell or a comment, and clean what comes of it."""
    return _page_of(str(source))


_coloured = functools.lru_cache(maxsize=2000)(Highlight2HTML(pygments_lexer="ipython3"))


def highlight_code(source: str, language: str | None = None, metadata: dict | None = None) -> str:
    """Colour Python code. The language is not taken from the notebook."""
    return _coloured(source)


class HarmlessPreprocessor(Preprocessor):
    """Keeps the kinds of output that a page can show safely; drops metadata that would reach the page."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Change the notebook in place."""
        nb.metadata = NotebookNode({"language_info": NotebookNode({"name": "python"})})
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        """Change a cell in place."""
        marks = cell.metadata.get("nbgrader")
        cell.metadata = NotebookNode()
        if isinstance(marks, dict) and re.fullmatch(r"[\w.-]{1,128}", str(marks.get("grade_id"))):
            cell.metadata["nbgrader"] = marks
        cell.pop("attachments", None)
        for output in cell.get("outputs", ()):
            if "data" in output:
                kept = {kind: output.data[kind] for kind in SHOWN if isinstance(output.data.get(kind), str)}
                output.data = NotebookNode(kept or {"text/plain": "[an output of a kind that is not shown here]"})
                pictures = [kind for kind in kept if kind.startswith("image/")]
                output.metadata = NotebookNode({kind: NotebookNode(alt="Output of this cell") for kind in pictures})
        return cell, resources


class FeedbackExporter(HTMLExporter):
    """nbconvert's HTML exporter without its last step, a second parse of the page that takes most of the time.

    That step gives pictures an alternative text, which they have from :class:`HarmlessPreprocessor`.
    """

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        """Return the filters of templates by name."""
        yield from super().default_filters()
        yield "highlight_code", highlight_code
        yield "filter_data_type", DataTypeFilter(parent=self)

    def from_notebook_node(self, nb: NotebookNode, resources: dict | None = None, **options: Any) -> tuple[str, dict]:
        """Convert a notebook."""
        return super(HTMLExporter, self).from_notebook_node(nb, self._init_resources(resources), **options)
