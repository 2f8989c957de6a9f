"""Where `apply` writes: marks, streams, globs, dry runs, provenance; and what changes no file."""

from __future__ import annotations

import gzip
import json
import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hardneg_cli import AutoPolicy, Columns, InputError, apply
from support.answers import decided
from support.command import forked_command, hardneg
from support.corrections import DROPPED, ROWS, TRUTH, Row, by_truth, corrected, delimited, queue_of, save


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(delimited(ROWS).encode())
    return path


@pytest.fixture
def queue(data: Path) -> list[Row]:
    return queue_of(data)


# ------------------------------------------------------------------------------------------------------ the drop


def test_dropped_rows_may_be_marked(data: Path, queue: list[Row]) -> None:
    apply(data, [save(by_truth(queue), data.with_name("q.csv"))], in_place=True, on_drop="mark")
    frame = pd.read_csv(data, dtype=str, keep_default_na=False)
    assert list(frame.columns) == [*ROWS[0], "dropped"]
    assert set(frame[frame["dropped"] == "1"]["id"]) == DROPPED
    assert set(frame["dropped"]) == {"", "1"}
    assert list(frame["label"]) == [TRUTH.get(row["id"], row["label"]) for row in ROWS]
    with pytest.raises(InputError, match="there is a column 'dropped' already"):
        apply(data, [data.with_name("q.csv")], on_drop="mark")


def test_nothing_to_mark_adds_no_column(data: Path) -> None:
    apply(data, [decided(data, r00={"decision": "keep"})], output=data.with_name("out.csv"), on_drop="mark")
    assert data.with_name("out.csv").read_bytes() == data.read_bytes()


# ------------------------------------------------------------------------------------------------------ targets


@pytest.mark.process
def test_standard_streams(data: Path, queue: list[Row]) -> None:
    path = save(by_truth(queue), data.with_name("q.csv"))
    done = hardneg("apply", "-", path, "--quiet", stdin=data.read_bytes())
    assert (done.returncode, done.stdout, done.stderr) == (0, delimited(corrected()).encode(), b"")


@pytest.mark.process
def test_a_binary_result_is_not_for_a_terminal(data: Path, queue: list[Row]) -> None:
    packed = data.with_name("data.csv.gz")
    packed.write_bytes(gzip.compress(data.read_bytes()))
    path = save(by_truth(queue), data.with_name("q.csv"))
    leader, follower = pty.openpty()
    command = [*forked_command(), "apply", str(packed), str(path)]
    done = subprocess.run(command, stdout=follower, stderr=subprocess.PIPE, check=False)
    os.close(follower)
    os.close(leader)
    assert (done.returncode, done.stderr.decode().count("\n")) == (2, 1)
    assert "name a file with -o" in done.stderr.decode()
    assert gzip.decompress(hardneg("apply", packed, path).stdout) == delimited(corrected()).encode()


def test_every_file_of_a_glob_is_corrected_in_place(tmp_path: Path) -> None:
    parts = {"a.csv": ROWS[:8], "b.csv": ROWS[8:10], "c.csv": ROWS[10:]}
    for name, rows in parts.items():
        (tmp_path / name).write_bytes(delimited(rows).encode())
    pattern, told = str(tmp_path / "?.csv"), tmp_path / "why.json"
    path = save(by_truth(queue_of(Path(pattern))), tmp_path / "queue.csv")
    with pytest.raises(InputError, match="is 3 files: correct them with `in_place=True`"):
        apply(pattern, [path], output=tmp_path / "out.csv")
    untouched = (tmp_path / "b.csv").stat().st_ino
    applied = apply(pattern, [path], in_place=True, provenance=told)
    for name, rows in parts.items():
        assert (tmp_path / name).read_bytes() == delimited(corrected(rows)).encode(), name
    assert (tmp_path / "b.csv").stat().st_ino == untouched
    assert [(Path(change.file).name, change.row, change.id) for change in applied.changes][-2:] == [
        ("c.csv", 5, "r14"),
        ("c.csv", 14, "r23"),
    ]
    assert [Path(file["name"]).name for file in json.loads(told.read_text())["files"]] == list(parts)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"output": "out.parquet"}, "is no .parquet file"),
        ({"output": "out.tsv"}, "is no .tsv file"),
        ({"output": "out.csv.gz"}, "is not compressed, and the format of the data stays: leave .gz out"),
        ({"output": "data.csv"}, "is also an input"),
        ({"output": "q.csv"}, "is also an input"),
        ({"output": "nowhere/out.csv"}, "there is no folder 'nowhere'"),
        ({"output": "out.csv", "in_place": True}, "exclude each other"),
        ({"output": "out.csv", "provenance": "out.csv"}, "named as an output twice"),
        ({"in_place": True, "provenance": "data.csv"}, "is also an input"),
        ({"in_place": True, "on_drop": "marc"}, "`on_drop` cannot be 'marc'; did you mean 'mark'?"),
        ({"in_place": True, "policy": AutoPolicy(0.5, protect=("test",))}, "`policy.protect` needs `split`"),
        ({"in_place": True, "columns": Columns(label="lable")}, "did you mean 'label'?"),
    ],
)
def test_what_cannot_be_done_changes_no_file(
    options: dict[str, Any], words: str, data: Path, queue: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(by_truth(queue), data.with_name("q.csv"))
    monkeypatch.chdir(data.parent)
    before = {path.name: path.read_bytes() for path in data.parent.iterdir()}
    with pytest.raises(InputError) as caught:
        apply("data.csv", ["q.csv"], **options)
    assert words in str(caught.value)
    assert {path.name: path.read_bytes() for path in data.parent.iterdir()} == before


@pytest.mark.process
@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-o", "data.csv"], "is also an input"),
        (["-o", "out.csv", "-f", "json"], "-f is for the list of --dry-run"),
        (["-o", "out.csv", "--auto-relabel", "1.5"], "--auto-relabel is a probability from 0 to 1, not 1.5"),
    ],
)
def test_the_command_says_so_in_one_line(
    options: list[str], words: str, data: Path, queue: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    save(by_truth(queue), data.with_name("q.csv"))
    monkeypatch.chdir(data.parent)
    before = {path.name: path.read_bytes() for path in data.parent.iterdir()}
    done = hardneg("apply", "data.csv", "q.csv", *options)
    assert (done.returncode, done.stdout, done.stderr.decode().count("\n")) == (2, b"", 1), done.stderr
    assert words in done.stderr.decode()
    assert {path.name: path.read_bytes() for path in data.parent.iterdir()} == before


@pytest.mark.parametrize("value", [1.5, -0.1, float("nan")])
def test_thresholds_are_probabilities(value: float) -> None:
    with pytest.raises(InputError, match=r"`policy\.drop` is a probability"):
        AutoPolicy(drop=value)


def test_without_a_queue_or_a_log(data: Path) -> None:
    with pytest.raises(InputError, match="no queue, and no decisions log"):
        apply(data, in_place=True)


def test_a_value_that_the_data_cannot_hold_changes_nothing(tmp_path: Path) -> None:
    data = tmp_path / "d.parquet"
    pd.DataFrame({"id": ["a", "b"], "label": [1, 2]}).to_parquet(data)
    before = data.read_bytes()
    path = decided(data, a={"new_label": "dog"})
    for target in ({"in_place": True}, {"output": tmp_path / "out.parquet"}):
        with pytest.raises(InputError, match="dog"):
            apply(data, [path], provenance=tmp_path / "why.json", **target)
    assert (data.read_bytes(), sorted(os.listdir(tmp_path))) == (before, ["d.parquet", "queue.csv"])


@pytest.mark.process
def test_a_dry_run_lists_the_changes(data: Path, queue: list[Row]) -> None:
    path = save(by_truth(queue), data.with_name("q.csv"))
    before = {path.name: path.read_bytes() for path in data.parent.iterdir()}
    why = data.with_name("why.json")
    done = hardneg(
        "apply", data, path, "--in-place", "--dry-run", "-f", "csv", "--provenance", why, "--reviewer", "ann"
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode().splitlines()[:4] == [
        "id,given_label,action,new_label,by",
        "r03,cat,relabel,dog,ann",
        "r05,crème brûlée,relabel,cat,ann",
        "r07,dog,drop,,ann",
    ]
    assert done.stderr.decode().splitlines()[0] == "24 rows: would be 4 relabeled, 2 dropped"
    assert hardneg("apply", data, path, "--dry-run").stdout.decode().startswith("r03\tcat\trelabel\tdog\t")
    assert {path.name: path.read_bytes() for path in data.parent.iterdir()} == before
