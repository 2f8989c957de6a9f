"""The labels that an audit found right, for models to be measured on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError
from hardneg_cli.review.audit.filled_audit import FilledAudit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def audited_labels(dataset: Dataset, audited: FilledAudit) -> tuple[NDArray[np.int64], dict[int, str | None]]:
    """The places of the audited rows that have an answer, and the labels of those that are wrong.

    Raises InputError if the audit was not drawn from these rows, or any of them has changed since.
    """
    if audited.population != len(dataset):
        raise InputError(
            f"{audited.name}: drawn from {audited.population:,} rows, and {dataset.name} has {len(dataset):,}: "
            "name the data that was audited, or draw a new audit"
        )
    rows = audited.rows(dataset)
    answers = zip(rows.tolist(), audited.decisions, strict=True)
    wrong = ((row, one) for row, one in answers if one.decision != "keep")
    return rows, {row: one.new_label if one.decision == "relabel" else None for row, one in wrong}
