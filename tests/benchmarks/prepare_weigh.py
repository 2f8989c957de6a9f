"""Weigh: what its weights give a plain model that learns from small classes and wrong labels.

Classes are thinned to a geometric imbalance of 1:10, then a tenth of the labels is wrong, half of it look-alikes. The
model is logistic regression on scaled numbers and one-hot categories, or on TF-IDF, the test part clean and as it came.
Out-of-fold probabilities are `predict`'s. The figures are differences in macro-F1 to the unweighted model.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import stats
from sklearn.metrics import f1_score

from hardneg_cli import Columns, predict, weigh

from .imbalanced import Trial, plain_model, trial
from .real_sets import RealSet, real_set, tables, texts
from .results import Figure

SMALL, SEEDS_OF_SMALL = 1000, 4  # rows of a set; so many times more seeds
WAYS = {
    "weigh": {},
    "trust alone": {"balance": "none"},
    "inverse": {"balance": "inverse"},
    "hardness 1": {"hardness": 1.0},
}
BALANCE_ALONE = "balance alone"

Weights = NDArray[np.float64]


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """Markdown: a line a set, and whether what is demanded is met."""
    names = ["penguins", "wine"] if quick else [*tables(), *texts(folder)]
    ways = [*WAYS, BALANCE_ALONE]
    yield "| set | seeds | unweighted | " + " | ".join(ways) + " |"
    yield "| --- |" + " ---: |" * (len(ways) + 2)
    above, below = [], []
    for name in names:
        one = real_set(name, folder)
        many = len(seeds) * (SEEDS_OF_SMALL if len(one.frame) < SMALL and not quick else 1)
        found = np.array([_measured(one, seed) for seed in range(many)])
        gains = [_interval(column) for column in (found[:, 1:] - found[:, :1]).T]
        cells = [f"{mean:+.3f} ± {half:.3f}" for mean, half in gains]
        yield f"| {name} | {many} | {found[:, 0].mean():.3f} | " + " | ".join(cells) + " |"
        mean, half = gains[0]
        yield Figure(name, "weigh, gain in macro-F1", mean, half)
        above += [name] if mean - half > 0 else []
        below += [name] if mean + half < 0 else []
    yield ""
    yield f"- above unweighted, zero outside the interval: {len(above)} ({', '.join(above)})"
    yield f"- below unweighted, zero outside the interval: {len(below)} ({', '.join(below) or 'none'})"
    yield f"- three above and none below: {'met' if len(above) >= 3 and not below else 'missed'}"


def _measured(one: RealSet, seed: int) -> list[float]:
    """Macro-F1 on the test part: unweighted, and by each way of weighing."""
    planted = trial(one, seed)
    data = pa.Table.from_pandas(planted.train, preserve_index=False)
    columns = Columns(text=one.text)
    probs = predict(data, columns, features=one.features).table()
    weights = [
        weigh(data, columns, probs=probs, features=one.features, decisions=(), **way).weight for way in WAYS.values()
    ]
    alone = weigh(data.select(["id", "label"]), decisions=()).weight
    return [_score(one, planted, weight) for weight in (None, *weights, alone)]


def _score(one: RealSet, planted: Trial, weight: Weights | None) -> float:
    labels = planted.train["label"].to_numpy(str)
    says = plain_model(one).fit(planted.x, labels, sample_weight=weight).predict(planted.new)
    return float(f1_score(planted.test["label"].to_numpy(str), says, average="macro", zero_division=0))


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """The mean, and half of its 95 % interval by Student's t."""
    return float(values.mean()), float(stats.sem(values) * stats.t.ppf(0.975, len(values) - 1))
