"""The labels that decisions leave behind, without a corrected file being written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import listing
from hardneg_cli.review.decisions.decision import Decision, conflicts
from hardneg_cli.review.decisions.row_matching import match

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DROPPED = -1


@dataclass(frozen=True)
class CorrectedLabels:
    """new: by row of the dataset its new label, None where the row is dropped. Rows that keep theirs are not in it."""

    new: dict[int, str | None]
    notes: tuple[str, ...] = ()


def relabeled(dataset: Dataset, decisions: Sequence[Decision]) -> CorrectedLabels:
    """What `apply` would make of the labels; rows in dispute and decisions that fit no row change nothing."""
    import pyarrow as pa

    sure = [decision for decision in decisions if decision.is_decisive]
    matched = match(dataset, sure, pa.chunked_array([pa.array([one.id for one in sure], pa.string())]))
    disputed = {group[0].question for group in conflicts(decision for _, decision in matched.fresh)}
    new: dict[int, str | None] = {}
    for row, decision in matched.fresh:
        if decision.question not in disputed and decision.decision != "keep":
            new[row] = decision.new_label if decision.decision == "relabel" else None
    notes = []
    if disputed:
        rows = "1 row is" if len(disputed) == 1 else f"{len(disputed):,} rows are"
        ids = sorted(id_ for id_, *_ in disputed)
        notes.append(f"{rows} decided in more than one way and left as given: {listing(ids)}")
    if matched.stale:
        ids = sorted({one.decision.id for one in matched.stale})
        notes.append(f"decisions about {len(ids):,} rows fit none any more and were left out: {listing(ids)}")
    return CorrectedLabels(new, tuple(notes))


def codes(dataset: Dataset, new: dict[int, str | None]) -> NDArray[np.int64]:
    """(N,) codes of the labels with these changes, −1 for dropped rows; the dataset knows all the classes."""
    import numpy as np

    code = {name: place for place, name in enumerate(dataset.classes)}
    found = dataset.labels.astype(np.int64)
    for row, name in new.items():
        found[row] = DROPPED if name is None else code[name]
    return found
