"""Who may know whom: mlcore never imports grading, and a student's machine needs no grader."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GRADER_ONLY = ("nbgrader", "jupytext", "rich", "typer", "msgpack", "cloudpickle", "sqlalchemy", "jinja2", "nbformat")
SEEN = ("grading.checks", "grading.sandbox")  # what the sandbox shows of the package


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_mlcore_never_imports_grading():
    for path in (ROOT / "mlcore").rglob("*.py"):
        assert not [n for n in imported(path) if n.split(".")[0] == "grading"], path


def test_what_runs_beside_student_code_needs_nothing_of_the_judge():
    for path in (ROOT / "grading" / "sandbox").glob("*.py"):
        if path.name != "client.py":  # the judge's side
            assert not [n for n in imported(path) if n.startswith("grading") and not n.startswith(SEEN)], path


def test_checks_need_numpy_alone():
    code = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({(*GRADER_ONLY, 'IPython', 'matplotlib', 'scipy', 'sklearn')!r}))\n"
        "import grading.checks, mlcore\n"
        "print(sorted(m for m in sys.modules if m.startswith('grading.')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "['grading.checks']"


def test_the_command_says_what_to_install_where_the_grader_is_not():
    code = "import sys\nsys.modules['typer'] = None\nfrom grading.__main__ import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert "pip install 'mlcourse[grading]'" in done.stderr


def test_the_zygote_never_loads_the_judge():
    code = (
        "import sys\nfrom grading.sandbox import child, zygote\nchild.warm_up()\n"
        "print([m for m in sys.modules if m.startswith('grading.')], file=sys.__stdout__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    loaded = ast.literal_eval(done.stdout)
    assert loaded
    assert all(name.startswith(SEEN) for name in loaded)
