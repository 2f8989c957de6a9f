"""Rows that a model has an opinion about. Of 300 rows every 25th is flagged, four of each class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hardneg_cli.review.decisions.decision import Decision
from support.gate_cases_statistics import (
    HASHES,
    NAMES,
    PLAIN,
    RIGHT,
    ROWS,
    table,
)

FLAGGED = np.arange(0, ROWS, 25)
Codes = NDArray[np.int64]


def ids(rows: Sequence[int] | Codes) -> list[str]:
    return [f"r{row:03d}" for row in rows]


def wrong(rows: Sequence[int] | Codes, labels: Codes = RIGHT) -> Codes:
    """The labels, these rows' being those of the next class."""
    made = labels.copy()
    made[list(rows)] = (made[list(rows)] + 1) % 3
    return made


def edited(labels: Codes, rows: Sequence[int] | Codes) -> pa.Table:
    made = table(labels)
    chosen = {*map(int, rows)}
    texts = [f"{old}, edited" if row in chosen else old for row, old in enumerate(made["text"].to_pylist())]
    return made.set_column(2, "text", pa.array(texts))


def decided(
    rows: Sequence[int] | Codes, decision: str, given: Codes = RIGHT, new: Codes | None = None
) -> list[Decision]:
    return [
        Decision(f"r{row:03d}", HASHES[row], NAMES[given[row]], decision, "" if new is None else NAMES[new[row]], "ann")
        for row in rows
    ]


def settings(gate: str, **chosen: object) -> dict[str, Any]:
    return {"settings": {gate: chosen}, **PLAIN}
