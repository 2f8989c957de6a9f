"""The numbers of a check: one level, stable keys, written together with everything else, whatever the verdict."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from hardneg_cli.gating.gates import GATES
from hardneg_cli.gating.metrics import number
from hardneg_cli.gating.verdict import CheckReport, GateResult, Verdict
from hardneg_cli.verbs.check import check
from support.check_reports import CASES, example
from support.checked_rows import COPY, ROWS, hardneg, put, table

HEAD = [
    "rows", "rows_added", "rows_edited", "rows_relabeled", "rows_dropped", "passed", "gates_passed", "gates_failed",
    "gates_warned", "gates_not_judged", "flagged", "estimated_errors",
]  # fmt: skip
MODEL = {f"prob_{name}": [0.9 if row[1] == name else 0.05 for row in ROWS] for name in ("ant", "cat", "dog")}


def test_the_numbers_of_a_commit() -> None:
    rows = put(3, "Cta", rows=put(4, text="edited"))
    found = check(table([*rows[:50], *rows[51:], COPY]), base=table(ROWS), decisions=()).metrics()
    assert [*found][: len(HEAD)] == HEAD
    assert [found[name] for name in HEAD] == [60, 1, 1, 1, 1, 0, 0, 2, 0, 4, None, None]
    assert (found["new_class__blamed"], found["new_class__new_classes"], found["contradiction__rows"]) == (1, 1, 1)
    assert found["rate__p"] is None


def test_the_keys_depend_on_the_gates_and_not_on_what_they_say() -> None:
    worse = table(put(3, "dog", rows=put(9, "ant")), **MODEL)
    judged = check(worse, base=table(ROWS, **MODEL), fail_on=["unreviewed"], decisions=())
    unjudged = check(table(ROWS), fail_on=["unreviewed"], decisions=())
    assert [*judged.metrics()] == [*unjudged.metrics()]
    assert judged.metrics()["unreviewed__open"] == 2
    assert judged.metrics()["flagged"] >= 2
    assert unjudged.metrics()["unreviewed__open"] is None
    assert unjudged.metrics()["rows_added"] is None, "there is no base"
    every = check(table(ROWS), fail_on=GATES.names, decisions=()).metrics()
    named = [f"{name.replace('-', '_')}__{figure}" for name in GATES.names for figure in GATES[name].FIGURES]
    assert not {*named} - {*every}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_names_are_names_anywhere_and_values_are_numbers(case: object) -> None:
    assert callable(case)
    found = case().metrics()
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in found)
    assert {type(value) for value in found.values()} <= {int, float, type(None)}


def test_no_number_is_null_and_whole_numbers_are_whole() -> None:
    assert [number(value) for value in (np.float64("nan"), float("inf"), np.int64(3), 4.0, 0.1234567, 1234567.0)] == [
        None, None, 3, 4, 0.123457, 1234567
    ]  # fmt: skip
    gate = GateResult("of-tomorrow", "fail", Verdict(True, "none", numbers={"b": 1, "a": float("nan")}))
    found = CheckReport(table_of_one := check(table(ROWS), decisions=()).dataset, None, None, (gate,)).metrics()
    assert len(table_of_one) == 60
    assert [*found.items()][-3:] == [("of_tomorrow__blamed", 0), ("of_tomorrow__a", None), ("of_tomorrow__b", 1)]


def test_a_report_has_the_same_numbers_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert [*example(tmp_path).metrics().items()] == [*example(tmp_path).metrics().items()]


@pytest.mark.process
def test_they_are_written_whatever_the_verdict_and_together_with_the_rest(tmp_path: Path) -> None:
    from pyarrow import csv

    csv.write_csv(table(ROWS), tmp_path / "base.csv")
    csv.write_csv(table(put(3, "Cta")), tmp_path / "head.csv")
    arguments = ("check", "head.csv", "--base", "base.csv")
    for more, code, passed in (((), 1, 0), (("--allow-class", "Cta"), 0, 1), (("--exit-zero",), 0, 0)):
        done = hardneg(tmp_path, *arguments, "-q", "--metrics", "m.json", *more)
        assert done.returncode == code, done.stderr
        written = json.loads((tmp_path / "m.json").read_text())
        assert written["passed"] == passed
        assert written == check(
            tmp_path / "head.csv", base=tmp_path / "base.csv", allow_class=["Cta"] if passed else ()
        ).metrics()  # fmt: skip
    (tmp_path / "m.json").unlink()
    done = hardneg(tmp_path, *arguments, "--metrics", "m.json", "-o", "no/such/folder.json")
    assert (done.returncode, (tmp_path / "m.json").exists()) == (2, False), "all or nothing"
    done = hardneg(tmp_path, *arguments, "--metrics", "base.csv")
    assert (done.returncode, "is also an input" in done.stderr) == (2, True)
