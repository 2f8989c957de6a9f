"""Questions to review, and the review of them on a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa

from hardneg_cli import Columns, find
from support.result_tables import written
from support.terminal import Terminal

ROWS = 8


ONE = ("--reviewer", "ann")


def queue(data: Path, rows: int = ROWS, suggested: str = "close_account") -> pa.Table:
    """The first rows of the data as a queue with one suggestion for all."""
    found = find(data, Columns(text="text"), detectors=["rare-label"])
    table = found.table(np.arange(rows), ("text",))
    values: dict[str, list[object]] = {
        "suggested_label": [suggested] * rows, "p_given": [0.125] * rows, "p_suggested": [0.75] * rows,
        "score": [0.875] * rows, "why": ["the model says so"] * rows, "detectors": ["doubtful-label"] * rows,
        "rank": list(range(1, rows + 1)),
    }  # fmt: skip
    for name, column in values.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(column))
    return table


def save(table: pa.Table, path: Path) -> Path:
    path.write_bytes(written(path.suffix[1:], table))
    return path


def said(log: Path) -> list[tuple[str, str, str, str]]:
    lines = map(json.loads, log.read_text().splitlines())
    return [(one["id"], one["decision"], one["new_label"], one["note"]) for one in lines]


def review(folder: Path, *arguments: str, name: str = "queue.csv", **options: object) -> Terminal:
    return Terminal("review", name, *arguments, cwd=folder, **options)  # type: ignore[arg-type]
