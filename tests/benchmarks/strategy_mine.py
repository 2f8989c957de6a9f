"""Hard negatives: how many mislabels are among them, and what training with them does.

Share: true mislabels in the list, against their share in all rows. Training: logistic regression on all training rows,
planted errors included, those of a list with the list's weights; the same number of random rows, and the rows of the
greatest loss (unguarded mining), get the boundary list's mean weight. Accuracy is on the clean test part.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from hardneg_cli import Columns, Findings, find, load
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.inputs import material
from hardneg_cli.modeling.out_of_fold import Classifier
from hardneg_cli.verbs.mine import MineResult, mine

from .planted import Planted, found_in, planted
from .results import Figure, margin

MODES = ("boundary", "confusion", "retrieval")
SHARE = 0.05  # of the training rows, the length of every list
STRONG = 0.85  # average precision of the score
TRAINED = ("digits", "banking77")
REAL = ("cifar10n-aggregate", "cifar10s", "roman-numeral")
PLAIN, UNIFORM, LOSS = "plain", "uniform", "unguarded, by loss"

Figures = dict[tuple[str, str], list[float]]


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """Markdown: two tables, and whether what is demanded is met."""
    shares, accuracy, strong = Figures(), Figures(), dict[str, list[float]]()
    for seed in seeds:
        for one in planted(folder, seed):
            if not quick or one.name == "digits":
                _measure(one, seed, shares, accuracy, strong)
    if not quick:
        _real(folder, shares, strong)
    yield "| set | AP of the score | base rate | " + " | ".join((*MODES, LOSS)) + " |"
    yield "| --- |" + " ---: |" * (3 + len(MODES))
    for name, aps in strong.items():
        cells = [interval(shares[name, mode], "{:.2%}") for mode in ("base", *MODES, LOSS)]
        yield f"| {name} | {np.mean(aps):.3f} | " + " | ".join(cells) + " |"
        if name in TRAINED:
            means = [float(np.mean(shares[name, mode])) for mode in MODES]
            yield Figure(name, "mine, wrong", low=min(means), high=max(means))
            yield Figure(name, "mine, wrong by loss", float(np.mean(shares[name, LOSS])))
    yield ""
    yield "| test accuracy | " + " | ".join((PLAIN, UNIFORM, *MODES, LOSS)) + " |"
    yield "| --- |" + " ---: |" * (3 + len(MODES))
    for name in dict.fromkeys(name for name, _ in accuracy):
        base = np.array(accuracy[name, PLAIN])
        rest = [interval((accuracy[name, how] - base).tolist(), "{:+.2%}") for how in (UNIFORM, *MODES, LOSS)]
        yield f"| {name} | {interval(base.tolist(), '{:.2%}')} | " + " | ".join(rest) + " |"
    yield ""
    yield from _demands(shares, strong)


def _measure(one: Planted, seed: int, shares: Figures, accuracy: Figures, strong: dict[str, list[float]]) -> None:
    findings = found_in(one)
    limit = int(SHARE * len(one.train))
    lists = {mode: mine(findings, mode=mode, features=one.features, limit=limit, decisions=()) for mode in MODES}
    strong.setdefault(one.name, []).append(average_precision_score(one.wrong, findings.score))
    worst = _by_loss(findings, limit)
    _count(one.name, one.wrong, {mode: found.pairs.rows for mode, found in lists.items()} | {LOSS: worst}, shares)
    plain = np.ones(len(one.train))
    weights = {mode: _weighted(plain, found) for mode, found in lists.items()}
    usual = float(weights["boundary"][lists["boundary"].pairs.rows].mean())
    some = np.random.default_rng(seed).permutation(len(plain))[:limit]
    for how, rows in ((UNIFORM, some), (LOSS, worst)):
        weights[how] = plain.copy()
        weights[how][rows] = usual
    for how, given in (weights | {PLAIN: plain}).items():
        accuracy.setdefault((one.name, how), []).append(accuracy_of(one, given))


def _weighted(plain: NDArray[np.float64], found: MineResult) -> NDArray[np.float64]:
    weights = plain.copy()
    weights[found.pairs.rows[found.pairs.firsts()]] = found.table()["weight"].to_numpy()
    return weights


def accuracy_of(one: Planted, weights: NDArray[np.float64], model: str = "logistic") -> float:
    """On the test part, of a model that is trained with the rows whose weight is not 0."""
    train, test = (load(frame, Columns(text=one.text)) for frame in (one.train, one.test))
    choice = feature_choice(one.features, Columns(text=one.text))
    rows = np.argsort(train.id_rank)
    rows = rows[weights[rows] > 0]
    fitted = Classifier.called(model).trained(
        material(train, choice), rows, train.labels[rows].astype(np.int64), weights=weights[rows]
    )
    found = fitted.probabilities(material(test, choice), np.arange(len(test)), len(train.classes)).argmax(axis=1)
    return float((np.array(train.classes)[found] == one.test["label"].to_numpy()).mean())


def _real(folder: Path, shares: Figures, strong: dict[str, list[float]]) -> None:
    """The sets of people's errors: shares only, as there is nothing to train on."""
    for path in sorted(path for name in REAL for path in (folder / name).glob("probs.*.parquet")):
        findings = find(path.parent / "labels.csv", probs=[path], decisions=())
        truth = pd.read_csv(path.parent / "truth.csv", dtype=str).set_index("id")
        wrong = (truth.loc[findings.dataset.ids.to_pylist(), "is_error"] == "1").to_numpy()
        limit, name = int(SHARE * len(wrong)), f"{path.parent.name} {path.name.split('.')[1]}"
        found = {mode: mine(findings, mode=mode, limit=limit, decisions=()).pairs.rows for mode in MODES[:2]}
        strong[name] = [average_precision_score(wrong, findings.score)]
        _count(name, wrong, found | {LOSS: _by_loss(findings, limit)}, shares)


def _by_loss(findings: Findings, limit: int) -> NDArray[np.int64]:
    assert findings.digest is not None
    return np.argsort(findings.digest.mean.p_given, kind="stable")[:limit]


def _count(name: str, wrong: NDArray[np.bool_], lists: dict[str, NDArray[np.int64]], shares: Figures) -> None:
    for mode, rows in lists.items():
        shares.setdefault((name, mode), []).append(float(wrong[np.unique(rows)].mean()))
    shares.setdefault((name, "base"), []).append(float(wrong.mean()))
    for mode in MODES:
        shares.setdefault((name, mode), [])


def interval(values: Sequence[float], form: str) -> str:
    """Mean and half of the 95 % t-interval over seeds."""
    if not values:
        return "–"
    mean, half = form.format(np.mean(values)), margin(values)
    return mean if half is None else f"{mean} ± {form.replace('+', '').format(half)}"


def _demands(shares: Figures, strong: dict[str, list[float]]) -> Iterator[str]:
    for name, aps in strong.items():
        most, words = (0.25, "a quarter of") if np.mean(aps) >= STRONG else (1.0, "at most")
        base = np.mean(shares[name, "base"])
        for mode in MODES:
            if values := shares[name, mode]:
                met = "met" if np.mean(values) <= most * base else "MISSED"
                yield f"- {name}, {mode}: {words} the base rate: {met} ({np.mean(values) / base:.2f} of it)"
