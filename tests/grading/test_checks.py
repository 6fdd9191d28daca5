"""The assertions of check cells, and the report that a student sees."""

import numpy as np
import pytest

from grading import checks
from grading.checks import CheckFailure, Score, TestResult


def fails(function, *args, **options):
    with pytest.raises(CheckFailure) as caught:
        function(*args, **options)
    return str(caught.value)


class TestAllclose:
    def test_equal_arrays_pass(self):
        checks.assert_allclose([1.0, np.nan, np.inf], np.array([1.0 + 1e-9, np.nan, np.inf]))

    def test_nothing_is_broadcast(self):
        assert fails(checks.assert_allclose, np.ones((3, 1)), np.ones(3)) == "expected shape (3,); got (3, 1)"
        assert "expected shape (3,)" in fails(checks.assert_allclose, 1.0, np.ones(3))

    def test_says_where_and_how_much(self):
        message = fails(checks.assert_allclose, [[1.0, 2.0], [3.0, 5.0]], [[1.0, 2.0], [3.0, 4.0]])
        assert message == "1 of 4 entries are wrong; at [1, 1] expected 4, got 5"

    def test_truth_values_are_said_as_such(self):
        assert fails(checks.assert_allclose, True, False) == "expected False; got True"

    @pytest.mark.parametrize("infinity", [np.nan, np.inf, -np.inf])
    def test_nan_and_infinity_are_not_close_to_numbers(self, infinity):
        assert "expected 1; got" in fails(checks.assert_allclose, infinity, 1.0)

    @pytest.mark.parametrize(
        ("value", "said"),
        [(None, "is there a `return`"), ("text", "expected numbers"), ([[1], [2, 3]], "cannot be turned"),
         (np.array([object()]), "expected numbers"), (print, "expected numbers")],
    )  # fmt: skip
    def test_what_is_no_array_of_numbers_is_named(self, value, said):
        assert said in fails(checks.assert_allclose, value, 1.0)

    def test_an_object_that_equals_everything_does_not(self):
        class Everything:
            def __eq__(self, other):
                return True

            def __array__(self, *_, **__):
                return np.array(1.0)

        class Student:
            is_student_object = True
            type_name = "Everything"

        checks.assert_allclose(Everything(), 1.0)  # in one process nothing can be done about it …
        assert "an Everything" in fails(checks.assert_allclose, Student(), 1.0)  # … across two there is


def test_finite_and_shape():
    checks.assert_finite([1.0, 2.0])
    assert fails(checks.assert_finite, [1.0, np.inf, np.nan]) == "2 of 3 entries are NaN or infinite"
    checks.assert_shape(np.ones((2, 3)), (2, 3))
    assert fails(checks.assert_shape, np.ones(3), (3, 1)) == "expected shape (3, 1); got (3,)"


def test_raises():
    checks.assert_raises(ValueError, int, "x")
    assert fails(checks.assert_raises, ValueError, int, 1) == "expected ValueError; nothing was raised"
    assert "got TypeError" in fails(checks.assert_raises, ValueError, int, [])

    def stub():
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        checks.assert_raises(ValueError, stub)


def test_inputs_unchanged():
    def in_place(x, y):
        y += 1
        return x + y

    checks.assert_inputs_unchanged(np.add, np.ones(3), np.ones(3))
    assert "argument 2 was changed" in fails(checks.assert_inputs_unchanged, in_place, np.ones(3), np.ones(3))


def test_gradient():
    x = np.random.default_rng(0).normal(size=(2, 3))
    checks.assert_gradient(lambda x: (x**3).sum(), lambda x: 3 * x**2, x)
    assert "wrong" in fails(checks.assert_gradient, lambda x: (x**3).sum(), lambda x: 3 * x, x)


@pytest.mark.parametrize("check", [checks.assert_inputs_unchanged, checks.assert_vectorized])
def test_a_function_that_does_nothing_passes_nothing(check):
    inputs = [(np.ones(3),), (np.ones(4),)] if check is checks.assert_vectorized else [np.ones(3)]
    assert "returned None" in fails(check, lambda x: None, *inputs)


class TestVectorized:
    small, large = (np.ones((3, 4)),), (np.ones((500, 4)),)

    def test_one_expression_passes(self):
        checks.assert_vectorized(lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True), self.small, self.large)

    @pytest.mark.parametrize(
        "loop",
        [
            lambda x: np.array([row.sum() for row in x]),
            lambda x: np.vectorize(lambda v: v + 1)(x),
            lambda x: np.apply_along_axis(lambda r: r.sum(), 1, x),
            lambda x: sum(map(np.sum, x)),
        ],
        ids=["comprehension", "np.vectorize", "apply_along_axis", "map"],
    )
    def test_a_loop_over_examples_fails(self, loop):
        assert "grows with the number of examples" in fails(checks.assert_vectorized, loop, self.small, self.large)

    def test_tracing_is_put_back(self):
        import sys

        before = sys.gettrace()
        checks.count_operations(len, [])
        assert sys.gettrace() is before


class TestRunning:
    def test_fixtures_come_by_name_and_depend_on_seed_and_test_alone(self):
        seen = []

        def test_a(rng):
            seen.append(rng.normal())

        for seed in ("x", "x", "y"):
            assert checks.run_test(test_a, seed=seed).passed
        assert seen[0] == seen[1] != seen[2]

    def test_an_unknown_fixture_is_named(self):
        def test_a(rnd):
            pass

        assert "asks for rnd" in checks.run_test(test_a, seed="").message

    def test_a_stub_is_told_from_an_error(self):
        def test_stub():
            raise NotImplementedError

        def test_error():
            [].pop()

        assert checks.run_test(test_stub, seed="").message == checks.NOT_WRITTEN
        assert "IndexError: pop from empty list" in checks.run_test(test_error, seed="").message

    def test_ctrl_c_gets_through(self):
        def test_interrupted():
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            checks.run_test(test_interrupted, seed="")

    def test_the_hint_is_the_docstring_else_the_name(self):
        def test_rows_sum_to_one():
            pass

        assert checks.hint_of(test_rows_sum_to_one) == "rows sum to one"
        test_rows_sum_to_one.__doc__ = "Does each\n    row sum to one?"
        assert checks.hint_of(test_rows_sum_to_one) == "Does each row sum to one?"


def test_the_score_is_a_number_to_nbgrader_and_a_table_to_a_reader():
    results = [TestResult("a", "hint <b>", True), TestResult("b", "other", False, "x < y"), TestResult("c", "", False)]
    score = Score("softmax", 4, results, hidden=2)
    assert repr(score) == "1.33"
    page = score._repr_html_()
    assert "hint &lt;b&gt;" in page
    assert "x &lt; y" in page
    assert "2 more checks run when your work is graded" in page
    assert "1 of 3 checks hold" in str(score)


def run_cell(code, namespace):
    exec(compile(code, "<cell>", "exec"), namespace)
    return namespace


def test_report_runs_the_tests_of_its_own_cell_only(capsys):
    namespace = {"report": checks.report}
    run_cell("def test_other():\n    raise ValueError", namespace)
    exec(compile("def test_mine():\n    'Mine.'\n\nscore = report('e', points=3)", "<other cell>", "exec"), namespace)
    assert namespace["score"] == 3.0
    assert "test_mine" not in namespace
    assert "test_other" in namespace
    assert "✓ Mine." in capsys.readouterr().out


def test_a_function_without_numbers_has_no_gradient():
    with np.errstate(all="ignore"), pytest.raises(CheckFailure, match="NaN or infinite near 2 of 2"):
        checks.assert_gradient(lambda x: x[0] + np.log(x[1]), lambda x: x * np.nan, np.array([1.0, 0.0]))


@pytest.mark.filterwarnings("error")
def test_what_a_students_code_warns_of_costs_nothing():
    code = "import numpy as np\ndef test_it():\n    np.exp(np.float64(1e4))\nscore = report('f', points=2)"
    assert run_cell(code, {"report": checks.report})["score"] == 2.0


def test_report_hands_over_a_reference_for_one_process():
    code = (
        "from grading.checks import load_reference, report\n"
        "reference = load_reference('def f(x):\\n    return g(x) + 1', globals())\n"
        "def test_it(reference):\n    assert reference.f(1) == 3\n"
        "score = report('f', points=2)"
    )
    assert run_cell(code, {"g": lambda x: 2 * x})["score"] == 2.0
