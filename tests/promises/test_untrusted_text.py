"""Text of the data is text, wherever it goes: to a terminal, to the log of a CI server, into a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import os
import pty
import re
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from hardneg_cli import InputError, apply, find
from hardneg_cli.cli import outputs
from hardneg_cli.io.result_formats import csv as csv_format
from hardneg_cli.io.result_formats import ndjson, tsv, xlsx
from hardneg_cli.io.tables.formulas import escaped, unescaped
from hardneg_cli.io.tables.images import picture
from hardneg_cli.runtime.terminal import say
from support.command import hardneg
from support.corrections import queue_of, save
from support.result_tables import findings

ACTS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]|\r(?![\r\n])")
ESCAPES = "\x1b[2J\x1b]0;title\x07\x9b31m\x9d0;x\x9c\x7f\x08\u202egnp\u2066"
ORDERS = [
    "::error::a",
    "x\n::add-mask::b",
    "x\r  ::error::c",
    "##[error]d",
    "x ##[add-matcher]e",
    " ::notice::f",
    "\u3000\xa0::group::g",
]
ORDER = re.compile(r"^\s*::|##\[")
ON_A_RUNNER = {"GITHUB_ACTIONS": "true"}


def dataset(folder: Path, texts: list[str], name: str = "data.csv") -> Path:
    rows = [{"id": text, "label": f"{'cat' if n % 2 else 'dog'}{text}", "text": text} for n, text in enumerate(texts)]
    rows += [{"id": f"r{n}", "label": "cat" if n % 2 else "dog", "text": f"text {n}"} for n in range(30)]
    return save(rows, folder / name)


def received(write: Callable[[BinaryIO], object], *, terminal: bool = False) -> str:
    """What comes out of a terminal, or of a pipe, that `write` gets for standard output."""
    leader, follower = pty.openpty() if terminal else os.pipe()
    parts: list[bytes] = []
    reader = Thread(target=read_all, args=(leader, parts))
    reader.start()
    try:
        with open(follower, "wb") as out:
            write(out)
    finally:
        reader.join()
        os.close(leader)
    return b"".join(parts).decode()


def read_all(number: int, parts: list[bytes]) -> None:
    try:
        while part := os.read(number, 1 << 16):
            parts.append(part)
    except OSError:  # the way Linux says that the other side of a terminal is closed
        pass


def written(table: pa.Table, form: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[BinaryIO], object]:
    """Writes the table as a command does to its standard output."""

    def write(out: BinaryIO) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", SimpleNamespace(buffer=out, isatty=out.isatty))
            outputs.write(table, outputs.targets(None, form))

    return write


# -------------------------------------------------------------------------------------------------------- a terminal


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson", "json", "markdown", "table", "doccano"])
def test_no_format_acts_on_a_terminal(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    table = findings([ESCAPES, f"a\r{ESCAPES}", f"two\nlines{ESCAPES}"])
    seen = received(written(table, form, monkeypatch), terminal=True)
    assert "title" in seen
    assert not ACTS.search(seen), ACTS.findall(seen)


def test_a_dataset_does_not_act_on_a_terminal(tmp_path: Path) -> None:
    data = dataset(tmp_path, [ESCAPES])
    queue = save([queue_of(data)[1] | {"decision": "drop"}], tmp_path / "queue.csv")
    seen = received(lambda out: apply(data, [queue], output=out), terminal=True)
    assert "title" in seen
    assert not ACTS.search(seen), ACTS.findall(seen)


# ------------------------------------------------------------------------------------------------------ a runner's log


def orders(text: str) -> list[str]:
    return [line for line in re.split(r"\r\n|\r|\n", text) if ORDER.search(line)]


@pytest.mark.process
def test_a_runner_gets_no_orders_from_the_data(tmp_path: Path) -> None:
    dataset(tmp_path, ORDERS, "::warning::.csv")
    command = ["find", "::warning::.csv", "--detector", "rare-label", "--all", "-f", "csv"]
    done = hardneg(*command, cwd=tmp_path, env=os.environ | ON_A_RUNNER)
    assert b"error" in done.stdout
    assert not orders(done.stdout.decode())
    assert rb"\x3a:warning::.csv: 37 rows" in done.stderr
    assert not orders(done.stderr.decode())


@pytest.mark.parametrize("form", ["csv", "tsv", "ndjson", "json", "markdown", "table", "html", "prodigy"])
def test_no_format_orders_a_runner_about(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*next(iter(ON_A_RUNNER.items())))
    seen = received(written(findings(ORDERS), form, monkeypatch))
    assert "error" in seen
    assert not orders(seen)


def test_what_programs_read_is_exact_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To a file all of it goes; to what may be a log, no row that would have to be another one there."""
    monkeypatch.setenv(*next(iter(ON_A_RUNNER.items())))
    data = dataset(tmp_path, ["x\n::error::a", "r"])
    queue = save([queue_of(data)[2] | {"decision": "drop"}], tmp_path / "queue.csv")
    with (tmp_path / "clean.csv").open("wb") as out:
        apply(data, [queue], output=out)
    assert b"\n::error::a" in (tmp_path / "clean.csv").read_bytes()
    with pytest.raises(InputError, match=r"data\.csv: line 3 of what .* write it to a file with `output`"):
        received(lambda out: apply(data, [queue], output=out))
    with pytest.raises(InputError, match="write it to a file with -o"):
        received(written(pa.table({"id": ["##[error]x"], "p": [0.5]}), "csv", monkeypatch))
    assert received(written(pa.table({"id": ["::error::x"]}), "csv", monkeypatch)) == 'id\n"::error::x"\n'


def test_words_are_no_orders(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ORDERS:
        say(text)
    said = capsys.readouterr().err
    assert not orders(said)
    assert said.count("\n") == len(ORDERS)
    assert said.startswith(r"\x3a:error::a")


def test_json_says_the_same_without_orders() -> None:
    out = io.BytesIO()
    ndjson.write(pa.table({"id": ORDERS}), out)
    assert not orders(out.getvalue().decode())
    assert [json.loads(line)["id"] for line in out.getvalue().splitlines()] == ORDERS


# ------------------------------------------------------------------------------------------------------ spreadsheets

FORMULAS = [
    "=A1",
    "-1+1",
    "+cmd|' /C calc'!A0",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "=",
    "'=A1",
    "''=A1",
    "＝1+1",
    "--",
    "- one",
]
PLAIN = ["007", "-1", "+1.5e-3", "-0,5", "-12%", "-", "+", "@", "'", "'quoted'", "a=b", "x-1", " =1", "", "1-1"]
COMPUTED = re.compile(r"[=+\-@\t\r\n＝＋－＠]")
NUMBER = re.compile(r"[+-]?[\d.,]+(e[+-]?\d+)?%?|[=+@-]", re.IGNORECASE)


def test_a_queue_has_no_formulas_and_comes_back_as_it_was(tmp_path: Path) -> None:
    ids = [*FORMULAS, *(text for text in PLAIN if text)]
    data = dataset(tmp_path, ids)
    found = find(data, detectors=["rare-label"])
    table = found.table(found.select(every=True), ("text",))
    for form, name in ((csv_format, "queue.csv"), (tsv, "queue.tsv")):
        with (tmp_path / name).open("wb") as out:
            form.write(table, out)
        with (tmp_path / name).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file, delimiter="\t" if name.endswith("tsv") else ","))
        cells = [cell for row in rows for cell in row.values()]
        assert not [cell for cell in cells if COMPUTED.match(cell) and not NUMBER.fullmatch(cell)]
        assert {row["id"] for row in rows} >= {"007", "-1", "+1.5e-3", "-", "'=A1", "'-1+1", "''=A1"}
        for row in rows:  # what a person copies from one cell to another is what it was, too
            row["decision"], row["new_label"] = "relabel", row["id"]
        save(rows, tmp_path / f"filled-{name}")
        apply(data, [tmp_path / f"filled-{name}"], output=tmp_path / "out.csv")
        with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
            assert [(row["id"], row["label"]) for row in csv.DictReader(file)][: len(ids)] == [
                (id_, id_) for id_ in ids
            ]
        (tmp_path / "out.csv").unlink()


def test_what_is_put_before_a_formula_comes_off_again() -> None:
    texts = pa.array([f"{quotes}{text}" for text in (*FORMULAS, *PLAIN) for quotes in ("", "'", "''")])
    assert unescaped(escaped(texts)).equals(texts)
    assert pc.equal(escaped(pa.array(PLAIN)), pa.array(PLAIN)).to_pylist() == [True] * len(PLAIN)


def test_other_tables_are_exact_and_workbooks_need_no_quote() -> None:
    out = io.BytesIO()
    csv_format.write(pa.table({"id": FORMULAS}), out)
    assert [row[0] for row in csv.reader(io.StringIO(out.getvalue().decode(), newline=""))][1:] == FORMULAS
    out = io.BytesIO()
    table = findings(FORMULAS)
    xlsx.write(table.append_column("hashed", table["note"]), out)
    assert b"<f>" not in out.getvalue()


# ---------------------------------------------------------------------------------------------------------- pictures


def test_pictures_come_from_the_folder_of_the_data(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    (folder / "in").mkdir(parents=True)
    (tmp_path / "secret.svg").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'></svg>")
    (folder / "in" / "own.svg").write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'></svg>")
    (folder / "link.svg").symlink_to("../secret.svg")
    (folder / "out").symlink_to("..")
    (folder / "round.svg").symlink_to("in/own.svg")
    for cell in ("../secret.svg", "link.svg", "out/secret.svg", "in/../../secret.svg", str(tmp_path / "secret.svg")):
        assert picture(cell, folder).trouble == "is not in the data's folder", cell
    for cell in ("in/own.svg", "round.svg", "in/../in/own.svg", str(folder / "in" / "own.svg")):
        assert picture(cell, folder).uri.startswith("data:image/svg+xml"), cell
    assert picture("file:///etc/passwd", folder).trouble == "is no picture's path or data URI"
