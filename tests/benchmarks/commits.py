"""Simulated commits to label sets whose probabilities are known from two models: the one before, and the one now."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from hardneg_cli import Columns, Dataset, Findings, find, load
from hardneg_cli.data import snapshot
from hardneg_cli.data.changes import NOWHERE, Changes
from hardneg_cli.statistics.label_noise import label_errors
from hardneg_cli.statistics.label_noise.cut import cut_at, slope_for

from .classifiers import out_of_fold
from .label_sets import REAL
from .tables import table

MOST_ROWS = 6000
DETECTORS = ("doubtful-label",)
Labels = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class World:
    """A set of N rows before any commit. before, now: N×K out-of-fold probabilities of the old and of the new model.

    truth: (N,) true labels, None where they are not known. old: what the old model's findings flag.
    findings: those of the new model, and what they were fitted to, so that other labels can be scored alike.
    """

    name: str
    labels: Labels
    now: NDArray[np.float64]
    truth: Labels | None
    classes: tuple[str, ...]
    hardness: NDArray[np.float64]
    old: Bools
    findings: Findings
    fitted: label_errors.LabelErrors
    cut: float
    slope: float
    confused: Labels

    @classmethod
    def of(
        cls, name: str, labels: Labels, models: list[NDArray[np.float64]], truth: Labels | None, classes: list[str]
    ) -> World:
        before, now = models[:2]
        n, k = now.shape
        order = np.argsort(classes)  # a dataset's classes are sorted by name
        place = np.argsort(order)
        names, labels, truth = tuple(classes[i] for i in order), place[labels], None if truth is None else place[truth]
        before, now = before[:, order], now[:, order]
        data = _dataset(np.array(names)[labels])
        old, new = (find(data, probs=[p], classes=names, detectors=DETECTORS, decisions=()) for p in (before, now))
        fitted = label_errors.fit([now], labels)
        away = fitted.order([now], labels)
        cut = cut_at(away, fitted.cut.flagged * n)
        slope = slope_for(away - cut, fitted.cut.errors.value * n)
        mean = np.array([now[labels == c].mean(axis=0) if (labels == c).any() else np.ones(k) / k for c in range(k)])
        np.fill_diagonal(mean, -1)
        own = before[np.arange(n), labels]
        return cls(name, labels, now, truth, names, own, old.flagged, new, fitted, cut, slope, mean.argmax(axis=1))

    def score(self, rows: Labels, labels: Labels) -> NDArray[np.float64]:
        """What the fitted estimator says of these rows with these labels."""
        return expit(self.slope * (self.fitted.order([self.now[rows]], labels) - self.cut))


@dataclass(frozen=True)
class Commit:
    """rows: what it changes. labels: theirs now. kind: added, edited or relabeled."""

    rows: Labels
    labels: Labels
    kind: str

    def head(self, world: World) -> Labels:
        labels = world.labels.copy()
        labels[self.rows] = self.labels
        return labels

    def quick(self, world: World) -> tuple[Findings, Changes, Bools]:
        """What find would say of it, had it been fitted before the commit; what changed, and where."""
        head, n = self.head(world), len(world.labels)
        score = world.findings.score.copy()
        score[self.rows] = world.score(self.rows, self.labels)
        dataset = replace(world.findings.dataset, labels=head.astype(np.int32))
        findings = replace(world.findings, dataset=dataset, score=score, flagged=score >= 0.5)
        changed = np.zeros(n, bool)
        changed[self.rows] = True
        added, edited = changed & (self.kind == "added"), changed & (self.kind == "edited")
        names = pa.array(world.classes, pa.string()).take(pa.array(world.labels))
        nothing = pa.array([], pa.string())
        relabeled = changed & (head != world.labels) & (self.kind == "relabeled")
        place = np.where(added, NOWHERE, np.arange(n))
        changes = Changes(place, edited, relabeled, names, nothing, nothing, world.classes)
        return findings, changes, changes.changed

    def files(self, world: World, base: Path) -> Dataset:
        """The head, for a real run; the state of the base is written to a file."""
        n, names = len(world.labels), np.array(world.classes)
        content = np.array([f"row {i}" for i in range(n)], dtype=object)
        kept = np.setdiff1d(np.arange(n), self.rows) if self.kind == "added" else np.arange(n)
        before = _dataset(names[world.labels[kept]], content[kept], kept)
        old = world.old[kept]
        snapshot.write(before, old, old.astype(float), base)
        if self.kind == "edited":
            content = content.copy()
            content[self.rows] += " again"
        return _dataset(names[self.head(world)], content)


def _dataset(
    labels: NDArray[np.str_], content: NDArray[np.object_] | None = None, rows: Labels | None = None
) -> Dataset:  # fmt: skip
    ids = [f"{i:06d}" for i in (range(len(labels)) if rows is None else rows)]
    columns = {"id": pa.array(ids), "label": pa.array(labels.tolist(), pa.string())}
    if content is not None:
        columns["words"] = pa.array(content.tolist(), pa.string())
    return load(pa.table(columns), Columns(id="id"))


def noisy(world: World, n: int, rate: float, kind: str, rng: np.random.Generator) -> Commit:
    """Added rows, of which a share gets any other label (uniform), or the one most confused with theirs."""
    rows = rng.choice(len(world.labels), n, replace=False)
    labels, wrong = world.labels[rows].copy(), rng.random(n) < rate
    k = len(world.classes)
    flipped = (labels + rng.integers(1, k, n)) % k if kind == "uniform" else world.confused[labels]
    labels[wrong] = flipped[wrong]
    return Commit(rows, labels, "added")


def edited(world: World, n: int, rng: np.random.Generator) -> Commit:
    """Rows with other content and the same label."""
    rows = rng.choice(len(world.labels), n, replace=False)
    return Commit(rows, world.labels[rows], "edited")


def of_two_classes(world: World, n: int, rng: np.random.Generator) -> Commit:
    """Added rows of two classes only."""
    used = np.flatnonzero(np.bincount(world.labels) > 20)
    pool = np.flatnonzero(np.isin(world.labels, rng.choice(used, 2, replace=False)))
    rows = rng.choice(pool, min(n, len(pool) * 2 // 3), replace=False)
    return Commit(rows, world.labels[rows], "added")


def corrections(world: World, n: int, rng: np.random.Generator) -> Commit | None:
    """Wrong labels turned into the true ones, by somebody who leaves no log; None where the truth is not known."""
    if world.truth is None:
        return None
    wrong = np.flatnonzero(world.truth != world.labels)
    rows = rng.choice(wrong, min(n, len(wrong) * 2 // 3), replace=False)
    return Commit(rows, world.truth[rows], "relabeled")


def hard(world: World, n: int, rng: np.random.Generator) -> Commit:
    """Added rows of the third that was hardest for the old model: no more wrong than such rows are."""
    pool = np.argsort(world.hardness, kind="stable")[: len(world.labels) // 3]
    rows = rng.choice(pool, min(n, len(pool) * 2 // 3), replace=False)
    return Commit(rows, world.labels[rows], "added")


HARMLESS: dict[str, Callable[[World, int, np.random.Generator], Commit | None]] = {
    "added": lambda world, n, rng: noisy(world, n, 0, "uniform", rng),
    "edited": edited,
    "of two classes": of_two_classes,
    "corrections without a log": corrections,
    "of the hardest third": hard,
}


def worlds(folder: Path, only: str | None = None) -> Iterator[World]:
    """The three real sets, and BANKING77 with quick models."""
    for name in REAL:
        if only not in (None, name):
            continue
        rows = pd.read_csv(folder / name / "labels.csv", dtype=str, keep_default_na=False)
        rows = rows.iloc[np.sort(np.random.default_rng(0).permutation(len(rows))[:MOST_ROWS])]
        known = pd.read_csv(folder / name / "truth.csv", dtype=str, keep_default_na=False).set_index("id").loc[rows.id]
        paths = sorted((folder / name).glob("probs.*.parquet"))
        frames = [pd.read_parquet(path).set_index("id").loc[rows.id] for path in paths]
        classes = [column.removeprefix("prob_") for column in frames[0].columns]
        code = {c: i for i, c in enumerate(classes)}
        truth = known["true_label"].map(code).to_numpy(np.int64) if "true_label" in known else None
        models = [frame[frames[0].columns].to_numpy(np.float64) for frame in frames]
        yield World.of(name, rows.label.map(code).to_numpy(np.int64), models, truth, classes)
    if only in (None, "banking77"):
        yield made("banking", "bayes", "logistic", folder, "banking77")


def made(data: str, before: str, now: str, folder: Path, name: str) -> World:
    """A set with the probabilities of two quick models."""
    features, labels = table(data, folder)
    features, labels = features[:MOST_ROWS], labels[:MOST_ROWS]
    models = [out_of_fold(model, features, labels) for model in (before, now)]
    return World.of(name, labels, models, None, [f"class {c:03d}" for c in range(labels.max() + 1)])
