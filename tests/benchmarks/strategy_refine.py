"""Self-training from ten labeled rows a class: test accuracy without and with pseudo-labels, and how wrong they are.

The labels are the right ones, the rest of the training part is the pool. The judge of both training sets is the same
logistic regression, which learns from what `refine` writes, with its weights. "unproved" takes what the same models
think likely enough (a mean expected error within the budget) without asking the held-out labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev

import numpy as np
import pandas as pd
from scipy.stats import t

from hardneg_cli import Columns
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.inputs import material
from hardneg_cli.data.load import load
from hardneg_cli.modeling.out_of_fold import Classifier
from hardneg_cli.verbs.refine import RefineResult, refine

from .planted import Planted, banking, digits
from .results import Figure

A_CLASS = 10
BUDGETS = (0.02, 0.05, 0.10)
DEFAULT = 0.05
MORE_SEEDS = 20  # of digits, for the pseudo-labels' error alone
KEPT = 0.9


@dataclass(frozen=True)
class Measured:
    """One seed: accuracies on the test part, and how many rows were accepted with what share of wrong labels."""

    labeled_only: float
    refined: float
    unproved: float
    accepted: int
    error: float
    unproved_error: float

    @property
    def gain(self) -> float:
        return self.refined - self.labeled_only


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """Markdown: a table, and whether the figures demanded are met."""
    yield f"Ten labeled rows a class, {len(seeds)} seeds; accuracy on the test part, gains with their 95 % intervals."
    yield ""
    yield "| set | budget | labels only | refined | gain | unproved | accepted | wrong | worst seed | unproved wrong |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    has_banking = (folder / "banking77").is_dir()
    sets = ["digits", *(["banking77"] if has_banking else [])]
    usual: dict[str, list[Measured]] = {}
    for name in sets:
        for budget in BUDGETS if name == "digits" and not quick else (DEFAULT,):
            rows = [_measured(_set(name, folder, seed), seed, budget) for seed in seeds]
            yield _line(name, budget, rows)
            if budget == DEFAULT:
                usual[name] = rows
                _, low, high = _interval([row.gain for row in rows])
                yield Figure(name, "refine, before", fmean(row.labeled_only for row in rows))
                yield Figure(name, "refine, after", fmean(row.refined for row in rows))
                yield Figure(name, "refine, gain", low=low, high=high)
    more = [] if quick else [_errors(digits(seed), seed) for seed in range(1000, 1000 + MORE_SEEDS)]
    yield ""
    yield from _verdicts(usual, more)
    if not has_banking:
        yield "banking77: not measured, the folder does not have it"


def _set(name: str, folder: Path, seed: int) -> Planted:
    return digits(seed) if name == "digits" else banking(folder, seed)


def _split(data: Planted, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """The labeled rows, the pool without labels, and the right labels by id."""
    right = data.train.assign(label=data.truth)
    drawn = right.groupby("label").sample(A_CLASS, random_state=seed)
    return drawn, right.drop(index=drawn.index).drop(columns="label"), right.set_index("id")["label"]


def _refined(data: Planted, seed: int, budget: float) -> tuple[RefineResult, pd.DataFrame, pd.Series]:
    labeled, pool, truth = _split(data, seed)
    return (
        refine(labeled, pool, Columns(id="id", text=data.text), features=data.features, max_error=budget),
        labeled,
        truth,
    )


def _measured(data: Planted, seed: int, budget: float) -> Measured:
    found, labeled, truth = _refined(data, seed, budget)
    table = found.table().to_pandas()
    pseudo = table[table.source == "pseudo"]
    likely = _unproved(found, table)
    own = _accuracy(data, labeled, None)
    return Measured(
        own,
        _accuracy(data, table, table.weight.to_numpy()) if len(pseudo) else own,
        _accuracy(data, likely, likely.weight.to_numpy()),
        len(pseudo), _wrong(pseudo, truth), _wrong(likely[likely.source != "given"], truth),
    )  # fmt: skip


def _errors(data: Planted, seed: int) -> float:
    found, _, truth = _refined(data, seed, DEFAULT)
    table = found.table().to_pandas()
    return _wrong(table[table.source == "pseudo"], truth)


def _wrong(rows: pd.DataFrame, truth: pd.Series) -> float:
    return float((rows.label.to_numpy() != truth.loc[rows.id].to_numpy()).mean()) if len(rows) else 0.0


def _unproved(found: RefineResult, table: pd.DataFrame) -> pd.DataFrame:
    """The labeled rows, and every pool row that passes its class's threshold, weighted as `refine` does."""
    thought, all_ = found.best.probabilities, found.together
    code = thought.argmax(axis=1)
    rows = np.flatnonzero(all_.task.pool & (thought.max(axis=1) >= found.best.thresholds[code]))
    content = found.pool.content.to_pandas().iloc[all_.places[rows]]
    names = np.array(all_.classes, object)[code[rows]]
    ids = np.array(found.pool.ids.to_pylist(), object)[all_.places[rows]]
    counts = pd.Series(names).value_counts()
    weight = np.minimum(1.0, A_CLASS / counts.loc[names].to_numpy())
    own = table[table.source == "given"]
    return pd.concat([own, content.assign(id=ids, label=names, source="likely", weight=weight)], ignore_index=True)


def _accuracy(data: Planted, train: pd.DataFrame, weights: np.ndarray | None) -> float:
    names = [name for name in data.train.columns if name in train.columns]
    columns, choice = Columns(id="id", text=data.text), feature_choice(data.features, data.text)
    taught, asked = load(train[names], columns), load(data.test[names], columns)
    model = Classifier.called("logistic").trained(
        material(taught, choice), np.arange(len(taught)), taught.labels.astype(np.int64), weights=weights
    )
    said = model.probabilities(material(asked, choice), np.arange(len(asked)), len(taught.classes)).argmax(axis=1)
    return float((np.array(taught.classes, object)[said] == data.test["label"].to_numpy()).mean())


def _interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95 % t-interval."""
    mean = fmean(values)
    if len(values) < 2:
        return mean, float("-inf"), float("inf")
    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return mean, mean - half, mean + half


def _line(name: str, budget: float, rows: Sequence[Measured]) -> str:
    mean, low, high = _interval([row.gain for row in rows])
    unproved = fmean(row.unproved for row in rows)
    return (
        f"| {name} | {budget:.0%} | {fmean(row.labeled_only for row in rows):.3f} | "
        f"{fmean(row.refined for row in rows):.3f} | {mean:+.3f} ({low:+.3f} to {high:+.3f}) | {unproved:.3f} | "
        f"{fmean(row.accepted for row in rows):,.0f} | {fmean(row.error for row in rows):.1%} | "
        f"{max(row.error for row in rows):.1%} | {fmean(row.unproved_error for row in rows):.1%} |"
    )


def _verdicts(usual: dict[str, list[Measured]], more: Sequence[float]) -> Iterator[str]:
    gains = {name: _interval([row.gain for row in rows]) for name, rows in usual.items()}
    better = [name for name, (_, low, _) in gains.items() if low > 0]
    harmed = [name for name, (mean, _, high) in gains.items() if high < 0 or mean < 0]
    yield f"a gain on one set, its interval above zero: {_met(bool(better))} ({', '.join(better) or 'none'})"
    yield f"no set is harmed (mean gain below zero): {_met(not harmed)} ({', '.join(harmed) or 'none'})"
    errors = [row.error for rows in usual.values() for row in rows] + list(more)
    within = fmean(error <= DEFAULT for error in errors)
    some = sum(error > 0 for error in errors)
    yield (
        f"pseudo-labels within the budget of {DEFAULT:.0%} in at least {KEPT:.0%} of the seeds: {_met(within >= KEPT)} "
        f"({within:.0%} of {len(errors)}, the worst {max(errors):.1%}; {some} had any error)"
    )


def _met(is_so: bool) -> str:
    return "met" if is_so else "missed"
