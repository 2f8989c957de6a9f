"""What labeled rows stand for where classes are labeled more or less often than they are in the pool."""

from __future__ import annotations

import numpy as np

from hardneg_cli.modeling.self_training.class_shares import stand_for

SHARES = np.array([0.8, 0.15, 0.05])


def _pool(rng: np.random.Generator, learned: np.ndarray) -> np.ndarray:
    """What a model says of 3,000 rows that has learned from classes of other shares."""
    truth = rng.choice(3, 3000, p=SHARES)
    likelihood = np.exp(3 * rng.normal(0, 0.5, (3000, 3)) + 7 * np.eye(3)[truth])
    odds = likelihood * learned
    return odds / odds.sum(axis=1, keepdims=True)


def test_a_class_that_is_labeled_too_often_counts_for_less() -> None:
    labels = np.repeat([0, 1, 2], 30)
    found = stand_for(labels, _pool(np.random.default_rng(0), np.full(3, 1 / 3)))
    assert np.allclose([found[labels == code].mean() for code in range(3)], SHARES * 3, rtol=0.2, atol=0.05)
    assert np.isclose(found.mean(), 1)


def test_labels_that_are_drawn_as_the_pool_count_alike() -> None:
    rng = np.random.default_rng(1)
    labels = rng.choice(3, 200, p=SHARES)
    assert (stand_for(labels, _pool(rng, SHARES)) == 1).all()
    assert (stand_for(np.array([0, 1, 2]), np.zeros((0, 3))) == 1).all()
