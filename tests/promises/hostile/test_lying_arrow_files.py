"""Arrow and Parquet files that claim what they do not hold: one clear error, and no memory taken for the claim."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli.io.files.limits import UNPACKED, most_rows, most_unpacked
from hardneg_cli.io.tables.thrift_compact import read_struct
from support.reading import fails, in_memory, texts

MB = 1 << 20


def ipc(table: pa.Table, *, stream: bool = False, **options: Any) -> bytes:
    out = io.BytesIO()
    begin = pa.ipc.new_stream if stream else pa.ipc.new_file
    with begin(out, table.schema, options=pa.ipc.IpcWriteOptions(**options)) as writer:
        writer.write_table(table)
    return out.getvalue()


def parquet(table: pa.Table, **options: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **options)
    return out.getvalue()


def of_buffers(kind: pa.DataType, length: int, *buffers: Any) -> pa.Array:
    return pa.Array.from_buffers(kind, length, [None, *(pa.py_buffer(np.ascontiguousarray(one)) for one in buffers)])


def text_of(offsets: list[int], data: bytes, kind: pa.DataType | None = None) -> pa.Table:
    column = of_buffers(kind or pa.string(), len(offsets) - 1, np.array(offsets, "<i4"), np.frombuffer(data, "u1"))
    return pa.table({"text": column, "label": ["a"] * len(column)})


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("offsets", [[0, 2, 1 << 30, 6], [0, 5, 2, 6], [0, 2, 4, 1 << 20], [-(1 << 30), 2, 4, 6]])
def test_text_that_lies_outside_of_its_buffer_is_refused(offsets: list[int], stream: bool) -> None:
    whole = bytearray(ipc(text_of([0, 2, 4, 6], b"aabbcc"), stream=stream))
    place = whole.rindex(np.array([0, 2, 4, 6], "<i4").tobytes())
    whole[place : place + 16] = np.array(offsets, "<i4").tobytes()
    fails(in_memory(bytes(whole), "a.arrow"), "not an Arrow file that can be read")


def test_text_that_is_not_utf_8_is_refused() -> None:
    table = text_of([0, 2, 4, 6], b"aab\xffcc")
    fails(in_memory(ipc(table), "a.arrow"), "Invalid UTF8")
    fails(in_memory(parquet(table), "a.parquet"), "Invalid UTF8")
    fails(in_memory(parquet(table, use_dictionary=False), "a.parquet"), "Invalid UTF8")


def test_dictionary_codes_and_list_offsets_out_of_range_are_refused() -> None:
    codes = pa.DictionaryArray.from_arrays(pa.array([0, 9], pa.int8()), pa.array(["a", "b"]), safe=False)
    fails(in_memory(ipc(pa.table({"label": codes})), "a.arrow"), "out of bounds")
    lists = ipc(pa.table({"v": [[1.0], [2.0, 3.0]]}))
    offsets = np.array([0, 1, 3], "<i4").tobytes()
    fails(in_memory(lists.replace(offsets, np.array([0, 1, 99], "<i4").tobytes()), "a.arrow"), "not an Arrow file")


@pytest.mark.parametrize("rows", [1 << 40, (1 << 62) + 1])
def test_rows_that_take_no_bytes_are_refused(rows: int) -> None:
    data = ipc(pa.table({"nothing": pa.nulls(65_537)}))
    assert data.count(struct.pack("<q", 65_537)) > 1
    lying = data.replace(struct.pack("<q", 65_537), struct.pack("<q", rows))
    fails(in_memory(lying, "a.arrow"), "rows in", "which cannot be")


def test_rows_that_take_hardly_any_bytes_are_refused() -> None:
    data = parquet(pa.table({"zero": pa.array(np.zeros(40_000_000, np.int8))}), compression="zstd")
    assert most_rows(len(data)) < 40_000_000
    fails(in_memory(data, "a.parquet"), "claims 40,000,000 rows in", "which cannot be")


def test_a_packed_column_that_claims_far_too_much_is_refused_before_it_is_unpacked() -> None:
    column = pa.array(np.arange(4096, dtype=np.int64))
    whole = bytearray(ipc(pa.table({"a": column}), compression="zstd"))
    place = whole.index(struct.pack("<q", column.nbytes))
    whole[place : place + 8] = struct.pack("<q", 1 << 40)
    fails(in_memory(bytes(whole), "a.arrow"), "batch 1", "unpacks to 1.1 TB", "write it in smaller batches")
    whole[place : place + 8] = struct.pack("<q", -7)
    fails(in_memory(bytes(whole), "a.arrow"), "claims a size that cannot be")


def test_a_long_text_that_many_rows_share_is_refused_before_each_row_has_its_own() -> None:
    long = "x" * MB
    table = pa.table({"text": pa.array([long]).take(pa.array([0] * 300))})
    data = parquet(table, compression="zstd", data_page_version="2.0")
    assert len(data) < MB
    fails(in_memory(data, "a.parquet"), "MB", "allowed")
    shared = pa.DictionaryArray.from_arrays(pa.array(np.zeros(300, np.int32)), pa.array([long]))
    fails(
        in_memory(ipc(pa.table({"text": shared}), compression="zstd"), "a.arrow"),
        "column 'text'",
        "unpacks to 314.6 MB",
    )
    runs = pa.RunEndEncodedArray.from_arrays(pa.array([300], pa.int32()), pa.array([long]))
    fails(
        in_memory(ipc(pa.table({"text": runs}), compression="zstd"), "a.arrow"), "column 'text'", "unpacks to 314.6 MB"
    )


def test_views_that_share_a_long_text_are_refused_before_each_row_has_its_own() -> None:
    one = np.frombuffer(struct.pack("<i4sii", MB, b"xxxx", 0, 0), "u1")
    views = of_buffers(pa.string_view(), 300, np.tile(one, 300), np.full(MB, ord("x"), "u1"))
    views.validate(full=True)
    fails(
        in_memory(ipc(pa.table({"text": views}), compression="zstd"), "a.arrow"), "column 'text'", "unpacks to 314.6 MB"
    )


def test_texts_that_share_their_beginnings_are_read_in_small_parts() -> None:
    table = pa.table({"text": ["x" * 20_000 + str(row) for row in range(300)]})
    data = parquet(table, use_dictionary=False, column_encoding={"text": "DELTA_BYTE_ARRAY"})
    assert texts(in_memory(data, "a.parquet")) == [[text] for text in table["text"].to_pylist()]


def test_parts_that_lie_beyond_the_end_are_refused() -> None:
    table = pa.table({"id": [f"r{row}" for row in range(50)], "label": ["a", "b"] * 25})
    data = ipc(table)
    for cut in (len(data) // 3, len(data) // 2, len(data) - 7):
        fails(in_memory(data[:cut] + data[-10:], "a.arrow"))
    stream = ipc(table, stream=True)
    fails(in_memory(stream[: len(stream) - 200], "a.arrow"), "cut off")
    packed = parquet(table)
    footer = int.from_bytes(packed[-8:-4], "little") + 8
    fails(in_memory(packed[:4] + packed[-footer:], "a.parquet"), "cannot be read")


def test_a_page_header_is_read_to_its_last_byte_or_not_at_all() -> None:
    data = parquet(pa.table({"a": [1, 2, 3]}), use_dictionary=False)
    header, length = read_struct(data[4:])
    assert header[1] == 0
    for cut in range(length):
        with pytest.raises(EOFError):
            read_struct(data[4 : 4 + cut])
    with pytest.raises(ValueError, match="nested"):
        read_struct(b"\x1c" * 100)
    with pytest.raises(ValueError, match="too long"):
        read_struct(b"\x15" + b"\xff" * 20)


def test_the_limit_grows_with_the_file() -> None:
    assert most_unpacked(0) == UNPACKED
    assert most_unpacked(UNPACKED) == 100 * UNPACKED
