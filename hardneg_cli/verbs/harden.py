"""Harden: versions of the training rows that fool a model, and what training with them does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.feature_numbers import feature_columns
from hardneg_cli.data.features.features import FeatureChoice, feature_choice
from hardneg_cli.data.features.inputs import ModelInputs, material
from hardneg_cli.data.features.mixed_columns import mixed_columns
from hardneg_cli.data.probabilities.loading import inside
from hardneg_cli.detection.detectors import DETECTORS
from hardneg_cli.detection.findings import Findings
from hardneg_cli.errors import InputError, did_you_mean, listing, quote
from hardneg_cli.modeling.folds import describe, held_out_parts, in_training
from hardneg_cli.modeling.mining.modes import MINING_MODES
from hardneg_cli.modeling.out_of_fold import Classifier
from hardneg_cli.modeling.robustness.attacks import ATTACKS
from hardneg_cli.modeling.robustness.augmentation import TrainingRows
from hardneg_cli.modeling.robustness.numeric import NumericAttack
from hardneg_cli.modeling.robustness.saved_model import SavedModel
from hardneg_cli.modeling.robustness.tables import HARD_WEIGHT, HardenResult
from hardneg_cli.modeling.robustness.textual import TextAttack
from hardneg_cli.modeling.robustness.trials import Attacker, run_trials
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.evidence_store import EvidenceStore, checked_settings
from hardneg_cli.verbs._keywords import (
    Data,
    DataKeywords,
    ModelKeywords,
    ModelSources,
    Reading,
    Settings,
    Training,
    UnitChoice,
    confirm_guard,
    grouped,
    read_data,
    spelled_out,
)
from hardneg_cli.verbs.find import find
from hardneg_cli.verbs.predict import predict

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]


KINDS = ("attack", "model")  # whose settings are harden's own
GUARD, EPSILON, FOLDS = 0.5, 0.3, 5


class HardenKeywords(DataKeywords, ModelKeywords, total=False):
    """What `harden` takes besides the data, the model and the attack."""

    settings: Settings
    folds: int
    seed: int


@spelled_out(HardenKeywords, Columns, ModelSources, UnitChoice, Training, Reading)
def harden(
    data: Data,
    columns: Columns | None = None,
    *,
    model: str | None = None,
    epsilon: float = EPSILON,
    guard: float = GUARD,
    train_split: str | None = None,
    boundary: bool = False,
    **options: Unpack[HardenKeywords],
) -> HardenResult:
    """Versions of the training rows that fool `model`, and its accuracy before and after training with them.

    features: patterns of number columns, each of which may move by `epsilon` times its standard deviation; with a text
    column the text is edited instead. model: a classifier, by default mlp for numbers and logistic for texts.
    probs, classes: as for `find`, whose score guards the training: rows above `guard` neither train nor get versions;
    without them they are made out of fold from the training rows. settings: by strategy, classifier or detector.
    train_split: with `columns.split`, the rows that train; all others are held out. Without splits each of `folds`
    parts is held out in turn; 0 measures nothing. boundary: have the least changes that fool the model, too.
    Raises InputError for input that cannot be right.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    models, settings = grouped(ModelSources, options), grouped(UnitChoice, options).settings
    folds, seed, features = grouped(Training, options).folds, grouped(Training, options).seed, models.features
    _refuse(guard, epsilon, folds)
    _refuse_settings(settings)
    if model is not None:
        Classifier.called(model)
    dataset = read_data(data, columns, options)
    material_ = _material(dataset, features)
    rows, names = material_.rows, material_.moving
    train = in_training(dataset, train_split)
    with threadpool_limits(1):  # a product's last bits depend on how many threads share it
        score, hard = _guarded(dataset, train, models, guard, settings, grouped(Reading, options).on_bad_rows)
        kept = train & (score <= guard)
        order = dataset.by_id
        attack = _attack(dataset, material_, order[kept[order]], model, settings, seed, epsilon)
        weights = np.where(hard & kept, HARD_WEIGHT, 1.0)
        parts = held_out_parts(dataset, rows, train, folds)
        without = [_training_rows(dataset, order[kept[order] & ~part[order]], weights) for part in parts]
        every = _training_rows(dataset, order[kept[order]], weights)
        labels, held_out = dataset.labels.astype(np.int64), [order[part[order]] for part in parts]
        measured, found = run_trials(attack, labels, every, without, held_out, boundary=boundary)
    saved = SavedModel(
        found.models[found.robust], dataset.columns.text if rows.texts is not None else None, material_.numbers,
        material_.unread, dataset.classes,
    )  # fmt: skip
    changes = f"edits of the text, {_edits(settings)} at most" if names == () else f"moves of {epsilon:g} spreads"
    return HardenResult(
        dataset, measured, np.flatnonzero(kept | ~train), hard & kept, int((train & ~kept).sum()), guard,
        found.augmented, names, changes, describe(dataset, train, folds), saved,
    )  # fmt: skip


def _refuse(guard: float, epsilon: float, folds: int) -> None:
    confirm_guard(guard)
    if not 0 < epsilon < float("inf"):
        raise InputError(f"--epsilon is a positive number of spreads, not {epsilon:g}")
    if folds == 1 or folds < 0:
        raise InputError(f"--folds is at least 2, or 0 to measure nothing, not {folds}")


def _refuse_settings(settings: Settings) -> None:
    """What is wrong with them, before any work is done; those of detectors find checks."""
    kinds = {name: kind for kind in ("detector", *KINDS) for name in drawers.names(kind)}
    for name, given in settings.items():
        if name not in kinds:
            raise InputError(f"no attack, model or detector {quote(name)}{did_you_mean(name, kinds)}")
        if kinds[name] in KINDS:
            checked_settings(kinds[name], name, drawers.verb(kinds[name], name), given)


@dataclass(frozen=True)
class _Material:
    """rows: to learn from. numbers: the names of their columns of numbers. unread: of those that are dates or lists.

    moving: the names of the columns whose numbers move, empty for dates; none where there is a text to edit.
    """

    rows: ModelInputs
    numbers: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    moving: tuple[str, ...] = ()


def _material(dataset: Dataset, features: str | None) -> _Material:
    choice = feature_choice(features, dataset.columns)
    if choice.file or choice.array is not None:
        raise InputError(f"harden writes new rows, so {quote(features)} would have to be columns of {dataset.name}")
    if not choice.columns and dataset.columns.text is None and dataset.columns.image is not None:
        raise InputError(
            f"{dataset.name}: harden edits texts and moves numbers of columns, and pictures are neither: name the text "
            "with --text, or columns with --features"
        )
    rows = material(dataset, FeatureChoice(columns=choice.columns))
    if not choice.columns:
        return _Material(rows)
    columns = feature_columns(dataset, choice.columns)
    has_lists = rows.numbers is not None and not rows.categories and rows.numbers.shape[1] != len(columns)
    if rows.texts is not None and has_lists:
        return _Material(rows, unread=(columns[0],))
    if rows.texts is None and rows.numbers is None:
        raise InputError(f"{dataset.name}: harden moves numbers, and there are none in {listing(columns)}")
    if has_lists:
        raise InputError(f"{dataset.name}: column {quote(columns[0])} holds lists; harden needs a column a number")
    found = mixed_columns(dataset.name, dataset.texts(columns))
    moving = tuple("" if name in found.dates else name for name in found.numbers) if rows.texts is None else ()
    return _Material(rows, tuple(found.numbers), found.dates, moving)


def _guarded(
    dataset: Dataset, train: Bools, models: ModelSources, guard: float, settings: Settings, on_bad_rows: str
) -> tuple[NDArray[np.float64], Bools]:  # fmt: skip
    """(N,) find's score of each training row, and which of those that may train are hard negatives: boundary rows."""
    import numpy as np

    detectors = set(DETECTORS.names)
    chosen = {name: values for name, values in settings.items() if name in detectors}
    features = models.features
    if models.probs or inside(dataset) is not None:
        findings = find(
            dataset, probs=models.probs, classes=models.classes, features=features, settings=chosen,
            on_bad_rows=on_bad_rows,
        )  # fmt: skip
        rows = np.arange(len(dataset))
    else:
        rows = np.flatnonzero(train)
        predicted = predict(_rows_table(dataset, rows), dataset.columns, features=features)
        findings = find(
            predicted.dataset, probs=[predicted.probabilities], classes=predicted.classes, features=features,
            settings=chosen, decisions=(),
        )  # fmt: skip
    score, hard = np.zeros(len(dataset)), np.zeros(len(dataset), bool)
    score[rows] = findings.score
    hard[rows[_near_the_boundary(findings, train[rows] & (findings.score <= guard), settings)]] = True
    return score, hard


def _near_the_boundary(findings: Findings, trainable: Bools, settings: Settings) -> Codes:
    run = MINING_MODES["boundary"].run
    chosen = checked_settings("strategy", "boundary", run, settings.get("boundary", {}))
    evidence = EvidenceStore({"dataset": findings.dataset, "digest": findings.digest, "trainable": trainable}, {})
    rows: Codes = evidence.call(run, chosen).rows
    return rows


def _rows_table(dataset: Dataset, rows: Codes) -> pa.Table:
    """Some rows as a table with the dataset's column names."""
    import numpy as np
    import pyarrow as pa

    labels = pa.array(np.array(dataset.classes, object)[dataset.labels], pa.string())
    parts = {dataset.columns.label: labels} | ({dataset.columns.id: dataset.ids} if dataset.columns.id else {})
    for table in (dataset.content, dataset.roles):
        parts |= {name: table[name] for name in table.column_names}
    return pa.table(parts).take(rows)


def _attack(
    dataset: Dataset, given: _Material, train: Codes, model: str | None, settings: Settings, seed: int, epsilon: float
) -> Attacker:
    name = model or ("mlp" if given.rows.texts is None else "logistic")
    classifier = Classifier.called(name, settings.get(name))
    if given.rows.texts is None:
        return NumericAttack.of(given.rows, train, classifier, settings, seed, epsilon, given.moving)
    return TextAttack(given.rows, classifier, settings, seed, dataset.classes)


def _training_rows(dataset: Dataset, rows: Codes, weights: NDArray[np.float64]) -> TrainingRows:
    import numpy as np

    if len(np.unique(dataset.labels[rows])) < 2:
        raise InputError(f"{dataset.name}: fewer than two classes are left to train with; raise --guard")
    return TrainingRows(rows, dataset.labels[rows].astype(np.int64), weights[rows])


def _edits(settings: Settings) -> int:
    run = ATTACKS["text-perturbation"].run
    return int(checked_settings("strategy", "text-perturbation", run, settings.get("text-perturbation", {})).get(
        "edits", drawers.settings(run)["edits"].default
    ))  # fmt: skip
