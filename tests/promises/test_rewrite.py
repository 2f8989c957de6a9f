"""A rewritten file differs from the old one in its edits and in nothing else."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardneg_cli.errors import InputError
from hardneg_cli.io.files import text_encoding
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest
from support.rewriting import edits, fails, rewritten

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
        assert stream.read(1 << 20) == b"id,label\n1,b\n" + b"1,a\n" * 9_999


cell = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(list("\",;\t|\r\n 'x")), max_size=6)


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
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
