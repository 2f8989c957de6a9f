"""The score and the cut where simple rules do well: neither is worse than they are."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.datasets import make_classification
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hardneg_cli import Findings, find

Labels = NDArray[np.int64]


def rows(count: int, classes: int, apart: float) -> tuple[NDArray[np.float64], Labels]:
    return make_classification(
        count,
        25,
        n_informative=12,
        n_classes=classes,
        n_clusters_per_class=1,
        class_sep=apart,
        flip_y=0,
        random_state=0,
    )


def judged(model: Any, features: NDArray[np.float64], labels: Labels) -> tuple[Findings, NDArray[np.float64]]:
    """What is found by a model's out-of-fold probabilities, and the probabilities."""
    p = cross_val_predict(make_pipeline(StandardScaler(), *model), features, labels, method="predict_proba")
    table = pa.table({"id": [f"{row:05d}" for row in range(len(labels))], "label": labels.astype(str)})
    classes = [str(code) for code in range(p.shape[1])]
    return find(table, probs=p, classes=classes, detectors=["doubtful-label"]), p


@pytest.mark.slow
def test_a_weak_model_s_habits_are_not_taken_for_flips() -> None:
    features, blobs = rows(6000, 10, 1.5)
    truth = (blobs >= 8).astype(np.int64)
    rng = np.random.default_rng(0)
    labels = truth.copy()
    labels[rng.choice(np.flatnonzero(truth == 0), 360, replace=False)] = 1
    found, p = judged([PCA(6, random_state=0), GaussianNB()], features, labels)
    own = 1 - p[np.arange(len(labels)), labels]
    wrong = labels != truth
    assert average_precision_score(wrong, found.score) > average_precision_score(wrong, own) - 0.005


@pytest.mark.slow
def test_a_good_model_s_own_errors_are_not_flagged() -> None:
    features, truth = rows(6000, 4, 1.5)
    found, p = judged([LogisticRegression()], features, truth)
    assert 0.02 < (p.argmax(axis=1) != truth).mean() < 0.05
    assert found.flagged.mean() < 0.01
