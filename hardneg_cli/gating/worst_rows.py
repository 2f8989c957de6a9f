"""The rows to look at first: those that gates blame, each once, with its labels, every gate's reason and a look at it.

Rows that a failing gate blames come before those that only warn, then those that more gates blame, then by find's
score where there is one, then in the order of the dataset.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.class_names import is_number
from hardneg_cli.data.picture_columns import readable_columns
from hardneg_cli.detection.findings import MOST_TELLING
from hardneg_cli.gating.failing_rows import count
from hardneg_cli.io.tables.row_locations import row_locations
from hardneg_cli.io.tables.row_snippets import PICTURE, shortened, snippets

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.dataset import Dataset
    from hardneg_cli.gating.verdict import CheckReport, GateResult

    Rows = NDArray[np.int64]

MOST_CELLS = 12
LONGEST_CELL = 1000  # characters


@dataclass(frozen=True)
class WorstRow:
    """before: its label in the base, where that was another one. looks_like: what find suggests instead, if anything.

    kinds: how it changed. score: find's, None without one. reasons: gate and clause, of failing gates first. cells: its
    columns. text: all of them in a line.
    """

    id: str
    file: str
    line: int | None
    label: str
    before: str
    looks_like: str
    kinds: tuple[str, ...]
    score: float | None
    reasons: tuple[tuple[str, str], ...]
    cells: tuple[tuple[str, str], ...]
    text: str

    @property
    def why(self) -> str:
        """The first gate's reason, and which other gates have one; they mostly say the same in other words."""
        (first, reason), *others = self.reasons
        also = f"also {', '.join(gate for gate, _ in others)}" if others else ""
        return "; ".join(filter(None, [reason or first, also]))


@dataclass(frozen=True)
class WorstRows:
    """rows: the first ones, worst first. total: how many there are."""

    rows: tuple[WorstRow, ...]
    total: int


def worst_rows(report: CheckReport, most: int) -> WorstRows:
    """The first `most` of them. O(N), and a pass over the files up to the last of these rows."""
    import numpy as np

    gates = [one for word in ("failed", "warned") for one in report.judged if one.outcome == word and count(one)]
    ranked = _ranked(report, gates)
    rows = ranked[:most]
    if not len(rows):
        return WorstRows((), 0)
    ascending = np.sort(rows)
    dataset, findings = report.dataset, report.findings
    places = row_locations(dataset.sources, dataset.encoding, dataset.positions[ascending])
    names = _columns(report, ascending)
    cells = dataset.texts(names).take(ascending) if names else None
    texts = [""] * len(ascending) if cells is None else snippets(cells, names)
    columns = [{}] * len(ascending) if cells is None else cells.to_pylist()
    reasons = [_reasons(one, ascending) for one in gates]
    ids = dataset.ids.take(ascending).to_pylist()
    found: dict[int, WorstRow] = {}
    for at, row in enumerate(ascending.tolist()):
        found[row] = WorstRow(
            ids[at], places[at].source.name, places[at].line, dataset.classes[dataset.labels[row]],
            _before(report, row), _looks_like(report, row), _kinds(report, row),
            None if findings is None else float(findings.score[row]),
            tuple((one.gate, said[row]) for one, said in zip(gates, reasons, strict=True) if row in said),
            tuple((name, shortened(cell, LONGEST_CELL)) for name, cell in columns[at].items()
                  if cell and not cell.startswith(PICTURE))[:MOST_CELLS],
            texts[at],
        )  # fmt: skip
    return WorstRows(tuple(found[row] for row in rows.tolist()), len(ranked))


def _ranked(report: CheckReport, gates: Sequence[GateResult]) -> Rows:
    """The rows that any gate blames, in the order above."""
    import numpy as np

    n, findings = len(report.dataset), report.findings
    fails, blames = np.zeros(n, bool), np.zeros(n, np.int64)
    for one in gates:
        assert one.verdict is not None
        blames[one.verdict.rows] += 1
        fails[one.verdict.rows] |= one.outcome == "failed"
    rows: Rows = np.flatnonzero(blames)
    score = np.zeros(n) if findings is None else findings.score
    return rows[np.lexsort((rows, -score[rows], -blames[rows], ~fails[rows]))]


def _reasons(one: GateResult, rows: Rows) -> dict[int, str]:
    """What the gate says of those of the ascending `rows` that it blames."""
    import numpy as np

    verdict = one.verdict
    assert verdict is not None
    assert verdict.rows is not None
    mine = rows[np.isin(rows, verdict.rows)]
    places = np.searchsorted(verdict.rows, mine)
    clauses = verdict.reasons(places) if verdict.reasons else [""] * len(mine)
    return dict(zip(mine.tolist(), clauses, strict=True))


def _before(report: CheckReport, row: int) -> str:
    changes = report.changes
    return (changes.before[row].as_py() or "") if changes is not None and changes.relabeled[row] else ""


def _kinds(report: CheckReport, row: int) -> tuple[str, ...]:
    changes = report.changes
    if changes is None:
        return ()
    masks = {"added": changes.added, "edited": changes.edited, "relabeled": changes.relabeled}
    return tuple(name for name, mask in masks.items() if mask[row])


def _looks_like(report: CheckReport, row: int) -> str:
    findings, dataset = report.findings, report.dataset
    code = -1 if findings is None else int(findings.suggested[row])
    return "" if code < 0 or code == dataset.labels[row] else dataset.classes[code]


def _columns(report: CheckReport, rows: Rows) -> list[str]:
    """The columns that say what a row is; many that hold but numbers are features, which nobody reads."""
    dataset, findings = report.dataset, report.findings
    if dataset.columns.text is not None:
        return [dataset.columns.text]
    if findings is not None:
        names = [*findings.telling_columns()]
    else:
        names = [*readable_columns(dataset, dataset.content.column_names, None, ())]
    return names if len(names) <= MOST_TELLING else _with_words(dataset, names, rows)


def _with_words(dataset: Dataset, names: Sequence[str], rows: Rows) -> list[str]:
    """The columns that hold more than numbers in any of these rows."""
    cells = dataset.texts(names).take(rows)
    return [name for name in names if not all(is_number(cell or "0") for cell in cells[name].to_pylist())]
