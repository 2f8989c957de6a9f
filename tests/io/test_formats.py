"""What is written is what other programs read, and what no terminal, browser or renderer acts on."""

from __future__ import annotations

import fcntl
import functools
import html
import io
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli.io.tables.queue_view import with_first_rows
from hardneg_cli.runtime import drawers
from support.hostile_texts import HOSTILE, UNSEEN
from support.paths import GOLDEN, ROOT
from support.result_tables import findings, form, held, written

TOOLS = drawers.names("annotation tool")
FORMATS = [*drawers.names("format"), *TOOLS]


TABLES = {
    "empty": findings([]),
    "one": findings(["cat"]),
    "many": findings([f"row {i}" for i in range(1200)]),
    "hostile": findings(HOSTILE),
    "hostile-name": findings(["x"], "a|b\n<script>,\x1b[1m"),
}
every_table = pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
every_format = pytest.mark.parametrize("name", FORMATS)


def as_text(table: pa.Table) -> list[dict[str, str]]:
    """Cells as a text format shows them: six decimals, true and false, nothing for null."""

    def shown(value: object) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        return "" if value is None else f"{value:.6f}" if isinstance(value, float) else str(value)

    return [{name: shown(value) for name, value in row.items()} for row in table.to_pylist()]


@pytest.mark.slow
@every_format
@every_table
def test_writes_the_same_bytes_twice_and_leaves_the_file_open(name: str, table: pa.Table) -> None:
    table = held(name, table)
    out = io.BytesIO()
    form(name).write(table, out)
    assert out.getvalue() == written(name, table)


def separated(data: bytes, delimiter: str) -> list[dict[str, str]]:
    frame = pd.read_csv(io.BytesIO(data), sep=delimiter, dtype=str, keep_default_na=False, encoding="utf-8")
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def workbook(data: bytes) -> list[dict[str, object]]:
    """The first sheet; Excel's escapes for what XML cannot hold are resolved, as Excel does."""

    def value(cell: object) -> object:
        return re.sub("_x([0-9A-F]{4})_", lambda m: chr(int(m[1], 16)), cell) if isinstance(cell, str) else cell

    header, *rows = openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True)
    return [{str(value(name)): value(cell) for name, cell in zip(header, row, strict=True)} for row in rows]


def cells_of_a_workbook(table: pa.Table) -> list[dict[str, object]]:
    """Numbers with all their digits, all else as text, nothing for empty text."""
    pairs = zip(table.to_pylist(), as_text(table), strict=True)
    return [
        {name: row[name] if type(row[name]) in (int, float) else text or None for name, text in texts.items()}
        for row, texts in pairs
    ]


def page(data: bytes) -> list[dict[str, str]]:
    """The rows that a page has for its script, taken out as a browser does."""
    scripts: dict[str | None, str] = {}

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            self.id = dict(attributes).get("id") if tag == "script" else None

        def handle_data(self, text: str) -> None:
            scripts[self.id] = scripts.get(self.id, "") + text

    parser = Parser()
    parser.id = None
    parser.feed(data.decode())
    names = json.loads(scripts["facts"])["names"]
    return [dict(zip(names, row, strict=True)) for row in json.loads(scripts["data"])]


def asked(*path: str) -> Callable[[bytes], object]:
    """The key of each task, which `path` leads to, and its text, which stands beside the key or in `fields`."""

    def read(data: bytes) -> object:
        found = []
        for task in json.loads(data) if data.startswith(b"[") else map(json.loads, data.splitlines()):
            key = functools.reduce(dict.__getitem__, path, task)["hardneg"]
            found.append((json.loads(key), {**task, **task.get("fields", {}), **task.get("data", {})}["text"]))
        return found

    return read


def asked_of(table: pa.Table) -> object:
    """A text that is empty is shown as such."""
    names = ("id", "row_hash", "given_label", "suggested_label", "score", "suggestion_score")
    shown = table.column_names[-3]
    return [({name: row[name] for name in names}, row[shown] or "(empty)") for row in table.to_pylist()]


READ_BACK: dict[str, tuple[Callable[[bytes], object], Callable[[pa.Table], object]]] = {
    "csv": (lambda data: separated(data, ","), as_text),
    "tsv": (lambda data: separated(data, "\t"), as_text),
    "json": (json.loads, pa.Table.to_pylist),
    "ndjson": (lambda data: [json.loads(line) for line in data.decode().splitlines()], pa.Table.to_pylist),
    "xlsx": (workbook, cells_of_a_workbook),
    "html": (page, as_text),
    "parquet": (lambda data: pq.read_table(io.BytesIO(data)), lambda table: table),
    "label-studio": (asked("data"), asked_of),
    "prodigy": (asked(), asked_of),
    "argilla": (asked("metadata"), asked_of),
    "doccano": (asked(), asked_of),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", READ_BACK)
@every_table
def test_what_is_read_back_is_what_was_written(name: str, table: pa.Table) -> None:
    read, expected = READ_BACK[name]
    table = held(name, table)
    assert read(written(name, table)) == expected(table)


@pytest.mark.parametrize("name", ["csv", "tsv"])
def test_pandas_without_any_option_reads_the_ids_as_they_are_written(name: str) -> None:
    ids = ["a\rb", 'a"b', "a,b\tc", "é", "x\ny"]
    frame = pd.read_csv(io.BytesIO(written(name, findings(ids))), sep="," if name == "csv" else "\t")
    assert list(frame["id"]) == ids
    assert frame["score"].dtype == float
    assert frame["flagged"].dtype == bool


@every_format
def test_golden_file(name: str) -> None:
    table = findings(["one", 'zwei, "due"', "三|3", "007", "<b>\n[x]"])
    golden = next(iter(GOLDEN.glob(f"{name}.*")), None)
    assert golden, f"write tests/golden/{name}.<extension>: what this format makes of this table"
    if getattr(form(name), "BINARY", False) and name in READ_BACK:  # the bytes hold the library's version
        read, _ = READ_BACK[name]
        assert read(golden.read_bytes()) == read(written(name, table))
    else:
        assert written(name, table) == golden.read_bytes()


SAFE = ["table", "markdown", "json", "ndjson", "html", "label-studio", "prodigy", "argilla", "doccano"]


@pytest.mark.parametrize("name", SAFE)
def test_no_control_characters(name: str) -> None:
    text = written(name, held(name, TABLES["hostile"])).decode()
    assert not UNSEEN.findall(text)


def cells(line: str) -> list[str]:
    """A Markdown row's cells, as a renderer takes them apart (GitHub's tables: pipes that no backslash escapes)."""
    return [cell.strip() for cell in re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]]


def rendered(cell: str) -> str:
    """The text a reader sees: backslash escapes and entities resolved."""
    return html.unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", cell))


def test_markdown_has_a_row_for_each_row_and_no_markup() -> None:
    table = TABLES["hostile"]
    lines = written("markdown", table).decode().split("\n")
    assert len(lines) == 2 + len(table) + 1
    assert {len(cells(line)) for line in lines[:-1]} == {table.num_columns}
    ids = [cells(line)[0] for line in lines[2:-1]]
    for id_, text in zip(ids, HOSTILE, strict=True):
        bare = id_.replace("<br>", "")
        assert not re.search(r"<|(?<!\\)[\[\]*_`~#$]", bare)
        if text.isprintable():
            assert rendered(bare) == text.strip()


def test_plain_lines_have_whole_ids() -> None:
    table = TABLES["hostile"]
    lines = written("table", table).decode().split("\n")
    assert len(lines) == len(table) + 1
    ids = [line.split("\t")[1] for line in lines[:-1]]
    assert [id_ for id_, text in zip(ids, HOSTILE, strict=True) if text.isprintable()] == [
        text for text in HOSTILE if text.isprintable()
    ]


def on_a_terminal(table: pa.Table, folder: Path, width: int) -> str:
    """What a terminal of `width` columns gets of a table, byte by byte."""
    pq.write_table(table, folder / "table.parquet")
    code = (
        "import sys, pyarrow.parquet as pq; from hardneg_cli.io.result_formats import table;"
        "table.write(pq.read_table('table.parquet'), sys.stdout.buffer)"
    )
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    root = str(ROOT)
    with subprocess.Popen([sys.executable, "-c", code], cwd=folder, stdin=follower, stdout=follower,
                          env=environment | {"TERM": "xterm-256color", "PYTHONPATH": root}) as process:  # fmt: skip
        os.close(follower)
        said = b""
        while part := _read(leader):
            said += part
    os.close(leader)
    assert process.returncode == 0
    return said.decode()


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 1 << 16)
    except OSError:  # Linux says that the other end is closed with an error
        return b""


@pytest.mark.process
@pytest.mark.parametrize("width", [20, 40, 80, 400])
def test_a_terminal_gets_whole_ids_and_no_escapes_but_our_own(width: int, tmp_path: Path) -> None:
    table = TABLES["hostile"]
    said = on_a_terminal(with_first_rows(table, len(table)), tmp_path, width)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", said).replace("\r\n", "\n")
    assert not UNSEEN.findall(shown)
    assert set(re.findall(r"\x1b\[([0-9;]*)m", said)) <= {"0", "1", "2", "31", "32", "33", "1;31", "1;33"}
    assert not [text for text in HOSTILE if text.isprintable() and text.strip() and text.strip() not in shown]


@pytest.mark.process
def test_a_wide_terminal_gets_a_table_and_a_narrow_one_lines(tmp_path: Path) -> None:
    few = findings(["row-1", "row-2"])
    wide, narrow = on_a_terminal(few, tmp_path, 100), on_a_terminal(few, tmp_path, 30)
    assert "───" in wide
    assert "───" not in narrow
    assert "    given_label: row-1" in narrow
