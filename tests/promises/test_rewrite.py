"""A rewritten file differs from the old one in its edits and in nothing else."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.styles import Font

from hardneg_cli.errors import InputError
from hardneg_cli.io.files import text_encoding
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest


def rewritten(data: bytes | str, edits: CellEdits, name: str = "data.csv") -> bytes:
    out = io.BytesIO()
    source = Source(name, data=data.encode() if isinstance(data, str) else data)
    table_files.rewrite(source, out, edits)
    assert not out.closed
    return out.getvalue()


def edits(cells: Mapping[int, str] | None = None, drop: set[int] | None = None, **more: Any) -> CellEdits:
    return CellEdits(**{"column": "label", "cells": cells or {}, "drop": frozenset(drop or ()), **more})


def fails(data: bytes | str, change: CellEdits, *parts: str, name: str = "data.csv") -> None:
    with pytest.raises(InputError) as caught:
        rewritten(data, change, name)
    for part in (name, *parts):
        assert part in str(caught.value), caught.value


# ------------------------------------------------------------------------------------------------------ csv

ASKED = ("cp1252", "utf-16-be", "shift_jis", "gb18030")
ODDITIES = (
    b'\xef\xbb\xbfid,label,"te,xt"\r\n'
    b"\r\n"
    b"1,cat,plain\n"
    b'2,"cat","two\r\nlines"\r'
    b'3,c"at,  x \n\n'
    b'"4","c""at"tail,\xff\xfe\r\n'
    b"5,,"
)


def test_nothing_to_do_changes_no_byte() -> None:
    assert rewritten(ODDITIES, edits()) == ODDITIES


def test_only_the_changed_cells_and_dropped_records_differ() -> None:
    expect = {0: "cat", 1: "cat", 2: 'c"at', 3: 'c"attail', 4: ""}
    assert rewritten(ODDITIES, edits({0: "dog", 1: "dog", 2: "d,o\ng", 3: 'd"og', 4: "ü"}, expect=expect)) == (
        b'\xef\xbb\xbfid,label,"te,xt"\r\n\r\n1,dog,plain\n2,"dog","two\r\nlines"\r3,"d,o\ng",  x \n\n'
        b'"4","d""og",\xff\xfe\r\n5,\xc3\xbc,'
    )
    assert rewritten(ODDITIES, edits({1: "gone"}, {1, 4})) == (
        b'\xef\xbb\xbfid,label,"te,xt"\r\n\r\n1,cat,plain\n3,c"at,  x \n\n' + b'"4","c""at"tail,\xff\xfe\r\n'
    )
    assert rewritten(ODDITIES, edits({0: "dog"}, {1, 4}, mark="drop")) == (
        b'\xef\xbb\xbfid,label,"te,xt",drop\r\n\r\n1,dog,plain,\n2,"cat","two\r\nlines",1\r3,c"at,  x ,\n\n'
        b'"4","c""at"tail,\xff\xfe,\r\n5,,,1'
    )


def test_ragged_records_stay_and_are_not_counted() -> None:
    text = "id,label\n1,a\n2\n3,b,c\n4,d\n"
    assert rewritten(text, edits({1: "e"}, skip_ragged=True, expect={1: "d"})) == text.replace("4,d", "4,e").encode()
    assert rewritten(text, edits(drop={0}, mark="bad,row", skip_ragged=True)) == (
        b'id,label,"bad,row"\n1,a,1\n2,\n3,b,c,\n4,d,\n'
    )
    fails(text, edits({1: "e"}), "row 2: 1 cells instead of 2")


def test_a_single_column_gets_quotes_where_it_would_be_a_blank_line() -> None:
    assert rewritten("label\na\nb", edits({1: ""})) == b'label\na\n""'


def test_edits_that_do_not_fit_are_refused() -> None:
    text = "id,label\n1,a\n2,b\n"
    fails(text, edits({1: "c"}, expect={1: "a"}), "row 2", "'b', not 'a'")
    fails(text, edits(drop={0}, expect={0: "b"}), "row 1", "'a', not 'b'")
    fails(text, edits({2: "c"}), "no row 3")
    fails(text, edits({0: "c"}, column="lable"), "no column 'lable'; did you mean 'label'?")
    fails(text, edits(drop={0}, mark="id"), "'id' already")
    fails(text, edits({0: "\ud800"}), "cannot be written in utf-8")
    fails('id,label\n1,a\n2,"b\n', edits(), "row 2", "never closed")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", *ASKED])
def test_encodings_stay(encoding: str) -> None:
    # in Shift-JIS the second byte of this letter is that of a bar
    foreign = "é€" if encoding == "cp1252" else "表ポ" if encoding in ASKED else "é🦊"
    text = f"id|label|x\r\n1|{foreign}|{foreign}\r\n2|b|\r\n"
    asked = encoding if encoding in ASKED else None
    data = text.encode(encoding)
    assert rewritten(data, edits(encoding=asked)) == data
    change = edits({1: foreign}, {0}, expect={0: foreign}, encoding=asked)
    assert rewritten(data, change) == f"id|label|x\r\n2|{foreign}|\r\n".encode(encoding)


def test_what_an_encoding_cannot_hold_is_refused() -> None:
    data = "id,label\n1,é\n".encode("cp1252")
    fails(data, edits({0: "🦊"}, encoding="cp1252"), "cannot be written in cp1252")
    # two byte sequences for one character
    fails(b"id,label\n1,\xfa\x54\n", edits(encoding="cp932"), "byte for byte")


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, zstd])
def test_compressed_files_stay_compressed_and_reproducible(compress: Any) -> None:
    data = compress(b"id,label\n" + b"1,a\n" * 10_000)
    new = rewritten(data, edits({0: "b"}), "data.csv.x")
    assert new[:2] == data[:2]
    assert new == rewritten(data, edits({0: "b"}), "data.csv.x")
    with Source("x", data=new).open() as stream:
        assert stream.read() == b"id,label\n1,b\n" + b"1,a\n" * 9_999


cell = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(list("\",;\t|\r\n 'x")), max_size=6)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_random_edits_change_exactly_their_cells(data: st.DataObject) -> None:
    width = data.draw(st.integers(2, 4))
    header = [f"c{index}" for index in range(width)]
    rows = data.draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=8))
    end = data.draw(st.sampled_from(["\r\n", "\n", "\r"]))
    quoting = csv.QUOTE_MINIMAL if end == "\r\n" else csv.QUOTE_ALL
    out = io.StringIO()
    delimiter = data.draw(st.sampled_from(",;\t|"))
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows([header, *rows])
    encoded = out.getvalue().encode(encoding := data.draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])))
    places = st.integers(0, len(rows) - 1) if rows else st.nothing()
    cells = data.draw(st.dictionaries(places, cell))
    drop = data.draw(st.frozensets(places))
    mark = data.draw(st.sampled_from([None, "mark"]))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_encoding, "CHUNK_BYTES", data.draw(st.sampled_from([1, 7, 1 << 20])))
        assert rewritten(encoded, CellEdits("c1", {})) == encoded
        expect = {row: rows[row][1] for row in {*cells, *drop}}
        new = rewritten(encoded, CellEdits("c1", cells, drop, mark, expect))
    wanted = [header + ["mark"] * (mark is not None)]
    for number, row in enumerate(rows):
        row = [row[0], cells.get(number, row[1]), *row[2:]]
        if mark:
            wanted.append([*row, "1" if number in drop else ""])
        elif number not in drop:
            wanted.append(row)
    assert list(csv.reader(io.StringIO(new.decode(encoding), newline=""), delimiter=delimiter)) == wanted


raw = st.text(st.sampled_from('",,\r\n\n ab'), max_size=40)


@settings(deadline=None, max_examples=300)
@given(raw, st.sampled_from([1, 5, 1 << 20]))
def test_rows_are_numbered_as_they_are_read(body: str, chunk: int) -> None:
    source = Source("x.csv", data=f"c0,c1\n{body}".encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_encoding, "CHUNK_BYTES", chunk)
        try:
            read = second_cells(source.data)
        except InputError:
            return
        assert (
            rewritten(source.data, CellEdits("c1", {}, expect=dict(enumerate(read)), skip_ragged=True)) == source.data
        )
        with pytest.raises(InputError, match="no row"):
            rewritten(source.data, CellEdits("c1", {len(read): ""}, skip_ragged=True))
        upper = {row: text.upper() for row, text in enumerate(read)}
        assert second_cells(rewritten(source.data, CellEdits("c1", upper, skip_ragged=True))) == list(upper.values())


def second_cells(data: bytes) -> list[str]:
    wanted = ReadRequest(text=("c1",), skip_ragged=lambda _: None)
    found = table_files.read([Source("x.csv", data=data)], wanted)
    return [text for batch in found for text in batch.column(0).to_pylist()]


# ----------------------------------------------------------------------------------------------------- json

LINES = (
    '\ufeff{"id":1,"label":"cat","x":0.10}\n'
    "\n"
    ' { "label" : 7 , "id": 1e5, "n": {"label": "no"} } \r\n'
    '{"label": true}\n'
    '{"id": 3}\n'
    "{}\n"
    '{"a\\"}": [1, 2], "la\\u0062el": "\\u00e9"}'
)


def test_json_lines_keep_all_other_bytes() -> None:
    assert rewritten(LINES, edits(), "a.jsonl") == LINES.encode()
    expect = {0: "cat", 1: "7", 2: "true", 3: "", 4: "", 5: "é"}
    new = rewritten(LINES, edits({0: "dög", 1: "8", 2: "false", 3: "x", 4: "y", 5: "1"}, expect=expect), "a.jsonl")
    assert new.decode().split("\n") == [
        '\ufeff{"id":1,"label":"dög","x":0.10}',
        "",
        ' { "label" : 8 , "id": 1e5, "n": {"label": "no"} } \r',
        '{"label": false}',
        '{"id": 3, "label": "x"}',
        '{"label":"y"}',
        '{"a\\"}": [1, 2], "la\\u0062el": "1"}',
    ]
    assert b'"label" : "08" ' in rewritten(LINES, edits({1: "08"}), "a.jsonl")
    assert b'"label": "yes"' in rewritten(LINES, edits({2: "yes"}), "a.jsonl")


def test_json_lines_are_dropped_or_marked() -> None:
    lines = LINES.splitlines(keepends=True)
    assert rewritten(LINES, edits(drop={0, 5}), "a.jsonl").decode() == "\ufeff" + "".join(lines[1:6])
    new = rewritten(LINES, edits({0: "dog"}, {0, 1, 4}, mark="drop"), "a.jsonl").decode().split("\n")
    assert new[0] == '\ufeff{"id":1,"label":"dog","x":0.10,"drop":"1"}'
    assert new[2] == ' { "label" : 7 , "id": 1e5, "n": {"label": "no"}, "drop": "1" } \r'
    assert new[5] == '{"drop":"1"}'
    fails('{"label": 1}\n', edits({0: "2"}, expect={0: "3"}), "row 1", name="a.jsonl")
    fails('{"label": 1}\n', edits({1: "2"}), "no row 2", name="a.jsonl")


def test_json_arrays_keep_all_other_bytes() -> None:
    text = ' [\n  {"label": "a"},\n  {"label" : 1} ,{"label": null}\n]\n'
    assert rewritten(text, edits(), "a.json") == text.encode()
    assert rewritten(text, edits({1: "2", 2: "c"}), "a.json").decode() == text.replace("1", "2").replace("null", '"c"')
    assert rewritten(text, edits(drop={0}), "a.json").decode() == ' [\n  {"label" : 1} ,{"label": null}\n]\n'
    assert json.loads(rewritten(text, edits(drop={2}), "a.json")) == [{"label": "a"}, {"label": 1}]
    assert json.loads(rewritten(text, edits(drop={0, 1, 2}), "a.json")) == []
    marked = json.loads(rewritten(text, edits(drop={0}, mark="m"), "a.json"))
    assert marked == [{"label": "a", "m": "1"}, {"label": 1, "m": ""}, {"label": None, "m": ""}]


names = cell.filter(bool)
values = cell | st.integers() | st.none() | st.lists(cell, max_size=2)


@settings(deadline=None)
@given(st.lists(st.dictionaries(names, values, max_size=3), max_size=5), names, st.data())
def test_random_json_edits_change_exactly_their_values(
    objects: list[dict[str, Any]], key: str, data: st.DataObject
) -> None:
    objects = [*objects, {"other": 1, key: "x"}]
    places = st.integers(0, len(objects) - 1)
    cells, drop = data.draw(st.dictionaries(places, cell)), data.draw(st.frozensets(places))
    wanted = [{**o, key: cells[i]} if i in cells else o for i, o in enumerate(objects) if i not in drop]
    for text in ("\n".join(json.dumps(o) for o in objects), json.dumps(objects, indent=2, ensure_ascii=False)):
        new = rewritten(text, CellEdits(key, cells, drop), "a.json").decode()
        read = json.loads(new) if text.startswith("[") else [json.loads(line) for line in new.split("\n") if line]
        for row, o in zip(read, wanted, strict=True):
            assert list(row) == list(o)
            assert {**row, key: str(row.get(key))} == {**o, key: str(o.get(key))}


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
        pa.array([[1, 2], None, [0.1, float("nan")], [3, 4], [5, 6]], pa.list_(pa.float32(), 2)),
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
