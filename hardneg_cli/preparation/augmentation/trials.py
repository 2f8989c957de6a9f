"""What versions are worth: the same model trained with and without them, on rows that neither has seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.features.inputs import concatenated
from hardneg_cli.modeling.out_of_fold import Classifier
from hardneg_cli.preparation.augmentation.content import Content, Versions
from hardneg_cli.preparation.augmentation.plan import ClassSizes, copies_of, versions_of
from hardneg_cli.statistics.balanced_change import BalancedChange, balanced_change

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]

    Maker = Callable[[Codes, Codes], Versions]  # of the labels' codes wanted a class, and the parents


@dataclass(frozen=True)
class Trials:
    """Folds of the rows that train; copies, near copies and groups share one. fold: (N,).

    train: the rows that train, by id. parents: those of them that get versions, and are held out to measure. keys:
    contents of the rows, which no version may have again. share: of the dataset's training rows that `train` are.
    """

    content: Content
    labels: Codes
    k: int
    fold: Codes
    train: Codes
    parents: Codes
    sizes: ClassSizes
    classifier: Classifier
    keys: frozenset[str]
    share: float = 1.0

    def plain(self) -> Bools:
        """(M,) of the parents: whether models of the rows as they are call them right, out of fold."""
        return self._right(None)

    def augmented(self, allowed: Mapping[str, Bools]) -> Bools:
        """The same with the versions that these transforms make of the other folds' rows."""

        def make(wanted: Codes, parents: Codes) -> Versions:
            return versions_of(self.content, self.labels, parents, wanted, allowed, self.keys)

        return self._right(make)

    def copied(self) -> Bools:
        """The same with plain copies."""
        return self._right(lambda wanted, parents: copies_of(self.content, self.labels, parents, wanted))

    def change(self, before: Bools, after: Bools, classes: Bools | None = None) -> BalancedChange:
        """Of balanced accuracy, over all classes or (K,) some of them."""
        labels = self.labels[self.parents]
        chosen = slice(None) if classes is None else classes[labels]
        return balanced_change(before[chosen], after[chosen], labels[chosen])

    def _right(self, make: Maker | None) -> Bools:
        import numpy as np

        right = np.zeros(len(self.parents), bool)
        for number in np.unique(self.fold[self.parents]).tolist():
            rows = self.train[self.fold[self.train] != number]
            parents = self.parents[self.fold[self.parents] != number]
            held_out = np.flatnonzero(self.fold[self.parents] == number)
            inputs, labels = self.content.inputs, self.labels[rows]
            if make is not None:
                part = self.share * len(rows) / max(len(self.train), 1)
                more = make(self.sizes.wanted(labels, self.labels[parents], self.k, part), parents)
                rows = np.concatenate([rows, inputs.rows + np.arange(len(more))])
                labels = np.concatenate([labels, self.labels[more.parents]])
                inputs = concatenated(inputs, more.inputs) if len(more) else inputs
            model = self.classifier.trained(inputs, rows, labels)
            called = model.probabilities(self.content.inputs, self.parents[held_out], self.k).argmax(axis=1)
            right[held_out] = called == self.labels[self.parents[held_out]]
        return right
