"""Typed columns, workbooks and arrays are read as pyarrow, openpyxl and numpy read them."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest
from support.arrow_versions import READS_FIXED_NULLS
from support.reading import fails, fingerprint, in_memory, numbers, texts

# ------------------------------------------------------------------------------------------ parquet and arrow

FIXED = None if READS_FIXED_NULLS else [0, 0]
TYPED = {
    "int": (pa.array([7, None, -1]), ["7", None, "-1"]),
    "float": (pa.array([7.0, 0.1, 1e20]), ["7.0", "0.1", "1e+20"]),
    "nan": (pa.array([float("nan"), None, 1.0]), ["nan", None, "1.0"]),
    "float32": (pa.array([0.1, 0.2, 1.0], pa.float32()), ["0.1", "0.2", "1.0"]),
    "float16": (pa.array(np.array([0.5, 0.25, 1], np.float16)), ["0.5", "0.25", "1.0"]),
    "bool": (pa.array([True, False, None]), ["true", "false", None]),
    "text": (pa.array(["NA", "", None]), ["NA", "", None]),
    "large": (pa.array(["NA", "", None], pa.large_string()), ["NA", "", None]),
    "category": (pa.array(["b", None, "a"]).dictionary_encode(), ["b", None, "a"]),
    "codes": (pa.array([5, None, 6]).dictionary_encode(), ["5", None, "6"]),
    "decimal": (pa.array([Decimal("1.50"), None, Decimal("0.01")]), ["1.50", None, "0.01"]),
    "date": (pa.array([datetime.date(2024, 1, 31), None, datetime.date(1, 1, 1)]), ["2024-01-31", None, "0001-01-01"]),
    "time": (pa.array([datetime.datetime(2024, 1, 31, 10), None, datetime.datetime(2024, 1, 1, 0, 0, 0, 500)]),
             ["2024-01-31T10:00:00", None, "2024-01-01T00:00:00.000500"]),
    "utc": (pa.array([0, None, 1], pa.timestamp("s", "UTC")), ["1970-01-01T00:00:00Z", None, "1970-01-01T00:00:01Z"]),
    "binary": (pa.array([b"\xff", None, b""]), ["/w==", None, ""]),
    "null": (pa.nulls(3), [None, None, None]),
    "list": (pa.array([[1, 2], None, []], pa.list_(pa.int8())), [fingerprint([1, 2]), None, fingerprint([])]),
    "vector": (pa.array([[1, 2], FIXED, [0.5, 3]], pa.list_(pa.float32(), 2)),
               [fingerprint([1, 2]), FIXED and fingerprint(FIXED), fingerprint([0.5, 3])]),
    "words": (pa.array([["é", None], None, []]), ['["é",null]', None, "[]"]),
    "struct": (pa.array([{"k": 1, "b": b"x"}, None, {}], pa.struct({"k": pa.int64(), "b": pa.binary()})),
               ['{"k":1,"b":"eA=="}', None, '{"k":null,"b":null}']),
}  # fmt: skip


def columnar(table: pa.Table, kind: str) -> Source:
    out = io.BytesIO()
    if kind == "parquet":
        pq.write_table(table, out, row_group_size=2)
        return in_memory(out.getvalue(), "a.parquet")
    with (pa.ipc.new_file if kind == "file" else pa.ipc.new_stream)(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=2)
    return in_memory(out.getvalue(), "a.arrow")


@pytest.mark.parametrize("kind", ["parquet", "file", "stream"])
def test_typed_columns_as_text(kind: str) -> None:
    source = columnar(pa.table({name: array for name, (array, _) in TYPED.items()}), kind)
    rows = texts(source)
    for name, column in zip(TYPED, zip(*rows, strict=True), strict=True):
        assert list(column) == TYPED[name][1], name


@pytest.mark.parametrize("kind", ["parquet", "file", "stream"])
def test_typed_columns_as_numbers(kind: str) -> None:
    source = columnar(pa.table({name: array for name, (array, _) in TYPED.items()}), kind)
    for name in ("int", "float", "nan", "float32", "float16", "bool", "codes", "decimal", "null"):
        read = numbers(source, name)
        assert read.type == (pa.float32() if name in ("float32", "float16") else pa.float64())
        assert read.null_count == 0
        wanted = [np.nan if value is None else float(value) for value in TYPED[name][0].to_pylist()]
        assert np.allclose(read.to_numpy(), wanted, equal_nan=True)
    assert numbers(source, "vector").type == pa.list_(pa.float32(), 2)
    assert numbers(source, "list").to_pylist() == [[1, 2], None, []]
    fails(source, "column 'text'", "row 1", "'NA'", wanted=ReadRequest(numbers=("text",)))
    fails(source, "column 'binary'", wanted=ReadRequest(numbers=("binary",)))


def test_numbers_that_parquet_holds_as_text() -> None:
    source = columnar(pa.table({"x": ["0.5", "", None, "1e3"], "y": ["1", "2", "3", "oh"]}), "parquet")
    assert np.array_equal(numbers(source, "x").to_numpy(), [0.5, np.nan, np.nan, 1000], equal_nan=True)
    fails(source, "row 4, column 'y': 'oh'", wanted=ReadRequest(numbers=("y",)))


def test_only_the_wanted_of_columns_with_dots_is_read() -> None:
    source = columnar(pa.table({"a": ["1"], "a.b": ["2"], "c": [{"d": 1}]}), "parquet")
    assert texts(source, "a.b", "a") == [["2", "1"]]
    assert texts(source, "c") == [['{"d":1}']]


@pytest.mark.parametrize("kind", ["parquet", "file", "stream"])
def test_corrupt_columnar_files_are_errors(kind: str) -> None:
    data = columnar(pa.table({"a": ["x" * 100] * 1000}), kind).data
    for cut in (20, len(data) // 2, len(data) - 20):
        if kind != "stream" or cut < len(data) - 20:
            fails(Source("cut", data=data[:cut]), "read")
    fails(Source("old.feather", data=b"FEA1" + data), "version 1")


# ----------------------------------------------------------------------------------------------------- xlsx


def workbook(rows: list[list[Any]], title: str = "data") -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    book.create_sheet(title)
    for row in rows:
        book[title].append(row)
    return book


def saved(book: openpyxl.Workbook, name: str = "a.xlsx") -> Source:
    out = io.BytesIO()
    book.save(out)
    return in_memory(out.getvalue(), name)


def test_xlsx_cells_as_text_and_numbers() -> None:
    rows: list[list[Any]] = [
        [],
        ["id", 7, "x", "when"],
        [1, "007", 0.5, datetime.datetime(2024, 1, 31)],
        [2.0, True, 3, datetime.datetime(2024, 1, 31, 10, 30)],
        [None, None, None, None],
        ["NA", " b ", None, datetime.time(1, 2)],
        [""],
    ]
    source = saved(workbook(rows))
    assert table_files.columns([source]) == ["id", "7", "x", "when"]
    assert texts(source) == [
        ["1", "007", "0.5", "2024-01-31"],
        ["2", "TRUE", "3", "2024-01-31T10:30:00"],
        ["NA", " b ", None, "01:02:00"],
    ]
    assert np.array_equal(numbers(source, "x").to_numpy(), [0.5, 3, np.nan], equal_nan=True)
    fails(source, "row 2, column '7'", "TRUE", wanted=ReadRequest(numbers=("7",)))


def test_bad_workbooks_are_errors() -> None:
    fails(saved(openpyxl.Workbook()), "no sheet has any data")
    fails(saved(workbook([["a", None, "b"], [1, 2, 3]])), "column 2 has no name")
    fails(saved(workbook([["a", "b"], [1, 2], [1, 2, 3]])), "row 2: 3 cells instead of 2")
    fails(in_memory(saved(workbook([["a"], [1]])).data[:3000], "a.xlsx"), "not an Excel workbook")
    fails(in_memory(b"\xd0\xcf\x11\xe0\0\0", "a.xlsx"), "not an Excel workbook")


# ---------------------------------------------------------------------------------------------------- numpy


def array(values: Any, **more: Any) -> Source:
    out = io.BytesIO()
    np.savez(out, values, **more) if more else np.save(out, values)
    return in_memory(out.getvalue(), "a.npz" if more else "a.npy")


@pytest.mark.parametrize("kind", ["f8", "f4", "f2", ">f8", "i4", "u1", "?"])
def test_arrays_are_lists_of_numbers(tmp_path: Path, kind: str) -> None:
    values = np.arange(6).reshape(3, 2).astype(kind)
    np.save(tmp_path / "a.npy", values)
    for source in (array(values), array(np.asfortranarray(values)), sources(str(tmp_path / "a.npy"))[0]):
        assert table_files.columns([source]) == ["values"]
        read = numbers(source, "values")
        assert read.type == pa.list_(pa.float32() if kind in ("f4", "f2") else pa.float64(), 2)
        assert read.to_pylist() == values.tolist()
    assert numbers(array(values[:, 0]), "values").to_pylist() == values[:, :1].tolist()
    assert texts(array(values))[0] == [fingerprint(values[0].tolist())]


def test_archives_need_one_array_that_is_meant() -> None:
    values = np.ones((2, 2))
    out = io.BytesIO()
    np.savez_compressed(out, anything=values)
    assert numbers(in_memory(out.getvalue(), "a.npz"), "values").to_pylist() == values.tolist()
    assert numbers(array(np.zeros(3), pred_probs=values), "values").to_pylist() == values.tolist()
    fails(array(values, other=values), "'other'", "'arr_0'")
    fails(array(values, probs=values, features=values), "'probs', 'features'")


@pytest.mark.parametrize("values", [np.array("x"), np.array(["a"]), np.ones((2, 2, 2)), np.ones((2, 0)), np.array(1.0)])
def test_arrays_of_other_things_are_refused(values: Any) -> None:
    fails(array(values), "array")


def test_object_arrays_and_cut_files_are_refused(tmp_path: Path) -> None:
    fails(array(np.array([{}, None])), "not a NumPy file that can be read")
    (tmp_path / "a.npy").write_bytes(array(np.ones((100, 2))).data[:-8])
    fails(sources(str(tmp_path / "a.npy"))[0], "not a NumPy file that can be read")
