"""Classifiers: each file is named after a kind of model and builds it, untrained, for scikit-learn to fit.

For example:

    # logistic.py
    "Logistic regression, as strongly regularized as `strength` says."

    def build(sparse: bool, seed: int, *, strength: float = 3.0) -> Estimator:
        "strength: of the fit, against the prior."
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=strength, random_state=seed)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from hardneg_cli.runtime.drawers import Units

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Estimator(Protocol):
    """What is used of a scikit-learn classifier. `fit` takes `sample_weight` where the model heeds weights."""

    classes_: NDArray[np.int64]

    def fit(self, X: Any, y: Any) -> Any: ...  # noqa: N803 -- scikit-learn's own names

    def predict_proba(self, X: Any) -> NDArray[np.float64]: ...  # noqa: N803


class ClassifierBuilder(Protocol):
    """What every kind of model has: `build(sparse, seed, *, settings…)`.

    sparse: whether the vectors are sparse rows of unit length, as texts make them. seed: of all that is random.
    DENSE (optional): whether the model takes dense vectors alone; texts are then brought to few dimensions.
    """

    DENSE: bool = False
    build: Callable[..., Estimator]


CLASSIFIERS = Units[ClassifierBuilder]("model")
