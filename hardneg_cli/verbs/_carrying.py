"""Decisions of a log whose rows are about to be filled: added to it anew, for what the rows are then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.row_identity import content_hashes, content_ids
from hardneg_cli.preparation.cleaning.filling import content_after
from hardneg_cli.preparation.cleaning.plan import CleaningPlan
from hardneg_cli.review.decisions.carried_decisions import carried
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import held, now, read_log
from hardneg_cli.review.decisions.row_matching import restated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@contextmanager
def carrying(
    logs: Sequence[Path], dataset: Dataset, plan: CleaningPlan, mark: str | None
) -> Iterator[list[str]]:  # fmt: skip
    """Add the decisions about filled rows to their logs, and take them back if what is done meanwhile fails.

    mark: the column for dropped rows, which stay.
    """
    import numpy as np

    notes: list[str] = []
    with ExitStack() as stack:
        stay = ~plan.states.dropped if mark is None else np.ones(len(dataset), bool)
        renamed = _renamed(dataset, plan, plan.states.labels, stay) if logs else {}
        for path in logs if renamed else ():
            lines, _ = read_log(path)
            if not (more := carried(lines, restated(dataset, lines), renamed)):
                continue
            stack.enter_context(stack.enter_context(held(path)).appended(more))
            count = len({(one.id, one.reviewer) for one in more})
            notes.append(f"{path}: {count:,} decisions about filled rows are carried over to what the rows are now")
        yield notes


def _renamed(
    dataset: Dataset, plan: CleaningPlan, labels: NDArray[np.int32], stay: NDArray[np.bool_]
) -> dict[tuple[str, str], Decision]:
    """By id and hash of each filled row, a decision that has those that it gets."""
    import numpy as np

    rows = np.array(sorted({row for cells in plan.cells for row in cells.texts}), np.int64)
    if not len(rows):
        return {}
    content = content_after(dataset, plan.cells)
    before = zip(dataset.ids.take(rows).to_pylist(), dataset.row_hashes(rows), strict=True)
    if dataset.columns.id is not None:
        ids = dataset.ids.take(rows).to_pylist()
    else:
        place = np.cumsum(stay) - 1
        ids = content_ids(content.filter(stay), labels[stay]).take(place[rows]).to_pylist()
    hashes = content_hashes(content.take(rows), len(rows))
    at = now()
    return {
        key: Decision(id_, hash_, "", "", at=at, hashed=dataset.hashed)
        for key, id_, hash_ in zip(before, ids, hashes, strict=True)
    }
