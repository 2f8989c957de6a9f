"""Augment: label-preserving versions of rows that are probably right, more of the classes that are small."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from hardneg_cli.data.columns import Columns
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.feature_numbers import feature_columns
from hardneg_cli.data.features.features import FeatureChoice, feature_choice
from hardneg_cli.data.features.inputs import material
from hardneg_cli.data.features.mixed_columns import mixed_columns
from hardneg_cli.data.probabilities.loading import inside
from hardneg_cli.errors import InputError, did_you_mean, listing, quote
from hardneg_cli.io.files.small_pictures import PILLOW, has_pillow
from hardneg_cli.modeling.folds import fold_of, in_training
from hardneg_cli.modeling.out_of_fold import Classifier
from hardneg_cli.preparation.augmentation.content import Content
from hardneg_cli.preparation.augmentation.label_check import FoldJudges
from hardneg_cli.preparation.augmentation.near_copies import apart_from_other_splits
from hardneg_cli.preparation.augmentation.pictures import PictureContent
from hardneg_cli.preparation.augmentation.plan import ClassSizes, versions_of
from hardneg_cli.preparation.augmentation.result import AugmentResult
from hardneg_cli.preparation.augmentation.rewriting import Rewriter
from hardneg_cli.preparation.augmentation.selection import select
from hardneg_cli.preparation.augmentation.tables import TableContent, decimals
from hardneg_cli.preparation.augmentation.texts import TextContent
from hardneg_cli.preparation.augmentation.transforms import TRANSFORMS
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
PER_ROW, GUARD = 10, 0.5
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
    if not 0 <= guard <= 1:
        raise InputError(f"--guard is a probability, 0 to 1, not {guard:g}")
    _refuse_settings(settings)
    classifier = Classifier.called(model, settings.get(model))
    rewriter = None if using is None else Rewriter(using)
    dataset = read_data(data, columns, options)
    content = _content(dataset, grouped(ModelSources, options).features, (by, rewriter), settings, training.seed)
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
        some, all_some, share = _measured(labels, fold, order[(train & content.usable)[order]], parents)
        keys = frozenset(_keys(content))
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
        (*notes, *leaks, *_left_out(content, by)),
    )


def _refuse_settings(settings: Settings) -> None:
    kinds = {name: kind for kind in ("detector", *KINDS) for name in drawers.names(kind)}
    for name, given in settings.items():
        if name not in kinds:
            raise InputError(f"no transform, model or detector {quote(name)}{did_you_mean(name, kinds)}")
        if kinds[name] in KINDS:
            checked_settings(kinds[name], name, drawers.verb(kinds[name], name), given)


def _content(
    dataset: Dataset, features: object, chosen: tuple[Sequence[str], Rewriter | None], settings: Settings, seed: int
) -> Content:  # fmt: skip
    """What is changed about the rows."""
    by, rewriter = chosen
    choice = feature_choice(features, dataset.columns)  # type: ignore[arg-type]
    if choice.file or choice.array is not None or choice.embed is not None:
        raise InputError(
            f"augment writes new rows, so what it changes has to be in {dataset.name}: name its columns with --features"
        )
    what = "text" if dataset.columns.text is not None else "columns" if choice.columns else "picture"
    if rewriter is not None and what != "text":
        raise InputError(f"--using {rewriter.name} makes texts of texts: name their column with --text")
    own = {
        name: checked_settings("transform", name, TRANSFORMS[name].run, settings.get(name, {}))
        for name in TRANSFORMS.names
    }
    kinds = _kinds(by, what, rewriter)
    if what == "text":
        assert dataset.columns.text is not None
        if rewriter is not None:
            _ = rewriter.function  # raises before any work is done
        inputs = material(dataset, FeatureChoice(columns=choice.columns))
        return TextContent(inputs, dataset.columns.text, kinds, dataset.classes, seed, own, rewriter)
    if what == "columns":
        return _table(dataset, choice, kinds, own, seed)
    if dataset.columns.image is None:
        raise InputError(
            "nothing to change: name the text with --text, the columns with --features, or the pictures with --image"
        )
    if not has_pillow():
        raise InputError(PILLOW)
    return PictureContent(dataset, material(dataset, FeatureChoice(image=dataset.columns.image)), kinds, seed, own)


def _kinds(by: Sequence[str], what: str, rewriter: Rewriter | None) -> tuple[str, ...]:
    """The transforms to try. Raises InputError for one that there is not, or that is of no use here."""
    fitting = [name for name in TRANSFORMS.names if what == TRANSFORMS[name].OF]
    for name in by:
        if name in TRANSFORMS.names and name not in fitting:
            raise InputError(
                f"--by {name} changes {_article(TRANSFORMS[name].OF)}; here it is one of {listing(fitting, 9)}"
            )
        if lacking := TRANSFORMS[name].lacking():
            raise InputError(lacking)
    if by or rewriter is not None:
        return (*dict.fromkeys(by), *([] if rewriter is None else [rewriter.name]))
    return tuple(name for name in fitting if TRANSFORMS[name].MILD and not TRANSFORMS[name].lacking())


def _left_out(content: Content, by: Sequence[str]) -> list[str]:
    """What would have been tried, if there was what it needs."""
    if by or not isinstance(content, TableContent):
        return []
    every = (one for one in TRANSFORMS if one.OF == "columns" and one.MILD)
    return [why for one in every if (why := one.lacking())]


def _article(what: str) -> str:
    return {"text": "a text", "picture": "a picture", "columns": "columns"}[what]


def _table(
    dataset: Dataset, choice: FeatureChoice, kinds: tuple[str, ...], settings: dict[str, dict[str, object]], seed: int
) -> TableContent:  # fmt: skip
    inputs = material(dataset, FeatureChoice(columns=choice.columns))
    columns = feature_columns(dataset, choice.columns, dataset.columns.probabilities(dataset.all_columns))
    if not inputs.categories and inputs.numbers is not None and inputs.numbers.shape[1] != len(columns):
        raise InputError(f"{dataset.name}: column {quote(columns[0])} holds lists; augment needs a column a number")
    texts = dataset.texts(columns)
    found = mixed_columns(dataset.name, texts)
    names = tuple(found.numbers)
    places = tuple(decimals(texts[name].to_pylist()) for name in names)
    return TableContent(inputs, names, frozenset(found.dates), places, kinds, seed, settings)


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


def _measured(labels: Codes, fold: Codes, train: Codes, parents: Bools) -> tuple[Codes, Codes, float]:
    """The rows to measure with, those that train then, and their share: of large data a sample of each class.

    Rows stand in it by their content's place among the folds' rows, which the ids' order gives.
    """
    import numpy as np

    if len(train) <= MOST_MEASURED:
        return train[parents[train]], train, 1.0
    part = MOST_MEASURED / len(train)
    rank = np.empty(len(train), np.int64)
    for label in np.unique(labels[train]):
        own = np.flatnonzero(labels[train] == label)
        rank[own] = np.arange(len(own)) * len(train) // max(FEWEST_MEASURED, round(part * len(own)))
    chosen = train[rank < len(train)]
    return chosen[parents[chosen]], chosen, len(chosen) / len(train)


def _keys(content: Content) -> list[str]:
    if isinstance(content, TextContent):
        return [*content.texts]
    return [] if isinstance(content, PictureContent) else content.inputs.keys()
