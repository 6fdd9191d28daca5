"""Reading sources: what a file says, and errors that name file, line and remedy."""

import pytest

from grading.source import SourceError, chapters, defined_names, read_chapter, read_notebook

GOOD = '''# %% [markdown]
# # Title

# %%
import numpy as np

from grading.checks import assert_allclose, report

# %% exercise="double" points=4 forbid=["numpy.multiply"] seconds=3
def double(x):
    """Return 2x."""
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION

FACTOR = 2

# %% check="double"
def test_two():
    "Twice two?"
    assert_allclose(double(2.0), 4.0)

### BEGIN HIDDEN TESTS
def test_hidden(rng, reference):
    x = rng.normal(size=3)
    assert_allclose(double(x), reference.double(x))
### END HIDDEN TESTS

# %% mistake="double" hint="You squared: what is \\"twice\\"?"
def double(x):
    return x**2

# %% alternative="double"
def double(x):
    return x + x

# %% demo=true
print(double(3))
'''


@pytest.fixture
def write(tmp_path):
    def write(text, name="01_small.py"):
        folder = tmp_path / "ch01_small"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        return folder / name

    return write


def problem(write, old, new):
    assert old in GOOD
    with pytest.raises(SourceError) as caught:
        read_notebook(write(GOOD.replace(old, new)))
    return caught.value


def test_reads_cells_in_order_with_kinds_ids_and_lines(write):
    source = read_notebook(write(GOOD))
    kinds = [c.kind for c in source.cells]
    assert kinds == ["markdown", "setup", "exercise", "check", "mistake", "alternative", "demo"]
    assert [c.id for c in source.cells][:4] == ["text-01", "setup-01", "exercise-double", "check-double"]
    lines = GOOD.splitlines()
    for cell in source.cells[1:]:
        assert lines[cell.line - 1] == cell.text.splitlines()[0]
    assert (source.chapter, source.name) == ("ch01_small", "01_small")


def test_reads_exercises(write):
    exercise = read_notebook(write(GOOD)).exercises["double"]
    assert (exercise.points, exercise.forbid, exercise.seconds) == (4.0, ("numpy.multiply",), 3)
    assert exercise.names == ("double", "FACTOR")
    assert exercise.visible_tests == ("test_two",)
    assert exercise.hidden_tests == {"test_hidden"}
    assert exercise.mistakes[0].hint == 'You squared: what is "twice"?'
    assert len(exercise.alternatives) == 1


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        (" points=4", "", 10, "has no points"),
        ("points=4", "points=-1", 10, "has no points"),
        ("    ### BEGIN SOLUTION\n", "", 10, "no ### BEGIN SOLUTION"),
        ("    ### END SOLUTION\n", "", 10, "without its end"),
        ('# %% check="double"', '# %% check="treble"', 19, "no exercise 'treble'"),
        ('# %% check="double"\n', "# %%\n", 10, "has no check"),
        ("### END HIDDEN TESTS\n", "", 19, "not in one closed region"),
        (' hint="You squared: what is \\"twice\\"?"', "", 30, "has no hint"),
        ("def test_two", "def check_two", 19, "no visible test"),
        ("def test_hidden", "def test_two", 19, "different names"),
        ("demo=true", "dem=true", 37, "unknown cell option 'dem'"),
        ("points=4", "poinst=4", 9, "unknown option 'poinst'"),
        ("# %% demo=true", '# %% demo=true check="double"', 37, "both check and demo"),
        ("import numpy as np", "import numpy as", 5, "invalid Python"),
    ],
)
def test_errors_name_line_and_remedy(write, old, new, line, said):
    error = problem(write, old, new)
    assert said in str(error)
    assert error.line == line
    assert str(error).startswith(f"{error.path}:{line}: ")
    assert error.remedy


def test_a_check_that_calls_report_itself_is_refused(write):
    error = problem(write, "    assert_allclose(double(2.0), 4.0)\n", "    pass\n\n\nreport('double')\n")
    assert "Remove the line" in error.remedy


def test_a_notebook_that_does_not_import_report_is_refused(write):
    assert "imports report" in str(problem(write, "assert_allclose, report", "assert_allclose"))


def test_duplicate_exercises_name_the_first(write):
    again = GOOD + GOOD[GOOD.index("# %% exercise") : GOOD.index("# %% check")]
    with pytest.raises(SourceError, match=r"duplicate exercise 'double' \(the first is in line 10\)"):
        read_notebook(write(again))


def test_defined_names_are_those_of_the_top_level():
    code = "import os\na, (b, _c) = 1, (2, 3)\nd: int = 4\ndef f():\n    g = 1\nclass H:\n    i = 2\n"
    assert defined_names(code) == ["a", "b", "d", "f", "H"]


def test_a_wrong_place_says_what_is_there(write, tmp_path):
    write(GOOD)
    assert chapters(tmp_path) == ["ch01_small"]
    with pytest.raises(FileNotFoundError, match="there are: ch01_small"):
        read_chapter(tmp_path, "ch02")
    with pytest.raises(FileNotFoundError, match="no notebook sources"):
        chapters(tmp_path / "ch01_small")
