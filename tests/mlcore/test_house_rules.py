"""Import floors, import time, file length, doctests, names."""

import ast
import doctest
import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import mlcore

ROOT = Path(mlcore.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
NAMES = [m.name for m in pkgutil.walk_packages(mlcore.__path__, "mlcore.")]
STANDARD_LIBRARY = sys.stdlib_module_names

#: What each floor may import of mlcore, besides itself.
FLOORS = {
    "autodiff": set(),
    "functions": {"autodiff"},
    "layers": {"autodiff", "functions"},
    "optimizers": {"autodiff"},
    "regularization": {"autodiff", "functions", "layers"},
    "data": set(),
    "metrics": set(),
    "search": {"autodiff"},
    "training": {"autodiff", "functions", "layers", "optimizers", "regularization", "data", "metrics"},
    "plotting": {"autodiff", "functions", "layers", "data", "metrics", "training"},
}
#: What a floor may import, where it is used, besides NumPy and the standard library.
OPTIONAL = {"data": {"sklearn"}, "training": {"tqdm"}, "plotting": {"matplotlib", "graphviz", "IPython"}}


def imports(path):
    """All modules that a file imports at any depth of its code."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write imports in full"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_keep_to_the_floors_and_to_numpy(path):
    floor = path.relative_to(ROOT).with_suffix("").parts[0]
    allowed = set(FLOORS) if floor == "__init__" else FLOORS[floor] | {floor}
    for name in imports(path):
        package, *rest = name.split(".")
        assert package in STANDARD_LIBRARY | {"numpy", "mlcore"} | OPTIONAL.get(floor, set()), f"{path} imports {name}"
        if package == "mlcore":
            assert rest[0] in allowed, f"{path} imports {name}, which is not below it"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_holds_one_idea(path):
    assert len(path.read_text().splitlines()) <= 320


@pytest.mark.parametrize("name", ["mlcore", *NAMES])
def test_doctests(name):
    module = import_module(name)
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS, verbose=False)
    report = []
    for value in [module, *(v for v in vars(module).values() if getattr(v, "__module__", None) == name)]:
        if inspect.ismodule(value) or inspect.isclass(value) or inspect.isfunction(value):
            for test in finder.find(inspect.unwrap(value), value.__name__, module=module):
                runner.run(test, out=report.append)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
    assert runner.failures == 0, "".join(report)


def test_what_the_readme_says_is_so():
    failures, tries = doctest.testfile(str(ROOT / "README.md"), module_relative=False)
    assert failures == 0
    assert tries > 10


def public_objects():
    for package in FLOORS:
        module = import_module(f"mlcore.{package}")
        for name in module.__all__:
            yield f"{package}.{name}", getattr(module, name)


@pytest.mark.parametrize(("name", "value"), list(public_objects()), ids=lambda v: v if isinstance(v, str) else "")
def test_everything_public_has_a_docstring_with_an_example(name, value):
    assert ">>>" in value.__doc__
    first = value.__doc__.strip().splitlines()[0]
    assert first.endswith((".", ":")) or "." in first


def test_import_is_quick_and_brings_nothing_heavy():
    code = (
        "import numpy, sys, time; start = time.process_time(); import mlcore; "
        "print(time.process_time() - start); "
        "print([m for m in ('matplotlib', 'scipy', 'sklearn', 'grading') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent)
    seconds, heavy = run.stdout.splitlines()
    assert float(seconds) < 0.2
    assert heavy == "[]"
