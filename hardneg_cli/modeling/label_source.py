"""What a dataset's rows are labeled, by source: as given, as people corrected them, and as an audit answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.review.audit.audited_labels import audited_labels
from hardneg_cli.review.audit.filled_audit import FilledAudit
from hardneg_cli.review.decisions.corrected_labels import codes, relabeled
from hardneg_cli.review.decisions.decision import Decision

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

GIVEN, CORRECTED, AUDITED = "given", "corrected", "audited"


@dataclass(frozen=True)
class LabelSources:
    """N rows of a dataset, which knows the classes of every source.

    codes: by source (N,) codes into the classes, −1 for a row that people dropped; a source that there is not has
    none. audited: the rows of the audit that have an answer, None without an audit.
    """

    dataset: Dataset
    codes: Mapping[str, Codes]
    audited: Codes | None = None
    notes: tuple[str, ...] = ()


def label_sources(dataset: Dataset, decisions: Sequence[Decision], audit: FilledAudit | None = None) -> LabelSources:
    """The labels as given, and those of decisions and of an audit where there are any.

    Raises InputError for an audit that was not drawn from these rows as they are now.
    """
    corrected = relabeled(dataset, decisions)
    rows, audited = (None, {}) if audit is None else audited_labels(dataset, audit)
    new = {name for changes in (corrected.new, audited) for name in changes.values() if name is not None}
    dataset = dataset.with_classes(sorted({*dataset.classes, *new}))
    sources = {GIVEN: codes(dataset, {})}
    if decisions:
        sources[CORRECTED] = codes(dataset, corrected.new)
    if audit is not None:
        sources[AUDITED] = codes(dataset, audited)
    return LabelSources(dataset, sources, rows, corrected.notes)


def true_codes(dataset: Dataset, decisions: Sequence[Decision], unknown: int) -> Codes:
    """(N,) codes of the labels as corrected, `unknown` for a new one that is no class; a dropped row keeps its own."""
    import numpy as np

    code = {name: number for number, name in enumerate(dataset.classes)}
    truth = dataset.labels.astype(np.int64)
    for row, name in relabeled(dataset, decisions).new.items():
        if name is not None:
            truth[row] = code.get(name, unknown)
    return truth
