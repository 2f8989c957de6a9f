"""What people said about the rows of a dataset and of its unlabeled pool: labels to trust, and rows to leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import listing
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.row_matching import places, restated


@dataclass(frozen=True)
class PoolLabels:
    """By row, the label that people gave, or None for a row that is to go; rows they disagree about are not in it."""

    labeled: Mapping[int, str | None]
    pool: Mapping[int, str | None]
    notes: tuple[str, ...] = ()


def pool_labels(labeled: Dataset, pool: Dataset, decisions: Iterable[Decision]) -> PoolLabels:
    """The decisions that fit a row: its content is the same and, where it has one, its label is.

    In the pool the given label is what a model had proposed, so `keep` gives the row that one.
    """
    decisive = [decision for decision in decisions if decision.is_decisive]
    labels, disputed = _answers(labeled, _current(labeled, restated(labeled, decisive)))
    added, more = _answers(pool, restated(pool, decisive))
    clashes = sorted({*disputed, *more})
    rows = "1 row" if len(clashes) == 1 else f"{len(clashes):,} rows"
    note = f"{rows} decided in more than one way, which counts for nothing: {listing(clashes)}"
    return PoolLabels(labels, added, (note,) if clashes else ())


def _current(labeled: Dataset, decisions: Sequence[Decision]) -> list[Decision]:
    """Those about the label that a row still has."""
    rows = places(labeled, [decision.id for decision in decisions]).tolist()
    return [
        one for row, one in zip(rows, decisions, strict=True)
        if row >= 0 and labeled.classes[labeled.labels[row]] == one.given
    ]  # fmt: skip


def _answers(rows: Dataset, decisions: Sequence[Decision]) -> tuple[dict[int, str | None], list[str]]:
    """By row what is said of it, and the ids of the rows that are said to be this and that."""
    import numpy as np

    found = places(rows, [decision.id for decision in decisions])
    known = np.flatnonzero(found >= 0)
    hashes = rows.row_hashes(found[known])
    said: dict[int, set[str | None]] = {}
    for place, row_hash in zip(known.tolist(), hashes, strict=True):
        if row_hash == decisions[place].row_hash:
            said.setdefault(int(found[place]), set()).add(_label(decisions[place]))
    settled = {row: next(iter(answers)) for row, answers in said.items() if len(answers) == 1}
    return settled, [rows.ids[row].as_py() for row, answers in said.items() if len(answers) > 1]


def _label(decision: Decision) -> str | None:
    if decision.decision == "drop":
        return None
    return decision.new_label if decision.decision == "relabel" else decision.given
