"""Augmented rows: changed versions of rows that keep their label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.features.inputs import ModelInputs, concatenated
from hardneg_cli.modeling.out_of_fold import Classifier, FittedModel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]


@dataclass(frozen=True)
class TrainingRows:
    """n rows of a material that teach, with their labels (n,) and how much each counts, (n,)."""

    rows: Codes
    labels: Codes
    weights: NDArray[np.float64]

    def labels_of(self, rows: Codes) -> Codes:
        """(m,) the labels of some of the rows."""
        import numpy as np

        order = np.argsort(self.rows)
        found: Codes = self.labels[order[np.searchsorted(self.rows, rows, sorter=order)]]
        return found


@dataclass(frozen=True)
class Augmented:
    """m versions of rows: whose (m,), what was done (empty: nothing), and their numbers (m, D) or m texts.

    labels: (m,) codes, where not all have their parent's.
    """

    parents: Codes
    kinds: tuple[str, ...]
    numbers: NDArray[np.float64] | None = None
    texts: tuple[str, ...] | None = None
    labels: Codes | None = None

    def __len__(self) -> int:
        return len(self.parents)

    def take(self, places: Codes) -> Augmented:
        numbers = None if self.numbers is None else self.numbers[places]
        texts = None if self.texts is None else tuple(self.texts[place] for place in places)
        labels = None if self.labels is None else self.labels[places]
        return Augmented(self.parents[places], tuple(self.kinds[place] for place in places), numbers, texts, labels)

    def labels_or(self, labels: Codes) -> Codes:
        """(m,) its own labels, or the given ones, which are the parents'."""
        return labels if self.labels is None else self.labels

    def changed(self) -> Augmented:
        """Those to which something was done."""
        import numpy as np

        return self.take(np.flatnonzero([bool(kind) for kind in self.kinds]))

    def within(self, material: ModelInputs) -> ModelInputs:
        """The versions as rows; what was not changed about them is their parents'."""
        numbers = material.numbers
        if numbers is not None:
            numbers = numbers[self.parents] if self.numbers is None else self.numbers
        texts = material.texts
        if texts is not None:
            texts = tuple(texts[row] for row in self.parents) if self.texts is None else self.texts
        categories = {name: tuple(values[row] for row in self.parents) for name, values in material.categories.items()}
        return ModelInputs(len(self), texts, numbers, categories)


def together(parts: Sequence[Augmented], training: TrainingRows) -> Augmented:
    """All of them, one after the other, each with a label."""
    import numpy as np

    numbers = (
        None if parts[0].numbers is None else np.vstack([part.numbers for part in parts if part.numbers is not None])
    )
    texts = None if parts[0].texts is None else tuple(text for part in parts for text in part.texts or ())
    kinds = tuple(kind for part in parts for kind in part.kinds)
    labels = np.concatenate([part.labels_or(training.labels_of(part.parents)) for part in parts])
    return Augmented(np.concatenate([part.parents for part in parts]), kinds, numbers, texts, labels)


def fitted(
    classifier: Classifier, material: ModelInputs, training: TrainingRows, more: Augmented | None, *, seed: int
) -> FittedModel:
    """The model after the rows that teach, and their augmented ones."""
    import numpy as np

    if more is None:
        return classifier.trained(material, training.rows, training.labels, seed=seed)
    both = concatenated(material, more.within(material))
    rows = np.concatenate([training.rows, material.rows + np.arange(len(more))])
    labels = np.concatenate([training.labels, more.labels_or(training.labels_of(more.parents))])
    return classifier.trained(both, rows, labels, seed=seed)
