"""What is read equals what others read: csv, json, pandas, openpyxl, pyarrow and numpy are the oracles."""

from __future__ import annotations

import bz2
import csv
import datetime
import gzip
import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardneg_cli.errors import InputError
from hardneg_cli.io.delimited import chunks
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.table_formats import csv as csv_reader
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest

ODD = [
    "None",
    "NA",
    "null",
    "nan",
    "007",
    "1e5",
    "12345678901234567890",
    " lead",
    "trail ",
    "",
    "é",
    'q"q',
    "a,b",
    "x\ny",
]


def in_memory(data: bytes | str, name: str = "data.csv") -> Source:
    return Source(name, data=data.encode() if isinstance(data, str) else data)


def texts(source: Source, *names: str, **options: Any) -> list[list[str | None]]:
    wanted = ReadRequest(text=names or tuple(table_files.columns([source], options.get("encoding"))), **options)
    rows: list[list[str | None]] = []
    for batch in table_files.read([source], wanted):
        assert all(column.type == pa.string() for column in batch.columns)
        rows += [list(row) for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)]
    return rows


def numbers(source: Source, name: str, **options: Any) -> pa.ChunkedArray:
    return pa.chunked_array([b.column(0) for b in table_files.read([source], ReadRequest(numbers=(name,), **options))])


def fails(source: Source, *parts: str, wanted: ReadRequest | None = None) -> None:
    with pytest.raises(InputError) as caught:
        names = table_files.columns([source], wanted.encoding if wanted else None)
        list(table_files.read([source], wanted or ReadRequest(text=tuple(names))))
    for part in (source.name, *parts):
        assert part in str(caught.value), caught.value
    assert "\n" not in str(caught.value)


def written(rows: list[list[str]], **dialect: Any) -> str:
    out = io.StringIO()
    csv.writer(out, **dialect).writerows(rows)
    return out.getvalue()


# ---------------------------------------------------------------------------------------------------- kinds


def test_the_kind_is_told_by_content_before_extension(tmp_path: Path) -> None:
    table = pa.table({"a": ["1"]})
    pq.write_table(table, tmp_path / "a.csv")
    with pa.ipc.new_stream(tmp_path / "b.parquet", table.schema) as stream:
        stream.write_table(table)
    (tmp_path / "c.parquet").write_text("a\n1\n")
    (tmp_path / "d.csv").write_text('{"a": "1"}\n')
    (tmp_path / "e.txt").write_text('[ {"a": "1"} ]', encoding="utf-16")
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append([1])
    book.save(tmp_path / "f.dat")
    for file in sorted(tmp_path.iterdir()):
        assert texts(sources(str(file))[0]) == [["1"]], file


def test_what_is_no_data_is_refused() -> None:
    fails(Source("picture", data=b"\x00\x01\x02\x00"), ".parquet", ".csv")


def test_files_of_a_glob_are_read_in_turn_by_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n1,2\n")
    (tmp_path / "b.csv").write_text("y;x\n4;3\n")
    files = sources(str(tmp_path / "*.csv"))
    assert table_files.columns(files) == ["x", "y"]
    assert [batch.to_pylist() for batch in table_files.read(files, ReadRequest(text=("y", "x")))] == [
        [{"y": "2", "x": "1"}],
        [{"y": "4", "x": "3"}],
    ]
    (tmp_path / "b.csv").write_text("y,z\n4,3\n")
    files = sources(str(tmp_path / "*.csv"))
    with pytest.raises(InputError, match=r"b\.csv: no column 'x', which .*a\.csv has"):
        table_files.columns(files)


def test_compressed_files_are_read(tmp_path: Path) -> None:
    data = b"a,b\n1,2\n"
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(data))
    (tmp_path / "a.csv.bz2").write_bytes(bz2.compress(data))
    with pa.CompressedOutputStream(str(tmp_path / "a.csv.zst"), "zstd") as out:
        out.write(data)
    assert [texts(source) for source in sources(str(tmp_path / "a.*"))] == [[["1", "2"]]] * 3


def test_a_truncated_gzip_file_is_an_error() -> None:
    data = gzip.compress(np.random.default_rng(0).bytes(1 << 18).hex().encode())
    with pytest.raises(InputError, match="cut"):
        table_files.columns([in_memory(data[:2000], "cut.csv.gz")])
        list(table_files.read([in_memory(data[:2000], "cut.csv.gz")], ReadRequest()))


@pytest.mark.parametrize("data", ["a,b\n", '{"a": 1}\n\n'[:0] + "[]"])
def test_no_rows_is_an_error(data: str) -> None:
    with pytest.raises(InputError, match="no rows"):
        list(table_files.read([in_memory(data, "data.json" if data == "[]" else "data.csv")], ReadRequest()))


def test_column_names_must_be_there_and_differ() -> None:
    fails(in_memory("a,a\n1,2\n"), "'a'", "more than one")
    fails(in_memory("a,,b\n1,2,3\n"), "column 2 has no name")
    fails(in_memory("label\n1\n"), "no column 'lable'; did you mean 'label'?", wanted=ReadRequest(text=("lable",)))
    fails(in_memory('{"label": 1}', "a.json"), "no column 'lable'; did you mean", wanted=ReadRequest(text=("lable",)))


# ------------------------------------------------------------------------------------------------------ csv

cell = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(list("\",;\t|\r\n 'x")), max_size=8)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=12)
)
dialects = st.fixed_dictionaries({"delimiter": st.sampled_from(",;\t|")}).flatmap(
    lambda d: st.sampled_from(
        [{**d, "lineterminator": "\r\n", "quoting": csv.QUOTE_MINIMAL}]
        + [{**d, "lineterminator": end, "quoting": csv.QUOTE_ALL} for end in ("\n", "\r\n", "\r")]
    )
)


@settings(deadline=None, max_examples=300)
@given(tables, dialects, st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.integers(1, 100))
def test_any_table_that_csv_writes_is_read_as_csv_reads_it(
    rows: list[list[str]], dialect: Any, encoding: str, part: int
) -> None:
    header = [f"c{index}" for index in range(len(rows[0]))]
    if len(header) == 1:
        dialect = {**dialect, "quoting": csv.QUOTE_ALL}  # one column has no delimiter to tell
    text = written([header, *rows], **dialect)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "PART_BYTES", part)
        read = texts(in_memory(text.encode(encoding)))
    assert read == list(csv.reader(io.StringIO(text, newline=""), **dialect))[1:]


raw = st.text(st.sampled_from('",,\r\n\n ab\0é'), max_size=40)


@settings(deadline=None, max_examples=500)
@given(raw, st.integers(8, 40), st.none() | st.integers(1, 40))
def test_any_raw_text_is_cut_as_csv_cuts_it(body: str, block: int, part: int | None) -> None:
    text = "h1,h2\n" + body
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_reader, "BLOCK_BYTES", (block, 1 << 20))
        if part is None:
            patch.setattr(csv_reader, "block_bytes", lambda _: 0)  # no parts
        else:
            patch.setattr(chunks, "PART_BYTES", part)
            patch.setattr(chunks, "BLOCK_BYTES", block)
            patch.setattr(chunks, "SHORTEST_BLOCK", 4)
        oracle = list(csv.reader(io.StringIO(text + "\nend,end", newline="")))
        notes: list[str] = []
        if oracle.pop() != ["end", "end"]:
            fails(
                in_memory(text),
                "a quote is opened and never closed",
                wanted=ReadRequest(("h1", "h2"), skip_ragged=notes.append),
            )
            return
        good = [row for row in oracle[1:] if len(row) == 2]
        wanted = ReadRequest(text=("h1", "h2"), skip_ragged=notes.append)
        read = [list(row.values()) for batch in _read(in_memory(text), wanted) for row in batch.to_pylist()]
        assert read == good
        records = [row for row in oracle[1:] if row]
        ragged = [(number, len(row)) for number, row in enumerate(records, 1) if len(row) != 2]
        assert notes == [f"row {number}: {found} cells instead of 2" for number, found in ragged]


def _read(source: Source, wanted: ReadRequest) -> list[pa.RecordBatch]:
    try:
        return list(table_files.read([source], wanted))
    except InputError as error:
        if "no rows" in str(error):
            return []
        raise


def test_odd_text_survives_as_pandas_reads_it(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id": range(len(ODD)), "label": ODD, "other": ODD[::-1]})
    frame.to_csv(tmp_path / "a.csv", index=False)
    again = pd.read_csv(tmp_path / "a.csv", dtype=str, keep_default_na=False)
    assert texts(sources(str(tmp_path / "a.csv"))[0]) == again.to_numpy().tolist()


@pytest.mark.parametrize(
    ("name", "text", "names"),
    [
        ("a.csv", "a;b\n1,5;2\n3,5;4\n", ["a", "b"]),
        ("a.csv", "a|b|c\n1|2|3\n", ["a", "b", "c"]),
        ("a.csv", "a\tb\nx, y\tz\n", ["a", "b"]),
        ("a.tsv", "a, x\tb, y\n1, 2\t3, 4\n", ["a, x", "b, y"]),
        ("a.tsv", "a,b\n1,2\n", ["a", "b"]),
        ("a.csv", '"a;1;2;3",b\n"1;2;3;4",2\n', ["a;1;2;3", "b"]),
        ("a.csv", "text\nhello, you\nbye\n", ["text"]),
        ("a.csv", "label\n1\n\n2", ["label"]),
        ("a.csv", "\n\r\n\na,b\n1,2", ["a", "b"]),
        ("a.csv", "a,b", ["a", "b"]),
    ],
)
def test_the_delimiter_is_found(name: str, text: str, names: list[str]) -> None:
    assert table_files.columns([in_memory(text, name)]) == names


def test_a_header_longer_than_the_sample_is_read() -> None:
    names = [f"prob_{index:07}" for index in range(20_000)]
    source = in_memory(",".join(names) + "\n" + ",".join(["0.5"] * 20_000) + "\n")
    assert table_files.columns([source]) == names
    assert texts(source, names[0], names[-1]) == [["0.5", "0.5"]]
    source = in_memory(",".join(names * 8).replace("prob", "x" * 20)[: 3 << 20] + "\n1\n")
    fails(source, "more than one column")


def test_encodings() -> None:
    text = "näme,b\nß,€\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert texts(in_memory(text.encode(encoding))) == [["ß", "€"]]
    assert texts(in_memory(text.encode("cp1252")), encoding="cp1252") == [["ß", "€"]]
    assert texts(in_memory(text.encode("utf-16-le")), encoding="utf-16") == [["ß", "€"]]
    fails(in_memory("a,b\n1,2\n3,ß\n".encode("cp1252")), "row 2, column 'b'", "not utf-8", "--encoding")
    fails(in_memory("a,ß\n1,2\n".encode("cp1252")), "header", "--encoding")
    fails(in_memory(b"a,b\n1,2\n3,\x81\n"), "row 2", "cp1252", wanted=ReadRequest(("a",), encoding="cp1252"))
    fails(in_memory("a,b\n1,2\n".encode("utf-16-le")), "UTF-16")
    fails(in_memory("a,b\n1,2\n"), "", wanted=ReadRequest(("a",), encoding="utf-16"))
    with pytest.raises(InputError, match="no encoding is called 'ütf'"):
        table_files.columns([in_memory("a\n")], "ütf")
    with pytest.raises(InputError, match="no encoding is called 'base64'"):
        table_files.columns([in_memory("a\n")], "base64")


def test_ragged_rows_are_named_or_skipped() -> None:
    source = in_memory('a,b\n1,2\n\n"x\ny"\n3,4,5\n6,7\n')
    fails(source, "row 2: 1 cells instead of 2")
    notes: list[str] = []
    assert texts(source, "a", "b", skip_ragged=notes.append) == [["1", "2"], ["6", "7"]]
    assert notes == ["row 2: 1 cells instead of 2", "row 3: 3 cells instead of 2"]


def test_numbers_of_csv() -> None:
    source = in_memory('x\n0.5\n\n 1e3 \nnan\n""\ninf\n-1e999\nNaN\n')
    assert np.array_equal(
        numbers(source, "x").to_numpy(), [0.5, 1000, np.nan, np.nan, np.inf, -np.inf, np.nan], equal_nan=True
    )
    for bad in ("NA", "None", "1,5", "0x1", "x"):
        trouble = in_memory(f'k;x\n1;0.5\n2;0.5\n3;"{bad}"\n')
        fails(trouble, "row 3, column 'x'", repr(bad), wanted=ReadRequest(("k",), ("x",)))
    skipped = in_memory("k,x\n1\n2,0.5\n3,oh\n")
    fails(skipped, "row 3, column 'x'", wanted=ReadRequest(numbers=("x",), skip_ragged=lambda _: None))


def test_a_quote_that_is_never_closed_is_an_error_wherever_it_is() -> None:
    for body in ('1,2\n"3,4\n', '1,2\n3,"4\n', '1,2\n3,"4', '1,2\n"3', '1,2\n3,"4\n5,6\n7,8\n'):
        for wanted in (
            ReadRequest(("a", "b")),
            ReadRequest(("a",)),
            ReadRequest(numbers=("b",)),
            ReadRequest(("a",), skip_ragged=str),
        ):
            fails(in_memory("a,b\n" + body), "row 2", "never closed", wanted=wanted)
    fails(in_memory('a,"b\n1,2\n'), "header", "never closed")
    fails(in_memory('a,b\n1,2\n3,"4\n' + "5,6\n" * 1_000_000), "row 2", "never closed")


def test_a_cell_longer_than_a_block_is_read_once() -> None:
    long = "x" * (3 << 20)
    rows = [["1", "a"]] * 100_000 + [["2", long]] + [["3", "b\nc"]] * 10
    notes: list[str] = []
    text = "k,v\n" + "only\n" + written(rows)
    assert texts(in_memory(text), "k", "v", skip_ragged=notes.append) == rows
    assert notes == ["row 1: 1 cells instead of 2"]


def test_a_quoted_line_end_at_the_end_of_a_block_is_kept_whole() -> None:
    for shift in range(4):
        rows = [["x" * shift, "y"], ["1", "\r\n" * (2 << 20)]]
        assert texts(in_memory("a,b\n" + written(rows))) == rows


def test_nul_characters_are_text() -> None:
    assert texts(in_memory("a,b\n1,x\0y\n")) == [["1", "x\0y"]]


# ----------------------------------------------------------------------------------------------------- json


def test_json_lines() -> None:
    lines = [
        '{"id": 007, "x": 1}'.replace("007", "12345678901234567890"),
        "",
        ' {"id": 1e5, "x": 0.10, "new": [1, 2.50, "a", {"b" : null}] } \r',
        '{"id": "NA", "x": null, "t": true, "n": NaN}',
        "{}",
    ]
    source = in_memory("\ufeff" + "\n".join(lines), "a.jsonl")
    assert table_files.columns([source]) == ["id", "x", "new", "t", "n"]
    assert texts(source) == [
        ["12345678901234567890", "1", None, None, None],
        ["1e5", "0.10", '[1,2.50,"a",{"b":null}]', None, None],
        ["NA", None, None, "true", "NaN"],
        [None] * 5,
    ]
    assert np.array_equal(numbers(source, "x").to_numpy(), [1, 0.1, np.nan, np.nan], equal_nan=True)


values = st.recursive(
    st.none() | st.booleans() | st.text(st.characters(exclude_categories=["Cs"])), lambda v: st.lists(v, max_size=3)
)


@settings(deadline=None)
@given(st.lists(st.dictionaries(cell, values, min_size=1, max_size=4), min_size=1, max_size=5), st.booleans())
def test_json_is_read_as_json_reads_it(objects: list[dict[str, Any]], array: bool) -> None:
    text = json.dumps(objects, indent=1) if array else "\n".join(json.dumps(o, ensure_ascii=False) for o in objects)
    names = tuple(dict.fromkeys(name for o in objects for name in o))
    read = [
        row for batch in table_files.read([in_memory(text, "a.json")], ReadRequest(names)) for row in batch.to_pylist()
    ]
    for row, o in zip(read, objects, strict=True):
        for name in names:
            value = o.get(name)
            assert row[name] == value if isinstance(value, str | None) else json.loads(row[name]) == value


def test_embeddings_in_json_are_lists_of_numbers() -> None:
    vector = [0.5] * 100
    source = in_memory(f'{{"v": {json.dumps(vector)}}}\n{{"v": null}}\n', "a.jsonl")
    assert numbers(source, "v").to_pylist() == [vector, None]
    assert texts(source) == [[_fingerprint(vector)], [None]]


def _fingerprint(vector: list[float]) -> str:
    import hashlib
    import struct

    digest = hashlib.blake2b(struct.pack(f"<{len(vector)}d", *vector), digest_size=8).hexdigest()
    return f"[{len(vector)} numbers, blake2b {digest}]"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ('{"a": 1}\n{"a": \n', ["line 2"]),
        ('{"a": 1}\n\n[1]\n', ["line 3", "instead of a JSON object"]),
        ('{"a": 1}\n{"a": 1, "a": 2}\n', ["line 2", "key 'a' twice"]),
        ('{"a": 1} {"a": 2}\n', ["line 1", "one object a line"]),
        ('{\n"a": 1\n}\n', ["line 1"]),
        ('[{"a": 1}, {"a": 1, "a": 2}]', ["item 2", "twice"]),
        ('[{"a": 1} {"a": 2}]', ["after item 1"]),
        ('[{"a": 1},]', ["item 2"]),
        ('[{"a": 1}', ["after item 1"]),
        ('{"a": "\\ud800"}\n', ["line 1", "surrogate"]),
        ('{"a":' + "[" * 100_000 + "\n", ["line 1"]),
    ],
)
def test_bad_json_is_named(text: str, parts: list[str]) -> None:
    fails(in_memory(text, "a.json"), *parts)


def test_bad_bytes_and_numbers_in_json_are_named() -> None:
    fails(in_memory(b'{"a": "x"}\n{"a": "\xff"}\n', "a.jsonl"), "line 2", "utf-8", "--encoding")
    fails(in_memory('{"a": 1}\n{"a": "x"}\n', "a.jsonl"), "line 2", "'a'", "x", wanted=ReadRequest(numbers=("a",)))
    fails(in_memory('{"a": [1]}\n{"a": 2}\n', "a.jsonl"), "line 2", wanted=ReadRequest(numbers=("a",)))
    fails(in_memory('{"a": true}\n', "a.jsonl"), "line 1", wanted=ReadRequest(numbers=("a",)))


# ------------------------------------------------------------------------------------------ parquet and arrow

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
    "list": (pa.array([[1, 2], None, []], pa.list_(pa.int8())), [_fingerprint([1, 2]), None, _fingerprint([])]),
    "vector": (pa.array([[1, 2], None, [0.5, 3]], pa.list_(pa.float32(), 2)),
               [_fingerprint([1, 2]), None, _fingerprint([0.5, 3])]),
    "words": (pa.array([["é", None], None, []]), ['["é",null]', None, "[]"]),
    "struct": (pa.array([{"k": 1, "b": b"x"}, None, {"k": None, "b": None}]),
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
    assert texts(array(values))[0] == [_fingerprint(values[0].tolist())]


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
