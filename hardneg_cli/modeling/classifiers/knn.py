"""The nearest neighbors' labels, by the angle between rows (Cover and Hart, 1967), nearer ones counting more."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardneg_cli.modeling.classifiers import Estimator


def build(sparse: bool, seed: int, *, among: int = 15) -> Estimator:
    """among: how many neighbors are asked; fewer where there are not so many rows."""
    from hardneg_cli.modeling.nearest_neighbor_classifier import NearestNeighborClassifier

    return NearestNeighborClassifier(among)
