"""Tables, texts and embeddings of known classes, and rows planted in them that belong to none."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from .outlier_later_sets import LATER, named_rng
from .tables import table

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]
Kind = Literal["columns", "vectors"]
SHARES = (0.0, 0.005, 0.02, 0.05)
LEAST_PLANTED = 3  # rows: fewer make no figure


@dataclass(frozen=True)
class OutlierSet:
    """data: the family. features: N×D. labels: (N,) given classes. planted: (N,) the rows that belong to no class."""

    data: str
    kind: str
    share: float
    features: Matrix
    labels: Labels
    planted: NDArray[np.bool_]
    vectors: bool

    @property
    def name(self) -> str:
        return f"{self.data} {self.kind} {self.share:.1%}"


def every_set(folder: Path, seeds: int = 2) -> Iterator[OutlierSet]:
    """Each family clean, `seeds` times, and with each share of each kind of planted rows."""
    for data in FAMILIES:
        for seed in range(seeds):
            yield _set(data, "none", 0.0, folder, seed)
        for kind in PLANTED:
            if kind == "held-out class" and data in TWO_CLASSES:
                continue
            for share in SHARES[1:]:
                yield _set(data, kind, share, folder, 0)


def _set(data: str, kind: str, share: float, folder: Path, seed: int) -> OutlierSet:
    rng = np.random.default_rng([zlib.crc32(f"{data} {kind} {share}".encode()), seed])
    features, truth = _family(data, folder)
    left_out = (truth == rng.integers(truth.max() + 1)) & (kind == "held-out class")
    inside = np.flatnonzero(~left_out)
    inside = rng.permutation(inside)[: int(rng.uniform(0.8, 1) * len(inside))]
    values, labels = features[inside], truth[inside]
    many = max(LEAST_PLANTED, round(share * len(values))) if share else 0
    if many:
        rows, own = PLANTED[kind](values, labels, features[left_out], many, rng)
        values, labels = np.concatenate([values, rows]), np.concatenate([labels, own])
    order = rng.permutation(len(values))
    planted = np.arange(len(values)) >= len(inside)
    return OutlierSet(data, kind, share, values[order], labels[order], planted[order], data in VECTORS)


# ------------------------------------------------------------------------------------------------------- the families


@cache
def _family(name: str, folder: Path) -> tuple[Matrix, Labels]:
    return FAMILIES[name](folder)


def _blobs() -> tuple[Matrix, Labels]:
    """Six classes whose spreads differ by a factor of eight."""
    rng = named_rng("blobs")
    truth = rng.integers(6, size=2400)
    spread = np.geomspace(0.4, 3.2, 6)
    return rng.uniform(-12, 12, (6, 8))[truth] + spread[truth, None] * rng.standard_normal((2400, 8)), truth


def _heavy() -> tuple[Matrix, Labels]:
    """Student's t of three degrees of freedom: rows far away that are as they should be."""
    rng = named_rng("heavy")
    truth = rng.integers(5, size=2000)
    return rng.uniform(-6, 6, (5, 6))[truth] + rng.standard_t(3, (2000, 6)), truth


def _skewed() -> tuple[Matrix, Labels]:
    """Log-normal columns of different units."""
    rng = named_rng("skewed")
    truth = rng.integers(4, size=2000)
    return np.exp(rng.uniform(-1, 1, (4, 7))[truth] + 0.5 * rng.standard_normal((2000, 7))) * np.geomspace(
        1, 1e4, 7
    ), truth


def _correlated() -> tuple[Matrix, Labels]:
    """Three factors behind twelve columns."""
    rng = named_rng("correlated")
    truth = rng.integers(4, size=2000)
    factors = rng.uniform(-3, 3, (4, 3))[truth] + rng.standard_normal((2000, 3))
    return factors @ rng.standard_normal((3, 12)) + 0.3 * rng.standard_normal((2000, 12)), truth


def _uniform() -> tuple[Matrix, Labels]:
    """Boxes side by side: every row is inside, and none is near a center."""
    rng = named_rng("uniform")
    values = rng.uniform(0, 1, (2000, 5))
    return values, (values[:, 0] * 2).astype(np.int64) * 2 + (values[:, 1] * 2).astype(np.int64)


def _categories() -> tuple[Matrix, Labels]:
    """Eight categories of three to six values as columns of zeros and ones, each class with its own shares."""
    return _coded(named_rng("categories"))


def _mixed() -> tuple[Matrix, Labels]:
    rng = named_rng("mixed")
    coded, truth = _coded(rng)
    return np.column_stack([rng.uniform(-2, 2, (5, 4))[truth] + rng.standard_normal((len(truth), 4)), coded]), truth


def _coded(rng: np.random.Generator) -> tuple[Matrix, Labels]:
    truth = rng.integers(5, size=2000)
    parts = []
    for values in rng.integers(3, 7, size=8):
        shares = rng.dirichlet(np.full(values, 0.5), 5).cumsum(axis=1)
        drawn = (rng.random((2000, 1)) > shares[truth]).sum(axis=1).clip(0, values - 1)
        parts.append(np.eye(values)[drawn])
    return np.column_stack(parts), truth


def _rare() -> tuple[Matrix, Labels]:
    """Twenty classes of 5 to 800 rows."""
    rng = named_rng("rare classes")
    truth = np.repeat(np.arange(20), np.geomspace(800, 5, 20).astype(int))
    return rng.uniform(-8, 8, (20, 6))[truth] + 1.5 * rng.standard_normal((len(truth), 6)), truth


def _integers() -> tuple[Matrix, Labels]:
    """Counts and marks, with many rows alike."""
    rng = named_rng("counts")
    truth = rng.integers(4, size=1800)
    return rng.poisson(rng.uniform(0.5, 6, (4, 6))[truth]).astype(float), truth


def _embeddings() -> tuple[Matrix, Labels]:
    """Ten classes of 128 numbers on a curved surface of a dozen directions, as networks make them."""
    rng = named_rng("embeddings")
    truth = rng.integers(10, size=3000)
    inner = 1.2 * rng.standard_normal((10, 12))[truth] + 0.6 * rng.standard_normal((3000, 12))
    values = np.tanh(inner @ rng.standard_normal((12, 64))) @ rng.standard_normal((64, 128))
    return values + 0.8 * rng.standard_normal((3000, 128)), truth


def _banking(folder: Path) -> tuple[Matrix, Labels]:
    features, truth = table("banking", folder)
    few = truth < 30
    return features[few], truth[few]


def _small() -> tuple[Matrix, Labels]:
    rng = named_rng("small")
    truth = rng.integers(3, size=180)
    return rng.uniform(-4, 4, (3, 4))[truth] + rng.standard_normal((180, 4)), truth


FAMILIES: dict[str, Callable[[Path], tuple[Matrix, Labels]]] = {
    "digits": lambda folder: table("digits", folder),
    "banking77": _banking,
    "breast cancer": lambda _: load_breast_cancer(return_X_y=True),
    "wine": lambda _: load_wine(return_X_y=True),
    "blobs": lambda _: _blobs(),
    "heavy tails": lambda _: _heavy(),
    "skewed": lambda _: _skewed(),
    "correlated": lambda _: _correlated(),
    "uniform": lambda _: _uniform(),
    "categories": lambda _: _categories(),
    "mixed": lambda _: _mixed(),
    "embeddings": lambda _: _embeddings(),
    "small": lambda _: _small(),
    "rare classes": lambda _: _rare(),
    "counts": lambda _: _integers(),
    "iris": lambda _: load_iris(return_X_y=True),
    "many classes": lambda folder: tuple(part[:4000] for part in table("hundred", folder)),
    "overlapping": lambda folder: tuple(part[:2000] for part in table("overlapping", folder)),
    **{name: lambda _, made=made: made() for name, made in LATER.items()},
}
TWO_CLASSES = ("breast cancer",)
VECTORS = ("banking77", "embeddings", "sphere")  # at unit length: angles


# --------------------------------------------------------------------------------------------------- the planted rows

Planting = Callable[[Matrix, Labels, Matrix, int, np.random.Generator], tuple[Matrix, Labels]]


def _held_out(
    values: Matrix, labels: Labels, others: Matrix, many: int, rng: np.random.Generator
) -> tuple[Matrix, Labels]:
    """Rows of a class that the data do not have, under any label."""
    return others[rng.choice(len(others), many, replace=len(others) < many)], _any(labels, many, rng)


def _background(
    values: Matrix, labels: Labels, others: Matrix, many: int, rng: np.random.Generator
) -> tuple[Matrix, Labels]:
    """Anywhere in the box of the data."""
    low, high = values.min(axis=0), values.max(axis=0)
    return rng.uniform(low, high, (many, values.shape[1])), _any(labels, many, rng)


def _shuffled(
    values: Matrix, labels: Labels, others: Matrix, many: int, rng: np.random.Generator
) -> tuple[Matrix, Labels]:
    """Each cell from another row."""
    rows = rng.integers(len(values), size=(many, values.shape[1]))
    return values[rows, np.arange(values.shape[1])], _any(labels, many, rng)


def _far(values: Matrix, labels: Labels, others: Matrix, many: int, rng: np.random.Generator) -> tuple[Matrix, Labels]:
    """Rows moved in any direction by six times what rows of a class spread."""
    chosen = rng.choice(len(values), many)
    spread = np.sqrt(np.mean([values[labels == c].var(axis=0) for c in np.unique(labels)], axis=0))
    directions = rng.standard_normal((many, values.shape[1]))
    directions *= np.sqrt(values.shape[1]) / np.linalg.norm(directions, axis=1, keepdims=True)
    return values[chosen] + 6 * spread * directions, labels[chosen]


def _between(
    values: Matrix, labels: Labels, others: Matrix, many: int, rng: np.random.Generator
) -> tuple[Matrix, Labels]:
    """Half-way between two rows of different classes, under the label of one."""
    one, other = rng.choice(len(values), many), rng.choice(len(values), many)
    while (same := labels[one] == labels[other]).any():
        other[same] = rng.choice(len(values), same.sum())
    return (values[one] + values[other]) / 2, labels[one]


def _foreign(
    values: Matrix, labels: Labels, others: Matrix, many: int, rng: np.random.Generator
) -> tuple[Matrix, Labels]:
    """Rows of other data, in the units of these: a few factors of their own, at the data's means and spreads."""
    factors = rng.standard_normal((many, 3)) @ rng.standard_normal((3, values.shape[1]))
    return values.mean(axis=0) + values.std(axis=0) * factors / np.sqrt(3), _any(labels, many, rng)


def _any(labels: Labels, many: int, rng: np.random.Generator) -> Labels:
    return labels[rng.choice(len(labels), many)]


PLANTED: dict[str, Planting] = {
    "held-out class": _held_out, "background": _background, "shuffled": _shuffled,
    "far": _far, "between": _between, "foreign": _foreign,
}  # fmt: skip
