"""Whether training with mined rows pays: candidates are compared by what models trained with them get right, held out.

Hard rows do not help every model: a logistic regression on plentiful data gains nothing from counting them twice, and
where rows are few, or classes overlap, the hardest alone mislead. So nothing is taken for granted. `weights`: all rows
train, the mined ones count more; against no weights. `subset`: as few rows train as may; hard ones against as many at
random, which is where hardness pays if rows are plentiful, and easy ones if they are not (Sorscher et al., Beyond
neural scaling laws: beating power law scaling via data pruning, 2022). Each fold is held out in turn, each held-out row
counts by how far its label is trusted, and a candidate is proven if the lower limit of its gain is above zero, at 5 %
for all candidates together (Bonferroni). What is not proven is not done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.data.features.vectorizer import Vectorizer
from hardneg_cli.errors import InputError
from hardneg_cli.modeling.classifiers import CLASSIFIERS
from hardneg_cli.modeling.folds import bundles, fold_of
from hardneg_cli.modeling.label_trust import LabelTrust
from hardneg_cli.modeling.mining.hard_negatives import turns
from hardneg_cli.modeling.out_of_fold import SEED, Classifier, vector_probabilities
from hardneg_cli.runtime.progress import progress
from hardneg_cli.statistics.intervals import NEARLY_NOTHING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Numbers = NDArray[np.float64]

WEIGHTS, SUBSET = "weights", "subset"
PROOFS = (WEIGHTS, SUBSET)
FOLDS, DRAWS = 5, 3
MEASURES = ("accuracy", "gain", "low", "high")
RISK = 0.05  # of calling any candidate better than it is
USUAL_SHARE = 0.2  # of the rows, where nobody says how many may train
HEAVIER = {"all, twice": (1.0, 2.0), "all, four times": (1.0, 4.0), "the harder half, four times": (0.5, 4.0)}
RANDOM, HARDEST, BY_CLASS, MIXED = "at random", "the hardest", "the hardest of each class", "half hardest, half random"


@dataclass(frozen=True)
class Trial:
    """A candidate: held-out accuracy with it, and its gain over the baseline with limits at the common risk."""

    name: str
    accuracy: float
    gain: float
    low: float
    high: float


@dataclass(frozen=True)
class Proof:
    """What was compared, and what it means for training.

    what: `weights` or `subset`. baseline: held-out accuracy without weights, or with as many rows at random.
    trials: the candidates. proven: the best one whose gain is proven, or None. rows: those to write, hardest first.
    weights: one each.
    """

    what: str
    baseline: float
    trials: tuple[Trial, ...]
    proven: Trial | None
    rows: Rows
    weights: Numbers

    def table(self) -> pa.Table:
        """A line a candidate, with its held-out accuracy and gain, and whether it is proven and the one to take."""
        import pyarrow as pa

        columns = {name: [getattr(trial, name) for trial in self.trials] for name in ("name", *MEASURES)}
        return pa.table(columns | {"proven": [trial == self.proven for trial in self.trials]})

    def summary(self) -> Iterator[str]:
        """Lines for people."""
        against = "no weights" if self.what == WEIGHTS else f"{len(self.rows):,} rows at random"
        best = self.proven or max(self.trials, key=lambda trial: trial.gain)
        gain, low, high = (f"{round(value, 4) + 0.0:+.2%}" for value in (best.gain, best.low, best.high))
        limits = f"{gain} ({low} to {high})"
        found = f"{limits} held-out accuracy against {against}, {self.baseline:.2%}"
        if self.proven is not None:
            what = "weights" if self.what == WEIGHTS else "rows"
            yield f"proven on held-out rows: {what}: {best.name}: {found}"
            return
        instead = "all weights are 1" if self.what == WEIGHTS else "the rows are drawn at random"
        yield f"no benefit here: {instead}; the best was {best.name}: {found}"


@dataclass(frozen=True)
class Material:
    """What models learn from: M rows in the order of their ids.

    order: (M,) row numbers. may_train: (M,) bool. hard: places of the hard rows that may train, the hardest first.
    labels: (M,) codes. fold: (M,). trust: of the labels.
    """

    inputs: ModelInputs
    order: Rows
    may_train: Bools
    hard: Rows
    labels: Rows
    fold: Rows
    trust: LabelTrust

    @classmethod
    def of(
        cls, dataset: Dataset, inputs: ModelInputs, training: Bools, may_train: Bools, hard: Rows, trust: LabelTrust
    ) -> Material:
        """training: (N,) the rows of the training split, may_train: those whose labels are not doubted; hard: rows."""
        import numpy as np

        order = dataset.by_id[training[dataset.by_id]]
        place = np.full(len(dataset), -1)
        place[order] = np.arange(len(order))
        if dataset.columns.fold is None and len(np.unique(_bundles(dataset, inputs))) < FOLDS:
            raise InputError(
                f"{dataset.name}: too few different rows or groups to hold out each of {FOLDS} folds in turn"
            )
        fold, _ = fold_of(dataset, inputs, FOLDS)
        return cls(
            inputs, order, may_train[order], place[hard], dataset.labels[order].astype(np.int64), fold[order],
            trust.of(order),
        )  # fmt: skip


def _bundles(dataset: Dataset, inputs: ModelInputs) -> Rows:
    return bundles(inputs.keys(), dataset.role(dataset.columns.groups))


def proof(material: Material, what: str, classifier: Classifier, k: int, most: int | None) -> Proof:
    """The candidates for `what`, compared. most: how many rows a subset has, a fifth of what may train by default.

    Trains four models a fold for weights, six for a subset. Raises InputError for too few different rows for folds.
    """
    import numpy as np
    from threadpoolctl import threadpool_limits

    able = int(material.may_train.sum())
    wanted = min(able, int(np.ceil(USUAL_SHARE * able)) if most is None else most)
    share = wanted / max(able, 1)
    with threadpool_limits(1):  # a product's last bits depend on how many threads share it
        right = _held_out(material, what, share, classifier, k)
    if not right:
        raise InputError("--prove holds out a fold at a time, and all rows that may train are of one")
    names = [name for name in right if not name.startswith(RANDOM)]
    base = np.mean([right[name] for name in right if name.startswith(RANDOM)], axis=0)
    trials = tuple(trial_of(name, right[name], base, material.trust.weight, len(names)) for name in names)
    best = max(trials, key=lambda trial: trial.low)
    proven = best if best.low > 0 else None
    total = max(float(material.trust.weight.sum()), NEARLY_NOTHING)
    chosen = RANDOM if proven is None else proven.name
    rows, weights = _to_write(material, what, chosen, wanted)
    return Proof(what, float(base @ material.trust.weight / total), trials, proven, material.order[rows], weights)


def _held_out(material: Material, what: str, share: float, classifier: Classifier, k: int) -> dict[str, Numbers]:
    """By candidate, (M,) whether a model that was trained with it, without the row's fold, calls the label right."""
    import numpy as np

    dense = CLASSIFIERS[classifier.name].DENSE
    right: dict[str, Numbers] = {}
    folds = np.unique(material.fold)
    with progress("proving", total=len(folds)) as advance:
        for number in folds:
            held_out = material.fold == number
            train = material.may_train & ~held_out
            if not train.any():
                continue
            vectorizer = Vectorizer(dense=dense, seed=SEED)
            vectorizer.fit_transform(material.inputs, material.order[train])
            vectors = vectorizer.transform(material.inputs, material.order)
            for name, weights in _candidates(material, what, train, share).items():
                labels = np.where(weights > 0, material.labels, -1)
                p = vector_probabilities(
                    classifier, vectors, labels, k, weights=weights, sparse=hasattr(vectors, "toarray"), seed=SEED
                )
                hit = (p[held_out].argmax(axis=1) == material.trust.truth[held_out]).astype(np.float64)
                right.setdefault(name, np.zeros(len(material.order)))[held_out] = hit
            advance(1)
    return right


def _candidates(material: Material, what: str, train: Bools, share: float) -> dict[str, Numbers]:
    """(M,) weights each, 0 for rows that do not train."""
    import numpy as np

    if what == WEIGHTS:
        return {RANDOM: train.astype(np.float64)} | {name: _weighted(material, train, name) for name in HEAVIER}
    many = max(1, round(share * int(train.sum())))
    names = [*(f"{RANDOM} {draw}" for draw in range(DRAWS)), HARDEST, BY_CLASS, MIXED]
    found: dict[str, Numbers] = {}
    for name in names:
        found[name] = np.zeros(len(train))
        found[name][subset(material, train, name, many)] = 1.0
    return found


def _weighted(material: Material, train: Bools, name: str) -> Numbers:
    import numpy as np

    part, weight = HEAVIER[name]
    hard = material.hard[: int(np.ceil(part * len(material.hard)))]
    found: Numbers = np.ones(len(train))
    found[hard] = weight
    return found * train


def subset(material: Material, train: Bools, name: str, many: int) -> Rows:
    """(many,) places of the rows that a candidate trains with, of those in `train`."""
    import numpy as np

    draw = int(name.removeprefix(RANDOM) or 0) if name.startswith(RANDOM) else 0
    shuffled = np.random.default_rng((SEED, draw)).permutation(len(train))
    shuffled = shuffled[train[shuffled]]
    hard = material.hard[train[material.hard]]
    if name == BY_CLASS:
        ranked = np.concatenate([hard, shuffled[~np.isin(shuffled, hard)]])
        labels = material.labels[ranked]
        depth = (turns(labels.astype(np.int32)) + 1) / np.bincount(labels)[labels]
        return ranked[np.argsort(depth, kind="stable")][:many]
    first = hard[: {HARDEST: many, MIXED: many // 2}.get(name, 0)]
    return np.concatenate([first, shuffled[~np.isin(shuffled, first)]])[:many]


def trial_of(name: str, right: Numbers, base: Numbers, weight: Numbers, trials: int) -> Trial:
    """Paired by row: a row's difference counts by how far its label is trusted."""
    import numpy as np
    from scipy.special import ndtri

    total = max(float(weight.sum()), NEARLY_NOTHING)
    gain = float((right - base) @ weight / total)
    error = float(np.sqrt((weight**2) @ (right - base - gain) ** 2) / total)
    reach = float(ndtri(1 - RISK / trials)) * error
    return Trial(name, float(right @ weight / total), gain, gain - reach, gain + reach)


def _to_write(material: Material, what: str, name: str, wanted: int) -> tuple[Rows, Numbers]:
    """Places and weights."""
    import numpy as np

    if what == SUBSET:
        rows = subset(material, material.may_train, name, wanted)
        return rows, np.ones(len(rows))
    if name == RANDOM:
        return material.hard, np.ones(len(material.hard))
    return material.hard, _weighted(material, material.may_train, name)[material.hard]
