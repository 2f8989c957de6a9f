"""A rewritten table or workbook keeps types, metadata, and everything that was not to change."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.styles import Font

from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest
from support.arrow_versions import READS_FIXED_NULLS
from support.rewriting import edits, fails, rewritten

# ------------------------------------------------------------------------------------------ parquet and arrow


def typed() -> pa.Table:
    schema = pa.schema(
        [
            pa.field("label", pa.int64(), metadata={"unit": "class"}),
            ("category", pa.dictionary(pa.int8(), pa.string(), ordered=True)),
            ("large", pa.large_string()),
            ("vector", pa.list_(pa.float32(), 2)),
            ("flag", pa.bool_()),
            ("when", pa.timestamp("ns", "UTC")),
        ],
        metadata={"owner": "me"},
    )
    kinds = pa.DictionaryArray.from_arrays(pa.array([0, 1, None, 0, 1], pa.int8()), pa.array(["a", "b"]), ordered=True)
    columns = [
        pa.array([1, 2, None, 4, 5]),
        kinds,
        pa.array(["x", None, "z", "", "w"], pa.large_string()),
        pa.array(
            [[1, 2], None if READS_FIXED_NULLS else [0, 0], [0.1, float("nan")], [3, 4], [5, 6]],
            pa.list_(pa.float32(), 2),
        ),
        pa.array([True, False, None, True, False]),
        pa.array(range(5), pa.timestamp("ns", "UTC")),
    ]
    return pa.Table.from_arrays(columns, schema=schema)


def stored(table: pa.Table, kind: str, codec: str | None = None, rows: int = 2) -> bytes:
    out = io.BytesIO()
    if kind == "parquet":
        pq.write_table(table, out, row_group_size=rows, compression=codec or "none")
        return out.getvalue()
    options = pa.ipc.IpcWriteOptions(compression=codec)
    with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(out, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=rows)
    return out.getvalue()


def loaded(data: bytes, kind: str) -> pa.Table:
    if kind == "parquet":
        return pq.read_table(io.BytesIO(data))
    return (pa.ipc.open_file if kind == "file" else pa.ipc.open_stream)(io.BytesIO(data)).read_all()


def same(one: pa.Table, other: pa.Table) -> None:
    assert one.schema.equals(other.schema, check_metadata=True)
    # reprs, because NaN differs from itself
    assert repr(one.to_pydict()) == repr(other.to_pydict())


@pytest.mark.parametrize("kind", ["parquet", "file", "stream"])
def test_columnar_files_keep_types_metadata_and_other_columns(kind: str) -> None:
    data = stored(typed(), kind)
    before = loaded(data, kind)
    same(loaded(rewritten(data, edits()), kind), before)
    after = loaded(rewritten(data, edits({0: "7", 2: "-3"}, {3}, expect={0: "1", 2: "", 3: "4"})), kind)
    wanted = before.set_column(0, before.schema.field(0), pa.array([7, 2, -3, 4, 5])).take([0, 1, 2, 4])
    same(after, wanted)
    marked = loaded(rewritten(data, edits(drop={1, 4}, mark="drop")), kind)
    same(marked, before.append_column("drop", pa.array(["", "1", "", "", "1"])))


@pytest.mark.parametrize("kind", ["parquet", "file", "stream"])
@pytest.mark.parametrize(
    ("column", "text"), [("category", "new"), ("category", "b"), ("large", "é"), ("flag", "false")]
)
def test_edits_of_other_types(kind: str, column: str, text: str) -> None:
    data = stored(typed(), kind)
    after = loaded(rewritten(data, edits({0: text, 2: text}, column=column)), kind)
    before = loaded(data, kind)
    assert after.schema.equals(before.schema, check_metadata=True)
    old = before[column].to_pylist()
    value = False if column == "flag" else text
    assert after[column].to_pylist() == [value, old[1], value, *old[3:]]
    same(after.drop_columns(column), before.drop_columns(column))


@pytest.mark.parametrize("kind", ["parquet", "file", "stream"])
def test_text_that_a_type_cannot_hold_is_refused(kind: str) -> None:
    data = stored(typed(), kind)
    for text in ("x", "007", "1e3", ""):
        fails(data, edits({0: text}), "'label'", "int64")
    fails(data, edits({0: "x"}, column="vector"), "'vector'")
    fails(data, edits({0: "7"}, expect={0: "2"}), "row 1")
    fails(data, edits({9: "7"}), "no row 10")


def test_compression_stays() -> None:
    for codec in ("snappy", "zstd", "gzip", "none", "lz4"):
        new = pq.ParquetFile(io.BytesIO(rewritten(stored(typed(), "parquet", codec), edits({0: "3"}))))
        old = pq.ParquetFile(io.BytesIO(stored(typed(), "parquet", codec)))
        assert new.num_row_groups == 3
        assert new.metadata.row_group(0).column(0).compression == old.metadata.row_group(0).column(0).compression
    table = pa.table({"label": ["a"] * 1000, "x": np.arange(1000)})
    for kind in ("file", "stream"):
        for codec in ("lz4", "zstd", None):
            data = stored(table, kind, codec, rows=1000)
            assert rewritten(data, edits()) == data


def test_all_rows_may_go() -> None:
    for kind in ("parquet", "file", "stream"):
        new = loaded(rewritten(stored(typed(), kind), edits(drop=set(range(5)))), kind)
        assert new.num_rows == 0
        assert new.schema.equals(typed().schema)


def test_arrays_are_not_rewritten() -> None:
    out = io.BytesIO()
    np.save(out, np.ones((2, 2)))
    fails(out.getvalue(), edits(column="values"), "no labels", name="a.npy")


# ----------------------------------------------------------------------------------------------------- xlsx


def workbook() -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.active.title = "empty"
    sheet = book.create_sheet("data")
    for row in (["id", "label", "x"], [1, "cat", 0.5], [None] * 3, [2, 7, True], [3, "dog", None], ["4", "cat", "=no"]):
        sheet.append(row)
    sheet["C6"].data_type = "s"
    sheet["B2"].font = Font(bold=True)
    sheet.column_dimensions["B"].width = 33
    notes = book.create_sheet("notes")
    notes["A1"], notes["A2"] = 1, "=A1+1"
    return book


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def cells(data: bytes) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(data))["data"].iter_rows(values_only=True))


def test_workbooks_keep_the_rest() -> None:
    data = saved(workbook())
    new = rewritten(data, edits({0: "=1+1", 1: "8"}, expect={0: "cat", 1: "7"}), "a.xlsx")
    assert new == rewritten(data, edits({0: "=1+1", 1: "8"}), "a.xlsx")
    book = openpyxl.load_workbook(io.BytesIO(new))
    assert book.sheetnames == ["empty", "data", "notes"]
    assert book["notes"]["A2"].value == "=A1+1"
    assert [book["data"][at].data_type for at in ("B2", "B4", "C6")] == ["s", "s", "s"]
    assert book["data"]["B2"].font.bold
    assert book["data"].column_dimensions["B"].width == 33
    old = cells(data)
    assert cells(new) == [old[0], (1, "=1+1", 0.5), old[2], (2, "8", True), *old[4:]]
    read = [b.column(0).to_pylist() for b in table_files.read([Source("a.xlsx", data=new)], ReadRequest(("label",)))]
    assert read == [["=1+1", "8", "dog", "cat"]]


@pytest.mark.slow
@pytest.mark.parametrize("text", ["\x00", "\x1b[31m", "a\rb", "_x0041_", "_x005F_x0041_", "_x0041_x0042_", "\uffff"])
def test_text_that_xml_cannot_hold_is_written_as_excel_writes_it_and_never_changed(text: str) -> None:
    change = edits({0: text, 2: "next"})
    new = rewritten(saved(workbook()), change, "a.xlsx")
    twice = rewritten(new, edits({2: "other"}, expect={0: text, 2: "next"}), "a.xlsx")  # and so when kept
    for data, third in ((new, "next"), (twice, "other")):
        read = [
            b.column(0).to_pylist() for b in table_files.read([Source("a.xlsx", data=data)], ReadRequest(("label",)))
        ]
        assert read[0][:3] == [text, read[0][1], third]


def test_rows_of_workbooks_are_removed_or_marked() -> None:
    data = saved(workbook())
    old = cells(data)
    assert cells(rewritten(data, edits(drop={0, 2}), "a.xlsx")) == [old[0], old[2], old[3], old[5]]
    marked = cells(rewritten(data, edits(drop={1}, mark="drop"), "a.xlsx"))
    assert [row[3] for row in marked] == ["drop", None, None, "1", None, None]


def test_what_would_be_lost_in_a_workbook_is_refused() -> None:
    data = saved(workbook())
    fails(data, edits({0: "x" * 40_000}), "32,767", name="a.xlsx")
    fails(data, edits({0: "x"}, expect={0: "dog"}), "row 1", name="a.xlsx")
    fails(data, edits({7: "x"}), "no row 8", name="a.xlsx")
    book = workbook()
    book["data"]["C5"] = "=A1"
    fails(saved(book), edits({0: "x"}), "C5", "formula", name="a.xlsx")
    book = workbook()
    book["data"].merge_cells("B4:B5")
    fails(saved(book), edits({2: "x"}), "B5", "merged", name="a.xlsx")
    fails(saved(book), edits(drop={0}), "merged", name="a.xlsx")


def test_a_file_on_disk_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,label\n1,a\n")
    out = io.BytesIO()
    table_files.rewrite(Source(str(path), path), out, edits({0: "b"}))
    assert (path.read_text(), out.getvalue()) == ("id,label\n1,a\n", b"id,label\n1,b\n")
