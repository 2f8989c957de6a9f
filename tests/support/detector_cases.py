"""The case files, read as a user's file is, without the columns that say what to expect."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from hardneg_cli import Columns


@dataclass(frozen=True)
class Case:
    """`<detector>[--<variant>].csv`; a variant `setting=value` is that setting, any other one is just another table.

    `x_*` columns are the features, `prob_*` the probabilities, a column `text` is the text.
    """

    path: Path
    table: pa.Table
    expected: list[dict[str, str]]

    @property
    def detector(self) -> str:
        return self.path.stem.partition("--")[0]

    @property
    def settings(self) -> dict[str, dict[str, str]]:
        setting, equals, value = self.path.stem.partition("--")[2].partition("=")
        return {self.detector: {setting: value}} if equals else {}

    @property
    def columns(self) -> Columns:
        return Columns(text="text" if "text" in self.table.column_names else None)

    @property
    def features(self) -> str | None:
        return "x_*" if any(name.startswith("x_") for name in self.table.column_names) else None


def read_case(path: Path) -> Case:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if not name.startswith("expect")]
    return Case(path, pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in names}), rows)
