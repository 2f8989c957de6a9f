"""Self-training from a few labeled rows a class: test accuracy without and with pseudo-labels, and how wrong they are.

The labels are the right ones, the rest of the training part is the pool. The judge of both training sets is the same
logistic regression, which learns from what `refine` writes, with its weights. `with answers` is the same after a
reviewer who is always right has answered the queue's first rows. Where nothing is accepted, refine's estimate of how
many labels it takes is compared with how many it took: the fewest with which most seeds accept something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from statistics import fmean, median, stdev

import numpy as np
import pandas as pd
from scipy.stats import t

from hardneg_cli import Columns
from hardneg_cli.data.features.features import feature_choice
from hardneg_cli.data.features.inputs import material
from hardneg_cli.data.load import load
from hardneg_cli.modeling.out_of_fold import Classifier
from hardneg_cli.verbs.refine import RefineResult, refine

from .real_sets import RealSet, real_set, tables, texts
from .results import Figure

A_CLASS, OF_FEW = 10, 20  # labeled rows a class, and where there are fewer than FEW classes
FEW = 5
LARGEST = 10  # classes of BANKING77 that make a set of their own
BUDGET = 0.05  # the default of --max-error
ANSWERS = 30
KEPT = 0.95  # of the seeds that keep to the budget
HARM = -0.005  # mean gain
ENOUGH = 0.02
TRIED = (12, 15, 18, 22, 27, 33, 40, 50)  # labeled rows a class, where ten are too few
QUICK = ("penguins", "wine")
SMALL = ("digits", "breast", "wine", "penguins", "hawks", "olive", "pitches", "banking10")


@dataclass(frozen=True)
class Measured:
    """One seed: accuracies on the test part, and how many rows were accepted with what share of wrong labels."""

    labeled_only: float
    refined: float
    answered: float
    accepted: int
    error: float

    @property
    def gain(self) -> float:
        return self.refined - self.labeled_only

    @property
    def gain_of_answers(self) -> float:
        return self.answered - self.refined


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str | Figure]:
    """Markdown: two tables, and whether the figures demanded are met."""
    names = QUICK if quick else [*tables(), *texts(folder)]
    sets = {name: real_set(name, folder) for name in names if name in (*tables(), *texts(folder))}
    if "banking77" in sets:
        sets["banking10"] = _largest(sets["banking77"])
    yield f"{len(seeds)} seeds; accuracy on the test part, gains with their 95 % intervals."
    yield ""
    yield "| set | labels a class | labels only | refined | gain | accepted | wrong | worst seed | gain of answers |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    found: dict[str, list[Measured]] = {}
    for name, one in sets.items():
        for a_class in _a_class(one):
            which = f"{name}, {a_class} a class"
            found[which] = [_measured(one, seed, a_class) for seed in seeds]
            yield _line(name, a_class, found[which])
        if name in ("digits", "banking77"):
            yield from _figures(name, found[which])
    yield ""
    yield from _foretold({name: one for name, one in sets.items() if name in SMALL}, seeds)
    yield ""
    yield from _verdicts(found, [which for which in found if sets[which.split(",")[0]].text])


def _largest(data: RealSet) -> RealSet:
    """The largest classes of many."""
    kept = data.frame["label"].value_counts().index[:LARGEST]
    return replace(data, name="banking10", frame=data.frame[data.frame["label"].isin(kept)].reset_index(drop=True))


def _a_class(data: RealSet) -> tuple[int, ...]:
    """How many labeled rows a class; what has ten of many classes can have twenty as well."""
    if data.frame["label"].nunique() < FEW:
        return (OF_FEW,)
    return (OF_FEW, A_CLASS) if data.name == "banking10" else (A_CLASS,)


def _split(data: RealSet, seed: int, a_class: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.DataFrame]:
    """The labeled rows, the pool without labels, the right labels by id, and the test part."""
    train, test = data.parts(seed)
    drawn = train.sample(frac=1, random_state=seed).groupby("label").head(a_class)
    return drawn, train.drop(index=drawn.index).drop(columns="label"), train.set_index("id")["label"], test


def _refined(data: RealSet, labeled: pd.DataFrame, pool: pd.DataFrame, *answers: pd.DataFrame, rounds: int = 3
             ) -> RefineResult:  # fmt: skip
    columns = Columns(id="id", text=data.text)
    return refine(labeled, pool, columns, features=data.features, decisions=answers, rounds=rounds, max_error=BUDGET)


def _measured(data: RealSet, seed: int, a_class: int) -> Measured:
    labeled, pool, truth, test = _split(data, seed, a_class)
    accuracy = partial(_accuracy, data, test)
    found = _refined(data, labeled, pool)
    table = found.table().to_pandas()
    pseudo = table[table["source"] == "pseudo"]
    own = accuracy(labeled)
    refined = accuracy(table, table["weight"].to_numpy()) if len(pseudo) else own
    after = _refined(data, labeled, pool, _answered(found.queue(ANSWERS).to_pandas(), truth)).table().to_pandas()
    answered = accuracy(after, after["weight"].to_numpy())
    return Measured(own, refined, answered, len(pseudo), _wrong(pseudo, truth))


def _answered(queue: pd.DataFrame, truth: pd.Series) -> pd.DataFrame:
    right = truth.loc[queue["id"]].to_numpy()
    keeps = queue["given_label"].to_numpy() == right
    return queue.assign(decision=np.where(keeps, "keep", "relabel"), new_label=np.where(keeps, "", right))


def _wrong(rows: pd.DataFrame, truth: pd.Series) -> float:
    return float((rows["label"].to_numpy() != truth.loc[rows["id"]].to_numpy()).mean()) if len(rows) else 0.0


def _accuracy(data: RealSet, test: pd.DataFrame, train: pd.DataFrame, weights: np.ndarray | None = None) -> float:
    names, columns = list(test.columns), Columns(id="id", text=data.text)
    choice = feature_choice(data.features, columns)
    taught, asked = load(train[names], columns), load(test, columns)
    model = Classifier.called("logistic").trained(
        material(taught, choice), np.arange(len(taught)), taught.labels.astype(np.int64), weights=weights
    )
    said = model.probabilities(material(asked, choice), np.arange(len(asked)), len(taught.classes)).argmax(axis=1)
    return float((np.array(taught.classes, object)[said] == test["label"].to_numpy()).mean())


def _foretold(sets: dict[str, RealSet], seeds: Sequence[int]) -> Iterator[str]:
    """A table of what refine says of ten labels a class, and what came true."""
    yield "| set | seeds that accept with 10 a class | foretold a class (median) | it took | within a factor of two |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for name, data in sets.items():
        runs = [_refined(data, *_split(data, seed, A_CLASS)[:2], rounds=1) for seed in seeds]
        k = data.frame["label"].nunique()
        none = [run for run in runs if not run.best.cut]
        guesses = [A_CLASS + run.more_labels / k if run.more_labels else float("inf") for run in none]
        if len(none) <= len(runs) / 2:
            yield f"| {name} | {len(runs) - len(none)} of {len(runs)} | | | |"
            continue
        took = next((many for many in TRIED if _most_accept(data, seeds, many)), None)
        near = "" if took is None else f"{sum(took / 2 <= one <= took * 2 for one in guesses)} of {len(none)}"
        shown = f"{median(guesses):.0f}" if np.isfinite(median(guesses)) else "none would"
        yield f"| {name} | {len(runs) - len(none)} of {len(runs)} | {shown} | {took or f'> {TRIED[-1]}'} | {near} |"


def _most_accept(data: RealSet, seeds: Sequence[int], a_class: int) -> bool:
    runs = [_refined(data, *_split(data, seed, a_class)[:2], rounds=1) for seed in seeds]
    return sum(run.best.cut is not None for run in runs) > len(runs) / 2


def _interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95 % t-interval."""
    mean = fmean(values)
    if len(values) < 2:
        return mean, float("-inf"), float("inf")
    half = float(t.ppf(0.975, len(values) - 1)) * stdev(values) / len(values) ** 0.5
    return mean, mean - half, mean + half


def _shown(values: Sequence[float]) -> str:
    mean, low, high = _interval(values)
    return f"{mean:+.3f} ({low:+.3f} to {high:+.3f})"


def _line(name: str, a_class: int, rows: Sequence[Measured]) -> str:
    return (
        f"| {name} | {a_class} | {fmean(row.labeled_only for row in rows):.3f} | "
        f"{fmean(row.refined for row in rows):.3f} | {_shown([row.gain for row in rows])} | "
        f"{fmean(row.accepted for row in rows):,.0f} | {fmean(row.error for row in rows):.1%} | "
        f"{max(row.error for row in rows):.1%} | {_shown([row.gain_of_answers for row in rows])} |"
    )


def _figures(name: str, rows: Sequence[Measured]) -> Iterator[Figure]:
    _, low, high = _interval([row.gain for row in rows])
    yield Figure(name, "refine, before", fmean(row.labeled_only for row in rows))
    yield Figure(name, "refine, after", fmean(row.refined for row in rows))
    yield Figure(name, "refine, gain", low=low, high=high)


def _verdicts(found: dict[str, list[Measured]], are_texts: Sequence[str]) -> Iterator[str]:
    gains = {name: _interval([row.gain for row in rows]) for name, rows in found.items()}
    for kind, names in (("table", [name for name in found if name not in are_texts]), ("text", are_texts)):
        better = [name for name in names if gains[name][0] >= ENOUGH]
        yield f"two points on at least one {kind}: {_met(bool(better))} ({', '.join(better) or 'none'})"
    harmed = [name for name, (mean, _, high) in gains.items() if high < 0 or mean < HARM]
    yield f"no set is harmed: {_met(not harmed)} ({', '.join(harmed) or 'none'})"
    errors = [row.error for rows in found.values() for row in rows if row.accepted]
    within = fmean(error <= BUDGET for error in errors) if errors else 1.0
    yield (
        f"pseudo-labels within the budget of {BUDGET:.0%} in {KEPT:.0%} of the runs that accept some: "
        f"{_met(within >= KEPT)} ({within:.0%} of {len(errors)}, the worst {max(errors, default=0):.1%})"
    )
    answers = {name: _interval([row.gain_of_answers for row in rows]) for name, rows in found.items()}
    more = [name for name, (_, low, _) in answers.items() if low > 0]
    less = [name for name, (mean, _, high) in answers.items() if high < 0 or mean < HARM]
    yield (
        f"answers raise accuracy on two sets, and lower it on none: {_met(len(more) > 1 and not less)} "
        f"({', '.join(more) or 'none'}; lower: {', '.join(less) or 'none'})"
    )


def _met(is_so: bool) -> str:
    return "met" if is_so else "missed"
