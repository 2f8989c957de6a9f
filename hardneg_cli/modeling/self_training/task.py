"""A labeled dataset and its unlabeled pool as one task for self-training, in an order that no file decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.inputs import ModelInputs, concatenated
from hardneg_cli.errors import InputError, listing, quote
from hardneg_cli.modeling.folds import assign_folds
from hardneg_cli.modeling.out_of_fold import MOST_COLUMNS, Classifier
from hardneg_cli.modeling.self_training.pool_labels import PoolLabels
from hardneg_cli.runtime.drawers import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Bools = NDArray[np.bool_]

FEWEST_CLASSES = 2
TREES = {"trees": 100}  # of a forest that stands beside other models


def learners_from_few(rows: ModelInputs, settings: Mapping[str, Settings]) -> tuple[Classifier, ...]:
    """What learns where nobody named a model: logistic regression, and for the columns of a table a forest beside it.

    After ten labels a class, extremely randomized trees are surer of what is right than boosting, whose leaves need
    rows. Vectors and texts are linear.
    """
    logistic = Classifier.called("logistic", settings.get("logistic"))
    columns = len(rows.categories) + (0 if rows.numbers is None else rows.numbers.shape[1])
    if rows.texts is not None or columns > MOST_COLUMNS:
        return (logistic,)
    return logistic, Classifier.called("forest", {**TREES, **settings.get("forest", {})})


@dataclass(frozen=True)
class SelfTrainingGoal:
    """What is asked of self-training.

    max_error: the share of wrong pseudo-labels that is allowed. confidence: that it is kept. rounds: at most so many.
    at_least: rounds that are done however they turn out.
    """

    max_error: float = 0.05
    confidence: float = 0.9
    rounds: int = 3
    at_least: int = 1


@dataclass(frozen=True)
class SelfTrainingTask:
    """N rows, labeled ones and a pool, in an order that does not depend on any file's.

    labels: (N,) codes below k, −1 in the pool. fold: (N,) numbers. representative: (N,) bool, labeled rows that are
    a random sample of what the pool is, with which something can be proved. classifiers: whose opinions are pooled.
    """

    rows: ModelInputs
    labels: Codes
    fold: Codes
    representative: Bools
    k: int
    classifiers: tuple[Classifier, ...]
    goal: SelfTrainingGoal
    seed: int = 0

    @property
    def pool(self) -> Bools:
        found: Bools = self.labels < 0
        return found


@dataclass(frozen=True)
class PooledRows:
    """The task, and what its N rows are: `places` in the labeled dataset or (`of_pool`) in the pool, `classes` by code.

    notes: what was left out, and why.
    """

    task: SelfTrainingTask
    of_pool: Bools
    places: Codes
    classes: tuple[str, ...]
    notes: tuple[str, ...]


def together(
    labeled: Dataset, pool: Dataset, by_people: PoolLabels, own: ModelInputs, theirs: ModelInputs,
    classifiers: tuple[Classifier, ...], goal: SelfTrainingGoal, *, folds: int, seed: int,
) -> PooledRows:  # fmt: skip
    """The rows that teach or are to be labeled; own, theirs: the materials of the datasets.

    Pool rows that are copies of labeled ones are left out: they have nothing to teach, and nobody has to guess.
    Raises InputError for an id that the pool and the labeled rows share, and where nothing can be learned or labeled.
    """
    import numpy as np

    names = [by_people.labeled.get(row, labeled.classes[code]) for row, code in enumerate(labeled.labels.tolist())]
    rows = concatenated(own, theirs)
    keys = rows.keys()
    copies = _copies(labeled, pool, keys)
    first = [row for row in labeled.by_id.tolist() if names[row] is not None]
    then = [row for row in pool.by_id.tolist() if row not in copies and by_people.pool.get(row, "") is not None]
    given = [names[row] for row in first] + [by_people.pool.get(row) for row in then]
    classes = tuple(sorted({name for name in given if name is not None}))
    code = {name: place for place, name in enumerate(classes)}
    labels = np.array([-1 if name is None else code[name] for name in given], np.int64)
    if len(classes) < FEWEST_CLASSES:
        only = quote(classes[0]) if classes else ""
        raise InputError(f"{labeled.name}: every label is {only}; two classes are needed to tell them apart"
                         if classes else f"{labeled.name}: people dropped every row")  # fmt: skip
    if not (labels < 0).any():
        raise InputError(f"{pool.name}: no row is left to be labeled")
    order = [*first, *(row + len(labeled) for row in then)]
    fold = assign_folds([keys[row] for row in order], labels, folds, _groups(labeled, pool, first, then))
    representative = np.arange(len(order)) < len(first)
    task = SelfTrainingTask(rows.take(order), labels, fold, representative, len(classes), classifiers, goal, seed)
    notes = (f"{len(copies):,} rows of {pool.name} are copies of labeled rows and left out",) if copies else ()
    return PooledRows(task, ~representative, np.array([*first, *then], np.int64), classes, notes)


def _copies(labeled: Dataset, pool: Dataset, keys: list[str]) -> set[int]:
    """The pool's rows that no model could tell from a labeled one."""
    known = set(keys[: len(labeled)])
    found = {row for row, key in enumerate(keys[len(labeled) :]) if key in known}
    ids = dict(zip(pool.ids.to_pylist(), range(len(pool)), strict=True))
    shared = [id_ for id_ in labeled.ids.to_pylist() if id_ in ids and ids[id_] not in found]
    if shared:
        raise InputError(f"{pool.name}: ids that stand for other rows in {labeled.name}: {listing(shared)}")
    return found


def _groups(labeled: Dataset, pool: Dataset, first: list[int], then: list[int]) -> list[str] | None:
    """Each row's group; a pool without groups has one for each row."""
    name = labeled.columns.groups
    if name is None:
        return None
    of_labeled = labeled.role(name) or []
    has = name in pool.roles.column_names
    of_pool = pool.role(name if has else None) or [f"\0{row}" for row in range(len(pool))]
    return [*(of_labeled[row] for row in first), *(of_pool[row] for row in then)]
