"""Families of data that were made when the constants of `outlier` stood already: what it says of them is no choice."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_diabetes, make_moons

Matrix = NDArray[np.float64]
Labels = NDArray[np.int64]


def named_rng(name: str) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(name.encode()))


def _very_heavy() -> tuple[Matrix, Labels]:
    """Student's t of one and a half degrees of freedom: no variance."""
    rng = named_rng("very heavy")
    truth = rng.integers(4, size=1500)
    return rng.uniform(-6, 6, (4, 5))[truth] + rng.standard_t(1.5, (1500, 5)), truth


def _laplace() -> tuple[Matrix, Labels]:
    rng = named_rng("laplace")
    truth = rng.integers(3, size=2000)
    return rng.uniform(-3, 3, (3, 20))[truth] + rng.laplace(size=(2000, 20)), truth


def _overdispersed() -> tuple[Matrix, Labels]:
    """Counts that vary more than Poisson's, most of them 0."""
    rng = named_rng("overdispersed")
    truth = rng.integers(4, size=2000)
    rate = rng.uniform(0.2, 8, (4, 8))[truth] * rng.gamma(0.7, 1 / 0.7, (2000, 8))
    return rng.poisson(rate).astype(float), truth


def _scales() -> tuple[Matrix, Labels]:
    """Normal, log-normal, whole and uniform columns, units from a thousandth to a million."""
    rng = named_rng("mixed scales")
    truth = rng.integers(3, size=1500)
    middle = rng.uniform(-1.5, 1.5, (3, 8))[truth]
    columns = [
        middle[:, :2] + rng.standard_normal((1500, 2)), np.exp(middle[:, 2:4] + 1.2 * rng.standard_normal((1500, 2))),
        rng.poisson(np.exp(middle[:, 4:6])), middle[:, 6:] + rng.uniform(-1, 1, (1500, 2)),
    ]  # fmt: skip
    return np.column_stack(columns) * np.geomspace(1e-3, 1e6, 8), truth


def _sphere() -> tuple[Matrix, Labels]:
    """Directions around those of eight classes, some of them narrow."""
    rng = named_rng("sphere")
    truth = rng.integers(8, size=2500)
    middle = rng.standard_normal((8, 64))
    middle /= np.linalg.norm(middle, axis=1, keepdims=True)
    values = middle[truth] + np.geomspace(0.04, 0.12, 8)[truth, None] * rng.standard_normal((2500, 64))
    return values / np.linalg.norm(values, axis=1, keepdims=True), truth


def _many_small() -> tuple[Matrix, Labels]:
    """Two hundred classes of eight rows."""
    rng = named_rng("many small")
    truth = np.repeat(np.arange(200), 8)
    return 3 * rng.standard_normal((200, 16))[truth] + rng.standard_normal((1600, 16)), truth


def _copied() -> tuple[Matrix, Labels]:
    """Half of the rows are copies of others, some of them many times."""
    rng = named_rng("copied")
    truth = rng.integers(4, size=1000)
    values = rng.uniform(-5, 5, (4, 6))[truth] + rng.standard_normal((1000, 6))
    again = (1000 * rng.random(1000) ** 3).astype(int)
    return np.concatenate([values, values[again]]), np.concatenate([truth, truth[again]])


def _sixty() -> tuple[Matrix, Labels]:
    rng = named_rng("sixty")
    truth = rng.integers(3, size=60)
    return rng.uniform(-3, 3, (3, 5))[truth] + rng.standard_normal((60, 5)), truth


def _one_hot() -> tuple[Matrix, Labels]:
    """Six categories of 2 to 12 values, a few of which hold most rows."""
    rng = named_rng("one-hot")
    truth = rng.integers(3, size=1500)
    parts = []
    for values in (2, 3, 4, 6, 9, 12):
        shares = rng.dirichlet(1 / np.arange(1, values + 1), 3).cumsum(axis=1)
        parts.append(np.eye(values)[(rng.random((1500, 1)) > shares[truth]).sum(axis=1).clip(0, values - 1)])
    return np.column_stack(parts), truth


def _moons() -> tuple[Matrix, Labels]:
    """Bent classes, whose middles are empty."""
    values, truth = make_moons(1500, noise=0.12, random_state=3)
    return values, truth + 2 * (values[:, 0] > 0.5)


def _two_parts() -> tuple[Matrix, Labels]:
    """Each class has a large part and one of a twentieth."""
    rng = named_rng("two parts")
    truth = rng.integers(4, size=2000)
    part = (rng.random(2000) < 0.05).astype(int)
    return rng.uniform(-8, 8, (4, 2, 7))[truth, part] + rng.standard_normal((2000, 7)), truth


def _exponential() -> tuple[Matrix, Labels]:
    rng = named_rng("exponential")
    truth = rng.integers(4, size=2000)
    return rng.exponential(rng.uniform(0.5, 4, (4, 6))[truth]), truth


def _answers() -> tuple[Matrix, Labels]:
    """Twenty questions answered by one to five, two traits behind them."""
    rng = named_rng("answers")
    truth = rng.integers(3, size=1200)
    traits = rng.uniform(-1, 1, (3, 2))[truth] + rng.standard_normal((1200, 2))
    values = traits @ rng.standard_normal((2, 20)) + 0.8 * rng.standard_normal((1200, 20))
    return np.clip(np.rint(values + 3), 1, 5), truth


def _bits() -> tuple[Matrix, Labels]:
    """A hundred bits, few of them set, as fingerprints of molecules have them."""
    rng = named_rng("bits")
    truth = rng.integers(5, size=1500)
    return (rng.random((1500, 100)) < rng.beta(0.3, 3, (5, 100))[truth]).astype(float), truth


def _diabetes() -> tuple[Matrix, Labels]:
    values, progress = load_diabetes(return_X_y=True)
    return values, np.digitize(progress, np.quantile(progress, (1 / 3, 2 / 3)))


LATER: dict[str, Callable[[], tuple[Matrix, Labels]]] = {
    "very heavy tails": _very_heavy, "laplace": _laplace, "overdispersed": _overdispersed, "mixed scales": _scales,
    "sphere": _sphere, "many small classes": _many_small, "copied rows": _copied, "sixty rows": _sixty,
    "one-hot": _one_hot, "moons": _moons, "two parts": _two_parts, "exponential": _exponential,
    "survey answers": _answers, "bits": _bits, "diabetes": _diabetes,
}  # fmt: skip
