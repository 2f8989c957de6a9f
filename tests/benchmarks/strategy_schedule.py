"""Hard negatives late: a network that has learned from all rows is fine-tuned, with more of its batches mined rows.

A tenth of the training labels are wrong; rows that find flags do not train. After `EPOCHS` over all rows alike the
network goes on for as many again, while the mined rows count `WEIGHTS` times; against as many rows at random, the mean
of `DRAWS` draws, on the clean test part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from hardneg_cli import Columns, load
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.inputs import material
from hardneg_cli.data.features.vectorizer import Vectorizer
from hardneg_cli.verbs.mine import mine

from .planted import Planted, found_in, planted_real
from .real_sets import tables, texts
from .results import Figure, margin
from .strategy_mine import interval

MODES = ("boundary", "confusion")
WEIGHTS = (3, 10)
EPOCHS, DRAWS = 10, 3
SLOW = ("banking77", "reviews", "tweets")  # whose words keep a network busy for hours
Gains = dict[tuple[str, str], list[float]]


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """Markdown: a table, and where the gain is not chance."""
    gains, ways = Gains(), [f"{mode}, × {weight}" for mode in MODES for weight in WEIGHTS]
    yield "| test accuracy less that at random | " + " | ".join(ways) + " |"
    yield "| --- |" + " ---: |" * len(ways)
    names = ["digits"] if quick else [name for name in (*tables(), *texts(folder)) if name not in SLOW]
    for name in names:
        for seed in seeds:
            _measure(planted_real(name, folder, seed), seed, gains)
        yield f"| {name} | " + " | ".join(interval(gains[name, way], "{:+.2%}") for way in ways) + " |"
    yield ""
    for way in ways:
        above, below = [], []
        for name in names:
            values = np.array(gains[name, way])
            half = margin(values)
            above += [name] if half is not None and values.mean() > half else []
            below += [name] if half is not None and -values.mean() > half else []
            yield Figure(name, f"mine, late, {way}", float(values.mean()), half)
        yield f"- {way}: above random on {', '.join(above) or 'none'}, below on {', '.join(below) or 'none'}"


def _measure(one: Planted, seed: int, gains: Gains) -> None:
    columns, rng = Columns(text=one.text), np.random.default_rng(seed)
    findings = found_in(one)
    able = np.flatnonzero(~findings.flagged)
    train, test = findings.dataset, load(one.test, columns)
    choice, vectorizer = feature_choice(one.features, columns), Vectorizer(dense=False, seed=seed)
    x = vectorizer.fit_transform(material(train, choice), np.arange(len(train)))
    queries = vectorizer.transform(material(test, choice), np.arange(len(test)))
    right = np.array([train.classes.index(label) for label in one.test["label"]])
    codes = train.labels.astype(np.int64)

    network = MLPClassifier(batch_size=64, max_iter=EPOCHS, warm_start=True, random_state=seed)
    _fit(network, x[able], codes[able])

    def accuracy(rows: NDArray[np.int64], weight: int) -> float:
        drawn = np.concatenate([able, np.repeat(rows, weight - 1)])
        tuned = _fit(deepcopy(network), x[drawn], codes[drawn])
        return float((tuned.predict(queries) == right).mean())

    for mode in MODES:
        mined = mine(findings, mode=mode, features=one.features, decisions=()).pairs
        rows = np.unique(mined.rows[mined.firsts()])
        for weight in WEIGHTS:
            random = [accuracy(rng.permutation(able)[: len(rows)], weight) for _ in range(DRAWS)]
            gains.setdefault((one.name, f"{mode}, × {weight}"), []).append(
                accuracy(rows, weight) - float(np.mean(random))
            )


def _fit(network: MLPClassifier, x: Any, codes: NDArray[np.int64]) -> MLPClassifier:
    """The network after its epochs over the rows, from where it stands."""
    with catch_warnings():
        simplefilter("ignore", ConvergenceWarning)
        return network.fit(x, codes)
