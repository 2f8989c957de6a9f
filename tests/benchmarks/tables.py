"""Data with true labels: scikit-learn's digits and generators, and BANKING77."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.datasets import load_digits, make_blobs, make_classification
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

Table = tuple[NDArray[np.float64], NDArray[np.int64]]
RARE = np.maximum(5, 1200 / np.arange(1, 101)).astype(int)  # rows of a hundred classes, as words are frequent


@cache
def table(name: str, folder: Path) -> Table:
    """N×D features and (N,) true classes, 0 … K − 1, in shuffled order.

    "X of 77,17,6" is X with its classes put together to as many, of about such shares of the rows in percent.
    """
    base, _, shares = name.partition(" of ")
    features, truth = banking(folder) if base == "banking" else GENERATORS[base]()
    if shares:
        truth = _merged(truth, [float(share) for share in shares.split(",")])
    order = np.random.default_rng(0).permutation(len(truth))
    return features[order], truth[order].astype(np.int64)


def _merged(truth: NDArray[np.int64], shares: list[float]) -> NDArray[np.int64]:
    """(N,) classes of about such shares, 0 the first of them: each old one, by chance, goes where most is lacking."""
    wanted = np.array(shares) / sum(shares) * len(truth)
    counts, place, filled = np.bincount(truth), np.empty(truth.max() + 1, np.int64), np.zeros(len(shares))
    for old in np.random.default_rng(0).permutation(len(counts)):
        place[old] = int((filled / wanted).argmin())
        filled[place[old]] += counts[old]
    return place[truth]


@cache
def texts(folder: Path) -> list[str]:
    """The texts of BANKING77, in the order of `table`."""
    column = _banking(folder)["text"].to_numpy()
    return [str(text) for text in column[np.random.default_rng(0).permutation(len(column))]]


def banking(folder: Path) -> Table:
    """BANKING77 (Casanueva et al. 2020): 77 intents, TF-IDF brought to 120 dimensions."""
    frame = _banking(folder)
    words = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2), min_df=2).fit_transform(frame["text"])
    return TruncatedSVD(120, random_state=0).fit_transform(words), pd.factorize(frame["category"], sort=True)[0]


def _banking(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "banking77" / "train.csv", dtype=str, keep_default_na=False)


def _classification(rows: int, k: int, *, apart: float, clusters: int = 1, **more: object) -> Table:
    features, truth = make_classification(
        rows, 25, n_informative=12, n_classes=k, n_clusters_per_class=clusters, class_sep=apart, flip_y=0,
        random_state=k + rows, **more,
    )  # fmt: skip
    return features, truth


def _hundred_rare() -> Table:
    rng = np.random.default_rng(1)
    truth = np.repeat(np.arange(100), RARE)
    return rng.uniform(-10, 10, (100, 15))[truth] + 3.2 * rng.standard_normal((len(truth), 15)), truth


def _overlapping() -> Table:
    """Four classes that no model can tell apart wholly: the best possible one is right in three of four rows."""
    rng = np.random.default_rng(2)
    truth = rng.integers(4, size=6000)
    features = rng.standard_normal((6000, 8))
    features[:, :2] += 2.2 * np.stack([truth % 2, truth // 2], axis=1)
    return features, truth


GENERATORS: dict[str, Callable[[], Table]] = {
    "digits": lambda: load_digits(return_X_y=True),
    "two": lambda: _classification(5000, 2, apart=1.5, clusters=2),
    "two-rare": lambda: _classification(8000, 2, apart=1.3, clusters=2, weights=[0.92]),
    "ten": lambda: _classification(12000, 10, apart=1.5),
    "ten-small": lambda: _classification(1000, 10, apart=2.0),
    "ten-large": lambda: make_blobs(50000, 12, centers=10, cluster_std=4.5, random_state=5),
    "five-rare": lambda: _classification(10000, 5, apart=1.5, clusters=2, weights=[0.6, 0.22, 0.12, 0.045]),
    "hundred": lambda: make_blobs(20000, 20, centers=100, cluster_std=3.0, random_state=8),
    "hundred-rare": _hundred_rare,
    "overlapping": _overlapping,
}
