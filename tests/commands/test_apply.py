"""A corrected dataset is the old one with the reviewers' decisions in it, and nothing else; csv, json, pandas and
openpyxl are the oracles."""

from __future__ import annotations

import bz2
import csv
import getpass
import gzip
import hashlib
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardneg_cli import ApplyResult, AutoPolicy, Columns, InputError, UnsettledDecisions, apply, find
from hardneg_cli.data.load import load
from hardneg_cli.review.decisions.decision import Decision, conflicts, effective_decisions
from hardneg_cli.review.decisions.decision_log import read_log
from support.command import hardneg
from support.corrections import (
    DROPPED,
    LABELS,
    ROWS,
    TABLES,
    TEXT_FORMS,
    TRUTH,
    UNPACKED,
    Row,
    by_truth,
    corrected,
    delimited,
    filled,
    lines,
    queue_of,
    save,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(delimited(ROWS).encode())
    return path


@pytest.fixture
def queue(data: Path) -> list[Row]:
    return queue_of(data)


def decided(data: Path, name: str = "queue.csv", **answers: Row) -> Path:
    return save(filled(queue_of(data), **answers), data.with_name(name))


# ------------------------------------------------------------------------- find → fill → apply equals the truth


@pytest.mark.process
def test_find_fill_apply_with_the_real_command(tmp_path: Path) -> None:
    data, queue, out = tmp_path / "data.csv", tmp_path / "queue.csv", tmp_path / "fixed.csv"
    data.write_bytes(TEXT_FORMS["semicolon.csv"](ROWS))
    assert hardneg("find", data, "--all", "-o", queue).returncode == 0
    with queue.open(encoding="utf-8", newline="") as stream:
        save(by_truth(list(csv.DictReader(stream))), queue)
    done = hardneg("apply", data, queue, "-o", out)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    assert done.stderr.decode().splitlines() == [
        "24 rows: 4 relabeled, 2 dropped",
        "1 kept, 17 undecided",
        "note: new class 'a, b; c' (1 row)",
        "note: new class '新しい' (1 row)",
    ]
    assert out.read_bytes() == TEXT_FORMS["semicolon.csv"](corrected())
    assert data.read_bytes() == TEXT_FORMS["semicolon.csv"](ROWS)


@pytest.mark.parametrize("form", TEXT_FORMS)
def test_no_other_byte_changes(form: str, tmp_path: Path) -> None:
    data = tmp_path / form
    data.write_bytes(TEXT_FORMS[form](ROWS))
    findings = find(data, detectors=["rare-label", "label-spelling"])
    table = findings.table(findings.select(every=True))
    assert len(table) == len(ROWS)
    filled_in = save(by_truth(table.to_pylist()), tmp_path / "q.parquet")
    apply(data, [filled_in], output=data.with_stem("fixed"))
    assert data.with_stem("fixed").read_bytes() == TEXT_FORMS[form](corrected())
    apply(data, [filled_in], in_place=True)
    assert data.read_bytes() == TEXT_FORMS[form](corrected())


@pytest.mark.parametrize(("form", "pack"), [("packed.csv.gz", gzip.compress), ("packed.csv.bz2", bz2.compress)])
def test_compressed_data_stays_compressed(form: str, pack: Callable[[bytes], bytes], tmp_path: Path) -> None:
    data = tmp_path / form
    data.write_bytes(pack(delimited(ROWS).encode()))
    apply(data, [save(by_truth(queue_of(data)), tmp_path / "q.csv")], in_place=True)
    assert UNPACKED[form](data.read_bytes()) == delimited(corrected()).encode()


@pytest.mark.parametrize("form", TABLES)
def test_tables_of_every_kind(form: str, tmp_path: Path) -> None:
    write, read = TABLES[form]
    data = tmp_path / form
    write(ROWS, data)
    filled_in = save(by_truth(queue_of(data)), tmp_path / "q.csv")
    assert apply(data, [filled_in], in_place=True).relabeled == len(TRUTH)
    assert read(data) == corrected()


@pytest.mark.parametrize("name", ["q.csv", "q.tsv", "q.parquet", "q.ndjson", "q.json", "q.xlsx"])
def test_queues_of_every_kind(name: str, data: Path, queue: list[Row]) -> None:
    apply(data, [save(by_truth(queue), data.with_name(name))], in_place=True)
    assert data.read_bytes() == delimited(corrected()).encode()


def test_a_queue_as_a_spreadsheet_program_saves_it(data: Path, queue: list[Row]) -> None:
    path = data.with_name("q.csv")
    frame = pd.DataFrame(by_truth(queue))
    frame.to_csv(path, sep=";", index=False, encoding="utf-8-sig", lineterminator="\r\n")
    apply(data, [path], in_place=True)
    assert data.read_bytes() == delimited(corrected()).encode()


odd = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8).filter(
    lambda text: text.strip() != ""
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(odd, odd, odd), min_size=2, max_size=5, unique_by=lambda row: row[0]), draw=st.data())
def test_any_label_survives(rows: list[tuple[str, str, str]], draw: st.DataObject, tmp_path: Path) -> None:
    table = [{"id": id_, "label": label, "text": text, "more": ""} for id_, label, text in rows]
    if len({row["label"] for row in table}) == 1:
        table[0]["label"] += "'"
    new = {row["id"]: draw.draw(odd) for row in table[::2]}
    data = tmp_path / "d.csv"
    data.write_bytes(delimited(table, quoting=csv.QUOTE_ALL).encode())
    queue = [row | {"new_label": new.get(row["id"], "")} for row in queue_of(data)]
    apply(data, [save(queue, tmp_path / "q.ndjson")], in_place=True)
    expected = [row | {"label": new.get(row["id"], row["label"])} for row in table]
    assert data.read_bytes() == delimited(expected, quoting=csv.QUOTE_ALL).encode()


# --------------------------------------------------------------------------------------------- what people write


def test_what_reviewers_may_write(data: Path) -> None:
    path = decided(
        data,
        r00={"decision": " Keep ", "new_label": "cat"},
        r01={"decision": "RELABEL", "suggested_label": "cat"},
        r02={"new_label": " cat "},
        r03={"decision": "relabel", "new_label": "  ", "suggested_label": "dog"},
        r04={"decision": "unsure", "new_label": "cat"},
        r05={"decision": "relabel", "new_label": LABELS[2]},
        r06={"decision": "  ", "new_label": " ", "note": "only a note"},
    )
    applied = apply(data, [path])
    assert [(change.id, change.before, change.after) for change in applied.changes] == [
        ("r01", "dog", "cat"),
        ("r02", LABELS[2], " cat "),
        ("r03", "cat", "dog"),
    ]
    assert (applied.kept, applied.unsure, applied.undecided) == (2, 1, 18)
    assert applied.notes == ("new class ' cat ' (1 row); did you mean 'cat'?",)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"decision": "relable"}, "no decision 'relable'; did you mean 'relabel'?"),
        ({"decision": "relabel"}, "relabel without a new_label"),
        ({"decision": "relabel", "suggested_label": "dog"}, "relabel without a new_label"),
        ({"decision": "keep", "new_label": "cat"}, "the decision is keep, but"),
        ({"decision": "drop", "new_label": "cat"}, "the decision is drop, but"),
    ],
)
def test_decisions_that_make_no_sense(answer: Row, words: str, data: Path) -> None:
    before = data.read_bytes()
    with pytest.raises(InputError) as caught:
        apply(data, [decided(data, r01=answer, r22=answer | {"suggested_label": "dog"})], in_place=True)
    assert words in str(caught.value)
    assert "row 2 ('r01')" in str(caught.value) or "rows 2 ('r01'), 23 ('r22')" in str(caught.value)
    assert data.read_bytes() == before


@pytest.mark.parametrize("column", ["id", "row_hash", "given_label", "decision"])
def test_a_queue_without_a_column(column: str, data: Path, queue: list[Row]) -> None:
    gone = {column, "new_label"} if column == "decision" else {column}
    path = save([{name: row[name] for name in row if name not in gone} for row in queue], data.with_name("q.csv"))
    with pytest.raises(InputError, match=f"q.csv: no column '{column}'"):
        apply(data, [path])


def test_the_columns_that_a_queue_may_lack(data: Path, queue: list[Row]) -> None:
    few = ("id", "row_hash", "given_label", "new_label")
    path = save([{name: row[name] for name in few} for row in by_truth(queue)], data.with_name("q.csv"))
    assert apply(data, [path]).relabeled == len(TRUTH)


@pytest.mark.parametrize("name", ["q.csv", "q.json", "q.xlsx"])
def test_an_empty_queue_changes_nothing(name: str, data: Path, queue: list[Row]) -> None:
    path = data.with_name(name)
    if name.endswith(".json"):
        path.write_text("[]")
    elif name.endswith(".csv"):
        path.write_text(",".join(queue[0]) + "\n")
    else:
        book = openpyxl.Workbook()
        book.active.append(list(queue[0]))
        book.save(path)
    before = data.stat()
    applied = apply(data, [path], in_place=True)
    assert (applied.changes, applied.undecided, data.stat().st_ino) == ((), 0, before.st_ino)


def test_two_reviewers(data: Path, queue: list[Row]) -> None:
    ann = decided(data, "ann.csv", r00={"new_label": "dog"}, r01={"decision": "drop"}, r03={"decision": "unsure"})
    bob = decided(data, "bob.csv", r00={"decision": "relabel", "suggested_label": "dog"}, r03={"new_label": "dog"})
    applied = apply(data, [ann, bob], reviewer="eve")
    assert [(change.id, change.action, change.reviewer, change.source) for change in applied.changes] == [
        ("r00", "relabel", "eve", f"{ann}; {bob}"),
        ("r01", "drop", "eve", str(ann)),
        ("r03", "relabel", "eve", str(bob)),
    ]
    assert (applied.unsure, applied.undecided) == (0, 21)


@pytest.mark.process
def test_a_conflict_is_listed_and_nothing_is_written(data: Path) -> None:
    ann = decided(data, "ann.csv", r00={"new_label": "dog", "reviewer": "ann"}, r01={"new_label": "cat"})
    bob = decided(data, "bob.csv", r00={"decision": "drop"}, r01={"decision": "keep"}, r02={"new_label": "cat"})
    before = data.read_bytes()
    done = hardneg("apply", data, ann, bob, "--in-place", "--skip-stale", "--reviewer", "bob")
    assert (done.returncode, done.stdout, data.read_bytes()) == (1, b"", before)
    assert done.stderr.decode().splitlines() == [
        f"conflict: 'r00': ann ({ann}) says relabel to 'dog', bob ({bob}) says drop",
        f"conflict: 'r01': bob ({ann}) says relabel to 'cat', bob ({bob}) says keep",
        f"hardneg: {data}: nothing was written: 2 rows are decided in more than one way; let a third "
        "person answer these, and settle them: hardneg collect QUEUE... --data DATA --adjudicator NAME",
    ]


# ---------------------------------------------------------------------------------------------- data that moved on


@pytest.mark.process
def test_stale_decisions_are_refused_and_listed(data: Path, queue: list[Row]) -> None:
    path = save(by_truth(queue), data.with_name("q.csv"))
    changed = [row for row in ROWS if row["id"] != "r03"]
    changed[4] = changed[4] | {"text": "edited"}  # r05
    changed[6] = changed[6] | {"label": "newt"}  # r07
    data.write_bytes(delimited(changed).encode())
    done = hardneg("apply", data, path, "-o", data.with_name("out.csv"))
    assert (done.returncode, done.stdout) == (1, b"")
    assert not data.with_name("out.csv").exists()
    stale = [
        "stale: 'r03' (relabel to 'dog'): no row has this id",
        "stale: 'r05' (relabel to 'cat'): the row's content is no longer the same",
        "stale: 'r07' (drop): its label is now 'newt', not 'dog'",
    ]
    assert done.stderr.decode().splitlines()[:-1] == stale
    assert "nothing was written: 3 decisions are stale; " in done.stderr.decode()
    done = hardneg("apply", data, path, "-o", data.with_name("out.csv"), "--skip-stale")
    assert done.returncode == 0
    assert done.stderr.decode().splitlines()[:3] == stale
    skipped = {"r03", "r05", "r07"}
    kept = [row if row["id"] in skipped else row | {"label": TRUTH.get(row["id"], row["label"])} for row in changed]
    expected = [row for row in kept if row["id"] != "r23"]
    assert data.with_name("out.csv").read_bytes() == delimited(expected).encode()


def test_the_second_run_finds_nothing_to_do(data: Path, queue: list[Row]) -> None:
    path = save(by_truth(queue), data.with_name("q.csv"))
    first = apply(data, [path], in_place=True)
    before, stamp = data.read_bytes(), data.stat().st_ino
    second = apply(data, [path], in_place=True)
    assert (len(first.changes), second.changes, second.already) == (6, (), 6)
    assert (data.read_bytes(), data.stat().st_ino) == (before, stamp)
    apply(data, [path], output=data.with_name("again.csv"))
    assert data.with_name("again.csv").read_bytes() == before


def test_the_wrong_file_is_not_taken_for_done(data: Path) -> None:
    path = decided(data, r00={"decision": "drop"})
    other = data.with_name("other.csv")
    other.write_bytes(delimited([row | {"id": row["id"] + "x"} for row in ROWS]).encode())
    with pytest.raises(UnsettledDecisions, match="none of their ids is in the data") as caught:
        apply(other, [path])
    assert [one.why for one in caught.value.stale] == ["no row has this id"]


def test_other_columns_than_for_find_are_a_hint(data: Path) -> None:
    path = save(by_truth(queue_of(data, Columns(split="more"))), data.with_name("q.csv"))
    with pytest.raises(UnsettledDecisions, match="were --id, --groups, --split, --fold and --prob-prefix the"):
        apply(data, [path])
    assert apply(data, [path], Columns(split="more")).relabeled == len(TRUTH)


def test_rows_without_ids(data: Path) -> None:
    rows = [{name: value for name, value in row.items() if name != "id"} for row in [*ROWS, ROWS[0], ROWS[1]]]
    data.write_text("\n".join(["label,text"] + [f"{row['label']},{row['more']}" for row in rows]) + "\n")
    queue = queue_of(data)
    queue[24]["decision"], queue[1]["new_label"], queue[25]["new_label"] = "drop", "cat", "eel"
    assert queue[24]["id"] == queue[0]["id"] + "#2"
    applied = apply(data, [save(queue, data.with_name("q.csv"))], in_place=True)
    assert [line.split(",")[0] for line in data.read_text().splitlines()] == (
        ["label", "cat", "cat"] + [row["label"] for row in ROWS[2:]] + ["eel"]
    )
    assert "have no ids" in applied.notes[-1]


def test_skipped_rows_are_not_counted(data: Path) -> None:
    text = "id,label,text\n1,cat,a\n2,dog\n3,,c\n4,dog,d\n\n5,cat,e\n"
    data.write_text(text)
    dataset = load(data, on_bad_rows="skip")
    hashes = dataset.row_hashes(pa.array(range(3)).to_numpy())
    rows = [{"id": "4", "given_label": "dog", "decision": "", "new_label": "eel", "row_hash": hashes[1]},
            {"id": "5", "given_label": "cat", "decision": "drop", "new_label": "", "row_hash": hashes[2]}]  # fmt: skip
    path = save(rows, data.with_name("q.csv"))
    with pytest.raises(InputError):
        apply(data, [path], in_place=True)
    applied = apply(data, [path], in_place=True, on_bad_rows="skip")
    assert [note for note in applied.notes if note.endswith("left as it is")] == [
        "row 2: 2 cells instead of 3: left as it is",
        "row 2: no label: left as it is",
    ]
    assert data.read_text() == text.replace("4,dog", "4,eel").replace("5,cat,e\n", "")


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
    done = hardneg("apply", "-", path, "--quiet", input=data.read_bytes())
    assert (done.returncode, done.stdout, done.stderr) == (0, delimited(corrected()).encode(), b"")


@pytest.mark.process
def test_a_binary_result_is_not_for_a_terminal(data: Path, queue: list[Row]) -> None:
    packed = data.with_name("data.csv.gz")
    packed.write_bytes(gzip.compress(data.read_bytes()))
    path = save(by_truth(queue), data.with_name("q.csv"))
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "hardneg_cli", "apply", str(packed), str(path)]
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
    with pytest.raises(InputError, match="is 3 files: correct them with --in-place"):
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
        ({"output": "out.csv.gz"}, "is not compressed, and apply keeps the format of the data: leave .gz out"),
        ({"output": "data.csv"}, "is also an input"),
        ({"output": "q.csv"}, "is also an input"),
        ({"output": "nowhere/out.csv"}, "there is no folder 'nowhere'"),
        ({"output": "out.csv", "in_place": True}, "exclude each other"),
        ({"output": "out.csv", "provenance": "out.csv"}, "named as an output twice"),
        ({"in_place": True, "provenance": "data.csv"}, "is also an input"),
        ({"in_place": True, "on_drop": "marc"}, "--on-drop cannot be 'marc'; did you mean 'mark'?"),
        ({"in_place": True, "policy": AutoPolicy(0.5, protect=("test",))}, "--protect-split needs --split"),
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
    with pytest.raises(InputError, match="--auto-drop is a probability"):
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


# ------------------------------------------------------------------------------------------------------ the policy


def scored(data: Path, columns: Columns | None = None) -> Path:
    """r00 … r23 with scores 0.00 … 0.92; every other row has a suggestion."""
    queue = queue_of(data, columns)
    for number, row in enumerate(queue):
        row |= {"score": number / 25, "suggested_label": "newt" if number % 2 else row["given_label"]}
    return save(queue, data.with_name("q.csv"))


def outcome(applied: ApplyResult) -> dict[str, str | None]:
    return {change.id: change.after for change in applied.changes}


def test_there_is_no_policy_unless_asked(data: Path) -> None:
    applied = apply(data, [scored(data)])
    assert (applied.changes, applied.undecided) == ((), 24)


def test_the_policy_relabels_and_drops_what_nobody_decided(data: Path) -> None:
    path = scored(data)
    assert outcome(apply(data, [path], policy=AutoPolicy(relabel=0.8))) == {"r21": "newt", "r23": "newt"}
    assert outcome(apply(data, [path], policy=AutoPolicy(drop=0.88))) == {"r22": None, "r23": None}
    both = apply(data, [path], policy=AutoPolicy(relabel=0.84, drop=0.8))
    assert outcome(both) == {"r20": None, "r21": "newt", "r22": None, "r23": "newt"}
    assert both.undecided == 20
    assert {(change.reviewer, change.source) for change in both.changes} == {("policy", "policy")}
    assert both.changes[1].note == "--auto-relabel 0.84: score 0.840000"


def test_reviewers_come_before_the_policy(data: Path) -> None:
    path = scored(data)
    person = decided(data, "p.csv", r21={"decision": "keep"}, r22={"decision": "unsure"}, r23={"new_label": "dog"})
    applied = apply(data, [path, person], policy=AutoPolicy(relabel=0.7, drop=0.9))
    assert outcome(applied) == {"r19": "newt"} | {} | ({"r23": "dog"} if LABELS[23 % 3] != "dog" else {})
    assert (applied.unsure, applied.undecided) == (1, 20)


def test_protected_splits_and_changed_rows_are_left_alone(data: Path) -> None:
    rows = [row | {"more": "test" if n in (21, 20) else "train"} for n, row in enumerate(ROWS)]
    data.write_bytes(delimited(rows).encode())
    columns = Columns(split="more")
    path = scored(data, columns)
    rows[23] = rows[23] | {"text": "edited"}
    data.write_bytes(delimited(rows).encode())
    applied = apply(data, [path], columns, policy=AutoPolicy(relabel=0.76, drop=0.8, protect=("test",)))
    assert outcome(applied) == {"r19": "newt", "r22": None}
    assert (applied.protected, applied.policy_stale, applied.undecided) == (2, 1, 22)
    assert apply(data, [path], columns, policy=AutoPolicy(protect=("test",))).changes == ()
    with pytest.raises(InputError, match="no row is of split 'tset', which was to be protected; did you mean 'test'"):
        apply(data, [path], columns, policy=AutoPolicy(relabel=0.5, protect=("tset",)))


def test_the_policy_needs_scores(data: Path, queue: list[Row]) -> None:
    rows = [{name: row[name] for name in row if name != "score"} for row in queue]
    with pytest.raises(InputError, match="no column 'score'"):
        apply(data, [save(rows, data.with_name("q.csv"))], policy=AutoPolicy(drop=0.5))
    rows = [row | {"score": "" if row["id"] == "r00" else "1"} for row in queue]
    applied = apply(data, [save(rows, data.with_name("q.csv"))], policy=AutoPolicy(drop=0.0))
    assert set(outcome(applied)) == {row["id"] for row in ROWS[1:]}


@pytest.mark.process
def test_the_policy_is_idempotent_and_recorded(data: Path) -> None:
    path, why = scored(data), data.with_name("why.json")
    options = ["--auto-relabel", "0.8", "--provenance", why, "--in-place"]
    done = hardneg("apply", data, path, *options)
    assert done.returncode == 0, done.stderr
    assert "policy: 2 of these changes are automatic" in done.stderr.decode()
    told = json.loads(why.read_text())
    assert told["policy"] == {"relabel": 0.8, "drop": None, "protect": []}
    assert [change["source"] for change in told["changes"]] == ["policy", "policy"]
    again = apply(data, [path], policy=AutoPolicy(relabel=0.8))
    assert (again.changes, again.already) == ((), 2)


# ------------------------------------------------------------------------------------------------------ provenance


def test_the_provenance_says_who_changed_what(data: Path, queue: list[Row]) -> None:
    rows = filled(queue, r03={"new_label": "dog", "note": "a dög"}, r07={"decision": "drop", "reviewer": "bob"})
    path = save([{"reviewer": "", **row} for row in rows], data.with_name("q.csv"))
    out, why = data.with_name("out.csv"), data.with_name("why.json")
    before = hashlib.sha256(data.read_bytes()).hexdigest()
    apply(data, [path], output=out, provenance=why)
    told = json.loads(why.read_text(encoding="utf-8"))
    after = hashlib.sha256(out.read_bytes()).hexdigest()
    me = getpass.getuser()
    assert told.pop("at").endswith("+00:00")
    assert [(one["file"], one["packed"], one["sha256"]) for one in told.pop("undo")] == [(str(data), None, before)]
    hashes = {row["id"]: row["row_hash"] for row in queue}
    change = {"file": str(data), "source": str(path), "at": ""}
    assert told == {
        "v": 2, "data": str(data), "by": me, "queues": [str(path)], "columns": asdict(Columns(id="id")),
        "on_drop": "remove", "policy": {"relabel": None, "drop": None, "protect": []},
        "files": [{"name": str(data), "written": str(out), "sha256_before": before, "sha256_after": after}],
        "changes": [
            {"row": 4, "id": "r03", "row_hash": hashes["r03"], "action": "relabel", "before": "cat", "after": "dog",
             "reviewer": me, "note": "a dög"} | change,
            {"row": 8, "id": "r07", "row_hash": hashes["r07"], "action": "drop", "before": "dog", "after": None,
             "reviewer": "bob", "note": ""} | change,
        ],
    }  # fmt: skip


def test_the_provenance_of_a_stream(data: Path, queue: list[Row]) -> None:
    out, why = io.BytesIO(), data.with_name("why.json")
    apply(data, [save(by_truth(queue), data.with_name("q.csv"))], output=out, provenance=why)
    (file,) = json.loads(why.read_text())["files"]
    assert file["sha256_after"] == hashlib.sha256(out.getvalue()).hexdigest()
    assert out.getvalue() == delimited(corrected()).encode()


# ------------------------------------------------------------------------------------------------------ the log


def logged(*decisions: Decision) -> str:
    names = ("id", "row_hash", "given", "decision", "new_label", "reviewer", "at", "source", "note")
    return lines([{"v": 1} | {name: getattr(one, name) for name in names} for one in decisions])


def said(queue: Sequence[Row], id_: str, decision: str, new_label: str = "", **more: str) -> Decision:
    row = next(row for row in queue if row["id"] == id_)
    return Decision(id_, row["row_hash"], row["given_label"], decision, new_label, **more)


def test_the_log_beside_the_data(data: Path, queue: list[Row]) -> None:
    log = Path(f"{data}.decisions.ndjson")
    log.write_text(
        logged(
            said(queue, "r00", "relabel", "dog", reviewer="ann", at="2025-01-02T00:00:00Z"),
            said(queue, "r00", "drop", reviewer="ann", at="2025-01-01T00:00:00Z"),
            said(queue, "r00", "relabel", "dog", reviewer="bob", at="2025-01-01T00:00:00Z"),
            said(queue, "r01", "unsure", reviewer="bob", at="2025-01-01T00:00:00Z"),
            said(queue, "r02", "keep", reviewer="bob", at="2025-01-01T00:00:00Z"),
        )
        + '{"v":1,"id":"r0'
    )
    applied = apply(data, in_place=True)
    assert [(change.id, change.after, change.reviewer) for change in applied.changes] == [("r00", "dog", "ann; bob")]
    assert (applied.kept, applied.unsure, applied.undecided) == (1, 1, 0)
    assert "1 lines are torn" in applied.notes[0]
    with log.open("a") as out:
        out.write("\n" + logged(said(queue, "r02", "drop", reviewer="ann", at="2025-01-03T00:00:00Z")))
    with pytest.raises(UnsettledDecisions) as caught:
        apply(data, in_place=True)
    assert {one.answer for group in caught.value.conflicts for one in group} == {"keep", "drop"}


decision = st.builds(
    Decision, st.sampled_from("ab"), st.just("h"), st.just("x"), st.sampled_from(["keep", "drop", "unsure"]),
    reviewer=st.sampled_from("mn"), at=st.sampled_from(["", "2025", "2026"]), note=st.text(max_size=2),
)  # fmt: skip


@given(st.lists(decision, max_size=8), st.randoms())
def test_the_order_of_the_log_and_repeated_lines_do_not_matter(decisions: list[Decision], random: Any) -> None:
    again = [*decisions, *decisions[::2]]
    random.shuffle(again)
    assert set(effective_decisions(again)) == set(effective_decisions(decisions))
    assert {frozenset(group) for group in conflicts(effective_decisions(again))} == (
        {frozenset(group) for group in conflicts(effective_decisions(decisions))}
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(decisions=st.lists(decision, min_size=1, max_size=4), cut=st.integers(0, 10_000))
def test_a_log_that_is_cut_anywhere_keeps_its_whole_lines(decisions: list[Decision], cut: int, tmp_path: Path) -> None:
    whole = logged(*decisions).encode()
    part = whole[: cut % (len(whole) + 1)]
    (tmp_path / "log").write_bytes(part)
    kept, torn = read_log(tmp_path / "log")
    number = part.count(b"\n")
    assert kept[:number] == decisions[:number]
    assert len(kept) + len(torn) == number + (not part.endswith(b"\n") and part != b"")


@pytest.mark.parametrize(
    "line", ['{"v":2}', "[]", '{"v":1,"id":"a","decision":"kep"}', '{"v":1,"id":"a","decision":"relabel"}',
             '{"v":1,"id":3,"decision":"keep"}', '{"v":1,"id":"\\ud800","decision":"keep"}']
)  # fmt: skip
def test_a_whole_line_that_is_no_decision(line: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("\n" + line + "\n")
    with pytest.raises(InputError, match="log: line 2: "):
        read_log(tmp_path / "log")


# ------------------------------------------------------------------------------------------------------ the house


@pytest.mark.process
def test_apply_loads_no_learning_library_and_no_typer(data: Path, queue: list[Row]) -> None:
    # pandas is not among them: pyarrow imports it by itself, wherever it is installed
    path = save(by_truth(queue), data.with_name("q.csv"))
    code = (
        "import sys; from hardneg_cli import apply\n"
        f"apply({str(data)!r}, [{str(path)!r}], in_place=True)\n"
        "print(sorted({'typer', 'rich', 'sklearn', 'scipy', 'cleanlab'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert data.read_bytes() == delimited(corrected()).encode()


def test_a_file_that_changes_meanwhile_is_not_overwritten(data: Path, queue: list[Row]) -> None:
    from hardneg_cli.review.correction import rewrite as writing

    path = save(by_truth(queue), data.with_name("q.csv"))
    applied = apply(data, [path])
    (correction,) = writing.corrections(load(data), applied.changes, None, {str(data): (0, 0, 0)})
    before = data.read_bytes()
    with pytest.raises(InputError, match="has changed since it was read"):
        writing.write([correction], None, None)
    assert (data.read_bytes(), len(os.listdir(data.parent))) == (before, 2)
    writing.write([replace(correction, seen=writing.stamp(correction.source))], None, None)
    assert data.read_bytes() == delimited(corrected()).encode()
