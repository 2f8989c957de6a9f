"""Models whose out-of-fold probabilities are judged: strong ones and deliberately weak ones, all quick to fit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDS = 4
SMALLEST = 1e-12


def out_of_fold(name: str, features: NDArray[np.float64], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """N×K probabilities of each row from a model that was not fitted to it."""
    p = np.full((len(labels), labels.max() + 1), SMALLEST)
    for fitted, left_out in KFold(FOLDS, shuffle=True, random_state=0).split(features):
        model = _made(name).fit(features[fitted], labels[fitted])
        p[np.ix_(left_out, model.classes_)] += model.predict_proba(features[left_out])
    return p / p.sum(axis=1, keepdims=True)


def _made(name: str) -> Any:
    steps = {
        "logistic": lambda: [LogisticRegression(max_iter=60)],
        "lda": lambda: [LinearDiscriminantAnalysis()],
        "bayes": lambda: [GaussianNB()],
        "few": lambda: [PCA(6, random_state=0), GaussianNB()],  # sees six dimensions only
        "net": lambda: [MLPClassifier((64,), max_iter=30, learning_rate_init=3e-3, random_state=0)],
        "forest": lambda: [RandomForestClassifier(60, min_samples_leaf=2, random_state=0)],
        "neighbors": lambda: [KNeighborsClassifier(15)],
    }[name]()
    return make_pipeline(StandardScaler(), *steps)
