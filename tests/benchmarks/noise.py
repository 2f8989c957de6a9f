"""Label noise of seven kinds, added to true labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from .classifiers import out_of_fold

Labels = NDArray[np.int64]
KINDS = ("uniform", "pair", "class", "instance")
ABOUT_THE_LARGEST = ("swallowed", "spilled", "exchanged")
MOST_OF_A_CLASS = 0.45  # more, and the class's name would belong to another one


def noisy(kind: str, rate: float, features: NDArray[np.float64], truth: Labels, seed: int) -> Labels:
    """(N,) labels of which about `rate` are wrong: flips to any class alike, each class into one other (`pair`),
    at rates and into one to three classes that depend on the class, or of ambiguous rows into look-alikes; or
    ambiguous rows of small classes become the largest one's (`swallowed`), the reverse (`spilled`), or both halves
    (`exchanged`), as people err where one class is usual."""
    if not rate:
        return truth.copy()
    rng = np.random.default_rng(seed)
    if kind == "instance":
        return _ambiguous(rate, features, truth, rng)
    if kind in ABOUT_THE_LARGEST:
        return _about_the_largest(kind, rate, features, truth, rng)
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
    doubt = _doubt(features, truth)
    chosen = _chosen(doubt.max(axis=1) * rng.gamma(2.0, 0.5, len(truth)), int(rate * len(truth)), rng)
    labels = truth.copy()
    labels[chosen] = _mistaken(doubt[chosen], rng)
    return labels


def _about_the_largest(
    kind: str, rate: float, features: NDArray[np.float64], truth: Labels, rng: np.random.Generator
) -> Labels:
    """Rows are drawn by how much a linear model doubts them, times a person's whim."""
    doubt, whim = _doubt(features, truth), rng.gamma(1.0, 1.0, len(truth))
    largest = int(np.bincount(truth).argmax())
    small = truth != largest
    rows = int(rate * len(truth))
    into = {"swallowed": rows, "spilled": 0, "exchanged": rows // 2}[kind]
    swallowed = _chosen(small * doubt[:, largest] * whim, into, rng)
    spilled = _chosen(~small * doubt.max(axis=1) * whim, rows - into, rng)
    labels = truth.copy()
    labels[swallowed] = largest
    labels[spilled] = _mistaken(doubt[spilled], rng)
    return labels


def _doubt(features: NDArray[np.float64], truth: Labels) -> NDArray[np.float64]:
    """N×K, how likely a linear model thinks each class but the true one: the root of its probability."""
    doubt = np.sqrt(out_of_fold("lda", features, truth))
    doubt[np.arange(len(truth)), truth] = 0
    return doubt


def _chosen(weight: NDArray[np.float64], count: int, rng: np.random.Generator) -> Labels:
    """(count,) rows drawn by their (N,) weights."""
    return rng.choice(len(weight), count, replace=False, p=weight / weight.sum())


def _mistaken(doubt: NDArray[np.float64], rng: np.random.Generator) -> Labels:
    """(n,) a class for each row of n×K doubts, in proportion to them."""
    return _drawn(doubt / doubt.sum(axis=1, keepdims=True), rng)


def _drawn(shares: NDArray[np.float64], rng: np.random.Generator) -> Labels:
    """(N,) one class a row, drawn by N×K shares."""
    drawn = (rng.random((len(shares), 1)) > shares.cumsum(axis=1)).sum(axis=1)
    return np.minimum(drawn, shares.shape[1] - 1)
