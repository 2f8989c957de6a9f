"""Dual: a second model learns where the first one errs, names the slices where it fails, and corrects it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import FeatureChoice, feature_choice
from hardneg_cli.data.features.inputs import ModelInputs, material
from hardneg_cli.data.probabilities.loading import inside, load_models, mean_probabilities
from hardneg_cli.errors import InputError
from hardneg_cli.modeling.error_model.conditions import ConditionTable
from hardneg_cli.modeling.error_model.tables import DualResult
from hardneg_cli.modeling.folds import fold_of
from hardneg_cli.modeling.label_trust import NONE, label_trust
from hardneg_cli.modeling.out_of_fold import Classifier, out_of_fold
from hardneg_cli.modeling.unlabeled_pool import unlabeled
from hardneg_cli.review.decisions.decision_sources import GivenDecisions, load_decisions
from hardneg_cli.runtime.evidence_store import checked_settings
from hardneg_cli.runtime.progress import progress
from hardneg_cli.verbs._keywords import (
    Data,
    DataKeywords,
    DecisionsRead,
    ModelKeywords,
    ModelSources,
    Reading,
    Settings,
    Training,
    UnitChoice,
    grouped,
    read_data,
    spelled_out,
)
from hardneg_cli.verbs.find import find

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

MODELS = ("logistic", "knn")


class DualKeywords(DataKeywords, ModelKeywords, total=False):
    """What `dual` takes besides the data, the second model and the new rows."""

    settings: Settings
    folds: int
    decisions: GivenDecisions


@spelled_out(DualKeywords, Columns, ModelSources, UnitChoice, Training, DecisionsRead, Reading)
def dual(
    data: Data,
    columns: Columns | None = None,
    *,
    models: Sequence[str] = MODELS,
    guard: float = 0.5,
    new: str | Path | pa.Table | None = None,
    new_probs: Sequence[Any] = (),
    new_features: Any = None,
    **options: Unpack[DualKeywords],
) -> DualResult:
    """Learn from `data` where the model of `probs` errs (the mean of several), and correct it.

    What data, probs, classes, features and decisions are, `find` says, whose score tells how far a label is trusted;
    rows above `guard` do not train. models: classifiers of the second model; without text and features it only looks
    at the probabilities. new, new_probs: unlabeled rows and what the first model says of them, to be corrected too.
    Raises InputError for input that cannot be right.
    """

    import numpy as np

    from hardneg_cli.modeling.error_model import second_model, slices

    first_model, reading, settings = (
        grouped(ModelSources, options),
        grouped(Reading, options),
        grouped(UnitChoice, options).settings,
    )
    probs, classes, features = first_model.probs, first_model.class_names, first_model.features
    dataset = read_data(data, columns, options)
    if not probs and inside(dataset) is None:
        raise InputError(f"{dataset.name}: no probabilities of a first model: name them with --probs, or run predict")
    chosen = [Classifier.called(name, settings.get(name)) for name in models]
    tuned = _tuned(settings)
    pool_choice = feature_choice(features if new_features is None else new_features, dataset.columns)
    vectors = pool_choice if reading.may_skip else None
    pool = None if new is None else _pool(new, new_probs, dataset, reading.encoding, vectors)
    loaded = load_decisions(grouped(DecisionsRead, options).decisions, dataset).about(dataset)
    findings = find(
        dataset, probs=probs, classes=classes, features=features, decisions=loaded, on_bad_rows=reading.on_bad_rows
    )
    dataset = findings.dataset
    first, sound = mean_probabilities(
        load_models(dataset, probs, classes, may_lack=True), dataset, dataset.classes, may_skip=reading.may_skip
    )
    trust = label_trust(dataset, findings.score, sound, loaded.decisions)
    rows = _material(dataset, features)
    fold, names = fold_of(dataset, rows, grouped(Training, options).folds)
    brought, others = None, None
    if pool is not None:
        brought = mean_probabilities(load_models(pool, new_probs, classes, may_lack=True), pool, dataset.classes)[0]
        others = _material(pool, features if new_features is None else new_features)
    own, theirs = _seconds(dataset, rows, others, trust.learned(guard), fold, chosen if rows else [])
    order = dataset.by_id
    order = order[sound[order]]
    trust, fold, first = trust.of(order), fold[order], first[order]
    second = second_model.run(
        second_model.ModelOpinions(first, tuple(block[order] for block in own)), trust, fold,
        None if brought is None else second_model.ModelOpinions(brought, tuple(theirs)),
    )  # fmt: skip
    top = first.argmax(axis=1)
    found = slices.run(
        rows_of(dataset, first, order), trust.errs(top, second.right.p), trust.usable.astype(float),
        fold % slices.PARTS, dataset.columns.text, 1 - second.right.prior[np.arange(len(top)), top], **tuned,
    )  # fmt: skip
    return DualResult(
        findings, order, first, second, tuple(found), trust, tuple(names[number] for number in fold),
        None if pool is None or brought is None else (pool, brought),
    )  # fmt: skip


def rows_of(dataset: Dataset, first: Block, order: Codes | None = None) -> ConditionTable:
    """The rows to ask the conditions of slices of; `first` are their probabilities of the first model, (n, K)."""
    names = [dataset.classes[code] for code in first.argmax(axis=1)]
    content = dataset.content
    for column in (dataset.columns.split, dataset.columns.groups):
        if column is not None and column not in content.column_names:
            content = content.append_column(column, dataset.roles[column])
    return ConditionTable(content if order is None else content.take(order), names)


def _tuned(settings: Settings) -> dict[str, Any]:
    """The settings of the search for slices; those of other strategies say nothing here."""
    from hardneg_cli.modeling.error_model import slices

    return checked_settings("strategy", "slices", slices.run, settings.get("slices", {}))


def _pool(
    new: str | Path | pa.Table, new_probs: Sequence[Any], dataset: Dataset, encoding: str | None,
    vectors: FeatureChoice | None,
) -> Dataset:  # fmt: skip
    if not new_probs:
        raise InputError("new rows need the first model's probabilities too: name them with --new-probs")
    return unlabeled(new, dataset.columns, encoding, vectors=vectors)


def _material(dataset: Dataset, features: Any) -> ModelInputs | None:
    """What the second model learns from besides the first one's probabilities, if there is anything."""
    choice = feature_choice(features, dataset.columns)
    return material(dataset, choice) if choice.something else None


def _seconds(
    dataset: Dataset, rows: ModelInputs | None, others: ModelInputs | None, labels: Codes, fold: Codes,
    models: Sequence[Classifier],
) -> tuple[list[Block], list[Block]]:  # fmt: skip
    """The second models' probabilities: (N, K) out of fold each, and (M, K) of the other rows."""
    import numpy as np

    own: list[Block] = []
    theirs: list[Block] = []
    if rows is None:
        return own, theirs
    for number in np.unique(fold):
        if not (labels[fold != number] != NONE).any():
            raise InputError(f"{dataset.name}: all rows to learn from are of one fold; raise --guard or --folds")
    order = dataset.by_id
    k, folds = len(dataset.classes), len(np.unique(fold))
    with progress("training"):
        for number, model in enumerate(models, 1):
            with progress(f"folds of {model.name}, model {number} of {len(models)}", total=folds) as advance:
                block, pool = out_of_fold(rows, labels, fold, model, k, order, pool=others, step=advance)
            own.append(block)
            if pool is not None:
                theirs.append(pool)
    return own, theirs
