"""A classifier on rows that are vectors already."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

from hardneg_cli.modeling.classifiers import CLASSIFIERS
from hardneg_cli.modeling.out_of_fold import Classifier

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]


def opinion(
    classifier: Classifier, vectors: Block, labels: Codes, k: int, *, weights: Block, sparse: bool, seed: int
) -> Block:
    """(N, K) probabilities of all rows after the labeled ones; a class that has no label has 0.

    labels: (N,) codes, negative where there is none. weights: (N,), not heeded by models that know no weights. sparse:
    whether the vectors stand for sparse rows of unit length.
    """
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.utils.validation import has_fit_parameter

    rows = np.flatnonzero(labels >= 0)
    found, known = np.zeros((len(labels), k)), np.unique(labels[rows])
    if len(known) == 1:
        found[:, known] = 1.0
        return found
    build = CLASSIFIERS[classifier.name].build
    model = build(sparse, seed, **dict(classifier.settings))
    heeded = {"sample_weight": weights[rows]} if has_fit_parameter(model, "sample_weight") else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is a choice, and mild regularization
        model.fit(vectors[rows], labels[rows], **heeded)
    found[:, model.classes_] = model.predict_proba(vectors)
    return found
