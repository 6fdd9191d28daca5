"""A course folder: where nbgrader's files and our own records of what was graded lie.

::

    course/
      nbgrader_config.py   settings of nbgrader, an instructor's to change
      mlcourse.toml        optional: limits for student code
      gradebook.db         unless nbgrader_config.py names another database
      source/ release/ submitted/ autograded/ feedback/
      .mlcourse/results/CHAPTER/STUDENT.json
"""

from __future__ import annotations

import glob
import os
import re
import shutil
import stat
import tomllib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from grading.results import SubmissionResult
from grading.sandbox.limits import Limits

if TYPE_CHECKING:  # nbgrader takes two seconds to import
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config import Config

MAX_TIMESTAMP = 100  # characters
SETTINGS = '''"""Settings of nbgrader for this course: https://nbgrader.readthedocs.io/en/stable/configuration/config_options.html"""

from grading.nbgrader_config import configure

c = get_config()  # noqa: F821
configure(c{arguments})
c.CourseDirectory.course_id = {name!r}

# c.CourseDirectory.db_url = "postgresql+psycopg://user@host/gradebook"
# c.LateSubmissionPlugin.penalty_method = "zero"
'''


class CourseError(Exception):
    """Something in a course folder that its instructor must mend."""


class Course:
    """A course folder, laid out as nbgrader wants it.

    Parameters
    ----------
    root : Path
        The folder.
    solutions : Path
        The folder of notebook sources that this course is graded with.
    """

    def __init__(self, root: Path, solutions: Path):
        self.root = Path(root).resolve()
        self.solutions = Path(solutions).resolve()

    def __reduce__(self) -> tuple:
        return type(self), (self.root, self.solutions)  # a worker reads the settings itself

    def create(self) -> None:
        """Make the folder and its settings, where there are none; change nothing that is there."""
        self.root.mkdir(parents=True, exist_ok=True)
        settings = self.root / "nbgrader_config.py"
        if not settings.exists():
            ours = Path(__file__).resolve().parents[1] / "solutions"
            arguments = "" if self.solutions == ours else f", solutions={str(self.solutions)!r}"
            write_atomically(settings, SETTINGS.format(arguments=arguments, name=self.root.name).encode())

    # ---- settings ---------------------------------------------------------------------------------------------------

    @cached_property
    def config(self) -> Config:
        """nbgrader's settings: Jupyter's own folders first, then this one, as nbgrader's commands read them."""
        from jupyter_core.paths import jupyter_config_path
        from traitlets.config import Config, JSONFileConfigLoader, PyFileConfigLoader

        config = Config()
        for folder in [*reversed(jupyter_config_path()), str(self.root)]:
            for loader, suffix in ((JSONFileConfigLoader, "json"), (PyFileConfigLoader, "py")):
                name = f"nbgrader_config.{suffix}"
                if os.path.isfile(os.path.join(folder, name)):
                    try:
                        config.merge(loader(name, path=folder).load_config())
                    except Exception as error:
                        raise CourseError(f"{folder}/{name}: {type(error).__name__}: {error}") from error
        config.CourseDirectory.root = str(self.root)
        return config

    def nbgrader_config(self) -> Config:
        """Return a copy of nbgrader's settings, to give to one of its classes."""
        from copy import deepcopy

        return deepcopy(self.config)

    @cached_property
    def directory(self) -> CourseDirectory:
        """nbgrader's own view of the folder."""
        from nbgrader.coursedir import CourseDirectory
        from sqlalchemy.engine import make_url

        directory = CourseDirectory(config=self.nbgrader_config())
        url = make_url(directory.db_url)
        if url.drivername.startswith("sqlite") and url.database not in (None, "", ":memory:"):
            # a relative path means one below the course folder, wherever the command is run
            database = str(self.root / url.database)
            directory.db_url = url.set(database=database).render_as_string(hide_password=False)
        elif not directory.course_id and not url.drivername.startswith("sqlite"):
            raise CourseError(
                f"a gradebook in {url.get_backend_name()} needs a name for the course: "
                f"set c.CourseDirectory.course_id in {self.root}/nbgrader_config.py"
            )
        return directory

    @property
    def db_url(self) -> str:
        """The address of the gradebook."""
        return self.directory.db_url

    def limits(self) -> Limits:
        """Return the limits for student code: the defaults, changed by ``[limits]`` of ``mlcourse.toml``.

        Raises
        ------
        CourseError
            Naming file and key, for what cannot be understood.
        """
        path = self.root / "mlcourse.toml"
        if not path.exists():
            return Limits()
        try:
            settings = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CourseError(f"{path}: {error}") from None
        for table in settings:
            if table != "limits":
                raise CourseError(f"{path}: unknown key {table!r}; expected the table [limits]")
        table = settings.get("limits", {})
        if not isinstance(table, dict):
            raise CourseError(f"{path}: limits must be a table; write [limits] and one limit a line below it")
        limits = Limits()
        for key, value in table.items():
            try:
                limits = limits.with_settings({key: value})
            except (ValueError, OverflowError) as error:
                raise CourseError(f"{path}: [limits] {key}: {error}") from None
        return limits

    # ---- folders ----------------------------------------------------------------------------------------------------

    def folder(self, step: str, chapter: str, student: str = ".") -> Path:
        """Return a folder of nbgrader's: ``step`` is source, release, submitted, autograded or feedback."""
        return Path(self.directory.format_path(getattr(self.directory, f"{step}_directory"), student, chapter))

    def students(self, chapter: str, step: str = "submitted") -> list[str]:
        """Return who handed in a chapter, in order. Files and links are no hand-ins."""
        directory = self.directory
        name = getattr(directory, f"{step}_directory")
        layout = directory.directory_structure.format(
            nbgrader_step=name, student_id="*", assignment_id=glob.escape(chapter)
        )
        pattern = directory.format_path(re.escape(name), "(?P<student>[^/]+)", re.escape(chapter), escape=True)
        excluded = set(directory.student_id_exclude.split(","))
        found = set()
        for path in glob.glob(os.path.join(glob.escape(directory.root), layout)):
            student = re.fullmatch(pattern, path)
            if student and self._is_own_folder(Path(path)) and student["student"] not in excluded:
                found.add(student["student"])
        return sorted(found)

    def _is_own_folder(self, path: Path) -> bool:
        """Whether this is a folder that no link below the course folder leads to."""
        inside = [p for p in path.parents if p != self.root and p.is_relative_to(self.root)]
        return path.is_dir() and not any(p.is_symlink() for p in [path, *inside])

    def timestamp(self, student: str, chapter: str) -> str:
        """Return when a student handed in, as ``timestamp.txt`` says; empty where it says nothing."""
        path = self.folder("submitted", chapter, student) / "timestamp.txt"
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                return ""
            with path.open(encoding="utf-8", errors="replace") as file:
                return file.read(MAX_TIMESTAMP).strip()
        except OSError:
            return ""

    # ---- our own record ---------------------------------------------------------------------------------------------

    @property
    def records(self) -> Path:
        """The folder of our own records."""
        return self.root / ".mlcourse"

    def result_path(self, student: str, chapter: str) -> Path:
        """Return where the result of a graded submission is kept."""
        return self.records / "results" / chapter / f"{student}.json"

    def read_result(self, student: str, chapter: str) -> SubmissionResult | None:
        """Return what was graded; None where nothing was, or where an older version wrote it."""
        try:
            return SubmissionResult.from_json(self.result_path(student, chapter).read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def write_result(self, result: SubmissionResult) -> None:
        """Keep a result. The last step of grading: what has a result is done."""
        write_atomically(self.result_path(result.student, result.chapter), result.to_json().encode())

    def forget_result(self, student: str, chapter: str) -> None:
        """Drop the result of a submission, so that it counts as not graded."""
        path = self.result_path(student, chapter)
        if path.exists():
            path.unlink()
            sync_folder(path.parent)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file such that at any moment it has either its old content or its new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    sync_folder(path.parent)


def replace_folder(folder: Path, files: dict[str, bytes], permissions: int, *, shared: bool = False) -> None:
    """Replace a folder by one with these files; a reader never sees half of it.

    Parameters
    ----------
    folder : Path
    files : dict of str to bytes
        The files by name.
    permissions : int
        Of each file.
    shared : bool
        Whether the group may write, as nbgrader's ``CourseDirectory.groupshared`` asks.
    """
    fresh, old = folder.with_name(f".{folder.name}.part"), folder.with_name(f".{folder.name}.old")
    for leftover in (fresh, old):
        if leftover.exists():
            shutil.rmtree(leftover)
    fresh.mkdir(parents=True)
    for name, content in files.items():
        with (fresh / name).open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), permissions)
    if shared:
        for path in (folder.parent, fresh):
            path.chmod((path.stat().st_mode | 0o2770) & 0o2777)
    if folder.exists():
        os.replace(folder, old)
    os.replace(fresh, folder)
    sync_folder(folder.parent)
    if old.exists():
        shutil.rmtree(old)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power failure."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
