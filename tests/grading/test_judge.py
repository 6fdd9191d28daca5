"""The judge on one small notebook: what earns points, what is said, what is never said."""

import json

import nbformat
import pytest

from grading.build import handed_in, serialize
from grading.checks import NOT_WRITTEN
from grading.judge import Judge
from grading.source import SourceError, read_notebook
from grading.verify import verify

SOURCE = '''# %% [markdown]
# # Small

# %%
import numpy as np

from grading.checks import (
    assert_allclose, assert_inputs_unchanged, assert_raises, assert_vectorized, report,
)

DATA = np.arange(6.0).reshape(2, 3)

# %% exercise="softmax" points=4 forbid=["numpy.linalg.norm"]
def softmax(x):
    """Rows to probabilities. x: (n, k) → (n, k)."""
    ### BEGIN SOLUTION
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
    ### END SOLUTION

# %% check="softmax"
def test_worked_example():
    "Divide each row by its own sum."
    assert_allclose(softmax(np.array([[2.8, 1.1, -0.5]])), [[0.82, 0.15, 0.03]], atol=5e-3)

### BEGIN HIDDEN TESTS
def test_random(rng, reference):
    "Does each row sum to one?"
    x = rng.normal(size=(5, 4)) + 917.5301
    assert_allclose(softmax(x), reference.softmax(x))

def test_vectorized(rng):
    "One expression for all rows?"
    assert_vectorized(softmax, (rng.normal(size=(3, 4)),), (rng.normal(size=(300, 4)),))

def test_unchanged():
    "Is x left alone?"
    assert_inputs_unchanged(softmax, DATA)
### END HIDDEN TESTS

# %% mistake="softmax" hint="Which axis holds the classes?"
def softmax(x):
    e = np.exp(x - x.max())
    return e / e.sum()

# %% mistake="softmax" hint="Who else uses x?"
def softmax(x):
    x -= x.max(axis=-1, keepdims=True)
    e = np.exp(x)
    return e / e.sum(axis=-1, keepdims=True)

# %% mistake="softmax" hint="Can one expression serve all rows?"
def softmax(x):
    return np.array([np.exp(row - row.max()) / np.exp(row - row.max()).sum() for row in x])

# %% alternative="softmax"
def softmax(x):
    z = x - x.max(axis=-1, keepdims=True)
    return np.exp(z - np.log(np.exp(z).sum(axis=-1, keepdims=True)))

# %% exercise="Dual" points=2
class Dual:
    """A value and its slope."""

    def __init__(self, value, slope=0.0):
        ### BEGIN SOLUTION
        self.value, self.slope = value, slope
        ### END SOLUTION

    def __mul__(self, other):
        ### BEGIN SOLUTION
        return Dual(self.value * other.value, self.slope * other.value + self.value * other.slope)
        ### END SOLUTION

# %% check="Dual"
def test_product():
    "How does a product change when both factors do?"
    d = Dual(2.0, 1.0) * Dual(3.0, 0.5)
    assert_allclose(d.value, 6.0)
    assert_allclose(d.slope, 4.0)

# %% mistake="Dual" hint="You multiplied the slopes. What is (fg)'?"
class Dual:
    def __init__(self, value, slope=0.0):
        self.value, self.slope = value, slope

    def __mul__(self, other):
        return Dual(self.value * other.value, self.slope * other.slope)

# %% exercise="twice" points=1
def twice(x):
    """Return 2x; refuse what is negative."""
    ### BEGIN SOLUTION
    if x < 0:
        raise ValueError("negative")
    return 2 * x
    ### END SOLUTION

# %% check="twice"
def test_value():
    "2x?"
    assert twice(3) == 6

def test_refusal():
    "What about -1?"
    assert_raises(ValueError, twice, -1)

# %% demo=true
print(softmax(DATA))
'''


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("solutions") / "ch01_small"
    folder.mkdir()
    (folder / "01_small.py").write_text(SOURCE)
    return read_notebook(folder / "01_small.py")


@pytest.fixture(scope="module")
def judge():
    with Judge() as judge:
        yield judge


@pytest.fixture
def grade(judge, source):
    def grade(student="anna", before=None, **texts):
        notebook = handed_in(source, texts)
        if before is not None:
            notebook.cells.insert(2, nbformat.v4.new_code_cell(before))
        graded = judge.grade(source, serialize(notebook), student)
        nbformat.validate(json.loads(graded.notebook))
        return graded

    return grade


def scores(graded):
    return {e.name: e.score for e in graded.result.exercises}


def of(graded, name):
    return next(e for e in graded.result.exercises if e.name == name)


def test_references_earn_everything(grade):
    graded = grade()
    assert scores(graded) == {"softmax": 4, "Dual": 2, "twice": 1}
    assert graded.result.repairs == graded.result.incidents == []


def test_every_proof_of_the_source_holds(judge, source):
    assert [str(p) for p in verify(source, judge) if not p.holds] == []


def test_a_mistake_costs_its_share_and_draws_its_hint(grade):
    graded = grade(softmax=SOURCE.split('classes?"\n')[1].split("# %%")[0])
    exercise = of(graded, "softmax")
    assert exercise.score == 3.0  # one of four checks: its worked example has one row
    assert exercise.diagnosis == "Which axis holds the classes?"
    assert "Which axis holds the classes?" in graded.notebook.decode()
    assert scores(graded)["Dual"] == 2


def test_an_unknown_mistake_draws_no_hint_of_another(grade):
    exercise = of(grade(softmax="def softmax(x):\n    return x * 0 + 0.25"), "softmax")
    assert exercise.score < 4
    assert exercise.diagnosis == ""


def test_a_stub_is_not_an_error(grade):
    exercise = of(grade(twice="def twice(x):\n    raise NotImplementedError()"), "twice")
    assert exercise.score == 0
    assert {t.message for t in exercise.tests} == {NOT_WRITTEN}


def test_exceptions_have_the_students_type_and_line(grade):
    exercise = of(grade(softmax="def softmax(x):\n    y = x\n    return y[17]"), "softmax")
    visible, *hidden = exercise.tests
    assert "IndexError: index 17 is out of bounds" in visible.message
    assert "line 3: return y[17]" in visible.message
    assert {t.message for t in hidden} == {"your code raised IndexError"}


def test_a_broken_cell_is_named_and_costs_itself_alone(grade):
    graded = grade(Dual="class Dual\n    pass")
    exercise = of(graded, "Dual")
    assert exercise.score == 0
    assert "`Dual` is not defined: SyntaxError" in exercise.tests[0].message
    assert scores(graded) == {"softmax": 4, "Dual": 0, "twice": 1}


def test_forbidden_functions_fail_the_check_wherever_they_come_from(grade):
    code = "from numpy.linalg import norm\ndef softmax(x):\n    norm(x)\n    e = np.exp(x - x.max(-1, keepdims=True))\n"
    exercise = of(grade(softmax=code + "    return e / e.sum(-1, keepdims=True)"), "softmax")
    assert exercise.score == 0
    assert "numpy.linalg.norm is not allowed here" in exercise.tests[0].message
    graded = grade(before="saved = np.linalg.norm", softmax=code.replace("norm(x)", "saved(x)") + "    return e")
    assert of(graded, "softmax").score == 0


def test_helpers_in_cells_of_their_own_are_used(grade):
    graded = grade(before="def helper(x):\n    return 2 * x", twice=TWICE.replace("2 * x", "helper(x)"))
    assert scores(graded)["twice"] == 1


TWICE = "def twice(x):\n    if x < 0:\n        raise ValueError\n    return 2 * x"


def test_hidden_inputs_differ_by_student_and_not_by_run(grade):
    spy = "seen = []\ndef softmax(x):\n    seen.append(x)\n    raise ValueError(str(x[0, 0]))"
    first, again, other = (grade(student=s, softmax=spy) for s in ("anna", "anna", "bert"))
    assert first.notebook == again.notebook
    assert first.result.exercises == again.result.exercises
    for graded in (first, other):
        assert "917." not in graded.notebook.decode()
        assert "917." not in json.dumps([t.message for e in graded.result.exercises for t in e.tests])


def test_a_hidden_input_cannot_travel_by_a_visible_check_of_another_exercise(grade):
    spy = "kept = []\ndef softmax(x):\n    kept.append(x)\n    return x"
    teller = "def twice(x):\n    raise RuntimeError(str(kept))"
    graded = grade(softmax=spy, twice=teller)
    assert "917." not in graded.notebook.decode()
    assert "RuntimeError" in of(graded, "twice").tests[0].message


def test_unreadable_bytes_get_a_zero_with_the_reason(judge, source):
    graded = judge.grade(source, b"%PDF-1.7 nonsense", "anna")
    assert graded.result.score == 0
    assert graded.result.points == 7
    assert "PDF" in graded.result.unreadable
    assert "PDF" in graded.notebook.decode()


def test_the_graded_notebook_shows_scores_as_nbgrader_reads_them(grade):
    notebook = nbformat.from_dict(json.loads(grade().notebook))
    from nbgrader.utils import determine_grade

    found = {c.metadata.nbgrader.grade_id: determine_grade(c) for c in notebook.cells if c.id.startswith("check-")}
    assert found == {"check-softmax": (4.0, 4.0), "check-Dual": (2.0, 2.0), "check-twice": (1.0, 1.0)}


def test_an_instructors_cell_that_fails_is_named(tmp_path, judge):
    folder = tmp_path / "ch01_small"
    folder.mkdir()
    (folder / "01_small.py").write_text(SOURCE.replace("DATA = ", "DATA = 1 / 0 * "))
    broken = read_notebook(folder / "01_small.py")
    with pytest.raises(SourceError, match=r"01_small.py:5: this cell raises ZeroDivisionError"):
        judge.grade(broken, serialize(handed_in(broken)), "anna")


def test_a_check_that_hands_out_the_reference_is_refused(tmp_path, judge):
    folder = tmp_path / "ch01_small"
    folder.mkdir()
    test = "def test_leak(reference):\n    twice(reference.twice)\n\n"
    leak = SOURCE.replace("def test_value():", f"{test}def test_value():")
    (folder / "01_small.py").write_text(leak)
    leaking = read_notebook(folder / "01_small.py")
    graded = judge.grade(leaking, serialize(handed_in(leaking)), "anna")
    messages = [t.message for e in graded.result.exercises for t in e.tests if not t.passed]
    assert any("hands the reference solution 'twice' to a student's process" in m for m in messages)
