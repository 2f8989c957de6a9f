"""Label noise of four kinds, added to true labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from .classifiers import out_of_fold

Labels = NDArray[np.int64]
KINDS = ("uniform", "pair", "class", "instance")
MOST_OF_A_CLASS = 0.45  # more, and the class's name would belong to another one


def noisy(kind: str, rate: float, features: NDArray[np.float64], truth: Labels, seed: int) -> Labels:
    """(N,) labels of which about `rate` are wrong: flips to any class alike, each class into one other (`pair`),
    at rates and into one to three classes that depend on the class, or of ambiguous rows into look-alikes."""
    if not rate:
        return truth.copy()
    rng = np.random.default_rng(seed)
    if kind == "instance":
        return _ambiguous(rate, features, truth, rng)
    flips = {"uniform": _uniform, "pair": _pair, "class": _by_class}[kind](rate, truth, rng)
    return _drawn(flips[truth], rng)


def _uniform(rate: float, truth: Labels, rng: np.random.Generator) -> NDArray[np.float64]:
    k = truth.max() + 1
    flips = np.full((k, k), rate / (k - 1))
    np.fill_diagonal(flips, 1 - rate)
    return flips


def _pair(rate: float, truth: Labels, rng: np.random.Generator) -> NDArray[np.float64]:
    k = truth.max() + 1
    cycle = rng.permutation(k)
    flips = np.eye(k) * (1 - rate)
    flips[cycle, np.roll(cycle, 1)] += rate
    return flips


def _by_class(rate: float, truth: Labels, rng: np.random.Generator) -> NDArray[np.float64]:
    k = truth.max() + 1
    rates = rng.gamma(1.5, size=k)
    factor = brentq(lambda factor: np.minimum(factor * rates, MOST_OF_A_CLASS)[truth].mean() - rate, 0, 1e3)
    rates = np.minimum(factor * rates, MOST_OF_A_CLASS)
    flips = np.diag(1 - rates)
    for row in range(k):
        others = rng.permutation(np.delete(np.arange(k), row))[: rng.integers(1, 4)]
        flips[row, others] = rates[row] * rng.dirichlet(np.ones(len(others)))
    return flips


def _ambiguous(
    rate: float, features: NDArray[np.float64], truth: Labels, rng: np.random.Generator
) -> Labels:  # fmt: skip
    """Rows are drawn by how likely a linear model thinks another class, and get a class that it thinks likely."""
    doubt = np.sqrt(out_of_fold("lda", features, truth))
    doubt[np.arange(len(truth)), truth] = 0
    weight = doubt.max(axis=1) * rng.gamma(2.0, 0.5, len(truth))
    chosen = rng.choice(len(truth), int(rate * len(truth)), replace=False, p=weight / weight.sum())
    labels = truth.copy()
    labels[chosen] = _drawn(doubt[chosen] / doubt[chosen].sum(axis=1, keepdims=True), rng)
    return labels


def _drawn(shares: NDArray[np.float64], rng: np.random.Generator) -> Labels:
    """(N,) one class a row, drawn by N×K shares."""
    drawn = (rng.random((len(shares), 1)) > shares.cumsum(axis=1)).sum(axis=1)
    return np.minimum(drawn, shares.shape[1] - 1)
