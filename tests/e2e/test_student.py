"""A student in JupyterLab: solves an exercise and sees ✓; makes a known mistake and sees the hint."""

from __future__ import annotations

import pytest

pytest.importorskip("playwright", reason="the browser extra is not installed: make test-browser installs it")

from grading.source import read_notebook, without_markers
from tests.e2e.jupyterlab import ROOT, Notebook, browser_page, lab

pytestmark = pytest.mark.browser
NOTEBOOK = "ch06_feedforward/01_xor"
EXERCISE = "relu_features"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with lab(tmp_path_factory.mktemp("lab")) as address:
        yield address


@pytest.fixture(scope="module")
def source():
    return read_notebook(ROOT / "solutions" / f"{NOTEBOOK}.py")


def open_notebook(page, address):
    notebook = Notebook(page, address, f"{NOTEBOOK}.ipynb")
    notebook.run("import numpy as np")
    notebook.run("X = np.array")
    return notebook


def test_a_student_solves_an_exercise_and_sees_the_mark(address, source):
    with browser_page() as page:
        notebook = open_notebook(page, address)
        notebook.shoot("notebook-opened")
        notebook.write(f"def {EXERCISE}", without_markers(source.exercises[EXERCISE].cell.text))
        notebook.run(f"def {EXERCISE}")
        outputs = notebook.run(f'report("{EXERCISE}"')
        table = outputs.locator(".mlcourse-report")
        table.wait_for(timeout=30_000)
        notebook.shoot("check-solved", table)
        text = table.inner_text()
        assert "✓" in text
        assert "✗" not in text


def test_a_student_with_a_mistake_sees_the_hint(address, source):
    exercise = source.exercises[EXERCISE]
    with browser_page() as page:
        notebook = open_notebook(page, address)
        notebook.write(f"def {EXERCISE}", exercise.mistakes[0].text)
        notebook.run(f"def {EXERCISE}")
        table = notebook.run(f'report("{EXERCISE}"').locator(".mlcourse-report")
        table.wait_for(timeout=30_000)
        notebook.shoot("check-mistake", table)
        assert "✗" in table.inner_text()


def test_the_untouched_stub_says_what_to_do(address):
    with browser_page() as page:
        notebook = open_notebook(page, address)
        notebook.run(f"def {EXERCISE}")
        table = notebook.run(f'report("{EXERCISE}"').locator(".mlcourse-report")
        table.wait_for(timeout=30_000)
        notebook.shoot("check-stub", table)
        assert "not written yet" in table.inner_text()
