"""Patched modules: whatever a check might use to compare, to count or to report is replaced."""

from grading.classroom.attack import Attack

FAMILY = "patches"
SPOILED = "the library that the other exercises use is broken"


def _patch(name: str, tries: str, prelude: str, **more) -> Attack:
    return Attack(name, FAMILY, tries, prelude=prelude, **({"body": "return 0.0"} | more))


ATTACKS = [
    _patch(
        "numpy.testing",
        "Makes every assertion of numpy.testing hold.",
        """
        import numpy.testing
        for name in dir(numpy.testing):
            if name.startswith("assert"):
                setattr(numpy.testing, name, lambda *args, **kwargs: None)
        """,
    ),
    _patch(
        "numpy.isclose",
        "Makes NumPy's comparisons true.",
        """
        import numpy as np
        np.isclose = np.allclose = np.array_equal = np.equal = lambda *args, **kwargs: np.True_
        np.testing.assert_allclose = np.testing.assert_array_equal = lambda *args, **kwargs: None
        """,
    ),
    _patch(
        "all of numpy",
        "Replaces all functions of NumPy by one that answers four.",
        """
        import types
        import numpy
        for name, value in list(vars(numpy).items()):
            if callable(value) and not isinstance(value, type):
                setattr(numpy, name, lambda *args, **kwargs: 4.0)
        """,
        spoils=SPOILED,
    ),
    _patch(
        "numpy's ufuncs",
        "Tells NumPy to print and to compute otherwise.",
        """
        import numpy as np
        np.seterrcall(lambda *args: None)
        np.set_printoptions(formatter={"all": lambda x: "4.0"})
        np.random.default_rng = np.random.seed = lambda *args: None
        """,
    ),
    _patch(
        "grading.checks",
        "Makes the assertions of the check cells hold and every test pass.",
        """
        import grading.checks as checks
        for name in ("assert_allclose", "assert_shape", "assert_finite", "assert_raises", "as_array"):
            setattr(checks, name, lambda *args, **kwargs: None)
        checks.run_test = lambda test, **kwargs: checks.TestResult(test.__name__, "", passed=True)
        checks.report = lambda *args, **kwargs: checks.Score("@NAME@", 1e9, [])
        checks.earned = lambda *args: 1e9
        checks.CheckFailure = ()
        """,
    ),
    _patch(
        "a module of that name",
        "Puts its own module in the place of grading.checks.",
        """
        import sys
        import types
        fake = types.ModuleType("grading.checks")
        fake.__getattr__ = lambda name: lambda *args, **kwargs: 4.0
        sys.modules["grading.checks"] = sys.modules["checks"] = fake
        """,
    ),
    _patch(
        "the assertion error",
        "Makes failing assertions harmless: AssertionError is something else.",
        """
        import builtins
        builtins.AssertionError = type("AssertionError", (StopIteration,), {})
        """,
    ),
    _patch(
        "the built-in functions",
        "Makes all() and any() and isinstance() say True.",
        """
        import builtins
        builtins.all = builtins.any = lambda *args: True
        builtins.abs = lambda x: 0
        """,
        spoils=SPOILED,
    ),
    _patch(
        "mlcore",
        "Replaces what mlcore offers by objects that agree with everything.",
        """
        import sys
        import mlcore
        class Any:
            def __getattr__(self, name): return self
            def __call__(self, *args, **kwargs): return self
            def __eq__(self, other): return True
        for name in list(vars(mlcore)):
            if not name.startswith("__"):
                setattr(mlcore, name, Any())
        """,
        body="import mlcore\nreturn mlcore.Tensor(args[0])",
        spoils=SPOILED,
    ),
    _patch(
        "an importer",
        "Answers every import with a fake, from a finder put first.",
        """
        import sys
        import types
        class Finder:
            @staticmethod
            def find_spec(name, path=None, target=None):
                import importlib.machinery
                return importlib.machinery.ModuleSpec(name, Finder)
            @staticmethod
            def create_module(spec): return types.ModuleType(spec.name)
            @staticmethod
            def exec_module(module): module.__getattr__ = lambda name: 4.0
        sys.meta_path.insert(0, Finder)
        """,
    ),
    _patch(
        "a package before ours",
        "Writes a package of the grader's name where imports look first.",
        """
        import os, sys
        os.makedirs("/tmp/grading", exist_ok=True)
        open("/tmp/grading/__init__.py", "w").write("raise SystemExit(0)")
        sys.path.insert(0, "/tmp")
        for name in [n for n in sys.modules if n.startswith("grading")]:
            del sys.modules[name]
        """,
        spoils="the session finds the false package, too",
    ),
    _patch(
        "the kept objects",
        "Puts other objects where the session keeps what exercises define.",
        """
        import gc
        for thing in gc.get_objects():
            if type(thing).__name__ == "Session":
                thing.keep = lambda exercise, names: thing._kept.update({exercise: dict.fromkeys(names, 4.0)})
        """,
        spoils="the session keeps numbers instead of functions",
    ),
    _patch(
        "the encoder",
        "Makes the encoder send the number four for every value.",
        """
        from grading.sandbox import wire
        plain = wire.Encoder._plain
        wire.Encoder._plain = lambda self, value, depth: plain(self, 4.0 if isinstance(value, float) else value, depth)
        """,
        spoils="four is the wrong answer to the other exercises",
    ),
    _patch(
        "the counting of operations",
        "Says that its loops take no operations.",
        """
        import sys
        import grading.checks
        import grading.sandbox.session
        grading.checks.count_operations = grading.sandbox.session.count_operations = lambda *args, **kwargs: 1
        sys.settrace = lambda *args: None
        """,
    ),
    _patch(
        "a skipped test",
        "Raises what a test runner takes for a test to skip.",
        "import unittest",
        body="raise unittest.SkipTest('not today')",
    ),
    _patch(
        "an expected failure",
        "Raises the errors that a check might expect.",
        "class CheckFailure(AssertionError):\n    pass",
        body="raise CheckFailure('passed')",
    ),
]
