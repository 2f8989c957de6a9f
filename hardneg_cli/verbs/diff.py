"""What changed from one state of a dataset to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.errors import InputError, Unavailable
from hardneg_cli.gating.verdict import CheckReport
from hardneg_cli.runtime.evidence_store import EvidenceStore
from hardneg_cli.verbs._bases import committed_data, found_base
from hardneg_cli.verbs._keywords import Data, DataKeywords, Reading, grouped, spelled_out
from hardneg_cli.verbs.check import report_of

if TYPE_CHECKING:
    from hardneg_cli.verbs._bases import Base


@spelled_out(DataKeywords, Columns, Reading)
def diff(
    before: Base,
    data: Data,
    columns: Columns | None = None,
    **options: Unpack[DataKeywords],
) -> CheckReport:
    """What changed from `before` to `data`; no gate is asked. Raises InputError where that cannot be told."""
    judged = committed_data(data, columns, options)
    dataset = judged.dataset
    baseline = found_base(dataset, before, None, grouped(Reading, options).encoding).state
    evidence = EvidenceStore({"dataset": dataset, "baseline": baseline}, {})
    try:
        evidence["changes"]
    except Unavailable as reason:
        raise InputError(str(reason)) from reason
    return report_of(dataset, baseline, evidence, (), judged.notes)
