"""A passing, a failing and an unjudgeable case of each gate that counts and compares: the arguments of check."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv

from hardneg_cli import Columns, Decision, load
from hardneg_cli.data import snapshot
from hardneg_cli.statistics.stratified_sampling import draw

NAMES, ROWS, NEW = ("ant", "bee", "cat"), 300, 40
RIGHT = np.arange(ROWS) % 3
WRONG = np.where(np.arange(ROWS) >= ROWS - NEW, (RIGHT + 1) % 3, RIGHT)  # every label of the last rows
SURE = np.random.default_rng(0).uniform(0.5, 0.95, ROWS)  # an honest model's
PROBS = np.where(np.arange(3) == RIGHT[:, None], SURE[:, None], (1 - SURE[:, None]) / 2)
PROBS[::25] = PROBS[::25, [1, 2, 0]]  # but for some rows it is wrong
PLAIN: dict[str, Any] = {"probs": [PROBS], "classes": NAMES}


def table(labels: Any, rows: slice = slice(None)) -> pa.Table:
    ids = [f"r{row:03d}" for row in range(ROWS)][rows]
    return pa.table({"id": ids, "label": [NAMES[code] for code in labels[rows]], "text": [f"of {id_}" for id_ in ids]})


DATA = load(table(RIGHT), Columns())
HASHES = DATA.row_hashes(np.arange(ROWS))
OLD = table(RIGHT, slice(0, ROWS - NEW))


FOLDER = Path(tempfile.mkdtemp(prefix="hardneg-cases-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)


def flagged_before(name: str, flags: Any) -> Path:
    """A state in which these rows are flagged."""
    snapshot.write(DATA, flags, flags.astype(float), FOLDER / name)
    return FOLDER / name


def answers(labels: Any, who: str, rows: int = 60) -> list[Decision]:
    return [
        Decision(f"r{row:03d}", HASHES[row], NAMES[RIGHT[row]], "relabel", NAMES[labels[row]], who)
        for row in range(rows)
    ]


def audited(wrong: int) -> str:
    """A filled audit of 150 rows, in which so many labels are wrong."""
    sample = draw(np.linspace(0, 1, ROWS), np.arange(ROWS) >= 280, 150)
    columns = {
        "id": [f"r{row:03d}" for row in sample.rows],
        "decision": ["drop" if place < wrong else "keep" for place in range(len(sample.rows))],
        "new_label": [""] * len(sample.rows),
        "given_label": [NAMES[RIGHT[row]] for row in sample.rows],
        "flagged": [str(row >= 280).lower() for row in sample.rows],
        "row_hash": [HASHES[row] for row in sample.rows],
        "stratum": sample.stratum + 1,
        "stratum_rows": sample.size[sample.stratum],
        "inclusion": [repr(float(share)) for share in sample.inclusion],
    }
    path = FOLDER / f"audit-{wrong}.csv"
    pa.csv.write_csv(pa.table(columns), path)
    return str(path)


CASES: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "rate": (
        {"data": table(RIGHT), "base": OLD, **PLAIN},
        {"data": table(WRONG), "base": OLD, **PLAIN},
        {"data": table(RIGHT), "base": table(RIGHT, slice(0, ROWS - 1)), **PLAIN},
    ),
    "budget": (
        {"data": table(RIGHT), "settings": {"budget": {"most": "20%"}}, **PLAIN},
        {"data": table(WRONG), "settings": {"budget": {"most": "20", "most_per_class": "5"}}, **PLAIN},
        {"data": table(RIGHT), **PLAIN},
    ),
    "unreviewed": (
        {"data": table(RIGHT), "base": table(RIGHT), **PLAIN},
        {"data": table(WRONG), "base": OLD, **PLAIN},
        {"data": table(RIGHT), **PLAIN},
    ),
    "drift": (
        {"data": table(RIGHT), "state": flagged_before("same", np.arange(ROWS) % 25 == 0), **PLAIN},
        {"data": table(RIGHT), "state": flagged_before("other", np.arange(ROWS) % 3 == 0), **PLAIN},
        {"data": table(RIGHT), "base": table(RIGHT), **PLAIN},
    ),
    "imbalance": (
        {"data": table(WRONG), "base": OLD},
        {"data": table(np.where(RIGHT == 2, 0, RIGHT)), "base": OLD},
        {"data": table(RIGHT)},
    ),
    "agreement": (
        {"data": table(RIGHT), "decisions": answers(WRONG, "ann") + answers(WRONG, "bob")},
        {"data": table(RIGHT), "decisions": answers(WRONG, "ann") + answers((RIGHT + np.arange(ROWS) // 3) % 3, "bob")},
        {"data": table(RIGHT), "decisions": answers(WRONG, "ann") + answers(WRONG, "bob", 5)},
    ),
    "error-bound": (
        {"data": table(RIGHT), "audit": audited(0)},
        {"data": table(RIGHT), "audit": audited(30)},
        {"data": table(RIGHT, slice(0, 200)), "audit": audited(0)},
    ),
}
