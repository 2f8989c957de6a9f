"""Multinomial logistic regression with a ridge penalty: fast, well calibrated, hard to beat on word counts.

On text it sees TF-IDF of words and character n-grams, else scaled numbers and one-hot categories.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardneg_cli.modeling.classifiers import Estimator

IN_SPACE = 1 / 3  # numbers of unit spread carry far more than one unit-length text row does


def build(sparse: bool, seed: int, *, strength: float = 3.0) -> Estimator:
    """strength: the inverse of the penalty, C in scikit-learn; a third of it for numbers alone."""
    from sklearn.linear_model import LogisticRegression

    model: Estimator = LogisticRegression(
        C=strength if sparse else strength * IN_SPACE, max_iter=200, tol=1e-3, random_state=seed
    )
    return model
