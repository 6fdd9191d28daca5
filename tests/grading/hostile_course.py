"""A notebook to attack: three exercises, whose hidden tests and solutions hold words that must never come out."""

from __future__ import annotations

from pathlib import Path

from grading.source import NotebookSource, read_notebook

CANARIES = ("917.5301", "9175301", "917530100", "1835.0602", "hidden_canary", "solution_canary", "reference.double")

TEXT = '''# %% [markdown]
# # Numbers to attack

# %%
import numpy as np

from grading.checks import assert_allclose, assert_inputs_unchanged, report

# %% exercise="double" points=4
def double(x):
    """Return 2 x."""
    ### BEGIN SOLUTION
    solution_canary = 2
    return solution_canary * np.asarray(x)
    ### END SOLUTION

# %% check="double"
def test_small_numbers():
    "Twice two is four."
    assert_allclose(double(np.array([2.0, 3.0])), [4.0, 6.0])


### BEGIN HIDDEN TESTS
def test_hidden_constant():
    "It works for one large number."
    hidden_canary = np.array([917.5301])
    assert_allclose(double(hidden_canary), [1835.0602])

def test_hidden_random(rng):
    "It works for random numbers."
    x = rng.normal(size=4)
    assert_allclose(double(x), 2 * x)

def test_hidden_reference(rng, reference):
    "It works for a random table."
    x = 1 + rng.random(size=(2, 3))
    assert_allclose(double(x), reference.double(x))
### END HIDDEN TESTS

# %% exercise="length" points=3 forbid=["numpy.linalg.norm", "math.hypot", "numpy.hypot"]
def length(x):
    """Return the Euclidean length of x."""
    ### BEGIN SOLUTION
    return np.sqrt((np.asarray(x) ** 2).sum())
    ### END SOLUTION

# %% check="length"
def test_a_right_triangle():
    "Three and four make five."
    assert_allclose(length(np.array([3.0, 4.0])), 5.0)


### BEGIN HIDDEN TESTS
def test_hidden_lengths(rng, reference):
    "It works for random pairs."
    x = rng.normal(size=2)
    assert_allclose(length(x), reference.length(x))

def test_hidden_input_stays(rng):
    "It leaves its argument alone."
    x = rng.normal(size=2)
    assert_inputs_unchanged(length, x)
    assert_allclose(length(x), np.sqrt((x**2).sum()))
### END HIDDEN TESTS

# %% exercise="scale" points=3
def scale(x, factor):
    """Multiply x by a factor, in place."""
    ### BEGIN SOLUTION
    x *= factor
    ### END SOLUTION

# %% check="scale"
def test_in_place():
    "The argument itself is changed."
    x = np.array([1.0, 2.0])
    scale(x, 3.0)
    assert_allclose(x, [3.0, 6.0])


### BEGIN HIDDEN TESTS
def test_hidden_factors(rng):
    "It works for random numbers."
    x = rng.normal(size=4)
    expected = 0.5 * x
    scale(x, 0.5)
    assert_allclose(x, expected)

def test_hidden_constant_factor():
    "It works for one large number."
    x = np.array([917.5301])
    scale(x, 2.0)
    assert_allclose(x, [1835.0602])
### END HIDDEN TESTS

# %% demo=true
double(3)

# %% mistake="double" hint="Did you square?"
def double(x):
    return x * x
'''


def write_course(folder: Path, text: str = TEXT) -> NotebookSource:
    """Write the notebook's source below a folder and read it."""
    path = folder / "solutions" / "ch01_attacked" / "01_numbers.py"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return read_notebook(path)
