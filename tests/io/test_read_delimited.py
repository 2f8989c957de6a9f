"""Delimited text is read as csv and pandas read it, whatever its dialect, encoding and oddities."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardneg_cli.errors import InputError
from hardneg_cli.io.delimited import chunks
from hardneg_cli.io.files.source import Source, sources
from hardneg_cli.io.table_formats import csv as csv_reader
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest
from support.reading import cell, fails, in_memory, numbers, texts

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


def written(rows: list[list[str]], **dialect: Any) -> str:
    out = io.StringIO()
    csv.writer(out, **dialect).writerows(rows)
    return out.getvalue()


tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(cell, min_size=width, max_size=width), min_size=1, max_size=12)
)
dialects = st.fixed_dictionaries({"delimiter": st.sampled_from(",;\t|")}).flatmap(
    lambda d: st.sampled_from(
        [{**d, "lineterminator": "\r\n", "quoting": csv.QUOTE_MINIMAL}]
        + [{**d, "lineterminator": end, "quoting": csv.QUOTE_ALL} for end in ("\n", "\r\n", "\r")]
    )
)


@pytest.mark.slow
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


@pytest.mark.slow
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
                "quote",  # is never closed, or is one in the text
                wanted=ReadRequest(("h1", "h2"), skip_ragged=notes.append),
            )
            return
        good = [row for row in oracle[1:] if len(row) == 2]
        wanted = ReadRequest(text=("h1", "h2"), skip_ragged=notes.append)
        try:
            read = [list(row.values()) for batch in _read(in_memory(text), wanted) for row in batch.to_pylist()]
        except InputError as error:
            assert "goes on behind the closing quote" in str(error)  # noqa: PT017 -- it need not be raised
            assert any("\n" in cell or "\r" in cell for row in good for cell in row)
            return
        assert read == good
        records = [row for row in oracle[1:] if row]
        ragged = [(number, len(row)) for number, row in enumerate(records, 1) if len(row) != 2]
        assert [re.sub(r", in \d+ lines", "", note) for note in notes] == [
            f"row {number}: {found} cells instead of 2" for number, found in ragged
        ]


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
    source = in_memory(",".join(names * 4).replace("prob", "x" * 40)[: 3 << 20] + "\n1\n")
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
    assert notes == ["row 2: 1 cells instead of 2, in 2 lines", "row 3: 3 cells instead of 2"]


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_cell_longer_than_a_block_is_read_once() -> None:
    long = "x" * (3 << 20)
    rows = [["1", "a"]] * 100_000 + [["2", long]] + [["3", "b\nc"]] * 10
    notes: list[str] = []
    text = "k,v\n" + "only\n" + written(rows)
    assert texts(in_memory(text), "k", "v", skip_ragged=notes.append) == rows
    assert notes == ["row 1: 1 cells instead of 2"]


@pytest.mark.slow
def test_a_quoted_line_end_at_the_end_of_a_block_is_kept_whole() -> None:
    for shift in range(4):
        rows = [["x" * shift, "y"], ["1", "\r\n" * (2 << 20)]]
        assert texts(in_memory("a,b\n" + written(rows))) == rows


def test_nul_characters_are_text() -> None:
    assert texts(in_memory("a,b\n1,x\0y\n")) == [["1", "x\0y"]]
