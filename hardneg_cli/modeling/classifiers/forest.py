"""Extremely randomized trees (Geurts, Ernst and Wehenkel, 2006), on text after a truncated SVD."""

from __future__ import annotations

from typing import Any

DENSE = True


def build(sparse: bool, seed: int, *, trees: int = 300, rows_per_leaf: int = 1) -> Any:
    """trees: how many are averaged. rows_per_leaf: the least that a leaf may hold."""
    from sklearn.ensemble import ExtraTreesClassifier

    return ExtraTreesClassifier(trees, min_samples_leaf=rows_per_leaf, random_state=seed)
