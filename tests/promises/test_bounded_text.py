"""However long a line, header, cell or number of text is: bounded memory, and a message that can be read."""

from __future__ import annotations

import bz2
import gzip
import json
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from hardneg_cli import apply, check, collect, compare, diff, find
from hardneg_cli.errors import HardnegError, InputError, bounded, quote
from hardneg_cli.io.delimited import grammar
from hardneg_cli.io.files import limits, text_encoding
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.table_formats import csv as csv_reader
from hardneg_cli.io.tables import json_array, table_files
from support.command import COMMAND, forked_command
from support.reading import fails, in_memory, texts

LONG = "x'\n\u202e" * 5000  # a cell of 20,000 characters


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


PACKERS: list[Callable[[bytes], bytes]] = [gzip.compress, bz2.compress, zstd]
ROW = b"id,text,label\nr1,"
BOMBS = {
    "line.csv": (ROW, b"a"), "rows.csv": (ROW, b"b,c\nr,"), "quote.csv": (ROW, b'"a\n'), "columns.csv": (b"id", b",a"),
    "nothing.csv": (b"", b"\0"), "blanks.csv": (b"", b" "), "ends.csv": (b"", b"\n"), "header.csv": (b"", b"ab"),
    "tabs.tsv": (b'id\tlabel\nr\t"', b"a"), "line.jsonl": (b'{"id":"', b"a"), "nested.jsonl": (b'{"a":', b"["),
    "item.json": (b'[{"id":"', b"a"), "items.json": (b'[{"id":"a"}', b',{"id":"a"}'), "after.json": (b'[{"a":1}', b" "),
}  # fmt: skip


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits, a hundredth of what they are."""
    for module, name in (
        (grammar, "RECORD"), (grammar, "HEADER"), (text_encoding, "RECORD"), (json_array, "RECORD"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, getattr(limits, name) // 64)
    monkeypatch.setattr(csv_reader, "BLOCK_BYTES", (1 << 18, 1 << 19, limits.RECORD // 64))
    monkeypatch.setattr(limits.refuse_bomb, "__kwdefaults__", {"least": 1 << 22, "advice": ""})


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("name", "packed"), [*((name, PACKERS[0]) for name in BOMBS), *(("rows.csv", one) for one in PACKERS[1:])]
)
def test_what_unpacks_without_end_is_refused(name: str, packed: Callable[[bytes], bytes]) -> None:
    beginning, part = BOMBS[name]
    source = Source(f"{name}.x", data=packed(beginning + part * ((6 << 20) // len(part))))
    with pytest.raises(InputError, match=name) as caught:
        texts(source)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("packed", PACKERS)
def test_packed_data_that_are_cut_or_damaged(packed: Callable[[bytes], bytes]) -> None:
    data = packed(b"id,label\n" + b"".join(b"%d,a\n" % (i * i) for i in range(50_000)))
    for broken in (data[:-100], data[:8], data[:40] + b"junk" * 9 + data[76:], data[:4] + b"junk" * 20):
        fails(Source("a.csv", data=broken))


def test_a_header_has_so_many_columns() -> None:
    names = ",".join(f"c{i}" for i in range(limits.MOST_COLUMNS + 1))
    fails(in_memory(f"{names}\n1\n"), "header: more than 100,000 columns")
    fails(in_memory(names), "header: more than 100,000 columns")


def test_json_has_limits() -> None:
    deep = '{"label": ' + "[" * 200 + "]" * 200 + "}"
    fails(in_memory(deep, "a.jsonl"), "line 1: nested more than 100 deep")
    fails(in_memory(f"[{deep}]", "a.json"), "item 1: nested more than 100 deep")
    fails(in_memory('{"label": ' + "[" * 100_000, "a.jsonl"), "line 1")
    keys = ",".join(f'"k{i}":1' for i in range(50_000))
    fails(in_memory(f'{{{keys},"k49999":2}}', "a.jsonl"), "key 'k49999' twice")
    huge = "9" * 5000
    assert texts(in_memory(f'{{"label": {huge}, "x": 1e999999}}', "a.jsonl")) == [[huge, "1e999999"]]
    fails(in_memory('{"label": "\\ud800"}', "a.jsonl"), "half a character")
    fails(in_memory('{"\\ud800": "a"}', "a.jsonl"), "half a character")


@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_an_array_is_read_item_by_item(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_encoding, "CHUNK_BYTES", size)
    rows = [{"id": f"r{i}", "label": ["cat", "dög"][i % 2], "deep": {"a": [1, "]"]}} for i in range(30)]
    for text in (json.dumps(rows), json.dumps(rows, indent=2), " [\n" + ",\n ".join(map(json.dumps, rows)) + " ] \n"):
        assert [row[:2] for row in texts(in_memory(text, "a.json"))] == [[row["id"], row["label"]] for row in rows]
        for broken in (text.rstrip()[:-1], text.rstrip()[:-9], text + "x", text.replace("]", "],", 1) + "]"):
            fails(in_memory(broken, "a.json"))


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("name", ["line.csv", "rows.csv", "header.csv", "line.jsonl"])
def test_a_bomb_takes_bounded_memory(name: str, tmp_path: Path) -> None:
    beginning, part = BOMBS[name]
    with gzip.open(tmp_path / f"{name}.gz", "wb", compresslevel=1) as out:
        out.write(beginning)
        for _ in range(300):
            out.write(part * ((1 << 20) // len(part)))

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))

    command = [*COMMAND, "find", f"{name}.gz"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60, check=False, preexec_fn=limit)
    assert done.returncode == 2, done.stderr
    assert b"memory" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


# ------------------------------------------------------------------------- messages


def test_what_a_message_quotes() -> None:
    assert quote("it's") == '"it\'s"'
    assert quote(7) == "7"
    assert quote("a" * 80) == repr("a" * 80)
    for value in (LONG, "\x1b" * 90, "😀" * 90, [LONG], {"a": LONG}, LONG.encode()):
        assert len(quote(value)) <= 83
        assert "…" in quote(value)
    assert bounded("a" * 2000) == "a" * 2000
    assert len(bounded("a" * 3000 + "; mend it")) == 2000
    assert bounded("a" * 3000 + "; mend it").endswith("; mend it")


def long_cells(folder: Path) -> dict[str, Callable[[], object]]:
    """Ways into a message for a cell, name, id, class or key of 20,000 characters."""
    cell = '"' + LONG.replace('"', '""') + '"'

    def file(name: str, text: str) -> Path:
        (folder / name).write_text(text)
        return folder / name

    plain = file("e.csv", "id,text,label\na,x,cat\nb,y,dog\nc,z,cat\nd,z,dog\n")
    named = file("n.csv", f"id,{cell},label\na,x,cat\nb,y,dog\n")
    sure = "id,prob_cat,prob_dog\na,0.9,0.1\nb,0.1,0.9\nc,0.9,0.1\nd,0.1,0.9\n"
    numbers = file("x.csv", "x,label\n" + "".join(f"{row},{'ab'[row % 2]}\n" for row in range(40)) + f"{cell},a\n")
    queue = "id,decision,new_label,note,given_label,suggested_label,score,row_hash\n"
    long_key = json.dumps({LONG: 1, "label": "a"})
    return {
        "features": lambda: find(numbers, features="x"),
        "no column": lambda: find(plain, label=LONG),
        "columns": lambda: find(named, label="lable"),
        "named column": lambda: find(named, features=f"{LONG}y"),
        "twice": lambda: find(file("t.csv", f"{cell},{cell},label\na,b,c\n")),
        "id twice": lambda: find(file("i.csv", f"id,label\n{cell},cat\n{cell},dog\n")),
        "missing": lambda: find(file("m.csv", f"{cell},label\na,\n"), id=LONG),
        "one class": lambda: find(file("o.csv", f"id,label\na,{cell}\nb,{cell}\n")),
        "probs": lambda: find(plain, probs=[file("p.csv", sure.replace("0.9", cell))]),
        "probs ids": lambda: find(plain, probs=[file("q.csv", sure.replace("\na", f"\n{cell}"))]),
        "probs nan": lambda: find(
            file("u.csv", f"id,label\n{cell},cat\nb,dog\n"),
            probs=[file("v.csv", f"id,prob_cat,prob_dog\n{cell},,0.1\nb,0.1,0.9\n")],
        ),
        "prefix": lambda: find(plain, probs=[plain], prob_prefix=LONG),
        "detector": lambda: find(plain, detectors=[LONG]),
        "setting": lambda: find(plain, settings={"outvoted-label": {LONG: 1}}),
        "decision": lambda: apply(plain, [file("w.csv", f"{queue}a,{cell},,,cat,,0.5,h\n")], output=folder / "x.csv"),
        "decided id": lambda: apply(plain, [file("y.csv", f"{queue}{cell},maybe,,,cat,,0.5,h\n")], output=folder / "x"),
        "stale": lambda: apply(plain, [file("z.csv", f"{queue}{cell},drop,,,cat,,0.5,h\n")], output=folder / "x.csv"),
        "policy": lambda: collect([], folder / "l.ndjson", policy=LONG),
        "split": lambda: apply(plain, [file("s.csv", f"{queue}a,,,,cat,,0.5,h\n")], protect=[LONG], split="text",
                               auto_drop=0.1, output=folder / "x.csv"),
        "metric": lambda: compare(plain, [file("c.csv", sure)], metric=LONG),
        "gate": lambda: check(plain, base=plain, fail_on=[LONG]),
        "base": lambda: diff(named, plain, label=LONG),
        "key": lambda: find(file("k.jsonl", long_key + "\n"), label="lable"),
        "key twice": lambda: find(file("l.jsonl", f"{long_key[:-1]}, {json.dumps(LONG)}: 2}}\n")),
        "no object": lambda: find(file("j.jsonl", f'{{"a": 1}} {json.dumps(LONG)}\n')),
        "not a number": lambda: find(file("f.jsonl", json.dumps({"label": "a", "x": LONG}) + "\n"), features="x"),
        "file": lambda: find(LONG),
        "state": lambda: check(plain, state=plain),
    }  # fmt: skip


def test_no_message_quotes_a_long_cell(tmp_path: Path) -> None:
    ways = long_cells(tmp_path)
    for way, run in ways.items():
        with pytest.raises((HardnegError, TypeError)) as caught:
            run()
        assert len(str(caught.value)) < 800, way
        assert str(caught.value).count("x") < 8 * 80, way
    assert table_files.columns([in_memory("a,b\n1,2\n")]) == ["a", "b"]


@pytest.mark.process
def test_a_forgotten_place_is_bounded_too(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("id,label\n" + "".join(f"r{i},{'ab'[i % 2]}\n" for i in range(9)))
    command = [*forked_command(), "find", "d.csv", "--set", f"{'x' * 90_000}.y=1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr) < 2100
