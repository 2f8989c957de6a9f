"""Predict: cross-validated out-of-fold probabilities for a dataset that has none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.inputs import ModelInputs, material
from hardneg_cli.data.probabilities.table import probability_table
from hardneg_cli.errors import listing
from hardneg_cli.io.tables.verb_result import VerbResult
from hardneg_cli.modeling.folds import fold_of, learnable
from hardneg_cli.modeling.frozen_predictions import frozen as frozen_predictions
from hardneg_cli.modeling.model_mixture import mixed, mixture, model_weights
from hardneg_cli.modeling.out_of_fold import Classifier, out_of_fold, usual_classifiers
from hardneg_cli.modeling.temperature_scaling import calibrated, overall
from hardneg_cli.modeling.unlabeled_pool import unlabeled
from hardneg_cli.runtime.progress import progress
from hardneg_cli.verbs._keywords import (
    Data,
    DataKeywords,
    ModelSources,
    Reading,
    Settings,
    Training,
    UnitChoice,
    grouped,
    read_data,
    spelled_out,
)

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

IN_THE_POOL = "pool"


@dataclass(frozen=True, repr=False)
class PredictResult(VerbResult):
    """(N, C) out-of-fold probabilities of `classes`, and each row's fold.

    kept: how many rows' probabilities were taken from an older file. pool: those of the unlabeled rows, if there are
    any. agreement: the share of the rows whose most probable class is the given label. unknown: labels with too few
    different rows to be learned out of fold; they have no column.
    """

    dataset: Dataset
    classes: tuple[str, ...]
    probabilities: Block
    fold: tuple[str, ...]
    kept: int
    agreement: float
    unknown: tuple[str, ...]
    pool: tuple[Dataset, Block] | None = None

    def table(self) -> pa.Table:
        """id, fold, row_hash, and prob_<class> for each class: what `find --probs` reads."""
        return probability_table(self.dataset, self.classes, self.probabilities, self.fold)

    def pool_table(self) -> pa.Table:
        """The same for the unlabeled rows, which have no fold: every model is new to them."""
        assert self.pool is not None
        dataset, probabilities = self.pool
        return probability_table(dataset, self.classes, probabilities, (IN_THE_POOL,) * len(dataset))

    def most_probable(self) -> pa.Table:
        """For people: each row's label, the most probable class and its probability, and the row's fold."""
        import pyarrow as pa

        top, data = self.probabilities.argmax(axis=1), self.dataset
        return pa.table({
            "id": data.ids,
            "given_label": pa.array(data.classes, pa.string()).take(pa.array(data.labels)),
            "predicted": pa.array(self.classes, pa.string()).take(pa.array(top)),
            "p": self.probabilities.max(axis=1),
            "fold": pa.array(self.fold, pa.string()),
        })  # fmt: skip

    def tables(self) -> dict[str, pa.Table]:
        """The probabilities of the rows, and those of the unlabeled rows, as `new`, where there are any."""
        return {"rows": self.table(), **({} if self.pool is None else {"new": self.pool_table()})}

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        name, rows, folds = self.dataset.name, len(self.dataset), len(set(self.fold))
        yield f"{name}: {rows:,} rows, {len(self.classes):,} classes, {folds} folds"
        yield f"{self.agreement:.1%} of the labels are what the model that never saw the row thinks most probable"
        if self.kept:
            yield f"{self.kept:,} rows keep their probabilities, {rows - self.kept:,} were judged anew"
        if self.unknown:
            which = "it stands" if len(self.unknown) == 1 else "each stands"
            yield f"note: {listing(self.unknown)} cannot be learned out of fold: {which} in one fold only"
        yield from (f"note: {remark}" for remark in self.dataset.remarks())
        if self.pool is not None:
            yield from (f"note: {remark}" for remark in self.pool[0].remarks())
            yield f"{self.pool[0].name}: {len(self.pool[0]):,} unlabeled rows judged"


class PredictKeywords(DataKeywords, total=False):
    """What `predict` takes besides the data and the pool."""

    features: Any
    embed: str | Callable[[list[str]], object] | None
    models: Sequence[str]
    settings: Settings
    folds: int


@spelled_out(PredictKeywords, Columns, ModelSources, Training, UnitChoice, Reading)
def predict(
    data: Data,
    columns: Columns | None = None,
    *,
    frozen: str | Path | None = None,
    new: str | Path | pa.Table | None = None,
    new_features: Any = None,
    **options: Unpack[PredictKeywords],
) -> PredictResult:
    """Out-of-fold probabilities of `data` by k-fold cross-validation, calibrated by temperature.

    features: as for `find`; the column `text` is used with or without them. models: names of classifiers, mixed as
    suits held-out labels best; by default logistic, and for tables boosting beside it. Folds are assigned by content
    (rows alike, and those of a group, share one), or taken from the column `fold`.
    frozen: a file that this wrote before; rows that have not changed keep their probabilities, and only the others are
    scored, by models of the unchanged rows. new: an unlabeled pool to score with the models of all folds.
    Raises InputError for input that cannot be right.
    """
    training, reading, units = grouped(Training, options), grouped(Reading, options), grouped(UnitChoice, options)
    features = grouped(ModelSources, options).features
    dataset = read_data(data, columns, options)
    named = [Classifier.called(name, units.settings.get(name)) for name in training.models]
    rows = material(dataset, feature_choice(features, dataset.columns))
    older = None if frozen is None else frozen_predictions(frozen, dataset)
    fold, names = fold_of(dataset, rows, training.folds, older)
    classes, labels, unknown = learnable(dataset, fold, older)
    chosen = named or usual_classifiers(rows, len(classes), units.settings)
    pool_choice = feature_choice(features if new_features is None else new_features, dataset.columns)
    vectors = pool_choice if reading.may_skip else None
    pool = None if new is None else unlabeled(new, dataset.columns, reading.encoding, vectors=vectors)
    pool_inputs = None if pool is None else material(pool, pool_choice)
    probabilities, pool_probabilities = _scored(dataset, rows, pool_inputs, fold, labels, len(classes), chosen)
    known, top = labels >= 0, probabilities.argmax(axis=1)
    agreement = float((top[known] == labels[known]).mean()) if known.any() else float("nan")
    if older is not None:
        probabilities = older.overlay(probabilities, classes)
    return PredictResult(
        dataset, classes, probabilities, tuple(names[number] for number in fold), 0 if older is None else older.rows,
        agreement, unknown, None if pool is None or pool_probabilities is None else (pool, pool_probabilities),
    )  # fmt: skip


def _scored(
    dataset: Dataset, rows: ModelInputs, pool_inputs: ModelInputs | None, fold: Codes, labels: Codes, k: int,
    models: Sequence[Classifier],
) -> tuple[Block, Block | None]:  # fmt: skip
    """(N, K) calibrated probabilities out of fold, and those of the pool by the models of all folds."""
    import numpy as np
    from threadpoolctl import threadpool_limits

    order = dataset.by_id
    of_rows, of_pool = [], []
    folds = len(np.unique(fold))
    with threadpool_limits(1), progress("training"):  # sums depend on who shares them
        for number, model in enumerate(models, 1):
            with progress(f"folds of {model.name}, model {number} of {len(models)}", total=folds) as advance:
                raw, pool = out_of_fold(rows, labels, fold, model, k, order, pool=pool_inputs, step=advance)
            of_rows.append(calibrated(raw, labels, fold))
            if pool is not None:
                of_pool.append(overall(raw, labels, pool))
    found = mixed(of_rows, labels, fold, order)
    return found, mixture(of_pool, model_weights(of_rows, labels, order)) if of_pool else None
