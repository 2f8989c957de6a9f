"""Every gate passes, fails and says when it cannot judge, in Python and by its exit code.

To add a gate is to add its cases here: `GATE: (passes, fails, unjudged)`, each the arguments of `check`, in which the
gate is asked for with fail_on. A module `support/gate_cases_<anything>.py` with a dict CASES adds to this one.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from hardneg_cli import Columns
from hardneg_cli.gating.gates import GATES
from hardneg_cli.runtime import drawers
from hardneg_cli.verbs.check import check
from support.checked_rows import COPY, ROWS, SPLITS, blamed, hardneg, judged, put, reasons, said, table
from support.paths import TESTS

LEAK = Columns(split="split")
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
FIGURES = {name: GATES[name].FIGURES for name in GATES.names}


@pytest.mark.slow
@pytest.mark.parametrize("gate", drawers.names("gate"))
def test_every_gate_passes_fails_and_says_when_it_cannot_judge(gate: str) -> None:
    assert gate in CASES, f"add a passing, a failing and an unjudgeable case of {gate!r} to CASES"
    for case, outcome in zip(CASES[gate], OUTCOMES, strict=True):
        report = check(**{"decisions": (), **case, "fail_on": [gate]})
        one = judged(report, gate)
        assert one.outcome == outcome, (one.verdict and one.verdict.why, one.reason)
        assert (one.reason != "") == (outcome == "not judged")
        assert not FIGURES[gate] or {*(one.verdict.numbers if one.verdict else ())} <= {*FIGURES[gate]}
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from pyarrow import csv

    csv.write_csv(table(ROWS), tmp_path / "base.csv")
    csv.write_csv(table(put(3, "Cta")), tmp_path / "head.csv")
    return tmp_path
