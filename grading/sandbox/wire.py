"""The data-only codec between the judge and a student's process, and the frames that carry it.

What the student's process sends is MessagePack with a few extension types. Decoding builds numbers, texts, containers
and arrays, and nothing else: no code, no imports, no pickles. Whatever is malformed raises WireError.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from math import prod
from typing import Any

import msgpack
import numpy as np

MAX_DEPTH = 40
MAX_VALUES = 2**20  # numbers, texts and containers in one message (the entries of an array are none of them)
MAX_ODD_KEYS = 1_000  # tuples and long integers, which can be chosen so that their hashes collide
MAX_DIMENSIONS = 32
ARRAY, TUPLE, SET, COMPLEX, INTEGER, HANDLE, TENSOR, SCALAR, SLICE, ELLIPSIS = range(1, 11)
HEADER = struct.Struct("!I")


class WireError(Exception):
    """A message that does not follow the protocol."""


@dataclass(frozen=True)
class Handle:
    """Stands for an object that stays in the student's process."""

    number: int
    type_name: str
    callable: bool


@dataclass(frozen=True)
class TensorData:
    """The data of an mlcore Tensor."""

    array: np.ndarray
    requires_grad: bool


# ---- encoding (in the student's process) ----------------------------------------------------------------------------


class Encoder:
    """Turns a student's objects into bytes; what is no plain data becomes a handle.

    Parameters
    ----------
    handle : callable
        Registers an object and returns its Handle.
    tensor_type : type, optional
        Instances of this class travel as TensorData.
    """

    def __init__(self, handle, tensor_type: type | None = None):
        self._handle, self._tensor_type = handle, tensor_type

    def encode(self, value: Any) -> bytes:
        """Return the bytes of ``value``. Cyclic or very deep containers raise WireError."""
        return msgpack.packb(self._plain(value, 0), use_bin_type=True)

    def _plain(self, value: Any, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise WireError(f"containers nested deeper than {MAX_DEPTH} levels")
        kind = type(value)
        if value is None or kind in (bool, float, bytes, Handle):
            return self._handle_code(value) if kind is Handle else value
        if kind is str:
            return value.encode("utf-8", "replace").decode()
        if kind is int:
            return value if -(2**63) <= value < 2**63 else _extension(INTEGER, str(_bounded(value)))
        if kind is complex:
            return _extension(COMPLEX, [value.real, value.imag])
        if kind is list:
            return [self._plain(v, depth + 1) for v in value]
        if kind is tuple:
            return _extension(TUPLE, [self._plain(v, depth + 1) for v in value])
        if kind in (set, frozenset):
            return _extension(SET, [self._plain(v, depth + 1) for v in value])
        if kind is dict:
            return _extension(0, [[self._plain(k, depth + 1), self._plain(v, depth + 1)] for k, v in value.items()])
        if isinstance(value, np.generic) and value.dtype.kind in "biufcUS":
            return _extension(SCALAR, _array_fields(np.asarray(value)))
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufcUS":
            return _extension(ARRAY, _array_fields(np.asarray(value)))
        if self._tensor_type is not None and kind is self._tensor_type:
            return _extension(TENSOR, [_array_fields(np.asarray(value.data)), bool(value.requires_grad)])
        return self._handle_code(self._handle(value))

    @staticmethod
    def _handle_code(handle: Handle) -> msgpack.ExtType:
        return _extension(HANDLE, [handle.number, handle.type_name, handle.callable])


def _bounded(value: int) -> int:
    if value.bit_length() > 10_000:
        raise WireError("an integer of more than 10,000 bits")
    return value


def _extension(code: int, payload: Any) -> msgpack.ExtType:
    return msgpack.ExtType(code, msgpack.packb(payload, use_bin_type=True))


def _array_fields(array: np.ndarray) -> list:
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    return [array.dtype.str, list(array.shape), array.tobytes()]


# ---- decoding (in the judge) ----------------------------------------------------------------------------------------


def decode(data: bytes, *, make_handle=None, make_tensor=None) -> Any:
    """Return the value that ``data`` encodes.

    Parameters
    ----------
    data : bytes
    make_handle, make_tensor : callable, optional
        Turn a Handle, or TensorData, into what the caller wants to see instead.

    Raises
    ------
    WireError
        For anything but a well-formed value. Its text holds nothing of the message: what a student's process sends
        while hidden checks run must not come to a reader's eyes.
    """
    try:
        return _Decoder(len(data), make_handle or _as_it_is, make_tensor or _as_it_is).value(data, 0)
    except WireError:
        raise
    except Exception as error:
        raise WireError(f"malformed message ({type(error).__name__})") from None


def _as_it_is(value: Any) -> Any:
    return value


class _Decoder:
    """Decodes one message of ``size`` bytes, within bounds: a few bytes can stand for much memory, or for much work."""

    def __init__(self, size: int, make_handle, make_tensor):
        self._size, self._make_handle, self._make_tensor = size, make_handle, make_tensor
        self._values = self._odd_keys = 0
        self._copied = -(2**20)

    def value(self, data: bytes, depth: int) -> Any:
        """Return what these bytes encode, ``depth`` extensions deep in the message."""
        if depth > MAX_DEPTH:
            raise WireError("message nested too deeply")
        self._copied += len(data)
        if self._copied > 8 * self._size:
            raise WireError("message nested too deeply for its size")

        def extension(code: int, payload: bytes) -> Any:
            return self._extension(code, self.value(payload, depth + 1))

        value = msgpack.unpackb(
            data, raw=False, ext_hook=extension, list_hook=self._list, max_map_len=0, max_str_len=len(data),
            max_array_len=min(len(data), MAX_VALUES),
        )  # fmt: skip
        return self._list([value])[0]

    def _list(self, values: list) -> list:
        self._values += len(values)
        if self._values > MAX_VALUES:
            raise WireError(f"more than {MAX_VALUES:,} values; an array would be one")
        if msgpack.Timestamp in set(map(type, values)):  # the one extension that no hook sees
            raise WireError("unknown extension")
        return values

    def _extension(self, code: int, inner: Any) -> Any:
        if code == 0:
            return {self._key(k): v for k, v in inner}
        if code == TUPLE:
            return tuple(inner)
        if code == SET:
            return {self._key(v) for v in inner}
        if code == COMPLEX:
            return complex(*inner)
        if code == INTEGER:
            return _integer(inner)
        if code == ARRAY:
            return _array(*inner)
        if code == SCALAR:
            return _array(*inner)[()]
        if code == TENSOR:
            return self._make_tensor(TensorData(_array(*inner[0]), inner[1] is True))
        if code == HANDLE:
            number, type_name, is_callable = inner
            return self._make_handle(Handle(_natural(number), _text(type_name), is_callable is True))
        raise WireError("unknown extension")

    def _key(self, value: Any) -> Any:
        if not isinstance(value, bool | int | float | complex | str | bytes | tuple | None):
            raise WireError("a key or set member that is no plain value")
        if isinstance(value, tuple | complex) or (isinstance(value, int) and value.bit_length() > 64):
            self._odd_keys += 1
        if self._odd_keys > MAX_ODD_KEYS:
            raise WireError(f"more than {MAX_ODD_KEYS:,} keys or set members that are tuples or long integers")
        return value


def _array(dtype: str, shape: list[int], data: bytes) -> np.ndarray:
    kind = np.dtype(_text(dtype))
    if kind.kind not in "biufcUS" or kind.hasobject or kind.subdtype:
        raise WireError("an array of no plain dtype")
    shape = tuple(_natural(n) for n in shape)
    if len(shape) > MAX_DIMENSIONS or prod(shape) * kind.itemsize != len(data):
        raise WireError("array whose shape does not fit its bytes")
    if not data and prod(n or 1 for n in shape) > MAX_VALUES:  # nothing, which a product would make large
        raise WireError("array whose shape does not fit its bytes")
    return np.frombuffer(data, dtype=kind).reshape(shape).copy()


def _natural(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise WireError("a size or number that is none")
    return value


def _integer(value: Any) -> int:
    if type(value) is not str or len(value) > 4000:
        raise WireError("an integer that is none")
    return int(value)


def _text(value: Any) -> str:
    if type(value) is not str or len(value) > 200:
        raise WireError("a text that is none")
    return value


# ---- frames ---------------------------------------------------------------------------------------------------------


def frame(payload: bytes) -> bytes:
    """Return ``payload`` behind its length."""
    return HEADER.pack(len(payload)) + payload


class FrameReader:
    """Cuts a stream of bytes into frames; a frame longer than ``limit`` bytes raises WireError."""

    def __init__(self, limit: int):
        self._limit, self._buffer = limit, bytearray()

    def feed(self, data: bytes) -> None:
        """Take bytes that arrived."""
        self._buffer += data

    def next(self) -> bytes | None:
        """Return the next whole frame, or None while it is incomplete."""
        if len(self._buffer) < HEADER.size:
            return None
        (length,) = HEADER.unpack_from(self._buffer)
        if length > self._limit:
            raise WireError(f"a message of more than {self._limit} bytes")
        if len(self._buffer) < HEADER.size + length:
            return None
        payload = bytes(self._buffer[HEADER.size : HEADER.size + length])
        del self._buffer[: HEADER.size + length]
        return payload

    def __bool__(self) -> bool:
        """Whether bytes are waiting."""
        return bool(self._buffer)
