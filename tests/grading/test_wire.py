"""The codec: what is encoded comes back, and whatever is malformed is a WireError and nothing else."""

from __future__ import annotations

import contextlib
import math
import time
import tracemalloc

import msgpack
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grading.sandbox import wire
from grading.sandbox.wire import Encoder, FrameReader, Handle, TensorData, WireError, decode, frame

PLAIN_DTYPES = st.one_of(
    hnp.boolean_dtypes(), hnp.byte_string_dtypes(min_len=1), hnp.unicode_string_dtypes(endianness="<", min_len=1),
    *(kind(endianness="<") for kind in (hnp.integer_dtypes, hnp.unsigned_integer_dtypes, hnp.floating_dtypes)),
    hnp.complex_number_dtypes(endianness="<"),
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.binary(max_size=50),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=50),
)  # fmt: skip
KEYS = st.one_of(st.booleans(), st.integers(), st.text(max_size=5, alphabet="abc"), st.tuples(st.integers()))
VALUES = st.recursive(
    SCALARS | hnp.arrays(PLAIN_DTYPES, hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
        st.frozensets(KEYS, max_size=4).map(set),
    ),
    max_leaves=20,
)


def encode(value, **options) -> bytes:
    return Encoder(lambda v: Handle(7, type(v).__name__, callable(v)), **options).encode(value)


def ext(code: int, payload: object) -> msgpack.ExtType:
    return msgpack.ExtType(code, msgpack.packb(payload, use_bin_type=True))


def same(a, b) -> bool:
    """Equal, of the same types, NaN equal to itself."""
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if type(a) is not type(b):
        return False
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a)
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    return a == b or (isinstance(a, float) and math.isnan(a) and math.isnan(b))


# ---- round trips ----------------------------------------------------------------------------------------------------


@given(VALUES)
def test_a_value_comes_back_as_it_was(value):
    assert same(value, decode(encode(value)))


@given(hnp.arrays(PLAIN_DTYPES, hnp.array_shapes(max_dims=3, max_side=3)))
def test_an_array_comes_back_whatever_its_order_and_strides(array):
    for view in (array, np.asfortranarray(array), array[::-1], array.T, array.astype(array.dtype.newbyteorder(">"))):
        back = decode(encode(view))
        assert back.dtype.byteorder in "=<|"
        assert back.shape == view.shape
        assert np.ascontiguousarray(view).astype(back.dtype).tobytes() == back.tobytes()


@given(hnp.scalar_dtypes().filter(lambda d: d.kind in "biufc").flatmap(hnp.from_dtype))
def test_numpy_scalars_stay_numpy_scalars(value):
    back = decode(encode(value))
    assert type(back) is type(value)
    assert back.tobytes() == value.tobytes()


def test_decoded_arrays_can_be_written():
    back = decode(encode(np.arange(3.0)))
    back += 1
    assert back.tolist() == [1, 2, 3]


@pytest.mark.parametrize(
    "value",
    [object(), print, np, np.array([None]), np.zeros(2, "i4,f8"), np.zeros(2, "M8[s]"), np.void(b"x"), range(3)],
    ids=lambda v: type(v).__name__,
)  # fmt: skip
def test_what_is_no_plain_data_becomes_a_handle(value):
    back = decode(encode([value]))[0]
    assert back == Handle(7, type(value).__name__, callable(value))


@pytest.mark.parametrize("kind", [float, int, str, bytes, list, tuple, dict, set])
def test_a_subclass_of_a_plain_type_becomes_a_handle(kind):
    assert isinstance(decode(encode(type("Mine", (kind,), {})())), Handle)


def test_an_array_subclass_is_nothing_but_its_bytes():
    class Liar(np.ndarray):
        dtype = property(lambda self: np.dtype("f8"))
        shape = property(lambda self: (10**9,))
        tobytes = None

    assert same(decode(encode(np.arange(3.0).view(Liar))), np.arange(3.0))


def test_a_tensor_travels_as_its_data():
    class Tensor:
        data, requires_grad = np.arange(3.0), True

    back = decode(encode(Tensor(), tensor_type=Tensor))
    assert isinstance(back, TensorData)
    assert back.requires_grad is True
    assert decode(encode(Tensor(), tensor_type=Tensor), make_tensor=lambda t: t.array.sum()) == 3


def test_lone_surrogates_are_replaced():
    assert decode(encode("a\udc80b")) == "a?b"


@pytest.mark.parametrize("nest", [lambda v: [v], lambda v: (v,), lambda v: {"x": v}])
def test_depth_is_bounded(nest):
    value = 1
    for _ in range(wire.MAX_DEPTH):
        value = nest(value)
    assert same(decode(encode(value)), value)
    with pytest.raises(WireError, match="nested deeper"):
        encode(nest(value))


def test_a_cycle_is_an_error():
    loop = []
    loop.append(loop)
    with pytest.raises(WireError, match="nested deeper"):
        encode(loop)


def test_a_very_long_integer_is_an_error():
    assert decode(encode(2**9_999)) == 2**9_999
    with pytest.raises(WireError, match="10,000 bits"):
        encode(2**10_001)


# ---- malformed messages ---------------------------------------------------------------------------------------------

MALFORMED = {
    "nothing": b"",
    "two values": b"\x01\x02",
    "half a value": encode("x" * 99)[:-1],
    "a reserved byte": b"\xc1",
    "a map": msgpack.packb({"a": 1}),
    "a timestamp": msgpack.packb(msgpack.Timestamp(1)),
    "a timestamp in a list": msgpack.packb([1, [msgpack.Timestamp(1, 5)]]),
    "an unknown extension": msgpack.packb(msgpack.ExtType(42, b"\x01")),
    "text that is not UTF-8": b"\xa2\xff\xfe",
    "a long list without entries": b"\xdd\xff\xff\xff\xff",
    "long lists in long lists": b"\xdd\x00\x0f\xff\xff" * 5_000,
    "lists too deep for a recursive reader": b"\x91" * 10**6 + b"\x01",
    "more values than allowed": msgpack.packb([0] * (wire.MAX_VALUES + 1)),
    "more values than allowed, nested": msgpack.packb([[[]] * 1024] * 1025),
    "an unhashable key": msgpack.packb(ext(0, [[[1], 2]])),
    "an array for a key": msgpack.packb(ext(0, [[ext(wire.ARRAY, ["<f8", [1], bytes(8)]), 2]])),
    "a tuple with a list for a key": msgpack.packb(ext(0, [[ext(wire.TUPLE, [[1]]), 2]])),
    "a handle for a set member": msgpack.packb(ext(wire.SET, [ext(wire.HANDLE, [1, "x", True])])),
    "a triple for a pair": msgpack.packb(ext(0, [[1, 2, 3]])),
    "a dict of a number": msgpack.packb(ext(0, 5)),
    "a tuple of a number": msgpack.packb(ext(wire.TUPLE, 5)),
    "an integer of letters": msgpack.packb(ext(wire.INTEGER, "x1")),
    "an integer of a million digits": msgpack.packb(ext(wire.INTEGER, "9" * 10**6)),
    "a complex of texts": msgpack.packb(ext(wire.COMPLEX, ["1", "2"])),
    "a complex of three": msgpack.packb(ext(wire.COMPLEX, [1, 2, 3])),
    "a handle of a negative number": msgpack.packb(ext(wire.HANDLE, [-1, "x", True])),
    "a handle of a bool": msgpack.packb(ext(wire.HANDLE, [True, "x", True])),
    "a handle with a long name": msgpack.packb(ext(wire.HANDLE, [1, "x" * 201, True])),
    "a tensor of a number": msgpack.packb(ext(wire.TENSOR, [5, True])),
    "a lying shape": msgpack.packb(ext(wire.ARRAY, ["<f8", [10**12], bytes(8)])),
    "a negative shape": msgpack.packb(ext(wire.ARRAY, ["<f8", [-1, -1], bytes(8)])),
    "a shape of floats": msgpack.packb(ext(wire.ARRAY, ["<f8", [1.0], bytes(8)])),
    "a shape of bools": msgpack.packb(ext(wire.ARRAY, ["<f8", [True], bytes(8)])),
    "an overflowing shape": msgpack.packb(ext(wire.ARRAY, ["<f8", [2**63, 2**62, 0], b""])),
    "an empty array of great shape": msgpack.packb(ext(wire.ARRAY, ["<f8", [0, 2**40], b""])),
    "too many axes": msgpack.packb(ext(wire.ARRAY, ["<f8", [1] * 33, bytes(8)])),
    "a text for bytes": msgpack.packb(ext(wire.ARRAY, ["<f8", [1], "12345678"])),
    "an array of objects": msgpack.packb(ext(wire.ARRAY, ["O", [1], bytes(8)])),
    "an array of fields": msgpack.packb(ext(wire.ARRAY, ["i4,f4", [1], bytes(8)])),
    "an array of subarrays": msgpack.packb(ext(wire.ARRAY, ["(2,)f4", [1], bytes(8)])),
    "an array of raw bytes": msgpack.packb(ext(wire.ARRAY, ["V8", [1], bytes(8)])),
    "an array of dates": msgpack.packb(ext(wire.ARRAY, ["<M8[s]", [1], bytes(8)])),
    "entries of no size": msgpack.packb(ext(wire.ARRAY, ["<U0", [10**12], b""])),
    "a dtype that is code": msgpack.packb(ext(wire.ARRAY, ["__import__('os')", [1], bytes(8)])),
    "a dtype that is a number": msgpack.packb(ext(wire.ARRAY, [5, [1], bytes(8)])),
    "a long dtype": msgpack.packb(ext(wire.ARRAY, ["f4," * 10**5, [1], bytes(8)])),
    "a scalar that is a text's half": msgpack.packb(ext(wire.SCALAR, ["<U1", [], b"\x00\x00\x11\x00"])),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_message_is_a_wire_error(data):
    with pytest.raises(WireError):
        decode(data)


def test_nested_extensions_are_bounded_in_depth_and_in_bytes():
    data = msgpack.packb(bytes(10))
    for _ in range(wire.MAX_DEPTH + 2):
        data = msgpack.packb(msgpack.ExtType(wire.TUPLE, data))
    with pytest.raises(WireError, match="too deeply"):
        decode(data)
    data = msgpack.packb([bytes(2**21)])
    for _ in range(20):
        data = msgpack.packb([msgpack.ExtType(wire.TUPLE, data)])
    with pytest.raises(WireError, match="for its size"):
        decode(data)


def test_keys_with_colliding_hashes_are_refused_before_they_take_time():
    keys = [[ext(wire.INTEGER, str(i * (2**61 - 1) + 2**70)), 0] for i in range(50_000)]
    data = msgpack.packb(ext(0, keys))
    start = time.perf_counter()
    with pytest.raises(WireError, match="long integers"):
        decode(data)
    assert time.perf_counter() - start < 2


def test_a_small_message_takes_no_great_memory():
    for data in (MALFORMED["long lists in long lists"], msgpack.packb([[]] * (8 * 2**20))):
        tracemalloc.start()
        with pytest.raises(WireError):
            decode(data)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < 200 * 2**20


def test_an_error_says_nothing_of_what_was_sent():
    for payload in (["V9175301", [1], b"x"], ["f8", [9175301], b"x"], ["9175301", [1], b"x"]):
        with pytest.raises(WireError) as error:
            decode(msgpack.packb(ext(wire.ARRAY, payload)))
        assert "9175301" not in str(error.value)
    with pytest.raises(WireError) as error:
        decode(msgpack.packb(msgpack.ExtType(97, b"")))
    assert "97" not in str(error.value)


@given(st.binary(max_size=300))
@settings(max_examples=500)
def test_random_bytes_are_a_value_or_a_wire_error(data):
    with contextlib.suppress(WireError):
        decode(data)


@given(VALUES, st.data())
@settings(max_examples=300)
def test_a_damaged_message_is_a_value_or_a_wire_error(value, data):
    message = bytearray(encode(value))
    for _ in range(data.draw(st.integers(1, 4))):
        message[data.draw(st.integers(0, len(message) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(WireError):
        decode(bytes(message[: data.draw(st.integers(0, len(message)))]))


@given(st.integers(0, 12), VALUES)
@settings(max_examples=300)
def test_an_extension_of_anything_is_a_value_or_a_wire_error(code, value):
    with contextlib.suppress(WireError):
        decode(msgpack.packb(msgpack.ExtType(code, encode(value))))


# ---- frames ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=30), max_size=6), st.integers(1, 7))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(payloads, step):
    stream, reader, found = b"".join(map(frame, payloads)), FrameReader(1000), []
    for start in range(0, len(stream), step):
        reader.feed(stream[start : start + step])
        while (payload := reader.next()) is not None:
            found.append(payload)
    assert found == payloads
    assert not reader


def test_a_frame_beyond_the_limit_is_an_error_that_does_not_tell_its_length():
    reader = FrameReader(100)
    reader.feed(frame(bytes(100)))
    assert reader.next() == bytes(100)
    reader.feed((917_530).to_bytes(4, "big"))
    with pytest.raises(WireError) as error:
        reader.next()
    assert "917" not in str(error.value)


def test_half_a_frame_is_waited_for():
    reader = FrameReader(100)
    reader.feed(frame(b"abc")[:-1])
    assert reader.next() is None
    assert reader
