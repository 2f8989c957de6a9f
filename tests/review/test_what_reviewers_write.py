"""What people may write into a queue, what makes no sense, and what no longer fits the data."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from hardneg_cli import Columns, InputError, UnsettledDecisions, apply
from hardneg_cli.data.load import load
from support.answers import decided
from support.command import hardneg
from support.corrections import LABELS, ROWS, TRUTH, Row, by_truth, delimited, queue_of, save


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.csv"
    path.write_bytes(delimited(ROWS).encode())
    return path


@pytest.fixture
def queue(data: Path) -> list[Row]:
    return queue_of(data)


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


def test_other_columns_than_for_find_are_a_hint_for_a_queue_that_does_not_say_them(data: Path) -> None:
    queue = by_truth(queue_of(data, Columns(split="more")))
    assert apply(data, [save(queue, data.with_name("q.csv"))]).relabeled == len(TRUTH)
    old = [{name: cell for name, cell in row.items() if name != "hashed"} for row in queue]
    path = save(old, data.with_name("q.csv"))
    with pytest.raises(UnsettledDecisions, match="were `id`, `groups`, `split`, `fold` and `prob_prefix` the"):
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
