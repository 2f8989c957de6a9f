"""Gradient-boosted trees on binned features (Friedman, 2001; as in LightGBM), on text after a truncated SVD.

Each round grows a tree a class, so many classes take long.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardneg_cli.modeling.classifiers import Estimator

DENSE = True


def build(
    sparse: bool,
    seed: int,
    *,
    rounds: int = 100,
    learning_rate: float = 0.1,
    leaves: int = 15,
    rows_per_leaf: int = 5,
    ridge: float = 1.0,
) -> Estimator:
    """rounds: of boosting. learning_rate: how far each goes. leaves: the most a tree has, each of `rows_per_leaf`.

    ridge: pulls leaves toward zero (L2); without it, the leaves of rare classes grow without bound.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    model: Estimator = HistGradientBoostingClassifier(
        max_iter=rounds, learning_rate=learning_rate, max_leaf_nodes=leaves, min_samples_leaf=rows_per_leaf,
        l2_regularization=ridge, early_stopping=False, random_state=seed,
    )  # fmt: skip
    return model
