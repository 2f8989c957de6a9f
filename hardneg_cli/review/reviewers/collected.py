"""What collecting leads to: what a run read and added, and the conflicts that are left, as a queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.hashed_columns import hashed_cells
from hardneg_cli.io.tables.queue_columns import FILLED_IN, schema
from hardneg_cli.review.decisions.adjudication import in_words
from hardneg_cli.review.decisions.decision import ChronologicalDecisions, Decision
from hardneg_cli.review.reviewers.agreement import Agreement

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class CollectResult:
    """What a run read, and what the log says with it.

    read: decisions in the files. appended: those that the log had not got yet. settled: lines that were added to
    settle a conflict. undecided: rows of queues that say nothing. conflicts: what is left of them in the log, a group
    of decisions each. shown: the queues' own columns of these rows, by id. agreement: None where no row has two
    reviewers. decisions: all that the log says now, in the order of time.
    """

    log: Path
    read: int
    appended: int
    settled: int
    undecided: int
    conflicts: tuple[tuple[Decision, ...], ...]
    shown: Mapping[str, Mapping[str, str]]
    agreement: Agreement | None
    notes: tuple[str, ...]
    decisions: ChronologicalDecisions

    @property
    def already(self) -> int:
        """How many of the decisions that were read the log had before."""
        return self.read - self.appended

    def table(self) -> pa.Table:
        """The conflicts as a queue for whoever settles them, the answers in `note`, nothing else filled in.

        score is the share of these answers that say that the label is wrong.
        """
        import pyarrow as pa

        own = dict.fromkeys(name for cells in self.shown.values() for name in cells)
        cells = hashed_cells(group[0].hashed for group in self.conflicts)
        rows = [
            _row(group, rank, cell) | dict.fromkeys(own, "") | dict(self.shown.get(group[0].id, {}))
            for rank, (group, cell) in enumerate(zip(self.conflicts, cells, strict=True), 1)
        ]
        return pa.Table.from_pylist(rows, schema(own))


def _row(group: Sequence[Decision], rank: int, hashed: str) -> dict[str, Any]:
    first, note = group[0], in_words(group)
    labels = {one.new_label for one in group} - {""}
    wrong = sum(one.decision != "keep" for one in group) / len(group)
    return {
        **dict.fromkeys(FILLED_IN, ""), "id": first.id, "note": note, "given_label": first.given,
        "suggested_label": labels.pop() if len(labels) == 1 else "", "score": wrong, "flagged": True, "detectors": "",
        "why": note, "rank": rank, "row_hash": first.row_hash, "hashed": hashed,
    }  # fmt: skip
