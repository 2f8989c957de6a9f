"""Harden: versions of the training rows that fool a model, and what training with them does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, Unpack

from hardneg_cli.data.columns import Columns, choose
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.inputs import ModelInputs, material
from hardneg_cli.errors import InputError, did_you_mean, listing
from hardneg_cli.modeling.folds import describe, held_out_parts, in_training
from hardneg_cli.modeling.out_of_fold import Classifier, FittedModel
from hardneg_cli.modeling.robustness.attacks import ATTACKS
from hardneg_cli.modeling.robustness.augmentation import Augmented, TrainingRows, together
from hardneg_cli.modeling.robustness.numeric import NumericAttack
from hardneg_cli.modeling.robustness.tables import HARD_WEIGHT, HardenResult, RobustAccuracy
from hardneg_cli.modeling.robustness.textual import TextAttack
from hardneg_cli.runtime import drawers
from hardneg_cli.runtime.evidence_store import checked_settings
from hardneg_cli.runtime.progress import progress
from hardneg_cli.verbs._keywords import (
    DataKeywords,
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
from hardneg_cli.verbs.guard import guarded

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]

Ground: TypeAlias = NumericAttack | TextAttack

KINDS = ("attack", "model")  # whose settings are harden's own
GUARD, EPSILON, FOLDS = 0.5, 0.3, 5
ROUNDS = 2  # of augmenting and training anew, where there is no training by gradient
MOST = 1_000  # held-out texts that are attacked in each part
PLAIN, ADVERSARIAL, AUGMENTED = "plain", "adversarial", "augmented"


class HardenKeywords(DataKeywords, ModelKeywords, total=False):
    """What `harden` takes besides the data, the model and the attack."""

    settings: Settings
    folds: int
    seed: int


@spelled_out(HardenKeywords, Columns, ModelSources, UnitChoice, Training, Reading)
def harden(
    data: str | Path | pa.Table | pd.DataFrame,
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
    rows, names = _material(dataset, features)
    train = in_training(dataset, train_split)
    with threadpool_limits(1):  # a product's last bits depend on how many threads share it
        score, hard = guarded(dataset, train, models, guard, settings, grouped(Reading, options).on_bad_rows)
        kept = train & (score <= guard)
        order = dataset.by_id
        ground = _ground(dataset, rows, order[kept[order]], model, settings, seed, epsilon)
        weights = np.where(hard & kept, HARD_WEIGHT, 1.0)
        parts = held_out_parts(dataset, rows, train, folds)
        lessons = [_training_rows(dataset, order[kept[order] & ~part[order]], weights) for part in parts]
        taught = _training_rows(dataset, order[kept[order]], weights)
        measured, augmented = _trials(
            ground, dataset, taught, lessons, [order[part[order]] for part in parts], boundary
        )
    attack = f"edits of the text, {_edits(settings)} at most" if names == () else f"moves of {epsilon:g} spreads"
    return HardenResult(
        dataset, measured, np.flatnonzero(kept | ~train), hard & kept, int((train & ~kept).sum()), guard, augmented,
        names, attack, describe(dataset, train, folds),
    )  # fmt: skip


def _refuse(guard: float, epsilon: float, folds: int) -> None:
    if not 0 <= guard <= 1:
        raise InputError(f"--guard is a probability, 0 to 1, not {guard:g}")
    if not 0 < epsilon < float("inf"):
        raise InputError(f"--epsilon is a positive number of spreads, not {epsilon:g}")
    if folds == 1 or folds < 0:
        raise InputError(f"--folds is at least 2, or 0 to measure nothing, not {folds}")


def _refuse_settings(settings: Settings) -> None:
    """What is wrong with them, before any work is done; those of detectors find checks."""
    kinds = {name: kind for kind in ("detector", *KINDS) for name in drawers.names(kind)}
    for name, given in settings.items():
        if name not in kinds:
            raise InputError(f"no attack, model or detector {name!r}{did_you_mean(name, kinds)}")
        if kinds[name] in KINDS:
            checked_settings(kinds[name], name, drawers.verb(kinds[name], name), given)


def _material(dataset: Dataset, features: str | None) -> tuple[ModelInputs, tuple[str, ...]]:
    """The rows, and the names of the columns whose numbers move: none where there is a text to edit."""
    choice = feature_choice(features, dataset.columns.text)
    if choice.file or choice.array is not None:
        raise InputError(f"harden writes new rows, so {features!r} would have to be columns of {dataset.name}")
    rows = material(dataset, choice)
    if rows.texts is not None:
        return rows, ()
    names = tuple(choose(choice.columns, dataset.all_columns, "--features"))
    if rows.categories or rows.numbers is None:
        which = listing(list(rows.categories))
        raise InputError(f"{dataset.name}: harden moves numbers, and {which} holds others: leave it out of --features")
    if len(names) != rows.numbers.shape[1]:
        raise InputError(f"{dataset.name}: column {names[0]!r} holds lists; harden needs a column for each number")
    return rows, names


def _ground(
    dataset: Dataset, rows: ModelInputs, train: Codes, model: str | None, settings: Settings, seed: int, epsilon: float
) -> Ground:
    name = model or ("mlp" if rows.texts is None else "logistic")
    classifier = Classifier.called(name, settings.get(name))
    if rows.texts is None:
        return NumericAttack.of(rows, train, classifier, settings, seed, epsilon)
    return TextAttack(rows, classifier, settings, seed, dataset.classes)


def _training_rows(dataset: Dataset, rows: Codes, weights: NDArray[np.float64]) -> TrainingRows:
    import numpy as np

    if len(np.unique(dataset.labels[rows])) < 2:
        raise InputError(f"{dataset.name}: fewer than two classes are left to train with; raise --guard")
    return TrainingRows(rows, dataset.labels[rows].astype(np.int64), weights[rows])


def _trials(
    ground: Ground,
    dataset: Dataset,
    taught: TrainingRows,
    lessons: Sequence[TrainingRows],
    held: Sequence[Codes],
    boundary: bool,
) -> tuple[tuple[RobustAccuracy, ...], Augmented]:
    """Each way of training by each lesson, judged on what it leaves out; and the augmented rows of all `taught`."""
    import numpy as np

    found: dict[str, list[tuple[Bools, Bools]]] = {}
    with progress("hardening", total=len(lessons) + 1) as advance:
        models, augmented = _versions(ground, taught, boundary=boundary)
        advance(1)
        for lesson, rows in zip(lessons, held, strict=True):
            if len(lesson.rows) < len(taught.rows):
                models = _versions(ground, lesson, boundary=boundary)[0]
            if isinstance(ground, TextAttack) and len(rows) > MOST:
                rows = np.sort(np.random.default_rng(ground.seed).permutation(rows)[:MOST])
            for name, model in models.items():
                found.setdefault(name, []).append(
                    _hits(ground, model, lesson, rows, dataset.labels[rows].astype(np.int64))
                )
            advance(1)
    judged = [
        RobustAccuracy(name, *(np.concatenate(side) for side in zip(*parts, strict=True)))
        for name, parts in found.items()
    ]
    return tuple(judged), augmented


def _versions(ground: Ground, taught: TrainingRows, *, boundary: bool) -> tuple[dict[str, FittedModel], Augmented]:
    """The models of each way of training, and the augmented rows: against the model that withstands most."""
    plain = ground.fitted(taught)
    models = {PLAIN: plain}
    current = ground.adversarial(taught, plain)
    if current is not None:
        models[ADVERSARIAL] = current
        parts = [ground.attacked(current, taught, taught.rows, taught.labels)]
    else:
        current, parts = plain, []
        for _ in range(ROUNDS):
            parts.append(ground.attacked(current, taught, taught.rows, taught.labels))
            current = ground.fitted(taught, together(parts).changed())
    if boundary:
        parts.append(ground.least_changes(current, parts[-1], taught.labels))
    augmented = together(parts).changed()
    models[AUGMENTED] = ground.fitted(taught, augmented)
    return models, augmented


def _hits(ground: Ground, model: FittedModel, taught: TrainingRows, held: Codes, labels: Codes) -> tuple[Bools, Bools]:
    """Which rows the model gets right, as they are and under attack."""
    import numpy as np

    k = int(max(labels.max(), taught.labels.max())) + 1
    right = model.probabilities(ground.material, held, k).argmax(axis=1) == labels
    robust = right.copy()
    hit = np.flatnonzero(right)
    if len(hit):
        attacked = ground.attacked(model, taught, held[hit], labels[hit]).within(ground.material)
        robust[hit] = model.probabilities(attacked, np.arange(len(hit)), k).argmax(axis=1) == labels[hit]
    return right, robust


def _edits(settings: Settings) -> int:
    run = ATTACKS["text-perturbation"].run
    return int(checked_settings("strategy", "text-perturbation", run, settings.get("text-perturbation", {})).get(
        "edits", drawers.settings(run)["edits"].default
    ))  # fmt: skip
