"""The Tensor: an array that remembers how it was made.

A Tensor is one node of the graph of a computation. A node points to the nodes it was made from and to the
primitive that made it; nothing points the other way, so a graph has no cycles and its memory goes the moment
the last reference to its newest node goes, without waiting for Python's garbage collector.
"""

from __future__ import annotations

import functools
import itertools
import threading
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

#: What an operation takes: a Tensor, an array, a number or a nested list of numbers.
TensorLike: TypeAlias = "Tensor | np.ndarray | float | list"

#: One clock for the whole library. It ticks when a Tensor is made and when one is changed in place. Inputs are
#: therefore older than results, and an input that is *newer* than its result has been changed since it was used.
tick: Callable[[], int] = itertools.count(1).__next__

_NO_OPTIONS: dict[str, Any] = {}
_ndarray, _asarray, _new = np.ndarray, np.asarray, object.__new__


class _Mode(threading.local):
    """What operations do at the moment, for each thread its own."""

    recording = True  # make nodes for results that depend on Tensors with requires_grad
    fused = True  # let fused functions use their kernels; False where their insides will be differentiated


mode = _Mode()


class Tensor:
    """An array with a memory of how it was computed.

    Parameters
    ----------
    data : array_like
        Numbers. Python floats become float32; an array keeps its type (float64 stays float64).
    requires_grad : bool
        Whether ``backward`` shall compute the derivative with respect to this Tensor. Only for floating-point data.
    dtype : numpy dtype, optional
        The type to convert to.
    copy : bool
        ``False`` shares memory with ``data`` where that is possible. The default leaves your array alone.

    Attributes
    ----------
    data : numpy.ndarray
        The values.
    grad : numpy.ndarray or None
        The derivative that ``backward`` left here, of the shape of ``data`` (a Tensor after
        ``backward(create_graph=True)``). Each further ``backward`` adds to it.
    requires_grad : bool
        Whether this Tensor is, or was computed from, something to differentiate with respect to.
    primitive, inputs, options : the rule that made this Tensor, and what it was given; None, () and {} for a leaf.
    order : int
        When it was made or last changed: a tick of the library's clock.

    Notes
    -----
    Changes of a Tensor between the forward and the backward pass are noticed when the library makes them
    (``t[index] = value``, ``t -= step`` under `no_grad`, an optimizer's step, ``load_state_dict``): ``backward``
    then raises an error instead of giving a wrong derivative. A change made behind the library's back
    (``t.data[0] = 1.0``, or an array that several Tensors share) is not noticed.

    Examples
    --------
    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    array([2., 4., 6.], dtype=float32)
    """

    __slots__ = (
        "__weakref__",
        "data",
        "grad",
        "inputs",
        "options",
        "order",
        "primitive",
        "pullback",
        "requires_grad",
    )

    # A == on Tensors compares values, so two Tensors are never "equal" as keys: identity decides.
    __hash__ = object.__hash__

    def __init__(self, data: Any, *, requires_grad: bool = False, dtype: Any = None, copy: bool = True) -> None:
        if isinstance(data, Tensor):
            data = data.data
        array = np.array(data, dtype=dtype, copy=copy or None)
        if dtype is None and array.dtype == np.float64 and not _carries_a_dtype(data):
            array = array.astype(np.float32)
        if array.dtype.kind not in "fiub":
            raise TypeError(f"a Tensor holds real numbers; got data of type {array.dtype}")
        self.data = array
        self.grad = None
        self.requires_grad = False
        self.primitive = None
        self.inputs = ()
        self.options = _NO_OPTIONS
        self.pullback = None
        self.order = tick()
        if requires_grad:
            require_floating(self)
            self.requires_grad = True

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return self.data.shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.data.size

    @property
    def dtype(self) -> np.dtype:
        """The type of the elements."""
        return self.data.dtype

    def numpy(self) -> np.ndarray:
        """Return the values as an array that shares memory with this Tensor; the graph ends here."""
        return self.data

    def item(self) -> float:
        """Return the value of a Tensor with one element as a Python number."""
        return self.data.item()

    def detach(self) -> Tensor:
        """Return a Tensor of the same values (and memory) that is a constant to differentiation."""
        return constant(self.data)

    def mark_changed(self) -> None:
        """Note that ``data`` was changed in place, so that a graph that used the old values refuses to go backward.

        Examples
        --------
        >>> w = Tensor([1.0], requires_grad=True)
        >>> y = (w * w).sum()
        >>> w.data += 1.0
        >>> w.mark_changed()
        >>> y.backward()
        Traceback (most recent call last):
        RuntimeError: an input of multiply was changed in place after it was used; ...
        """
        if self.primitive is not None:
            raise RuntimeError(
                "only a leaf can be changed in place; this Tensor is the result of " + self.primitive.name
            )
        self.order = tick()

    def __len__(self) -> int:
        return len(self.data)

    def __float__(self) -> float:
        return float(self.data.item())

    def __int__(self) -> int:
        return int(self.data.item())

    def __bool__(self) -> bool:
        return bool(self.data)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.data, dtype=dtype, copy=copy)

    def __reduce__(self) -> tuple:
        # A copy or pickle holds the values, not the graph.
        return _rebuild, (self.data, self.requires_grad, self.grad)

    def __repr__(self) -> str:
        text = np.array2string(self.data, separator=", ", prefix="Tensor(", threshold=200)
        if self.dtype != np.float32:
            text += f", dtype={self.dtype}"
        if self.requires_grad:
            text += ", requires_grad=True"
        return f"Tensor({text})"


def _carries_a_dtype(data: Any) -> bool:
    """Whether numbers came with a NumPy type of their own, as an array does and a Python float does not."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return hasattr(data, "dtype")


def _rebuild(data: np.ndarray, requires_grad: bool, grad: Any) -> Tensor:
    tensor = Tensor(data, requires_grad=requires_grad, copy=False)
    tensor.grad = grad
    return tensor


def require_floating(tensor: Tensor) -> None:
    """Raise TypeError unless the Tensor holds floating-point numbers, the only ones with derivatives."""
    if tensor.data.dtype.kind != "f":
        raise TypeError(
            f"only floating-point Tensors have derivatives; got {tensor.data.dtype}: "
            "write the numbers with a decimal point, or pass dtype=np.float32"
        )


def value_of(x: Any) -> Any:
    """Return the array of a Tensor, and anything else as it is: how a rule gets a constant to compare or count with."""
    return x.data if isinstance(x, Tensor) else x


def constant(data: Any) -> Tensor:
    """Wrap an array as a Tensor without history, sharing its memory."""
    out = _new(Tensor)
    out.data = data if data.__class__ is _ndarray else _asarray(data)
    out.grad = None
    out.requires_grad = False
    out.primitive = None
    out.inputs = ()
    out.options = _NO_OPTIONS
    out.pullback = None
    out.order = tick()
    return out


def record(primitive: Any, data: Any, inputs: tuple, options: dict[str, Any], pullback: Any = None) -> Tensor:
    """Make the node for a result: ``data`` came out of ``primitive`` on ``inputs`` with ``options``."""
    out = _new(Tensor)
    out.data = data if data.__class__ is _ndarray else _asarray(data)  # NumPy turns 0-d arrays into scalars
    out.grad = None
    out.requires_grad = True
    out.primitive = primitive
    out.inputs = inputs
    out.options = options
    out.pullback = pullback
    out.order = tick()
    return out


class _ModeSet:
    """A block in another mode; also a decorator for functions that are to run in it."""

    __slots__ = ("before", "settings")

    def __init__(self, recording: bool, fused: bool | None) -> None:
        self.settings = recording, fused
        self.before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        recording, fused = self.settings
        self.before.append((mode.recording, mode.fused))
        mode.recording = recording
        if fused is not None:
            mode.fused = fused

    def __exit__(self, *error: object) -> None:
        mode.recording, mode.fused = self.before.pop()

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def in_mode(*args: Any, **options: Any) -> Any:
            with _ModeSet(*self.settings):
                return function(*args, **options)

        return in_mode


def no_grad() -> _ModeSet:
    """Switch recording off for a block: results are constants, and leaves may be changed in place.

    Examples
    --------
    >>> w = Tensor([1.0], requires_grad=True)
    >>> with no_grad():
    ...     w -= 0.5
    >>> w
    Tensor([0.5], requires_grad=True)
    """
    return _ModeSet(False, None)


def recorded(*, fused: bool) -> _ModeSet:
    """Switch recording on for a block, with or without fused kernels: how transforms run a function."""
    return _ModeSet(True, fused)
