"""What holds for every kind of model, now and later."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning

from hardneg_cli.modeling.classifiers import CLASSIFIERS

RNG = np.random.default_rng(0)
LABELS = np.repeat([0, 1, 2], 20)
POINTS = RNG.standard_normal((60, 4)) + 3 * np.eye(4)[LABELS]
every = pytest.mark.parametrize("name", CLASSIFIERS.names)


def answers(name: str, points: object, *, sparse: bool) -> np.ndarray:
    model = CLASSIFIERS[name].build(sparse, 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(points, LABELS)
    assert model.classes_.tolist() == [0, 1, 2]
    return model.predict_proba(points)


@pytest.mark.slow
@every
def test_it_learns_probabilities_the_same_ones_each_time(name: str) -> None:
    first, second = answers(name, POINTS, sparse=False), answers(name, POINTS, sparse=False)
    assert first.shape == (60, 3)
    assert np.allclose(first.sum(axis=1), 1)
    assert (first >= 0).all()
    assert (first == second).all()
    assert (first.argmax(axis=1) == LABELS).mean() > 0.8


@every
def test_it_takes_sparse_rows_unless_it_says_dense(name: str) -> None:
    if CLASSIFIERS[name].DENSE:
        pytest.skip("it says DENSE: texts come to it as dense vectors")
    rows = csr_array(np.abs(POINTS) / np.linalg.norm(POINTS, axis=1, keepdims=True))
    assert np.allclose(answers(name, rows, sparse=True).sum(axis=1), 1)
