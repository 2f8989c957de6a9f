"""Sixty labeled rows, commits to them, and what a check says of those."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from hardneg_cli import load
from hardneg_cli.gating.verdict import CheckReport, GateResult
from hardneg_cli.review.decisions.decision import Decision
from support import command

Row = tuple[str, str, str]
ROWS: list[Row] = [(f"r{row}", ("cat", "dog", "ant")[row % 3], f"sentence number {row}") for row in range(60)]


def table(rows: Sequence[Row], **more: list[str]) -> pa.Table:
    names = ("id", "label", "text")
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(names)} | more)


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


# To add a gate is to add its cases here: `GATE: (passes, fails, unjudged)`, each the arguments of `check`, in which
# the gate is asked for with fail_on. tests/support/gate_cases_<anything>.py with a dict CASES adds to this one.
SPLITS = {"split": ["train" if row % 4 else "test" for row in range(60)]}


COPY: Row = ("n1", "cat", "sentence  number 5")  # of r5, an ant of the split train


def hardneg(folder: Path, *arguments: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """home: a copy of the package to run in place of this one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HARDNEG_")}
    return command.hardneg(*arguments, cwd=folder, env=environment, text=True, home=home)
