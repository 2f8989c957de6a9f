"""Classifiers, and out-of-fold probabilities: each row's from models trained without it, its copies and its group."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.data.features.vectorizer import Vectorizer
from hardneg_cli.errors import InputError
from hardneg_cli.modeling.classifiers import CLASSIFIERS
from hardneg_cli.runtime.drawers import Settings, SettingValue
from hardneg_cli.runtime.evidence_store import checked_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

SEED = 0
QUICK = {"rounds": 25, "learning_rate": 0.3}  # of boosting that stands beside another model
MOST_COLUMNS, MOST_CLASSES = 100, 20  # of a table on which boosting takes no longer than people wait


@dataclass(frozen=True)
class Classifier:
    """A kind of model by its name, and its settings."""

    name: str
    settings: tuple[tuple[str, SettingValue], ...] = ()

    @classmethod
    def called(cls, name: str, settings: Settings | None = None) -> Classifier:
        """Raises InputError for an unknown name or setting."""
        build = CLASSIFIERS[name].build
        return cls(name, tuple(sorted(checked_settings("model", name, build, settings or {}).items())))

    def trained(self, rows: ModelInputs, chosen: Codes, labels: Codes, *, weights: Block | None = None, seed: int = SEED
                ) -> FittedModel:  # fmt: skip
        """The model after the chosen rows, whose labels are (n,) codes; one class alone is learned too."""
        import numpy as np

        module = CLASSIFIERS[self.name]
        vectorizer = Vectorizer(dense=module.DENSE, seed=seed)
        vectors = vectorizer.fit_transform(rows, chosen)
        classes = np.unique(labels)
        if len(classes) == 1:
            return FittedModel(vectorizer, None, classes)
        model = module.build(hasattr(vectors, "toarray"), seed, **dict(self.settings))
        with warnings.catch_warnings():
            from sklearn.exceptions import ConvergenceWarning

            warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is a choice, and mild regularization
            model.fit(vectors, labels, **({} if weights is None else {"sample_weight": weights}))
        return FittedModel(vectorizer, model, model.classes_)


def usual_classifiers(rows: ModelInputs, classes: int, settings: Mapping[str, Settings]) -> list[Classifier]:
    """What learns where nobody named a model: logistic regression, and for the columns of a table boosting beside it.

    On 29 tables that come with packages, clean or with a tenth of their labels wrong, their mixture was never below
    gradient boosting with 100 rounds by more than the error of the difference, and mostly above. Vectors and texts are
    linear.
    """
    columns = len(rows.categories) + (0 if rows.numbers is None else rows.numbers.shape[1])
    found = [Classifier.called("logistic", settings.get("logistic"))]
    if rows.texts is None and columns <= MOST_COLUMNS and classes <= MOST_CLASSES:
        found.append(Classifier.called("boosting", {**QUICK, **settings.get("boosting", {})}))
    return found


@dataclass(frozen=True)
class FittedModel:
    """A trained model; None where it has seen one class only."""

    vectorizer: Vectorizer
    model: Any
    classes: Codes

    def points(self, rows: ModelInputs, chosen: Codes) -> Block:
        """(n, D) the chosen rows in the model's space, first their numbers, then what says which were missing, then the
        values of categories. Raises InputError where these are so many that the model sees directions of them all.
        """
        if self.vectorizer.has_directions:
            raise InputError("too many values of categories for changes of the numbers beside them: leave some out")
        vectors = self.vectorizer.transform(rows, chosen)
        found: Block = vectors.toarray() if hasattr(vectors, "toarray") else vectors
        return found

    def probabilities(self, rows: ModelInputs, chosen: Codes, k: int) -> Block:
        """(n, K) of the chosen rows; a class that it has not seen has 0."""
        import numpy as np

        p = np.zeros((len(chosen), k))
        if len(chosen):
            known = 1.0 if self.model is None else self.model.predict_proba(self.vectorizer.transform(rows, chosen))
            p[:, self.classes] = known
        return p


def out_of_fold(
    rows: ModelInputs, labels: Codes, fold: Codes, classifier: Classifier, k: int, order: Codes, *,
    pool: ModelInputs | None = None, step: Callable[[int], object] = lambda _: None,
) -> tuple[Block, Block | None]:  # fmt: skip
    """(N, K) probabilities, uncalibrated, and the mean of all folds' models for a pool of M other rows, (M, K).

    labels: (N,) codes below K, negative for rows that teach nothing. order: (N,) the rows by id, so that sums, and
    with them the last digits, do not depend on the file's order.
    """
    import numpy as np

    own = np.zeros((rows.rows, k))
    numbers = np.unique(fold)
    of_pool = None if pool is None else np.zeros((pool.rows, k))
    for number in numbers:
        train = order[(fold[order] != number) & (labels[order] >= 0)]
        held_out = order[fold[order] == number]
        model = classifier.trained(rows, train, labels[train])
        own[held_out] = model.probabilities(rows, held_out, k)
        if pool is not None and of_pool is not None:
            of_pool += model.probabilities(pool, np.arange(pool.rows), k) / len(numbers)
        step(1)
    return own, of_pool


def vector_probabilities(
    classifier: Classifier, vectors: Block, labels: Codes, k: int, *, weights: Block, sparse: bool, seed: int
) -> Block:
    """(N, K) probabilities of rows that are vectors already, by a model of the labeled ones; an unlabeled class has 0.

    labels: (N,) codes, negative where there is none. weights: (N,), not heeded by models that know no weights. sparse:
    whether the vectors stand for sparse rows of unit length.
    """
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils.validation import has_fit_parameter

    rows = np.flatnonzero(labels >= 0)
    p, known = np.zeros((len(labels), k)), np.unique(labels[rows])
    if len(known) == 1:
        p[:, known] = 1.0
        return p
    build = CLASSIFIERS[classifier.name].build
    model = build(sparse, seed, **dict(classifier.settings))
    heeded = {"sample_weight": weights[rows]} if has_fit_parameter(model, "sample_weight") else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is a choice, and mild regularization
        model.fit(vectors[rows], labels[rows], **heeded)
    p[:, model.classes_] = model.predict_proba(vectors)
    return p
