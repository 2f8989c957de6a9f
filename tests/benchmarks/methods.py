"""What hardneg and cleanlab answer on a label set."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from cleanlab.count import num_label_issues
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from numpy.typing import NDArray
from pyarrow import parquet

from hardneg_cli import Columns, Dataset, Findings, find, load
from hardneg_cli.verbs.audit import audit_draw

from .label_sets import LabelSet

Scores = NDArray[np.floating]
Flags = NDArray[np.bool_]

RANKERS = ("self_confidence", "normalized_margin", "confidence_weighted_entropy")
AUDITED = 200  # rows of an audit
DEFAULT = "prune_by_noise_rate"
FILTERS = (
    DEFAULT, "prune_by_class", "both", "confident_learning", "predicted_neq_given", "low_normalized_margin",
    "low_self_confidence",
)  # fmt: skip


@dataclass(frozen=True)
class Foreign:
    """cleanlab's answer. scores: by ranker, 1 − quality. flagged: by filter. disagrees: (N,) argmax ≠ label."""

    scores: dict[str, Scores]
    flagged: dict[str, Flags]
    disagrees: Flags
    errors: int


def by_hardneg(labels: LabelSet) -> Findings:
    """From the models alone."""
    return _found(labels, {}, ["doubtful-label"])


def by_audit(labels: LabelSet, found: Findings) -> Findings:
    """From the models and the true answers to an audit drawn from what they found alone."""
    with tempfile.TemporaryDirectory() as folder:
        scores, audit = f"{folder}/scores.parquet", f"{folder}/audit.parquet"
        parquet.write_table(found.table(found.select(every=True)), scores)
        drawn = audit_draw(scores, AUDITED).table
        wrong = labels.wrong[[int(id_) for id_ in drawn["id"].to_pylist()]]
        answers = pa.array(np.where(wrong, "drop", "keep"))
        parquet.write_table(drawn.set_column(drawn.column_names.index("decision"), "decision", answers), audit)
        return _found(labels, {"audit": audit}, ["doubtful-label"])


def by_neighbors_too(labels: LabelSet) -> Findings:
    """From the models and the rows' neighbors."""
    if labels.texts is None:
        return _found(labels, {"features": labels.features}, ["doubtful-label", "outvoted-label"])
    return _found(labels, {}, ["doubtful-label", "outvoted-label"], text=labels.texts)


def dataset_of(labels: LabelSet, **content: list[str]) -> tuple[Dataset, list[str]]:
    """The rows, and all classes that a model knows."""
    classes = [f"c{code:03d}" for code in range(labels.probs[0].shape[1])]
    ids = pa.array([f"{row:06d}" for row in range(len(labels.labels))])
    rows = pa.table({"id": ids, "label": np.array(classes)[labels.labels], **content})
    return load(rows, Columns(text="text" if content else None)), classes


def _found(labels: LabelSet, given: dict[str, Any], detectors: list[str], **content: list[str]) -> Findings:
    dataset, classes = dataset_of(labels, **content)
    return find(dataset, probs=labels.probs, classes=classes, detectors=detectors, **given)


def by_cleanlab(labels: LabelSet) -> Foreign:
    """From the models' mean. cleanlab wants every class among the labels, so the others are left out."""
    used, codes = np.unique(labels.labels, return_inverse=True)
    p = labels.mean[:, used] + 1e-12
    p = p / p.sum(axis=1, keepdims=True)
    return Foreign(
        {name: 1 - get_label_quality_scores(codes, p, method=name) for name in RANKERS},
        {name: find_label_issues(codes, p, filter_by=name, n_jobs=1) for name in FILTERS},
        labels.mean.argmax(axis=1) != labels.labels,
        int(num_label_issues(codes, p)),
    )
