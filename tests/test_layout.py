"""What format plugins build on: cursors that never leave the file, plans, and records that show every change."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from genblaze.errors import EmbeddingError
from genblaze.layout import (
    MAX_RECORD,
    BytesReader,
    Copy,
    Cursor,
    Edit,
    EditPlan,
    LayoutError,
    Literal,
    build_plan,
    decode_record,
    encode_record,
    read_exactly,
    splice,
)

RECORD = {"v": 1, "content_sha256": "a" * 64, "content_size": 7, "essence_sha256": None, "restore": {"pad": "é"}}


def test_a_cursor_reads_numbers_in_both_byte_orders():
    data = bytes(range(1, 30))
    cursor = Cursor(BytesReader(data))
    assert (cursor.u8("a"), cursor.u16be("a"), cursor.u32be("a"), cursor.u64be("a")) == (
        0x01,
        0x0203,
        0x04050607,
        0x08090A0B0C0D0E0F,
    )
    assert (cursor.u16le("a"), cursor.u32le("a"), cursor.u64le("a")) == (
        0x1110,
        0x15141312,
        0x1D1C1B1A19181716,
    )
    assert cursor.remaining == 0


def test_a_cursor_never_reads_past_its_own_end():
    cursor = Cursor(BytesReader(b"0123456789"), 2, 5)
    assert cursor.peek(100) == b"234"
    with pytest.raises(LayoutError, match="frame header at byte 2 needs 4 bytes, but only 3 are left"):
        cursor.take(4, "frame header")
    inner = cursor.inner(2, "box")
    assert (inner.take(2, "x"), cursor.take(1, "y")) == (b"23", b"4")
    with pytest.raises(LayoutError):
        inner.u8("x")


@pytest.mark.parametrize("length", [-1, 2**63])
def test_a_cursor_refuses_impossible_lengths(length):
    with pytest.raises(LayoutError, match="length of the box"):
        Cursor(BytesReader(b"abc")).skip(length, "length of the box")


def test_a_cursor_cannot_start_outside_the_file():
    with pytest.raises(LayoutError, match="outside the file"):
        Cursor(BytesReader(b"abc"), 2, 9)


def test_reading_exactly_says_what_was_cut_and_where():
    with pytest.raises(LayoutError, match="trailer at byte 2 needs 4 bytes, but the file ends at 5"):
        read_exactly(BytesReader(b"abcde"), 2, 4, "trailer")


def test_a_layout_error_is_an_embedding_error():
    assert issubclass(LayoutError, EmbeddingError)


def test_a_plan_joins_neighbours_and_drops_what_is_empty():
    plan = build_plan([Copy(0, 2), Copy(2, 3), Literal(b""), Copy(5, 0), Literal(b"a"), Literal(b"b"), Copy(9, 1)])
    assert plan.segments == (Copy(0, 5), Literal(b"ab"), Copy(9, 1))
    assert plan.size == 8


def test_splice_applies_edits_in_order_of_offset():
    edits = [Edit(5, 0, b"second"), Edit(2, 2, b"first"), Edit(5, 1, b"third")]
    assert splice(10, edits) == EditPlan(
        (Copy(0, 2), Literal(b"first"), Copy(4, 1), Literal(b"secondthird"), Copy(6, 4))
    )


@pytest.mark.parametrize("edits", [[Edit(3, 4), Edit(5, 1)], [Edit(9, 2)], [Edit(-1, 1)], [Edit(2, -1)], [Edit(11)]])
def test_splice_refuses_edits_that_overlap_or_leave_the_file(edits):
    with pytest.raises(LayoutError):
        splice(10, edits)


def test_a_record_comes_back_with_its_check():
    found = decode_record(encode_record(RECORD))
    assert found is not None
    assert {**found, "check": None} == {**RECORD, "check": None}


def test_a_record_is_deterministic_ascii():
    again = dict(reversed(RECORD.items()))
    assert encode_record(RECORD) == encode_record(again) == encode_record({**again, "check": "stale"})
    assert encode_record(RECORD).isascii()


@given(st.data())
def test_a_record_with_one_changed_byte_is_no_record(data):
    encoded = bytearray(encode_record(RECORD))
    position = data.draw(st.integers(0, len(encoded) - 1))
    encoded[position] ^= data.draw(st.integers(1, 255))
    assert decode_record(bytes(encoded)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": None},
        {"content_sha256": "A" * 64},
        {"content_sha256": 7},
        {"content_size": -1},
        {"content_size": True},
        {"essence_sha256": "short"},
        {"restore": []},
    ],
)
def test_a_record_with_values_that_cannot_be_is_no_record(change):
    assert decode_record(encode_record({**RECORD, **change})) is None


@pytest.mark.parametrize(
    "data",
    [b"", b"[]", b"{", b"\xff", b"null", b"[" * 100_000, b" " * (MAX_RECORD + 1), encode_record(RECORD) + b" "],
    ids=["empty", "list", "cut", "not text", "null", "deep", "huge", "blank behind"],
)
def test_what_was_not_written_as_a_record_is_none(data):
    assert decode_record(data) is None
