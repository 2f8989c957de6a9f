"""Which transforms change the label, of which classes: told by models that were trained without the rows.

For each fold a model learns the others' rows, as they are, small classes as much as large ones. It judges the fold's
rows and their versions: where versions are given to other classes more often than their parents are, the transform is
switched off for the class, as a mirror is for a 2. A class with too few rows to tell goes by what the transform does
to all classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.modeling.out_of_fold import Classifier, FittedModel
from hardneg_cli.preparation.augmentation.content import Content
from hardneg_cli.statistics.intervals import NORMAL, error_of_change

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]
    Numbers = NDArray[np.float64]

TOLERATED = 0.1  # more of the versions than of their parents that may be given to other classes
HARMLESS = 0.2  # the same, at most, of a class that is spared though the transform changes others
PER_ROW, ROWS = 2, 60  # versions of a row, and rows of a class, that are looked at


@dataclass(frozen=True)
class LabelCheck:
    """off: (K,) the classes whose label a transform changes. share: (K,) of the versions that are given away, more than
    of their parents; NaN for a class without versions. overall: the same of all classes.
    """

    off: Bools
    share: Numbers
    overall: float


@dataclass(frozen=True)
class FoldJudges:
    """A model for each fold, trained on the others. fold: (N,). rows: those that are known to be right, by id."""

    content: Content
    labels: Codes
    fold: Codes
    rows: Codes
    models: dict[int, FittedModel]
    k: int

    @classmethod
    def trained(
        cls, content: Content, labels: Codes, fold: Codes, rows: Codes, classifier: Classifier, k: int
    ) -> FoldJudges:  # fmt: skip
        """O(folds) trainings."""
        import numpy as np

        models = {}
        for number in np.unique(fold[rows]).tolist():
            train = rows[fold[rows] != number]
            counts = np.bincount(labels[train], minlength=k)
            weights = len(train) / (counts[labels[train]] * max((counts > 0).sum(), 1))
            heeds = None if classifier.name in UNWEIGHTED else weights
            models[number] = classifier.trained(content.inputs, train, labels[train], weights=heeds)
        return cls(content, labels, fold, rows, models, k)

    def check(self, kind: str) -> LabelCheck:
        """What the models say of the transform's versions of each class."""
        import numpy as np

        lost: list[list[float]] = [[] for _ in range(self.k)]
        for number, model in self.models.items():
            for label in range(self.k):
                pool = self.rows[(self.fold[self.rows] == number) & (self.labels[self.rows] == label)]
                pool = pool[: -(-ROWS // len(self.models))]
                if len(pool):
                    lost[label] += self._lost(kind, model, pool, label)
        ends = [_interval(one) for one in lost]
        overall, low, _ = _interval([each for one in lost for each in one])
        share = np.array([value for value, _, _ in ends])
        changed = np.array([least > TOLERATED for _, least, _ in ends], bool)
        if low > TOLERATED:
            changed |= ~np.array([most < HARMLESS for _, _, most in ends], bool)
        return LabelCheck(changed, share, overall)

    def _lost(self, kind: str, model: FittedModel, pool: Codes, label: int) -> list[float]:
        """Of each row with versions: 1 where it is called right, less the share of its versions that are."""
        import numpy as np

        found = self.content.versions(kind, pool, PER_ROW * len(pool), 0, set())
        if not len(found):
            return []
        own = model.probabilities(self.content.inputs, pool, self.k).argmax(axis=1) == label
        right = model.probabilities(found.inputs, np.arange(len(found)), self.k).argmax(axis=1) == label
        place = np.searchsorted(np.sort(pool), found.parents)
        times = np.bincount(place, minlength=len(pool))
        share = np.bincount(place, right, len(pool)) / np.maximum(times, 1)
        own = own[np.argsort(pool)]
        lost: list[float] = (own - share)[times > 0].tolist()
        return lost


UNWEIGHTED = ("knn", "mlp")  # classifiers that know no weights of rows


def _interval(lost: list[float]) -> tuple[float, float, float]:
    """The mean, and its 95 % interval; nothing is known of no rows."""
    if not lost:
        return float("nan"), -1.0, 1.0
    n, broke, fixed = len(lost), sum(max(one, 0) for one in lost), sum(max(-one, 0) for one in lost)
    value, margin = (broke - fixed) / n, NORMAL * error_of_change(fixed, broke, n)
    return value, value - margin, value + margin
