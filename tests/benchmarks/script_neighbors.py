"""Nearest neighbors in a process of its own, as JSON: python script_neighbors.py gather|exact LABELS FEATURES ANSWER

Or `recall LABELS FEATURES GATHERED EXACT`: the share of the ten nearest rows that were found. A row as near as the
tenth one counts as found, so that equal distances do no harm.
"""

import json
import sys
import time

import numpy as np
from numpy.typing import NDArray

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import FeatureChoice, Features
from hardneg_cli.data.load import load
from hardneg_cli.detection.evidence import features as features_evidence
from hardneg_cli.detection.evidence import neighbors

NEAREST, SHARE, NEAR = 10, 10, 1 + 1e-6  # a tenth of the rows; distances equal but for rounding


def given(labels: str, features: str) -> tuple[Dataset, Features]:
    dataset = load(labels)
    return dataset, features_evidence.gather(dataset, FeatureChoice(file=features))


def gather(dataset: Dataset, features: Features, answer: str) -> float:
    """Seconds of the search alone."""
    start = time.perf_counter()
    found = neighbors.gather(dataset, features)
    seconds = time.perf_counter() - start
    np.savez(answer, asked=np.arange(len(dataset)), rows=found.rows)
    return seconds


def exact(dataset: Dataset, features: Features, answer: str) -> float:
    """Seconds that all rows would take; see scale_neighbors.py."""
    from sklearn.neighbors import NearestNeighbors

    asked = np.random.default_rng(0).choice(len(dataset), len(dataset) // SHARE, replace=False)
    start = time.perf_counter()
    search = NearestNeighbors(n_neighbors=NEAREST + 1, algorithm="brute", metric="euclidean").fit(features.matrix)
    _, found = search.kneighbors(features.matrix[asked])
    seconds = (time.perf_counter() - start) * len(dataset) / len(asked)
    others = np.array([[row for row in near if row != own][:NEAREST] for own, near in zip(asked, found, strict=True)])
    np.savez(answer, asked=asked, rows=others)
    return seconds


def recall(features: Features, gathered: str, exactly: str) -> dict[str, float]:
    asked, rows = (np.load(exactly)[name] for name in ("asked", "rows"))
    found = np.load(gathered)["rows"][asked, :NEAREST]
    assert not (found == asked[:, None]).any(), "a row is its own neighbor"
    assert all(len(set(near)) == NEAREST for near in found.tolist()), "a neighbor twice"
    farthest = distances(features.matrix, asked, rows).max(axis=1)
    shares = (distances(features.matrix, asked, found) <= farthest[:, None] * NEAR).mean(axis=1)
    return {"recall": float(shares.mean()), "worst": float(np.quantile(shares, 0.01))}


def distances(matrix: NDArray[np.floating], asked: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """(rows asked about, neighbors), in float64."""
    own = matrix[asked].astype(np.float64)
    return np.stack([np.linalg.norm(own - matrix[near], axis=1) for near in rows.T], axis=1)


if __name__ == "__main__":
    way, labels, features, *files = sys.argv[1:]
    dataset, matrix = given(labels, features)
    if way == "recall":
        print(json.dumps(recall(matrix, *files)))
    else:
        print(json.dumps({"seconds": {"gather": gather, "exact": exact}[way](dataset, matrix, *files)}))
