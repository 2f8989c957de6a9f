"""The rows that a gate blames, as people and machines are told about them: id, place in the files, reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.io.tables.row_locations import RowLocation, row_locations

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.dataset import Dataset
    from hardneg_cli.gating.verdict import GateResult


@dataclass(frozen=True)
class FailingRow:
    """file: as it was named; path: None where the rows came from no file. line: None where the file has no lines."""

    id: str
    reason: str
    file: str
    path: Path | None
    line: int | None


def count(judged: GateResult) -> int:
    """How many rows the gate blames; one that passes blames none."""
    if judged.verdict is None or judged.verdict.passed or judged.verdict.rows is None:
        return 0
    return len(judged.verdict.rows)


def failing_rows(dataset: Dataset, judged: GateResult, most: int | None = None) -> list[FailingRow]:
    """The first `most` of the rows that the gate blames, in the order of the dataset; all of them for None."""
    import numpy as np

    verdict = judged.verdict
    if verdict is None or verdict.rows is None or not count(judged):
        return []
    rows = verdict.rows[:most]
    reasons = verdict.reasons(np.arange(len(rows))) if verdict.reasons else [""] * len(rows)
    ids = dataset.ids.take(rows).to_pylist()
    return [
        FailingRow(id_, reason, location.source.name, location.source.path, location.line)
        for id_, reason, location in zip(ids, reasons, _locations(dataset, rows), strict=True)
    ]


def _locations(dataset: Dataset, rows: NDArray[np.int64]) -> list[RowLocation]:
    return row_locations(dataset.sources, dataset.encoding, dataset.positions[rows])
