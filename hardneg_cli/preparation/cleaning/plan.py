"""All that stated rules do to a dataset, once it is known what people and other policies do to its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.preparation.cleaning.decisions_by_rule import RowStates, cleaned
from hardneg_cli.preparation.cleaning.filling import FilledCells, column_gaps, filled, rows_without
from hardneg_cli.preparation.cleaning.rules import DROP, CleanRule, FillRule
from hardneg_cli.review.correction.apply_result import RuleEffect
from hardneg_cli.review.decisions.decision import Decision

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class CleaningPlan:
    """What rules do, and what the rows are then.

    decisions: by row. cells: what is filled. effects: what each rule does. spared: rows left alone for their split.
    """

    decisions: Mapping[int, Decision]
    cells: tuple[FilledCells, ...]
    effects: tuple[RuleEffect, ...]
    spared: frozenset[int]
    states: RowStates


def cleaning_plan(
    dataset: Dataset, clean: Sequence[CleanRule], fill: Sequence[FillRule], states: RowStates
) -> CleaningPlan:
    """Names are mended first, then rows are dropped, then cells are filled in those that stay."""
    gaps = column_gaps(dataset, fill)
    made = cleaned(
        dataset, clean, states, [rule.column for rule in fill if rule.how != DROP], list(rows_without(gaps, states))
    )
    results = list(filled(dataset, gaps, made.states))
    return CleaningPlan(
        made.decisions,
        tuple(cells for cells, _ in results),
        (*made.counts, *(count for _, count in results)),
        frozenset(made.spared.union(*(cells.spared for cells, _ in results))),
        made.states,
    )


def row_states(
    dataset: Dataset, decisions: Mapping[int, Sequence[Decision]], decided: NDArray[np.int64], protect: Sequence[str]
) -> RowStates:
    """What becomes of the rows by these decisions. decided: rows that somebody said something about."""
    import numpy as np

    wanted = {one[0].new_label for one in decisions.values() if one[0].decision == "relabel"}
    classes = tuple(sorted({*dataset.classes, *wanted}))
    labels = (dataset if classes == dataset.classes else dataset.with_classes(classes)).labels.copy()
    dropped, known, protected = (np.zeros(len(dataset), bool) for _ in range(3))
    known[decided] = True
    code = {name: number for number, name in enumerate(classes)}
    for row, (first, *_) in decisions.items():
        known[row] = True
        dropped[row] = first.decision == "drop"
        if first.decision == "relabel":
            labels[row] = code[first.new_label]
    if protect:
        splits = dataset.roles[dataset.columns.split].to_pylist()
        protected = np.array([split in protect for split in splits], bool)
    return RowStates(labels, classes, dropped, known, protected)
