"""Decisions against the data as it is now: by id, content and given label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.review.decisions.decision import Decision, StaleDecision

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

GONE, CHANGED = "no row has this id", "the row's content is no longer the same"


@dataclass(frozen=True)
class MatchedDecisions:
    """fresh: decisions that fit a row, with its place in the dataset. already: nothing is left to do. stale: no fit."""

    fresh: tuple[tuple[int, Decision], ...]
    already: tuple[Decision, ...]
    stale: tuple[StaleDecision, ...]


def match(dataset: Dataset, decisions: Sequence[Decision], asked: pa.ChunkedArray) -> MatchedDecisions:
    """Which decisions still fit. `asked` are all ids of the queues, decided or not."""
    rows = places(dataset, [decision.id for decision in decisions])
    hashes = iter(dataset.row_hashes(rows[rows >= 0]))
    # Ids that are no hashes stay when a row is edited, so an unknown one means that the row was removed - unless
    # none is known: then this is the wrong file.
    removable = dataset.columns.id is not None and bool((places(dataset, asked) >= 0).any())
    fresh, already, stale = [], [], []
    for row, decision in zip(rows.tolist(), decisions, strict=True):
        if row < 0:
            why = "" if removable and decision.decision == "drop" else GONE
        else:
            label = dataset.classes[dataset.labels[row]]
            why = _why_stale(decision, next(hashes), label)
            if not why and label == decision.given:
                fresh.append((row, decision))
                continue
        if why:
            stale.append(StaleDecision(decision, why))
        else:
            already.append(decision)
    return MatchedDecisions(tuple(fresh), tuple(already), tuple(stale))


def places(dataset: Dataset, ids: Sequence[str] | pa.ChunkedArray) -> NDArray[np.int64]:
    """For each id the place of its row, −1 where there is none."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.chunked_array([pa.array(ids, pa.string())]) if isinstance(ids, list) else ids
    found: NDArray[np.int64] = pc.fill_null(pc.index_in(wanted, value_set=dataset.ids), -1).to_numpy().astype(np.int64)
    return found


def _why_stale(decision: Decision, row_hash: str, label: str) -> str:
    """Empty for a decision that fits, and for one whose label the row has got already."""
    if row_hash != decision.row_hash:
        return CHANGED
    if label == decision.given or (decision.decision == "relabel" and label == decision.new_label):
        return ""
    return f"its label is now {label!r}, not {decision.given!r}"
