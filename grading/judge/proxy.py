"""Student objects as the checks see them: every use is a request to the student's process, every answer plain data."""

from __future__ import annotations

import io
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import cloudpickle
import numpy as np

from grading.checks import CheckFailure
from grading.judge.harmless import line
from grading.judge.performance import Performance, limit_behind
from grading.judge.reference import SECRET
from grading.sandbox.client import Stopped
from grading.sandbox.session import arrays_in
from grading.sandbox.wire import Handle, TensorData

CATCHABLE = {
    e.__name__: e
    for e in (
        ArithmeticError, AssertionError, AttributeError, FloatingPointError, ImportError, IndexError, KeyError,
        LookupError, NameError, NotImplementedError, OSError, OverflowError, PermissionError, RecursionError,
        RuntimeError, TypeError, ValueError, ZeroDivisionError,
    )
}  # fmt: skip

MAX_TRACED = 2**20  # bytes of one step that are kept for diagnosis
MAX_TOLD = 2_000  # characters of an error


class CheckError(RuntimeError):
    """A check does something that it may not: its author's fault, not a student's."""


class StudentError(Exception):
    """An exception that a student's code raised; also an instance of the built-in type that it has there."""

    builtin = "Exception"
    location = ""
    message = ""

    def __str__(self) -> str:
        return self.message


class CallStopped(CheckFailure):
    """A call that hit a limit or ended the student's process."""


@dataclass(frozen=True)
class Step:
    """One request and its answer, for replaying against known mistakes."""

    op: str
    body: bytes  # the pickled arguments
    answer: Any  # ("value", value, changed arrays), ("large",), ("error", type), ("stopped", reason)


class Examiner:
    """Lets checks use a student's objects.

    Parameters
    ----------
    performance : Performance
        The student's cells, performed.

    Attributes
    ----------
    seconds : float or None
        CPU seconds for a call, where the exercise sets its own.
    trace : list of Step
        What was asked since :meth:`begin`.
    changed : set of int
        Which arrays, counted through a call's arguments, calls have changed since :meth:`begin`.
    """

    def __init__(self, performance: Performance):
        self._performance = performance
        self.seconds: float | None = None
        self.trace: list[Step] = []
        self.changed: set[int] = set()
        self._may_change: frozenset[int] | None = None

    def begin(self, wanted: Sequence[tuple[str, str]] = (), may_change: frozenset[int] | None = None) -> dict[str, Any]:
        """Begin a new test: forget old objects, and return what some names mean to the student.

        Parameters
        ----------
        wanted : sequence of (exercise, name)
        may_change : frozenset of int, optional
            Of which arrays among a call's arguments the check sees the changes; of all when left out.
        """
        self.trace, self.changed, self._may_change = [], set(), may_change
        try:
            values = self.ask("begin", wanted=list(wanted))
        except CallStopped:  # it had ended after its last answer; that is not this test's fault
            self.trace = []
            values = self.ask("begin", wanted=list(wanted))
        if not isinstance(values, list) or len(values) != len(wanted):
            raise CheckFailure("the objects of the exercise could not be had")
        return dict(zip((name for _, name in wanted), values, strict=True))

    def interrupt(self) -> None:
        """End the process after a request that was broken off."""
        self._performance.interrupt()

    def ask(self, op: str, **arguments: Any) -> Any:
        """Send one request; return the value. Raises StudentError or CallStopped."""
        generation = self._performance.generation_for_call()
        body = dumps({k: _with_handles(v, generation) for k, v in arguments.items()})
        try:
            reply = self._performance.request(
                op, body, self.seconds, lambda handle: StudentObject(self, generation, handle), _tensor
            )
        except Stopped as stopped:
            self.trace.append(Step(op, body, ("stopped", stopped.reason)))
            raise CallStopped(stopped.reason) from None
        error = reply.get("error")
        if error is not None:
            raise self._error(op, body, error)
        value, changed = reply.get("value"), reply.get("changed")
        large = reply["size"] + len(body) > MAX_TRACED  # no known mistake looks like that
        self.trace.append(Step(op, b"", ("large",)) if large else Step(op, body, ("value", value, changed)))
        self.changed |= _carry_back(arguments, changed, self._may_change)
        return value

    def _error(self, op: str, body: bytes, error: Any) -> Exception:
        told = {
            k: error.get(k) if isinstance(error, dict) else None for k in ("builtin", "type", "message", "location")
        }
        told = {k: line(v[:MAX_TOLD]) if isinstance(v, str) else "" for k, v in told.items()}
        self.trace.append(Step(op, body, ("error", told["builtin"])))
        limit = limit_behind(told["type"], told["message"])
        if limit:
            return CallStopped(self._performance.limits.verdict(limit))
        return student_error(told["builtin"], told["type"], told["message"], told["location"])


def student_error(builtin: str, name: str, message: str, location: str) -> StudentError:
    """Return an exception that ``except ValueError`` catches where the student raised a ValueError."""
    base = CATCHABLE.get(builtin)
    kind = type(name if name.isidentifier() else "Exception", (StudentError, base) if base else (StudentError,), {})
    error = kind(message)
    error.builtin, error.message, error.location = base.__name__ if base else "Exception", message, location
    return error


class StudentObject:
    """An object in a student's process: call it, read attributes, index it, compute with it.

    It cannot be compared or used as a truth value, since its own ``__eq__`` may say anything.
    """

    is_student_object = True

    def __init__(self, examiner: Examiner, generation: int, handle: Handle):
        self._examiner, self._generation, self._handle = examiner, generation, handle

    @property
    def type_name(self) -> str:
        """The name of its class."""
        return self._handle.type_name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it there."""
        return self._use(args, kwargs, count=False)

    def count_student_operations(self, *args: Any, **kwargs: Any) -> int:
        """Return how many Python bytecodes a call executes there."""
        count = self._use(args, kwargs, count=True)
        if type(count) is not int or count < 0:
            raise CheckFailure("the operations of the call could not be counted")
        return count

    def _use(self, args: tuple, kwargs: dict, *, count: bool) -> Any:
        return self._examiner.ask("call", target=self, args=args, kwargs=kwargs, count=count)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._examiner.ask("attribute", target=self, name=name)

    def __eq__(self, other: object) -> bool:
        raise CheckFailure(f"expected a plain value; got an object of type {self.type_name}")

    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __eq__
    __hash__ = None

    def __bool__(self) -> bool:
        raise CheckFailure(f"expected a plain value; got an object of type {self.type_name}")

    def __iter__(self):
        return iter(self._examiner.ask("operator", name="list", operands=(self,)))

    def __repr__(self) -> str:
        return f"<{self.type_name} of the student's>"


def _operator(name: str, *, reflected: bool = False):
    def use(self: StudentObject, *others: Any) -> Any:
        operands = (*others, self) if reflected else (self, *others)
        return self._examiner.ask("operator", name=name, operands=operands)

    return use


for _name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul"):
    setattr(StudentObject, f"__{_name}__", _operator(_name))
    setattr(StudentObject, f"__r{_name}__", _operator(_name, reflected=True))
for _name in ("neg", "pos", "abs", "getitem", "len", "float"):
    setattr(StudentObject, f"__{_name}__", _operator(_name))


# ---- arguments and answers ------------------------------------------------------------------------------------------


class _Pickler(cloudpickle.Pickler):
    """Pickles arguments, but never a reference solution (nor a function that holds one)."""

    def reducer_override(self, value: Any) -> Any:
        code = getattr(value, "__code__", None) if isinstance(value, FunctionType) else None
        if code is not None and code.co_filename.endswith(SECRET):
            raise CheckError(f"a check hands the reference solution {value.__name__!r} to a student's process")
        if isinstance(value, type):
            for member in vars(value).values():
                if isinstance(member, FunctionType) and member.__code__.co_filename.endswith(SECRET):
                    raise CheckError(f"a check hands the reference class {value.__name__!r} to a student's process")
        return super().reducer_override(value)


def dumps(value: Any) -> bytes:
    """Pickle arguments for a student's process. Raises CheckError where a reference solution would go with them."""
    buffer = io.BytesIO()
    _Pickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(value)
    return buffer.getvalue()


def _with_handles(value: Any, generation: int) -> Any:
    if isinstance(value, StudentObject):
        if value._generation != generation:
            raise CallStopped("the process with this object had to be stopped")
        return value._handle
    if type(value) in (list, tuple):
        return type(value)(_with_handles(v, generation) for v in value)
    if type(value) is dict:
        return {k: _with_handles(v, generation) for k, v in value.items()}
    return value


def _tensor(data: TensorData) -> Any:
    from mlcore import Tensor

    return Tensor(data.array, requires_grad=data.requires_grad and data.array.dtype.kind == "f")


def _carry_back(arguments: dict[str, Any], changed: Any, allowed: frozenset[int] | None) -> set[int]:
    """Do to the check's own arrays what the call did to its copies; return the numbers of the arrays it changed."""
    numbers: set[int] = set()
    if not changed:
        return numbers
    arrays = arrays_in((arguments.get("args", ()), arguments.get("kwargs", {})))
    for entry in changed if isinstance(changed, list) else []:
        if not (isinstance(entry, tuple) and len(entry) == 2 and type(entry[0]) is int):
            continue
        number, new = entry
        if not (0 <= number < len(arrays) and isinstance(new, np.ndarray)):
            continue
        old = arrays[number]
        if (new.shape, new.dtype) == (old.shape, old.dtype) and old.flags.writeable:
            numbers.add(number)
            if allowed is None or number in allowed:
                old[...] = new
    return numbers
