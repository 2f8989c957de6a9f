"""The gate: what passes, what is refused and by which rows, what cannot be judged; exit codes with real processes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hardneg_cli import Columns, Findings, InputError, load
from hardneg_cli.data import snapshot
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.gating.verdict import CheckReport, GateResult
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.runtime import drawers
from hardneg_cli.verbs.check import check, diff
from hardneg_cli.verbs.explain import manual
from hardneg_cli.verbs.find import find
from support.paths import PACKAGE, TESTS

Row = tuple[str, str, str]
ROWS: list[Row] = [(f"r{row}", ("cat", "dog", "ant")[row % 3], f"sentence number {row}") for row in range(60)]


def table(rows: Sequence[Row], **more: list[str]) -> pa.Table:
    names = ("id", "label", "text")
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)} | more)


def write_state(found: Findings, path: Path) -> None:
    snapshot.write(found.dataset, found.flagged, found.score, path)


def put(row: int, label: str | None = None, text: str | None = None, rows: Sequence[Row] = ROWS) -> list[Row]:
    """The rows, with another label or text in one."""
    id_, old, words = rows[row]
    return [*rows[:row], (id_, label or old, text or words), *rows[row + 1 :]]


def judged(report: CheckReport, gate: str) -> GateResult:
    return next(one for one in report.judged if one.gate == gate)


def blamed(report: CheckReport, gate: str) -> list[str]:
    verdict = judged(report, gate).verdict
    assert verdict is not None
    return [] if verdict.rows is None else report.dataset.ids.take(pa.array(verdict.rows)).to_pylist()


def reasons(report: CheckReport, gate: str) -> list[str]:
    verdict = judged(report, gate).verdict
    assert verdict is not None
    assert verdict.rows is not None
    assert verdict.reasons is not None
    import numpy as np

    return verdict.reasons(np.arange(len(verdict.rows)))


def hashed(row: int, rows: Sequence[Row] = ROWS) -> str:
    import numpy as np

    return load(table(rows)).row_hashes(np.array([row]))[0]


def said(
    row: int, decision: str, new_label: str = "", *, at: str = "2025-01-01", by: str = "ann", **more: str
) -> Decision:
    given = more.pop("given", ROWS[row][1])
    return Decision(ROWS[row][0], hashed(row), given, decision, new_label, by, at, **more)


# -- every gate of the drawer --------------------------------------------------------------------------------------
# To add a gate is to add its cases here: `GATE: (passes, fails, unjudged)`, each the arguments of `check`, in which
# the gate is asked for with fail_on. tests/support/gate_cases_<anything>.py with a dict CASES adds to this one.
SPLITS = {"split": ["train" if row % 4 else "test" for row in range(60)]}
LEAK = Columns(split="split")
COPY: Row = ("n1", "cat", "sentence  number 5")  # of r5, an ant of the split train
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "contradiction": (
        {"data": table(ROWS), "base": table(ROWS)},
        {"data": table([*ROWS, COPY]), "base": table(ROWS)},
        {"data": pa.table({"id": ["a", "b"], "label": ["cat", "dog"]})},
    ),
    "leak": (
        {"data": table(ROWS, **SPLITS), "base": table(ROWS, **SPLITS), "columns": LEAK},
        {
            "data": table([*ROWS, ("n1", "ant", COPY[2])], split=[*SPLITS["split"], "test"]),
            "base": table(ROWS, **SPLITS),
            "columns": LEAK,
        },
        {"data": table(ROWS), "base": table(ROWS)},
    ),
    "new-class": (
        {"data": table(put(3, "dog")), "base": table(ROWS)},
        {"data": table(put(3, "Cta")), "base": table(ROWS)},
        {"data": table(ROWS)},
    ),
    "reverted": (
        {"data": table(ROWS), "base": table(ROWS), "decisions": [said(3, "keep")]},
        {"data": table(put(3, "dog")), "base": table(ROWS), "decisions": [said(3, "keep")]},
        {"data": table(ROWS), "base": table(ROWS), "decisions": []},
    ),
}
for module in sorted((TESTS / "support").glob("gate_cases_*.py")):
    CASES |= import_module(f"support.{module.stem}").CASES
OUTCOMES = ("passed", "failed", "not judged")


@pytest.mark.parametrize("gate", drawers.names("gate"))
def test_every_gate_passes_fails_and_says_when_it_cannot_judge(gate: str) -> None:
    assert gate in CASES, f"add a passing, a failing and an unjudgeable case of {gate!r} to CASES"
    for case, outcome in zip(CASES[gate], OUTCOMES, strict=True):
        report = check(**{"decisions": (), **case, "fail_on": [gate]})
        one = judged(report, gate)
        assert one.outcome == outcome, (one.verdict and one.verdict.why, one.reason)
        assert (one.reason != "") == (outcome == "not judged")
        if one.verdict and one.verdict.rows is not None and one.verdict.reasons is not None:
            places = one.verdict.rows
            assert (places[1:] > places[:-1]).all()
            assert len(reasons(report, gate)) == len(places)
            assert all(reasons(report, gate))


@pytest.mark.process
@pytest.mark.parametrize("gate", drawers.names("gate"))
def test_the_exit_codes_of_every_gate(gate: str, tmp_path: Path) -> None:
    """Of the gates that need nothing but files; the others' developer holds them to the same verdicts above."""
    if gate not in ("contradiction", "leak", "new-class", "reverted"):
        pytest.skip("its cases are not files")
    from pyarrow import parquet

    for number, (case, code) in enumerate(zip(CASES[gate], (0, 1, 2), strict=True)):
        folder = tmp_path / str(number)
        folder.mkdir()
        arguments = ["--fail-on", gate, "--require", gate]
        for name in ("data", "base"):
            if name in case:
                parquet.write_table(case[name], folder / f"{name}.parquet")
        arguments += ["--base", "base.parquet"] if "base" in case else []
        arguments += ["--split", "split"] if "columns" in case else []
        if case.get("decisions"):
            from hardneg_cli.review.decisions.decision_log import append

            append(folder / "data.parquet.decisions.ndjson", case["decisions"])
        done = hardneg(folder, "check", "data.parquet", *arguments)
        assert done.returncode == code, done.stdout + done.stderr
        assert gate in done.stdout
        if code == 1:
            (row,) = blamed(check(**{"decisions": (), **case, "fail_on": [gate]}), gate)
            assert row in done.stdout
            assert done.stderr == f"hardneg: data.parquet fails {gate} (1 row)\n"


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


# -- options -------------------------------------------------------------------------------------------------------


def hardneg(folder: Path, *arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HARDNEG_")}
    if home:
        environment["PYTHONPATH"] = str(home)
    return subprocess.run(
        [sys.executable, "-m", "hardneg_cli", *arguments], cwd=folder, env=environment, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from pyarrow import csv

    csv.write_csv(table(ROWS), tmp_path / "base.csv")
    csv.write_csv(table(put(3, "Cta")), tmp_path / "head.csv")
    return tmp_path


@pytest.mark.process
def test_failing_warning_and_exit_zero(folder: Path) -> None:
    arguments = ("check", "head.csv", "--base", "base.csv")
    assert hardneg(folder, *arguments, "--exit-zero").returncode == 0
    done = hardneg(folder, *arguments, "--warn-on", "new-class")
    assert (done.returncode, done.stderr) == (0, "")
    assert "warned" in done.stdout
    done = hardneg(folder, *arguments, "--exit-zero", "--require", "leak")
    assert done.returncode == 2
    assert "gate leak is required and cannot judge: no split column" in done.stderr
    assert hardneg(folder, *arguments, "--require", "leak").returncode == 1, "no is no, whatever else was not judged"
    done = hardneg(folder, *arguments, "-q")
    assert (done.returncode, "r3" in done.stdout) == (1, True)
    done = hardneg(folder, *arguments, "-q", "--allow-class", "Cta")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = hardneg(folder, *arguments, "-o", "out.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "failed: new-class: 1 class is new" in done.stderr
    assert "not judged: leak: no split column" in done.stderr
    assert json.loads((folder / "out.json").read_text())["passed"] is False


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fail-on", "contradicton"], "no gate 'contradicton'; did you mean 'contradiction'?"),
        (["--require", "x"], "no gate 'x'"),
        (["--fail-on", "leak", "--warn-on", "leak"], "gate 'leak' is named by both"),
        (["--set", "new-class.x=1"], "gate 'new-class' has no setting 'x'"),
        (["--set", "new-clas.x=1"], "no gate or detector 'new-clas'; did you mean 'new-class'?"),
        (["--set", "x"], "not of the form gate.setting=value"),
        (["--base", "git:HEAD", "--state", "x"], "--base and --state exclude each other"),
        (["--base", "bsae.csv"], "no file 'bsae.csv'; did you mean 'base.csv'?"),
        (["--state", "base.csv"], "not a state that find --state wrote"),
        (["--queue", "open.csv"], "no probabilities: name them with --probs"),
        (["-f", "tex"], "no report 'tex'; did you mean 'text'?"),
        (["--base", "base.csv", "-o", "txt:base.csv"], "no report for '.csv'"),
        (["--base", "base.csv", "-o", "text:base.csv"], "is also an input"),
    ],
)
def test_what_is_refused(arguments: list[str], words: str, folder: Path) -> None:
    done = hardneg(folder, "check", "head.csv", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (folder / "open.csv").exists()


BROKEN = '''"""Divides by zero."""
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.gating.verdict import Verdict
BY_DEFAULT = "fail"
def judge(dataset: Dataset) -> Verdict:
    return Verdict(1 / 0 > 0, "")
'''
ODD = '''"""No id is odd."""
import numpy as np
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.gating.verdict import Verdict
BY_DEFAULT = None
def judge(dataset: Dataset, *, at_most: int = 3) -> Verdict:
    """at_most: so many odd ids are even."""
    rows = np.array([1, 3])
    return Verdict(at_most > 1, "two ids are odd", rows, lambda places: ["it is odd" for _ in places])
'''


@pytest.mark.process
def test_a_gate_is_one_file_and_a_crash_in_it_is_3(folder: Path) -> None:
    shutil.copytree(PACKAGE, folder / "hardneg_cli", ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "hardneg_cli/gating/gates/odd_id.py").write_text(ODD)
    arguments = ("check", "base.csv", "--base", "base.csv")
    assert "odd-id" not in hardneg(folder, *arguments, home=folder).stdout, "it is asked only by name"
    assert hardneg(folder, *arguments, "--fail-on", "odd-id", home=folder).returncode == 0
    done = hardneg(folder, *arguments, "--require", "odd-id", "--set", "odd-id.at-most=1", home=folder)
    assert (done.returncode, done.stderr) == (1, "hardneg: base.csv fails odd-id (2 rows)\n")
    assert "odd-id.at_most = 3" in hardneg(folder, "explain", "odd-id", home=folder).stdout
    (folder / "hardneg_cli/gating/gates/broken.py").write_text(BROKEN)
    for more in ((), ("--exit-zero",), ("--warn-on", "broken")):
        done = hardneg(folder, *arguments, *more, "-o", "out.json", home=folder)
        assert (done.returncode, done.stdout) == (3, "")
        assert "ZeroDivisionError" in done.stderr
        assert not (folder / "out.json").exists()


@pytest.mark.process
def test_without_a_model_nothing_heavy_is_loaded(folder: Path) -> None:
    code = """
import os, sys
from hardneg_cli.cli.app import main
sys.argv = ["hardneg", "check", "head.csv", "--base", "base.csv", "-q"]
leave = os._exit
def leaving(code):
    print(code, [name for name in ("sklearn", "cleanlab", "scipy") if name in sys.modules], flush=True)
    leave(code)
os._exit = leaving
main()
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1] == "1 []"


@pytest.mark.process
def test_the_queue_holds_what_is_changed_flagged_and_undecided(tmp_path: Path) -> None:
    from pyarrow import csv

    wrong = put(3, "dog", rows=put(9, "dog"))
    for name, rows in (("base", put(9, "dog")), ("head", wrong)):
        p = {f"prob_{label}": [0.9 if row[1] == label else 0.05 for row in ROWS] for label in ("ant", "cat", "dog")}
        csv.write_csv(table(rows, **p), tmp_path / f"{name}.csv")
    arguments = ("check", "head.csv", "--base", "base.csv", "--queue", "open.csv", "--exit-zero")
    done = hardneg(tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    lines = (tmp_path / "open.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["id", "r3"]
    (tmp_path / "head.csv.decisions.ndjson").write_text(
        json.dumps({"v": 1, "id": "r3", "row_hash": hashed(3), "given": "dog", "decision": "keep", "reviewer": "ann"})
    )
    assert hardneg(tmp_path, *arguments).returncode == 0
    assert (tmp_path / "open.csv").read_text().count("\n") == 1


# -- state ---------------------------------------------------------------------------------------------------------


def test_a_state_stands_for_its_base(tmp_path: Path) -> None:
    path = tmp_path / "train.state"
    write_state(find(table(ROWS), decisions=()), path)
    rows = put(3, "Cta", rows=put(4, text="edited"))
    head = table([*rows[:50], *rows[51:], COPY], added=["x"] * 60)
    one, other = (check(head, decisions=(), **how) for how in ({"saved": path}, {"base": table(ROWS)}))
    for report in (one, other):
        assert report.changes is not None
        assert [blamed(report, gate) for gate in ("contradiction", "new-class")] == [["n1"], ["r3"]]
    for part in ("place", "edited", "relabeled"):
        assert (getattr(one.changes, part) == getattr(other.changes, part)).all()
    assert one.changes.dropped.to_pylist() == ["r50"]
    apart = [*ROWS, ("n1", "cat", "sentence number 5")]  # contradicts r5, and did so before
    write_state(find(table(apart), decisions=()), path)
    lost = table(apart).append_column("other", pa.array(["x"] * 61)).drop_columns(["text"])
    report = check(lost, state=path, decisions=[said(3, "keep")], columns=Columns(split="label"))
    assert report.changes is None
    assert "lacks 'text'" in " ".join(report.notes)
    for gate in ("contradiction", "leak", "reverted"):
        assert judged(report, gate).reason == "what changed since the base cannot be told"
    assert judged(report, "new-class").outcome == "passed"


@pytest.mark.parametrize("gate", drawers.names("gate"))
def test_every_gate_explains_itself(gate: str) -> None:
    text = manual(gate)
    function = drawers.load("gate", gate)
    assert "Needs: " in text
    assert all(f"{gate}.{setting} = " in text for setting in drawers.settings(function.judge))
    assert function.BY_DEFAULT in ("fail", "warn", None)


def test_a_state_without_ids_and_its_size(tmp_path: Path) -> None:
    path = tmp_path / "train.state"
    many = [(f"row {row:06}", ("cat", "dog")[row % 2], f"sentence {row * 7919 % 100_003}") for row in range(20_000)]
    write_state(find(table(many), decisions=()), path)
    assert path.stat().st_size < 30 * len(many)
    bare = table(ROWS).drop_columns(["id"])
    write_state(find(bare, decisions=()), path)
    report = check(bare.take(pa.array(range(59, -1, -1))).append_column("new", pa.array(["x"] * 60)), state=path)
    assert report.changes is not None
    assert not report.changes.changed.any()
    with pytest.raises(InputError, match="a state of data whose ids are not those"):
        check(table(ROWS), state=path)


def test_copies_are_the_rows_whose_folded_cells_are_all_equal() -> None:
    """Column by column, as one key of all cells would say."""
    import numpy as np

    from hardneg_cli.data.row_identity import keyed
    from hardneg_cli.data.text_normalization import folded
    from hardneg_cli.detection.evidence.copies import gather

    cells = [
        "",
        " ",
        "a",
        " a",
        "a\u00a0b",
        "a  b",
        "a b",
        "a\tb",
        "\uff41 b",
        "a\u1680b",
        "\u2028",
        "\ufb01",
        "fi",
        None,
    ]
    rng = np.random.default_rng(1)
    for columns in (1, 2, 4):
        names = [f"c{column}" for column in range(columns)]
        content = pa.table({name: pa.array(list(rng.choice(cells, 300)), pa.string()) for name in names})
        dataset = load(content.append_column("label", pa.array(["x", "y"] * 150)))
        copies = gather(dataset)
        keys = keyed(pa.table({name: folded(content[name]) for name in names})).to_pylist()
        places = {key: place for place, key in enumerate(dict.fromkeys(keys))}
        assert copies.group.tolist() == [places[key] for key in keys]
        blank = keyed(pa.table({name: [""] for name in names}))[0].as_py()
        assert copies.empty.tolist() == [key == blank and keys.count(key) > 1 for key in keys]


@pytest.mark.process
@pytest.mark.parametrize(("allowed", "code"), [("0", 1), ("100%", 0)])
def test_open_rows_have_a_budget(allowed: str, code: int, tmp_path: Path) -> None:
    """That it is set asks the gate."""
    labels = ["cat" if row % 2 else "dog" for row in range(40)]
    lines = [f"r{row},{label},{0.9 if (label == 'cat') != (row == 7) else 0.1}" for row, label in enumerate(labels)]
    rows = [f"{line},{1 - float(line.rpartition(',')[2]):.1f}" for line in lines]
    (tmp_path / "data.csv").write_text("id,label,prob_cat,prob_dog\n" + "\n".join(rows) + "\n")
    done = subprocess.run(
        [sys.executable, "-m", "hardneg_cli", "check", "data.csv", "--max-open", allowed, "--alpha", "0.05"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stdout + done.stderr
    assert "budget" in done.stdout
