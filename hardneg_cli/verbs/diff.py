"""What changed from one state of a dataset to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.load import load
from hardneg_cli.errors import InputError, Unavailable
from hardneg_cli.gating.verdict import CheckReport
from hardneg_cli.runtime.evidence_store import EvidenceStore
from hardneg_cli.verbs.check import base_of, report_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from hardneg_cli.verbs.check import Base


def diff(
    before: Base,
    data: str | Path | Dataset | pa.Table | pd.DataFrame,
    columns: Columns | None = None,
    *,
    encoding: str | None = None,
    on_bad_rows: str = "fail",
) -> CheckReport:
    """What changed from `before` to `data`; no gate is asked. Raises InputError where that cannot be told."""
    dataset = data if isinstance(data, Dataset) else load(data, columns, encoding=encoding, on_bad_rows=on_bad_rows)
    baseline = base_of(dataset, before, None, encoding)
    evidence = EvidenceStore({"dataset": dataset, "baseline": baseline}, {})
    try:
        evidence["changes"]
    except Unavailable as reason:
        raise InputError(str(reason)) from reason
    return report_of(dataset, baseline, evidence, (), ())
