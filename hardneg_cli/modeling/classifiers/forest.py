"""Extremely randomized trees (Geurts, Ernst and Wehenkel, 2006), on text after a truncated SVD."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardneg_cli.modeling.classifiers import Estimator

DENSE = True


def build(sparse: bool, seed: int, *, trees: int = 300, rows_per_leaf: int = 1) -> Estimator:
    """trees: how many are averaged. rows_per_leaf: the least that a leaf may hold."""
    from sklearn.ensemble import ExtraTreesClassifier

    model: Estimator = ExtraTreesClassifier(trees, min_samples_leaf=rows_per_leaf, random_state=seed)
    return model
