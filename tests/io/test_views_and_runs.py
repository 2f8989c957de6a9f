"""Columns that pyarrow has no kernels for are read, corrected and cut like any other, and keep their types."""

from __future__ import annotations

import io
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import CellEdits
from support.arrow_versions import COMPRESSES_VIEWS
from support.reading import in_memory, numbers, texts

LABELS = ["cat", "dog", "cat", None, "dog", "cat"]
KINDS = {
    "string_view": pa.array(LABELS, pa.string_view()),
    "large": pa.array(LABELS, pa.large_string()),
    "runs": pc.run_end_encode(pa.array(LABELS)),
    "dictionary of views": pa.DictionaryArray.from_arrays(
        pa.array([0, 1, 0, None, 1, 0], pa.int8()), pa.array(["cat", "dog"], pa.string_view())
    ),
}
OTHERS = {
    "view": pa.array([b"a", b"bb" * 20, None, b"", b"c", b"d"], pa.binary_view()),
    "lists": pa.array([[1, 2], None, [3], [], [4, 5, 6], [7]], pa.list_view(pa.int32())),
    "nested": pa.array([{"a": text} for text in "abcdef"], pa.struct({"a": pa.string_view()})),
    "runs": pc.run_end_encode(pa.array([1, 1, 2, 2, 2, 3])),
}


def table(kind: str) -> pa.Table:
    return pa.table({"id": [f"r{row}" for row in range(6)], "label": KINDS[kind], **OTHERS})


def ipc(table: pa.Table, *, stream: bool, compression: str | None) -> bytes:
    out = io.BytesIO()
    begin = pa.ipc.new_stream if stream else pa.ipc.new_file
    with begin(out, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table)
    return out.getvalue()


def rewritten(data: bytes, name: str, edits: CellEdits) -> bytes:
    out = io.BytesIO()
    table_files.rewrite(in_memory(data, name), out, edits)
    return out.getvalue()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("compression", [None, "zstd", "lz4"])
def test_arrow_columns_of_any_kind_keep_their_type(kind: str, stream: bool, compression: str | None) -> None:
    before = table(kind)
    edits = CellEdits("label", {0: "bird", 2: "dog"}, frozenset({4}), expect={0: "cat", 3: ""})
    data = rewritten(ipc(before, stream=stream, compression=compression), "a.arrow", edits)
    after = (pa.ipc.open_stream if stream else pa.ipc.open_file)(io.BytesIO(data)).read_all()
    assert after.schema == before.schema
    assert after["label"].to_pylist() == ["bird", "dog", "dog", None, "cat"]
    for name in OTHERS:
        wanted = before[name].to_pylist()
        assert after[name].to_pylist() == wanted[:4] + wanted[5:]


def test_parquet_keeps_views() -> None:
    before = table("string_view").select(["id", "label"])
    out = io.BytesIO()
    pq.write_table(before, out)
    after = pq.read_table(io.BytesIO(rewritten(out.getvalue(), "a.parquet", CellEdits("label", {1: "cat"}))))
    assert after.schema.field("label").type == pq.read_table(out).schema.field("label").type
    assert after["label"].to_pylist() == ["cat", "cat", "cat", None, "dog", "cat"]


@pytest.mark.parametrize("kind", KINDS)
def test_they_read_as_the_same_text(kind: str) -> None:
    data = ipc(table(kind), stream=False, compression=None)
    assert texts(in_memory(data, "a.arrow"), "label") == [[label] for label in LABELS]
    assert [text[0] for text in texts(in_memory(data, "a.arrow"), "lists")] == [
        text[0] for text in texts(in_memory(ipc(plain_lists(), stream=False, compression=None), "a.arrow"), "lists")
    ]
    assert numbers(in_memory(data, "a.arrow"), "runs").to_pylist() == [1, 1, 2, 2, 2, 3]


def plain_lists() -> Any:
    return pa.table({"lists": pa.array(OTHERS["lists"].to_pylist(), pa.list_(pa.int32()))})


def test_a_file_whose_messages_stand_apart_keeps_its_compression() -> None:
    """Writers may leave room between the magic bytes and the first message; only the footer tells where it is."""
    data = ipc(table("string_view"), stream=False, compression="zstd")
    changed = rewritten(data, "a.arrow", CellEdits("label", {0: "dog"}))
    assert (b"\x28\xb5\x2f\xfd" in changed) == COMPRESSES_VIEWS
