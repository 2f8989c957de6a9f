"""What is a change and what is none: `diff`, and the gates that ask what a commit changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest

from hardneg_cli import Columns, InputError, load
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.verbs.check import check
from hardneg_cli.verbs.diff import diff
from support.checked_rows import COPY, ROWS, SPLITS, Row, blamed, hardneg, judged, put, reasons, said, table

# -- what is a change ----------------------------------------------------------------------------------------------


def test_order_columns_and_quotes_are_no_changes(tmp_path: Path) -> None:
    base = tmp_path / "base.csv"
    base.write_text("id,label,text,score\n" + "".join(f"{i},{label},{text},\n" for i, label, text in ROWS))
    head = tmp_path / "head.csv"
    rows = [f'"{text}","{i}",new {i},\r\n' for i, label, text in reversed(ROWS)]
    labels = [label for _, label, _ in reversed(ROWS)]
    rows = [row.replace("\r\n", f"{label}\r\n") for row, label in zip(rows, labels, strict=True)]
    head.write_text("text,id,added,label\n" + "".join(rows))
    report = check(head, base=base)
    assert report.changes is not None
    assert not report.changes.changed.any()
    assert (report.changes.new_columns, report.changes.lost_columns) == (("added",), ("score",))
    assert report.passed
    base.write_text(base.read_text().replace(",\n", ",\n\n").replace("\n", "\r\n"))
    assert not check(head, base=base).changes.changed.any()


def test_each_kind_of_change() -> None:
    rows = put(3, "dog", rows=put(4, text="other words", rows=put(5, "cat", "both")))
    changes = diff(table(ROWS), table([*rows[:50], *rows[51:], ("n", "cat", "new")])).changes
    assert changes is not None
    assert [ROWS[row][0] for row in changes.edited.nonzero()[0]] == ["r4", "r5"]
    assert [ROWS[row][0] for row in changes.relabeled.nonzero()[0]] == ["r3", "r5"]
    assert changes.added.nonzero()[0].tolist() == [59]
    assert (changes.dropped.to_pylist(), changes.dropped_labels.to_pylist()) == (["r50"], ["ant"])
    assert changes.before[3].as_py() == "cat"
    assert changes.before[59].as_py() is None
    assert {name: cells.nonzero()[0].tolist() for name, cells in changes.edited_in.items()} == {"text": [4, 5]}


def test_in_any_order_of_rows() -> None:
    import random

    rows = put(3, "dog", rows=put(4, text="other words"))
    random.Random(0).shuffle(rows)
    changes = diff(table(ROWS), table([*rows, ("n", "cat", "new")])).changes
    assert changes is not None
    assert {rows[row][0] for row in changes.edited.nonzero()[0]} == {"r4"}
    assert {rows[row][0] for row in changes.relabeled.nonzero()[0]} == {"r3"}
    assert len(changes.dropped) == 0


def test_rows_without_ids_are_told_apart_by_content() -> None:
    def bare(rows: Sequence[Row], **more: list[str]) -> pa.Table:
        return table(rows, **more).drop_columns(["id"])

    twice = [*ROWS, ("", "dog", ROWS[0][2]), ("", "dog", ROWS[0][2])]  # two copies of a cat, labeled dog
    one = [*ROWS, ("", "ant", ROWS[0][2]), ("", "dog", ROWS[0][2])]
    changes = diff(bare(twice), bare(one[::-1])).changes
    assert changes is not None
    assert changes.changed.nonzero()[0].tolist() == [1]
    assert changes.before[1].as_py() == "dog"
    assert not len(changes.dropped)
    more = bare(ROWS, added=["x"] * 60)
    assert not diff(bare(ROWS), more).changes.changed.any()
    changes = diff(bare(ROWS), bare(put(3, text="edited"))).changes
    assert changes.changed.sum() == 1
    assert len(changes.dropped) == 1
    with pytest.raises(InputError, match="no content column that both sides have"):
        diff(pa.table({"label": ["a", "b"], "x": ["1", "2"]}), pa.table({"label": ["a", "b"], "y": ["1", "2"]}))
    with pytest.raises(InputError, match="the base has ids, and the data has none"):
        diff(write(ROWS), bare(ROWS))


def write(rows: Sequence[Row]) -> Dataset:
    return load(table(rows))


@pytest.mark.process
def test_a_diff_of_another_kind_of_file(tmp_path: Path) -> None:
    from pyarrow import csv, parquet

    parquet.write_table(
        pa.table({"id": [1, 2], "label": ["a", "b"], "n": [1, 2], "x": [None, "é"]}), tmp_path / "a.parquet"
    )
    csv.write_csv(pa.table({"id": [2, 1], "label": ["b", "a"], "n": [2, 1], "x": ["é", ""]}), tmp_path / "b.csv")
    done = hardneg(tmp_path, "diff", "a.parquet", "b.csv")
    assert (done.returncode, "no row changed" in done.stdout) == (0, True), done.stderr
    hostile = 'id,label,n,x\n1,"=cmd|x",1,\n2,"\x1b[31m<b>",2,é\n3,[bold],\u202e,"a\nb"\n'
    (tmp_path / "b.csv").write_text(hostile)
    done = hardneg(tmp_path, "diff", "a.parquet", "b.csv")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout
    assert all(word in done.stdout for word in ("~ 1", "~ 2", "+ 3", "\\x1b"))


# -- the gates that need no model ----------------------------------------------------------------------------------


def test_a_contradiction_of_before_is_not_this_commits() -> None:
    base = [*ROWS, COPY]
    assert check(table(base), base=table(base), decisions=()).passed
    spaced = [(i, label, f" {text}  ") for i, label, text in base]  # all cells are edited, in blanks alone
    assert check(table(spaced), base=table(base), decisions=()).passed
    joined = check(table([*base, ("n2", "ant", "sentence number 5")]), base=table(base), decisions=())
    assert blamed(joined, "contradiction") == ["n2"]
    assert reasons(joined, "contradiction") == ["labeled 'ant', and a copy of 'n1', labeled 'cat'"]
    assert blamed(check(table(base), decisions=()), "contradiction") == ["r5", "n1"]
    both = table([("a", "cat", " "), ("b", "dog", "")])
    assert check(both, decisions=()).passed, "empty rows are nobody's copies"


def test_columns_that_do_not_tell_rows_apart_judge_nothing() -> None:
    rows = [(i, label, "anna") for i, label, _ in ROWS]  # who labeled it; the pictures are elsewhere
    report = check(table(put(3, "dog", rows=rows)), base=table(rows), decisions=())
    assert "do not tell rows apart" in judged(report, "contradiction").reason
    assert report.passed


def test_a_leak_by_move_and_by_group() -> None:
    base = table([*ROWS, ("n1", "dog", "sentence number 4")], split=[*SPLITS["split"], "test"])
    columns = Columns(split="split", groups="patient")
    patients = [f"p{row // 2}" for row in range(60)]
    leaky = base.append_column("patient", pa.array([*patients, ""]))
    assert blamed(check(leaky, Columns(split="split"), base=leaky, decisions=()), "leak") == []
    assert len(blamed(check(leaky, columns, decisions=()), "leak")) == 30
    moved = ["test" if row in (4, 5) else split for row, split in enumerate(leaky["split"].to_pylist())]
    head = leaky.set_column(3, "split", pa.array(moved))
    assert blamed(check(head, columns, base=leaky, decisions=()), "leak") == []
    moved[6] = "test"
    head = leaky.set_column(3, "split", pa.array(moved))
    report = check(head, columns, base=leaky, decisions=())
    assert blamed(report, "leak") == ["r6"]
    assert reasons(report, "leak") == ["in split 'test', and its group is in another one too"]


def test_a_new_class_that_is_meant() -> None:
    data, base = table(put(3, "bee", rows=put(4, "CAT"))), table(ROWS)
    report = check(data, base=base, decisions=())
    assert blamed(report, "new-class") == ["r3", "r4"]
    assert "which only case or blanks tell from 'cat'" in judged(report, "new-class").verdict.why
    assert check(data, base=base, allow_class=["bee", "CAT"], decisions=()).passed
    assert blamed(check(data, allow_class=["ant", "cat", "dog", "CAT"], decisions=()), "new-class") == ["r3"]


@pytest.mark.parametrize(
    ("decisions", "head", "base", "undone"),
    [
        ([said(3, "relabel", "dog")], put(3, "cat"), put(3, "dog"), True),
        ([said(3, "relabel", "dog")], ROWS, ROWS, False),  # not applied yet
        ([said(3, "relabel", "dog")], put(3, "dog"), ROWS, False),  # applied now
        ([said(3, "relabel", "dog")], put(3, "ant"), ROWS, True),  # nobody said so
        ([said(3, "relabel", "dog")], put(3, "ant"), put(3, "ant"), False),  # wrong before
        ([said(3, "relabel", "dog")], ROWS, None, False),  # nobody knows whether it was applied
        ([said(3, "keep")], put(3, "dog"), None, True),
        ([said(3, "keep")], put(3, "dog", "edited"), ROWS, None),  # stale: nothing to judge by
        ([said(3, "keep"), said(3, "relabel", "dog", by="bob")], put(3, "dog"), ROWS, None),  # an open conflict
        (
            [said(3, "keep"), said(3, "relabel", "dog", by="bob"),
             said(3, "keep", by="cas", at="2025-02-01", source="adjudication")],
            put(3, "dog"), ROWS, True,
        ),
        ([said(3, "keep"), said(3, "relabel", "dog", at="2025-03-01")], put(3, "dog"), ROWS, False),
        ([said(3, "relabel", "dog"), said(3, "relabel", "cat", by="bob", given="dog", at="2025-03-01")], ROWS,
         put(3, "dog"), False),
        ([said(3, "drop")], ROWS, [*ROWS[:3], *ROWS[4:]], True),
        ([said(3, "drop")], ROWS, ROWS, False),  # not applied yet
        ([said(3, "unsure")], put(3, "dog"), ROWS, None),
        ([said(3, "keep")], [*ROWS[:3], *ROWS[4:]], ROWS, None),  # a row may go
    ],
)  # fmt: skip
def test_reverted(decisions: list[Decision], head: list[Row], base: list[Row] | None, undone: bool | None) -> None:
    for given in (decisions, decisions[::-1]):
        report = check(table(head), base=None if base is None else table(base), decisions=given)
        one = judged(report, "reverted")
        assert one.outcome == {True: "failed", False: "passed", None: "not judged"}[undone], one
        if undone:
            assert blamed(report, "reverted") == ["r3"]


def test_an_added_column_hides_no_reversal() -> None:
    more = {"length": [str(row) for row in range(60)]}
    report = check(table(put(3, "dog"), **more), base=table(ROWS), decisions=[said(3, "keep")])
    assert blamed(report, "reverted") == ["r3"]
    assert reasons(report, "reverted") == ["kept as 'cat' by ann, and 'dog' now"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from pyarrow import csv

    csv.write_csv(table(ROWS), tmp_path / "base.csv")
    csv.write_csv(table(put(3, "Cta")), tmp_path / "head.csv")
    return tmp_path
