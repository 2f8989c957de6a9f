"""Augment: label-preserving versions of rows that are probably right, more of the classes that are small."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.probabilities.loading import inside
from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.modeling.folds import fold_of, in_training
from hardneg_cli.modeling.out_of_fold import Classifier
from hardneg_cli.preparation.augmentation.chosen_content import chosen_content, content_keys, left_out
from hardneg_cli.preparation.augmentation.content import Content
from hardneg_cli.preparation.augmentation.label_check import FoldJudges
from hardneg_cli.preparation.augmentation.near_copies import apart_from_other_splits
from hardneg_cli.preparation.augmentation.pictures import PictureContent
from hardneg_cli.preparation.augmentation.plan import ClassSizes, versions_of
from hardneg_cli.preparation.augmentation.result import AugmentResult
from hardneg_cli.preparation.augmentation.rewriting import Rewriter
from hardneg_cli.preparation.augmentation.selection import select
from hardneg_cli.preparation.augmentation.trials import Trials
from hardneg_cli.review.decisions.decision_sources import GivenDecisions, load_decisions
from hardneg_cli.review.decisions.row_decisions import row_decisions
from hardneg_cli.runtime import drawers
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
    confirm_guard,
    grouped,
    read_data,
    spelled_out,
)
from hardneg_cli.verbs.find import find

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]

BALANCE = "balance"
PER_ROW, GUARD = 20, 0.5
MOST_MEASURED, FEWEST_MEASURED = 5_000, 50  # rows that folds are made of, and of a class
KINDS = ("transform", "model")  # whose settings are its own


class AugmentKeywords(DataKeywords, ModelKeywords, total=False):
    """What `augment` takes besides the data, the transforms and the guard."""

    settings: Settings
    folds: int
    seed: int
    decisions: GivenDecisions
    to: int | str
    per_row: int


@dataclass(frozen=True)
class Growth:
    """to: rows of each class, or `balance` for as many as the largest one has. per_row: versions of a row at most."""

    to: int | str = BALANCE
    per_row: int = PER_ROW

    @property
    def sizes(self) -> ClassSizes:
        """Raises InputError for what is no number of rows."""
        if self.per_row < 1:
            raise InputError(f"--per-row is at least 1, not {self.per_row}")
        if self.to == BALANCE:
            return ClassSizes(None, self.per_row)
        if not str(self.to).isdecimal() or int(self.to) < 1:
            raise InputError(f"--to is a number of rows a class, or {BALANCE}, not {quote(str(self.to))}")
        return ClassSizes(int(self.to), self.per_row)


@spelled_out(AugmentKeywords, Columns, ModelSources, UnitChoice, Training, DecisionsRead, Reading, Growth)
def augment(
    data: Data,
    columns: Columns | None = None,
    *,
    by: Sequence[str] = (),
    using: str | Callable[..., object] | None = None,
    model: str = "logistic",
    guard: float = GUARD,
    train_split: str | None = None,
    **options: Unpack[AugmentKeywords],
) -> AugmentResult:
    """`data` with versions of its rows that keep their label, as many as its small classes lack.

    Changed is the text column, else the columns that `features` names, else the pictures. by: transforms, by default
    all that fit and are mild. using: a function from a list of texts to texts, or lists of them, or its
    `module:function`; alone it is the only transform. to: the rows that each class is to have, or `balance` for as many
    as the largest one; per_row: the most versions of one row. probs, classes: as for `find`, whose score guards: rows
    above `guard` get no version, nor do rows whose label people decided to be wrong. train_split: with a split column,
    the rows that get versions, which are of their split. A transform is used where a `model` that was trained without
    the rows gives their versions to no other class, and where held-out rows, of `folds` folds, say that it does no
    harm. settings: by transform, model or detector. Raises InputError for input that cannot be right.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    settings, training = grouped(UnitChoice, options).settings, grouped(Training, options)
    sizes = grouped(Growth, options).sizes
    confirm_guard(guard)
    _refuse_settings(settings)
    classifier = Classifier.called(model, settings.get(model))
    rewriter = None if using is None else Rewriter(using)
    dataset = read_data(data, columns, options)
    content = chosen_content(dataset, grouped(ModelSources, options).features, (by, rewriter), settings, training.seed)
    with threadpool_limits(1):  # a product's last bits depend on how many threads share it
        train = in_training(dataset, train_split)
        right, why, notes = _right_rows(dataset, options, guard)
        parents = train & right & content.usable
        k, labels, order = len(dataset.classes), dataset.labels.astype(np.int64), dataset.by_id
        if (np.bincount(labels[parents], minlength=k) > 0).sum() < 2:
            raise InputError(f"{dataset.name}: fewer than two classes are left to train with; raise --guard")
        rows = order[parents[order]]
        wanted = sizes.wanted(labels[train], labels[rows], k)
        fold = _folds(dataset, content, training.folds)
        some, all_some, share = _measured(labels, order[(train & content.usable)[order]], parents)
        keys = frozenset(content_keys(content))
        with progress("trying the transforms", total=len(content.kinds)) as step:
            judges = FoldJudges.trained(content, labels, fold, some, classifier, k)
            trials = Trials(content, labels, k, fold, all_some, some, sizes, classifier, keys, share)
            selection = select(judges, trials, content.kinds, wanted > 0, step)
        made = versions_of(content, labels, rows, wanted, selection.allowed, keys)
        made, leaks = apart_from_other_splits(dataset, content, made, train)
    before = np.bincount(labels[train], minlength=k)
    after = before + np.bincount(labels[made.parents], minlength=k)
    kept_out = int((train & ~parents).sum())
    return AugmentResult(
        dataset,
        content,
        made,
        selection,
        before,
        after,
        kept_out,
        why,
        (len(some), len(rows)),
        (*notes, *leaks, *left_out(content, by)),
    )


def _refuse_settings(settings: Settings) -> None:
    kinds = {name: kind for kind in ("detector", *KINDS) for name in drawers.names(kind)}
    for name, given in settings.items():
        if name not in kinds:
            raise InputError(f"no transform, model or detector {quote(name)}{did_you_mean(name, kinds)}")
        if kinds[name] in KINDS:
            checked_settings(kinds[name], name, drawers.verb(kinds[name], name), given)


def _right_rows(dataset: Dataset, options: AugmentKeywords, guard: float) -> tuple[Bools, str, list[str]]:
    """(N,) the rows that are probably right, what keeps others out, and what to say of decisions."""
    import numpy as np

    models, settings = grouped(ModelSources, options), grouped(UnitChoice, options).settings
    loaded = load_decisions(grouped(DecisionsRead, options).decisions, dataset).about(dataset)
    answers = row_decisions(dataset, loaded.decisions)
    right = np.ones(len(dataset), bool)
    why = "labels that people decided to be wrong, and rows without content"
    if models.probs or inside(dataset) is not None:
        chosen = {name: values for name, values in settings.items() if name in drawers.names("detector")}
        findings = find(
            dataset, probs=models.probs, classes=models.classes, features=models.features, settings=chosen,
            decisions=loaded, on_bad_rows=grouped(Reading, options).on_bad_rows,
        )  # fmt: skip
        place = {id_: row for row, id_ in enumerate(dataset.ids.to_pylist())}
        seen = np.array([place[id_] for id_ in findings.dataset.ids.to_pylist()], np.int64)
        right[:] = False
        right[seen] = findings.score <= guard
        why = f"a score above {guard:g}, or such a decision"
    wrong = answers.wrong | answers.dropped
    right[answers.rows] = ~wrong
    return right, why, [*loaded.notes, *answers.notes]


def _folds(dataset: Dataset, content: Content, folds: int) -> Codes:
    import numpy as np

    if isinstance(content, PictureContent):
        return fold_of(dataset, None, folds)[0]
    return np.asarray(fold_of(dataset, content.inputs, folds)[0])


def _measured(labels: Codes, train: Codes, parents: Bools) -> tuple[Codes, Codes, float]:
    """The rows to measure with, those that train then, and their share: of large data some of each class.

    They are as far apart as they can be in the order of the ids.
    """
    import numpy as np

    if len(train) <= MOST_MEASURED:
        return train[parents[train]], train, 1.0
    chosen_places = []
    for label in np.unique(labels[train]):
        own = np.flatnonzero(labels[train] == label)
        many = min(len(own), max(FEWEST_MEASURED, len(own) * MOST_MEASURED // len(train)))
        chosen_places.append(own[np.arange(many) * len(own) // many])
    chosen = train[np.sort(np.concatenate(chosen_places))]
    return chosen[parents[chosen]], chosen, len(chosen) / len(train)
