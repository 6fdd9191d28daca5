"""What a check cell uses: assertions with readable messages, and the table that tells a student how it went.

A check cell holds tests in pytest's style: one function, one thing that must hold, its docstring the hint for whoever
fails it. A test may ask for two fixtures by name: ``rng``, a ``numpy.random.Generator`` of its own, and ``reference``,
the reference solution (where the grader runs it; a student's notebook has no such tests).

The same tests run in two places. In JupyterLab the names that they use are the student's own objects. In the grader
they are proxies of objects in another process, so nothing here may rely on more than calling them and reading plain
data. This module needs NumPy alone.
"""

from __future__ import annotations

import html
import inspect
import sys
import traceback
import warnings
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType, SimpleNamespace
from typing import Any

import numpy as np

__all__ = [
    "assert_allclose",
    "assert_finite",
    "assert_gradient",
    "assert_inputs_unchanged",
    "assert_raises",
    "assert_shape",
    "assert_vectorized",
    "load_reference",
    "report",
]


class CheckFailure(AssertionError):
    """A check that does not hold, with a message for the student."""


# ---- assertions -----------------------------------------------------------------------------------------------------


def as_array(value: Any, what: str = "your result") -> np.ndarray:
    """Return ``value`` as an array of numbers, or say why it is none.

    Tensors count as their data. Raises CheckFailure for None, text, objects and ragged lists.
    """
    if value is None:
        raise CheckFailure(f"{what} is None; is there a `return` on every path?")
    if hasattr(value, "is_student_object"):
        raise CheckFailure(f"expected numbers; {what} is {_a(value.type_name)}")
    data = getattr(value, "data", None)
    if isinstance(data, np.ndarray):
        value = data
    try:
        array = np.asarray(value)
    except Exception as error:
        raise CheckFailure(f"expected an array of numbers; {what} cannot be turned into one ({error})") from None
    if array.dtype.kind not in "biufc":
        raise CheckFailure(f"expected numbers; {what} is {_a(type(value).__name__)} of dtype {array.dtype}")
    return array


def assert_shape(actual: Any, shape: Sequence[int]) -> None:
    """Check that ``actual`` is an array of exactly this shape."""
    got = as_array(actual).shape
    if got != tuple(shape):
        raise CheckFailure(f"expected shape {tuple(shape)}; got {got}")


def assert_allclose(actual: Any, expected: Any, *, rtol: float = 1e-6, atol: float = 1e-9) -> None:
    """Check ``|actual - expected| <= atol + rtol * |expected|`` entry by entry, for equal shapes.

    Unlike NumPy's function of that name nothing is broadcast, so that (n, 1) where (n,) was asked for is a failure.
    NaN equals NaN, and an infinity equals itself.
    """
    expected = as_array(expected, "the expected value")
    actual = as_array(actual)
    if actual.shape != expected.shape:
        raise CheckFailure(f"expected shape {expected.shape}; got {actual.shape}")
    close = np.isclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
    if close.all():
        return
    if actual.ndim == 0:
        raise CheckFailure(f"expected {_number(expected)}; got {_number(actual)}")
    wrong = np.argwhere(~close)
    first = tuple(int(i) for i in wrong[0])
    where = "[" + ", ".join(map(str, first)) + "]"
    entries = "the only entry is" if actual.size == 1 else f"{len(wrong)} of {actual.size} entries are"
    raise CheckFailure(f"{entries} wrong; at {where} expected {_number(expected[first])}, got {_number(actual[first])}")


def assert_finite(actual: Any) -> None:
    """Check that no entry is NaN or infinite."""
    array = as_array(actual)
    bad = int((~np.isfinite(array)).sum())
    if bad:
        raise CheckFailure(f"{bad} of {array.size} entries are NaN or infinite")


def assert_raises(error: type[Exception], function: Callable, *args: Any) -> None:
    """Check that ``function(*args)`` raises this error."""
    try:
        function(*args)
    except error:
        return
    except NotImplementedError:
        raise
    except Exception as other:
        raise CheckFailure(f"expected {error.__name__}; got {type(other).__name__}: {other}") from None
    raise CheckFailure(f"expected {error.__name__}; nothing was raised")


def assert_inputs_unchanged(function: Callable, *args: Any) -> None:
    """Check that a call leaves the arrays among its arguments as they were."""
    before = [np.array(a) if isinstance(a, np.ndarray) else None for a in args]
    _must_return(function(*args))
    for position, (old, new) in enumerate(zip(before, args, strict=True), start=1):
        if old is not None and not np.array_equal(old, new, equal_nan=old.dtype.kind in "fc"):
            raise CheckFailure(f"argument {position} was changed by the call; work on a copy")


def assert_gradient(
    function: Callable, gradient: Callable, x: np.ndarray, *, step: float = 1e-5, rtol: float = 1e-4, atol: float = 1e-6
) -> None:
    """Check ``gradient(x)`` against central differences of ``function`` at ``x`` (any shape, float64).

    Entry i of the difference quotient is (f(x + h eᵢ) − f(x − h eᵢ)) / 2h with h = ``step``.
    """
    x = np.array(x, dtype=float)
    expected = np.empty_like(x)
    for i in np.ndindex(x.shape):
        ahead, behind = x.copy(), x.copy()
        ahead[i] += step
        behind[i] -= step
        expected[i] = (float(as_array(function(ahead))) - float(as_array(function(behind)))) / (2 * step)
    bad = int((~np.isfinite(expected)).sum())
    if bad:
        raise CheckFailure(f"there is no slope to compare with: the function is NaN or infinite near {bad} of {x.size}")
    assert_allclose(gradient(x), expected, rtol=rtol, atol=atol)


def assert_vectorized(function: Callable, small: tuple, large: tuple, *, slack: float = 1.5) -> None:
    """Check that the Python work of a call does not grow with the number of examples.

    ``small`` and ``large`` are the arguments of two calls that differ in the number of examples only. What is counted
    are Python bytecodes, not seconds, so the answer is the same on every machine: NumPy's loops are free, a loop (or
    comprehension, or ``np.vectorize``) over examples is not.
    """
    _must_return(function(*small))
    few, many = count_operations(function, *small), count_operations(function, *large)
    if many > slack * few + 100:
        raise CheckFailure(
            f"the Python work grows with the number of examples ({few} → {many} operations); "
            "let one NumPy expression handle all rows at once"
        )


def count_operations(function: Callable, *args: Any, **kwargs: Any) -> int:
    """Return how many Python bytecodes a call executes."""
    remote = getattr(function, "count_student_operations", None)
    if remote is not None:
        return remote(*args, **kwargs)
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Callable:
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*args, **kwargs)
    finally:
        sys.settrace(before)
    return count


def _number(value: Any) -> str:
    number = np.asarray(value)[()]
    return str(number) if number.dtype.kind == "b" else f"{number:.6g}"


def _must_return(value: Any) -> None:
    if value is None:
        raise CheckFailure("your function returned None; is there a `return` on every path?")


def _a(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


# ---- running tests --------------------------------------------------------------------------------------------------


@dataclass
class TestResult:
    """How one test of a check cell ended."""

    __test__ = False  # not a test for pytest to collect

    name: str
    hint: str
    passed: bool
    message: str = ""
    hidden: bool = False


def hint_of(test: FunctionType) -> str:
    """Return a test's hint: its docstring on one line, else its name in words."""
    text = inspect.getdoc(test)
    return " ".join(text.split()) if text else test.__name__.removeprefix("test_").replace("_", " ")


def fixtures_for(test: FunctionType, seed: str, reference: Any) -> dict[str, Any]:
    """Return the fixtures that a test asks for by name; the generator is a function of seed and test alone."""
    known = {"rng": lambda: np.random.default_rng(seed_number(seed, test.__name__)), "reference": lambda: reference}
    wanted = inspect.signature(test).parameters
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise TypeError(f"{test.__name__} asks for {', '.join(unknown)}; the fixtures are rng and reference")
    return {name: known[name]() for name in wanted}


def seed_number(*parts: str) -> int:
    """Return a number that depends on these texts alone (not on the process, as ``hash`` would)."""
    return zlib.crc32("\0".join(parts).encode())


def run_test(test: FunctionType, *, seed: str, reference: Any = None) -> TestResult:
    """Run one test and say how it ended. Only an Exception is caught: Ctrl-C still stops a student's kernel."""
    result = TestResult(test.__name__, hint_of(test), passed=False)
    try:
        test(**fixtures_for(test, seed, reference))
        result.passed = True
    except CheckFailure as failure:
        result.message = str(failure)
    except NotImplementedError:
        result.message = NOT_WRITTEN
    except AssertionError as failure:
        result.message = str(failure) or "this does not hold"
    except Exception as error:
        where = getattr(error, "location", None) or _location(error, test.__code__)
        result.message = f"{type(error).__name__}: {error}{where}"
    return result


NOT_WRITTEN = "not written yet: replace `raise NotImplementedError`"


def _location(error: BaseException, test: CodeType) -> str:
    """Say in which line of the student's code an error arose, where that can be told."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename not in (__file__, test.co_filename)]
    cells = [f for f in frames if "site-packages" not in f.filename and f.line]
    return f" (in {cells[-1].name}, line {cells[-1].lineno}: {cells[-1].line})" if cells else ""


def earned(points: float, results: Sequence[TestResult]) -> float:
    """Return the share of ``points`` that the passed tests earn, to two decimals."""
    return round(points * sum(r.passed for r in results) / len(results), 2) if results else 0.0


# ---- the table that a student sees ----------------------------------------------------------------------------------


class Score(float):
    """The points of one exercise: a number to nbgrader, a table to a reader."""

    exercise: str
    points: float
    results: list[TestResult]
    hidden: int

    def __new__(cls, exercise: str, points: float, results: list[TestResult], hidden: int = 0) -> Score:
        score = super().__new__(cls, earned(points, results))
        score.exercise, score.points, score.results, score.hidden = exercise, points, results, hidden
        return score

    def _repr_html_(self) -> str:
        note = f"{plural(self.hidden, 'more check')} run when your work is graded." if self.hidden else ""
        return results_table(self.exercise, self, self.points, self.results, notes=[note] if note else [])

    def __str__(self) -> str:
        lines = [_headline(self.exercise, self, self.points, self.results)]
        for r in self.results:
            lines.append(f"  {'✓' if r.passed else '✗'} {r.hint}" + (f"\n      {r.message}" if r.message else ""))
        return "\n".join(lines)


def plural(n: int, noun: str) -> str:
    """Return a number with its noun: 1 check, 2 checks."""
    return f"{n} {noun}" + ("" if n == 1 else "s")


def _headline(exercise: str, score: float, points: float, results: Sequence[TestResult]) -> str:
    passed = sum(r.passed for r in results)
    return f"{exercise}: {passed} of {plural(len(results), 'check')} hold, {score:g} of {points:g} points"


def results_table(
    exercise: str, score: float, points: float, results: Sequence[TestResult], *, notes: Sequence[str] = ()
) -> str:
    """Return the HTML table of an exercise's results. Every text is escaped; colours suit light and dark pages."""
    rows = []
    for r in results:
        mark, colour = ("✓", "#00875a") if r.passed else ("✗", "#d5006d")
        hidden = " <small style='opacity:.65'>(hidden check)</small>" if r.hidden else ""
        message = f"<div style='opacity:.8;margin-top:2px'><code>{html.escape(r.message)}</code></div>" * bool(
            r.message
        )
        rows.append(
            f"<tr><td style='color:{colour};font-weight:bold;vertical-align:top;text-align:center'>{mark}</td>"
            f"<td style='text-align:left;white-space:normal'>{html.escape(r.hint)}{hidden}{message}</td></tr>"
        )
    told = "".join(f"<p style='margin:.4em 0'>{html.escape(n)}</p>" for n in notes)
    return (
        f"<div class='mlcourse-report'><p style='margin:.4em 0'><b>{html.escape(exercise)}</b>"
        f"{html.escape(_headline('', score, points, results))}</p>"
        f"<table style='margin:0'>{''.join(rows)}</table>{told}</div>"
    )


def report(exercise: str, *, points: float, hidden: int = 0) -> Score:
    """Run the tests of the cell that calls this and return the earned points.

    Parameters
    ----------
    exercise : str
        The exercise's name.
    points : float
        What it is worth.
    hidden : int
        How many further checks run when the work is graded.

    Returns
    -------
    Score
        A float that JupyterLab shows as a table.
    """
    frame = inspect.currentframe().f_back
    namespace, cell = frame.f_globals, frame.f_code.co_filename
    tests = [
        value
        for name, value in list(namespace.items())
        if name.startswith("test_") and isinstance(value, FunctionType) and value.__code__.co_filename == cell
    ]
    reference = namespace.pop("reference", None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what they warn of fails a check, or does not matter; nbgrader gives them a 0
        results = [run_test(test, seed=exercise, reference=reference) for test in tests]
    for test in tests:
        namespace.pop(test.__name__, None)
    score = Score(exercise, points, results, hidden)
    if "get_ipython" not in namespace:
        print(score)
    return score


def load_reference(source: str, namespace: Mapping[str, Any]) -> SimpleNamespace:
    """Return what ``source`` defines when it runs in a copy of ``namespace`` (for graders that have one process)."""
    scope = dict(namespace)
    exec(compile(source, "<reference>", "exec"), scope)
    return SimpleNamespace(**{k: v for k, v in scope.items() if not k.startswith("__")})
