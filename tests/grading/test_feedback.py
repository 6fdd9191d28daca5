from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader.handlers import template_path

from grading.checks import TestResult, results_table
from grading.course import Course, CourseError
from grading.feedback import generate
from grading.gradebook import GradebookWriter, register
from grading.nbgrader_plugin import clean_html
from tests.grading.small_course import CHAPTER, make_course, result

ROOT = Path(__file__).resolve().parents[2]
STUDENTS = [f"student{i}" for i in range(9)]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("course"))
    register(course, CHAPTER)
    with GradebookWriter(course) as writer:
        for i, student in enumerate(STUDENTS):
            writer.record(*result(course, student, i / 8))
    return course


def pages(course):
    return {p.relative_to(course.root): p.read_text() for p in sorted((course.root / "feedback").rglob("*.html"))}


def test_pages_show_scores_hints_and_tables(course):
    written = generate(course, CHAPTER, ["student4"], force=True)
    assert [p.relative_to(course.root / "feedback" / "student4") for p in written] == [
        Path(CHAPTER) / "01_first.html",
        Path(CHAPTER) / "02_second.html",
    ]
    page = written[0].read_text()
    assert "01_first (Score: 3.0 / 6.0)" in page
    assert "A hint." in page
    assert "A note." in page
    assert "<table style=" in page
    assert "$a &lt; b$" in page
    assert "#d5006d" in page, "the colour of a failed check"


def test_pages_equal_nbgraders_own_and_do_not_depend_on_workers(course):
    generate(course, CHAPTER, workers=1, force=True)
    alone = pages(course)
    assert len(alone) == 2 * len(STUDENTS)
    generate(course, CHAPTER, workers=2, force=True)
    assert pages(course) == alone
    command = [sys.executable, "-m", "nbgrader", "generate_feedback", CHAPTER, "--force"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=course.root, env=environment, check=True, capture_output=True)
    assert pages(course) == alone


def test_only_what_changed_is_written_again(course):
    generate(course, CHAPTER)
    assert generate(course, CHAPTER) == []
    with Gradebook(course.db_url) as book:
        book.find_comment("exercise-double", "01_first", CHAPTER, "student1").manual_comment = "See **me**."
        book.find_grade("check-half", "02_second", CHAPTER, "student2").manual_score = 1.75
        book.db.commit()
    (course.folder("feedback", CHAPTER, "student3") / "01_first.html").unlink()
    with GradebookWriter(course) as writer:
        writer.record(*result(course, "student5", 0.25))
    written = {p.parent.parent.name for p in generate(course, CHAPTER)}
    assert written == {"student1", "student2", "student3", "student5"}
    assert "See <strong>me</strong>." in pages(course)[Path("feedback/student1") / CHAPTER / "01_first.html"]
    assert generate(course, CHAPTER, ["student7"]) == []


def test_settings_count_as_a_change(course, tmp_path):
    generate(course, CHAPTER)
    settings = course.root / "nbgrader_config.py"
    before = settings.read_text()
    try:
        settings.write_text(before + "c.HTMLExporter.anchor_link_text = '#'\n")
        assert len(generate(Course(course.root, course.solutions), CHAPTER, ["student6"])) == 2
    finally:
        settings.write_text(before)


def test_a_notebook_that_cannot_be_shown_does_not_stop_the_others(course):
    path = course.folder("autograded", CHAPTER, "student8") / "01_first.ipynb"
    before = path.read_bytes()
    path.chmod(0o644)
    try:
        path.write_text("{ broken")
        with pytest.raises(CourseError, match=r"1 of 2 students: student8 \(.*JSON"):
            generate(course, CHAPTER, ["student7", "student8"], force=True)
        assert (course.folder("feedback", CHAPTER, "student7") / "01_first.html").is_file()
    finally:
        path.write_bytes(before)


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)></svg>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<div style='position:fixed;top:0;background:url(https://tracker.example/a)'>x</div>",
    "<img src='https://tracker.example/a.png'>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<form action='https://tracker.example'><input name=a><button>Go</button></form>",
    "<base href='https://tracker.example/'>",
    "<object data='data:text/html,<script>alert(1)</script>'></object>",
]


def hostile_notebook(source):
    notebook = nbformat.reads(source, as_version=4)
    links = ["[x](javascript:alert(1))", "![x](https://tracker.example/b.png)", "![x](../../../gradebook.db)"]
    notebook.cells += [new_markdown_cell(h) for h in [*HOSTILE, *links, "\n\n".join(HOSTILE), "![x](attachment:a)"]]
    cell = next(c for c in notebook.cells if c.id == "check-double")
    cell.metadata["tags"] = ["'><script>alert(1)</script>"]
    cell.outputs += [new_output("display_data", data={"text/html": h}) for h in HOSTILE]
    cell.outputs += [new_output("display_data", data={"text/markdown": h}) for h in HOSTILE]
    cell.outputs += [
        new_output("display_data", data={"application/javascript": "alert(1)"}),
        new_output("display_data", data={"image/svg+xml": "<svg><script>alert(1)</script></svg>"}),
        new_output("display_data", data={"image/png": "AAAA"}, metadata={"image/png": {"width": "1 onerror=alert(1)"}}),
        new_output("display_data", data={"image/png": "'><script>alert(1)</script>"}),
        new_output("display_data", data={"text/html": "<b>x</b>"}, metadata={"text/html": {"isolated": True}}),
        new_output("stream", name="stdout", text="<script>alert(1)</script>"),
    ]
    notebook.metadata["title"] = "</title><script>alert(1)</script>"
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
    notebook.metadata["language_info"] = {"name": "'><script>alert(1)</script>"}
    return nbformat.writes(notebook).encode()


ACTIVE = ["script", "svg", "iframe", "form", "button", "base", "object", "math", "style"]


def assert_harmless(page):
    assert "<script>alert" not in page
    body = BeautifulSoup(page, "html.parser").find(id="notebook-container")
    for own in body.select(".panel-heading, .panel-footer, .nbgrader_cell > .comment, textarea.comment"):
        own.decompose()
    assert body.find_all(ACTIVE) == []
    for tag in body.find_all(True):
        assert not [a for a in tag.attrs if a.startswith("on")]
        assert "tracker" not in str(tag.attrs)
        assert "script:" not in str(tag.attrs)
        assert "position" not in tag.attrs.get("style", "")
        assert tag.name != "img" or tag.attrs.get("src", "data:").startswith("data:")


def test_hostile_content_is_harmless_in_feedback_and_formgrader(course):
    submission, notebooks = result(course, "student0", 0.5)
    notebooks["01_first"] = hostile_notebook(notebooks["01_first"].decode())
    with GradebookWriter(course) as writer:
        writer.record(submission, notebooks)
    page = generate(course, CHAPTER, ["student0"])[0].read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert_harmless(page)
    config = course.nbgrader_config()
    config.HTMLExporter.template_name, config.HTMLExporter.extra_template_basedirs = "formgrade", [template_path]
    path = course.folder("autograded", CHAPTER, "student0") / "01_first.ipynb"
    resources = {"base_url": "", "submission_id": "1", "notebook_id": "01_first", "assignment_id": CHAPTER}
    resources |= {"index": 0, "total": 1}
    page, _ = HTMLExporter(config=config).from_filename(str(path), resources=resources)
    assert "<table style=" in page
    assert_harmless(page)


def test_our_tables_survive_cleaning():
    tests = [TestResult("test_a", "A hint.", passed=True), TestResult("test_b", "B", False, "<wrong>", hidden=True)]
    cleaned = clean_html(results_table("softmax", 1.0, 2.0, tests, notes=["A note."]))
    for kept in ("color:#00875a", "opacity:.8", "<table style=", "<small style=", "<code>&lt;wrong&gt;</code>", "</p>"):
        assert kept in cleaned
    assert cleaned.count("&lt;") == 1
