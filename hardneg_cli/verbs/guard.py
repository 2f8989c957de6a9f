"""The guard of hardening: which rows' labels are doubted, and which of the others are hard negatives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.loading import inside
from hardneg_cli.detection.detectors import DETECTORS
from hardneg_cli.detection.findings import Findings
from hardneg_cli.modeling.mining.modes import MINING_MODES
from hardneg_cli.runtime.evidence_store import EvidenceStore, checked_settings
from hardneg_cli.verbs._keywords import ModelSources, Settings
from hardneg_cli.verbs.find import find
from hardneg_cli.verbs.predict import predict

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]


def guarded(
    dataset: Dataset, train: Bools, models: ModelSources, guard: float, settings: Settings, on_bad_rows: str
) -> tuple[NDArray[np.float64], Bools]:  # fmt: skip
    """(N,) find's score of each training row, and which of those that may train are hard negatives: boundary rows."""
    import numpy as np

    mine = set(DETECTORS.names)
    chosen = {name: values for name, values in settings.items() if name in mine}
    features = models.features
    if models.probs or inside(dataset) is not None:
        found = find(
            dataset, probs=models.probs, classes=models.classes, features=features, settings=chosen,
            on_bad_rows=on_bad_rows,
        )  # fmt: skip
        rows = np.arange(len(dataset))
    else:
        rows = np.flatnonzero(train)
        own = predict(_table(dataset, rows), dataset.columns, features=features)
        found = find(own.dataset, probs=[own.probabilities], classes=own.classes, features=features, settings=chosen,
                     decisions=())  # fmt: skip
    score, hard = np.zeros(len(dataset)), np.zeros(len(dataset), bool)
    score[rows] = found.score
    hard[rows[_near_the_boundary(found, train[rows] & (found.score <= guard), settings)]] = True
    return score, hard


def _near_the_boundary(found: Findings, trainable: Bools, settings: Settings) -> Codes:
    run = MINING_MODES["boundary"].run
    chosen = checked_settings("strategy", "boundary", run, settings.get("boundary", {}))
    evidence = EvidenceStore({"dataset": found.dataset, "digest": found.digest, "trainable": trainable}, {})
    rows: Codes = evidence.call(run, chosen).rows
    return rows


def _table(dataset: Dataset, rows: Codes) -> pa.Table:
    """Some rows as a table with the dataset's column names."""
    import numpy as np
    import pyarrow as pa

    labels = pa.array(np.array(dataset.classes, object)[dataset.labels], pa.string())
    parts = {dataset.columns.label: labels} | ({dataset.columns.id: dataset.ids} if dataset.columns.id else {})
    for table in (dataset.content, dataset.roles):
        parts |= {name: table[name] for name in table.column_names}
    return pa.table(parts).take(rows)
