"""A neural network with one hidden layer, trained with Adam, on text after a truncated SVD."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hardneg_cli.modeling.classifiers import Estimator

DENSE = True


def build(sparse: bool, seed: int, *, hidden: int = 128, epochs: int = 60, penalty: float = 1e-3) -> Estimator:
    """hidden: units. epochs: passes over the rows. penalty: on the squared weights."""
    from sklearn.neural_network import MLPClassifier

    model: Estimator = MLPClassifier(
        (hidden,), alpha=penalty, max_iter=epochs, random_state=seed, n_iter_no_change=epochs
    )
    return model
