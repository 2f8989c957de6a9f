"""What apply did, undo takes back byte for byte; and whenever a run is killed, the data are the old ones or the new."""

from __future__ import annotations

import bz2
import gzip
import json
import os
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hardneg_cli import InputError, apply
from hardneg_cli.errors import Refused
from hardneg_cli.verbs.undo import undo
from support.command import hardneg, started
from support.corrections import ROWS, TABLES, TEXT_FORMS, by_truth, corrected, delimited, ours, queue_of, save, zstd

PACKED: dict[str, Callable[[bytes], bytes]] = {
    "fast.csv.gz": lambda data: gzip.compress(data, 1, mtime=0),
    "named.csv.gz": lambda data: gzip.compress(data, 9, mtime=1_700_000_000),
    "ours.csv.gz": ours,
    "a.csv.bz2": lambda data: bz2.compress(data, 1),
    "ours.csv.bz2": bz2.compress,
    "a.csv.zst": lambda data: zstd(data, 19),
    "b.csv.zst": lambda data: zstd(data, 1),
}


def made(name: str, path: Path) -> Path:
    """The rows in a file of this name."""
    if name in TEXT_FORMS:
        path.write_bytes(TEXT_FORMS[name](ROWS))
    elif name in PACKED:
        path.write_bytes(PACKED[name](delimited(ROWS).encode()))
    else:
        TABLES[name][0](ROWS, path)
    return path


def applied(data: Path, why: Path, **options: Any) -> bytes:
    """The data as they were; they have been corrected since."""
    before = data.read_bytes()
    apply(data, [save(by_truth(queue_of(data)), data.with_name("q.csv"))], in_place=True, provenance=why, **options)
    assert data.read_bytes() != before
    return before


@pytest.fixture
def why(tmp_path: Path) -> Path:
    return tmp_path / "why.json"


# ----------------------------------------------------------------------------------------------- byte for byte


@pytest.mark.slow
@pytest.mark.parametrize("on_drop", ["remove", "mark"])
@pytest.mark.parametrize("name", [*TEXT_FORMS, *TABLES, *PACKED])
def test_the_data_are_as_before_and_undoing_can_be_undone(name: str, on_drop: str, tmp_path: Path, why: Path) -> None:
    data = made(name, tmp_path / name)
    before = applied(data, why, on_drop=on_drop)
    after = data.read_bytes()
    again = tmp_path / "again.json"
    assert undo(data, why, in_place=True, provenance=again).restored == (str(data),)
    assert data.read_bytes() == before
    undo(data, again, in_place=True)
    assert data.read_bytes() == after
    assert undo(data, why, output=tmp_path / f"out{data.name[data.name.index('.') :]}").restored
    assert (tmp_path / f"out{data.name[data.name.index('.') :]}").read_bytes() == before


@pytest.mark.slow
def test_text_costs_little_to_keep(tmp_path: Path, why: Path) -> None:
    rows = [ROWS[n % len(ROWS)] | {"id": f"r{n:05d}", "text": f"{random.Random(n).random()}"} for n in range(20_000)]
    data = tmp_path / "data.csv"
    data.write_bytes(delimited(rows).encode())
    queue = [row | {"new_label": "newt"} for row in queue_of(data)[::100]]
    apply(data, [save(queue, tmp_path / "q.csv")], in_place=True, provenance=why)
    kept = sum(len(line) for one in json.loads(why.read_text())["undo"] for line in one["data"])
    assert kept < 8 * len(queue)
    undo(data, why, in_place=True)
    assert data.read_bytes() == delimited(rows).encode()


def test_what_is_packed_by_another_library_comes_back_unpacked(tmp_path: Path, why: Path) -> None:
    data = made("ours.csv.gz", tmp_path / "ours.csv.gz")
    applied(data, why)
    told = json.loads(why.read_text())
    assert told["undo"][0]["packed"] == "gzip"
    told["files"][0]["sha256_before"] = "0" * 64  # what another version of the library would have made of the same
    why.write_text(json.dumps(told))
    assert "the same content as before, but packed otherwise" in undo(data, why, in_place=True).notes[0]
    assert gzip.decompress(data.read_bytes()) == delimited(ROWS).encode()


@pytest.mark.process
def test_streams(tmp_path: Path, why: Path) -> None:
    data = made("bom.csv", tmp_path / "bom.csv")
    before, queue = data.read_bytes(), save(by_truth(queue_of(data)), tmp_path / "q.csv")
    done = hardneg("apply", "-", queue, "--provenance", why, stdin=before)
    assert done.stdout != before
    undone = hardneg("undo", "-", why, stdin=done.stdout)
    assert (undone.returncode, undone.stdout, undone.stderr.decode().splitlines()[0]) == (0, before, "1 file as before")


@pytest.mark.process
def test_a_pipe_takes_the_result_and_the_provenance_is_kept(tmp_path: Path, why: Path) -> None:
    data = made("plain.csv", tmp_path / "plain.csv")
    queue = save(by_truth(queue_of(data)), tmp_path / "q.csv")
    done = hardneg("apply", data, queue, "-o", "/dev/stdout", "--provenance", why)
    assert (done.returncode, done.stdout) == (0, delimited(corrected()).encode())
    assert hardneg("undo", "-", why, stdin=done.stdout).stdout == data.read_bytes()


def test_every_file_of_a_glob_and_what_a_killed_undo_left(tmp_path: Path, why: Path) -> None:
    parts = {"a.csv": ROWS[:8], "b.csv": ROWS[8:10], "c.csv": ROWS[10:]}
    before = {name: delimited(rows).encode() for name, rows in parts.items()}
    for name, content in before.items():
        (tmp_path / name).write_bytes(content)
    pattern = str(tmp_path / "?.csv")
    apply(pattern, [save(by_truth(queue_of(Path(pattern))), tmp_path / "queue.csv")], in_place=True, provenance=why)
    (tmp_path / "a.csv").write_bytes(before["a.csv"])  # as if the undo had been killed behind it
    undone = undo(pattern, why, in_place=True)
    assert [Path(name).name for name in undone.restored] == ["c.csv"]
    assert [Path(name).name for name in undone.already] == ["a.csv", "b.csv"]
    assert {name: (tmp_path / name).read_bytes() for name in parts} == before
    assert undo(pattern, why, in_place=True).restored == ()


def test_files_may_have_moved(tmp_path: Path, why: Path) -> None:
    data = made("plain.csv", tmp_path / "plain.csv")
    before = applied(data, why)
    moved = data.rename(tmp_path / "elsewhere.csv")
    undo(moved, why, in_place=True)
    assert moved.read_bytes() == before


# ------------------------------------------------------------------------------------------------------ refusals


@pytest.mark.process
def test_data_that_have_changed_since_are_left_alone(tmp_path: Path, why: Path) -> None:
    data = made("plain.csv", tmp_path / "plain.csv")
    applied(data, why)
    with data.open("a") as out:
        out.write("new,cat,row,1\n")
    changed = data.read_bytes()
    done = hardneg("undo", data, why, "--in-place")
    assert (done.returncode, done.stdout, data.read_bytes()) == (1, b"", changed)
    (line,) = done.stderr.decode().splitlines()
    assert "plain.csv': not as the run that" in line
    assert line.endswith("undo later changes first; nothing was written")


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["q.csv", "--in-place"], "unexpected extra argument(s) (q.csv)"),
        (["--auto-drop", "0.5", "--in-place"], "no such option: --auto-drop"),
        (["--label", "label", "--in-place"], "no such option: --label"),
        (["--dry-run"], "no such option: --dry-run"),
        (["--in-place", "-o", "out.csv"], "--in-place and -o exclude each other"),
        (["-o", "why.json"], "is also an input"),
        (["--in-place", "--provenance", "why.json"], "is also an input"),
        (["-o", "out.parquet"], "is no .parquet file"),
    ],
)
def test_what_undo_does_not_take(
    options: list[str], words: str, tmp_path: Path, why: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = made("plain.csv", tmp_path / "plain.csv")
    applied(data, why)
    monkeypatch.chdir(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    done = hardneg("undo", "plain.csv", "why.json", *options)
    assert (done.returncode, done.stdout, done.stderr.decode().count("\n")) == (2, b"", 1), done.stderr
    assert words in done.stderr.decode()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def without_undo(told: dict[str, Any]) -> None:
    del told["undo"]


def of_tomorrow(told: dict[str, Any]) -> None:
    told["v"] = 3


def of_yesterday(told: dict[str, Any]) -> None:
    told["v"] = 1


def other_bytes(told: dict[str, Any]) -> None:
    told["undo"][0]["sha256"] = "0" * 64


def torn(told: dict[str, Any]) -> None:
    told["undo"][0]["data"][-1] = told["undo"][0]["data"][-1][:-8]


def no_delta(told: dict[str, Any]) -> None:
    told["undo"] = [{}]


def no_text(told: dict[str, Any]) -> None:
    told["undo"][0]["data"] = [5]


def no_name(told: dict[str, Any]) -> None:
    told["files"][0]["name"] = None


@pytest.mark.parametrize(
    ("damage", "error", "words"),
    [
        (without_undo, InputError, "keeps nothing to undo with: it was written by an older hardneg"),
        (of_yesterday, InputError, "was written by an older hardneg, and only that can undo it"),
        (of_tomorrow, InputError, "is of version 3, and this hardneg knows version 2"),
        (other_bytes, Refused, "does not lead back to that file; nothing was written"),
        (torn, InputError, "is damaged"),
        (no_delta, InputError, "is damaged"),
        (no_text, InputError, "is damaged"),
        (no_name, InputError, "is damaged"),
    ],
)
def test_a_provenance_that_leads_nowhere(
    damage: Callable[[dict[str, Any]], None], error: type[Exception], words: str, tmp_path: Path, why: Path
) -> None:
    data = made("plain.csv", tmp_path / "plain.csv")
    applied(data, why)
    told, after = json.loads(why.read_text()), data.read_bytes()
    damage(told)
    why.write_text(json.dumps(told))
    with pytest.raises(error, match=words):
        undo(data, why, in_place=True)
    assert (data.read_bytes(), len(os.listdir(tmp_path))) == (after, 3)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"[" * 99_999, b"\xff", b"3", b'{"v": 2}', b'{"v": 2, "files": 3, "undo": 4}']
)
def test_a_file_that_is_no_provenance(content: bytes, tmp_path: Path, why: Path) -> None:
    why.write_bytes(content)
    with pytest.raises(InputError, match=r"is not what `provenance` wrote|is damaged"):
        undo(made("plain.csv", tmp_path / "plain.csv"), why, in_place=True)


def test_the_notes_say_what_stands_and_what_is_large(
    tmp_path: Path, why: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = made("a.parquet", tmp_path / "a.parquet")
    monkeypatch.setattr(sys.modules["hardneg_cli.verbs.apply"], "LARGE", 10)
    queue = save(by_truth(queue_of(data)), tmp_path / "q.csv")
    assert "what undo needs takes" in apply(data, [queue], in_place=True, provenance=why).notes[-1]
    (note,) = undo(data, why, in_place=True).notes
    assert note.startswith("the decisions still stand in queues: apply would make the same changes again")


# --------------------------------------------------------------------------------------------------- kill at any time


def killed(command: list[str], folder: Path, chance: random.Random, *, writing: bool) -> bool:
    """Kill the run at a random moment, or soon after it began to write; whether it was still running then."""
    parts = set(folder.glob(".*.part"))
    process = started(*command)
    if writing:
        while process.poll() is None and set(folder.glob(".*.part")) <= parts:
            time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.03 if writing else 0.5))
    process.kill()
    return process.wait() != 0


@pytest.mark.process
@pytest.mark.parametrize("name", ["data.csv", "data.parquet"])
def test_a_killed_run_leaves_the_old_data_or_the_new(name: str, tmp_path: Path, why: Path) -> None:
    rows = [ROWS[n % len(ROWS)] | {"id": f"r{n:05d}"} for n in range(20_000)]
    data = tmp_path / name
    if name.endswith("csv"):
        data.write_bytes(delimited(rows).encode())
    else:
        pq.write_table(pa.Table.from_pylist(rows), data)
    queue = save([row | {"new_label": "newt"} for row in queue_of(data)[::50]], tmp_path / "q.csv")
    old = data.read_bytes()
    command = ["apply", str(data), str(queue), "--in-place", "--provenance"]
    hardneg(*command, str(why), check=True)
    new, chance, times = data.read_bytes(), random.Random(1), 0
    for number in range(4):
        data.write_bytes(old)
        times += killed([*command, str(why)], tmp_path, chance, writing=number % 4 > 0)
        assert data.read_bytes() in (old, new)
        json.loads(why.read_bytes())
    assert times
    assert {path.name for path in tmp_path.iterdir() if not path.name.endswith(".part")} == {name, "q.csv", "why.json"}
    data.write_bytes(old)
    hardneg(*command, str(why), check=True)
    assert data.read_bytes() == new
    undo(data, why, in_place=True)
    assert data.read_bytes() == old
