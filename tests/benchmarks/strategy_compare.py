"""How often `compare`'s intervals hold the truth, and how often its tests see what is not there.

Two models of a simulated world with known metrics (those of 2,000,000 rows) are compared on samples of it: five
classes, the rarest a sixth as frequent as the most frequent one, labels right but for the audited part. There 8 % of
them are wrong, more often the later class, and 200 of 2,000 rows are audited.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hardneg_cli.modeling.evaluation.comparison import LabelSet, MetricRow, lines, measured
from hardneg_cli.modeling.evaluation.metrics import PredictionSummary, bins, row_sums
from hardneg_cli.statistics.bootstrap import AuditStrata, pooled_strata
from hardneg_cli.statistics.stratified_sampling import draw
from hardneg_cli.verbs.compare import compare

Numbers = NDArray[np.float64]
Codes = NDArray[np.int64]
CLASSES = ("a", "b", "c", "d", "e")
SHARES = np.array([0.35, 0.27, 0.2, 0.12, 0.06])
METRICS = ("accuracy", "macro_f1", "log_loss", "mcc", "brier", "squared_calibration_error")
DEMANDED = METRICS[:3]
SIMULATIONS, QUICK, LOW, HIGH = 500, 60, 0.93, 0.97
TRUTH_ROWS, PARTS = 2_000_000, 20
Skills = tuple[tuple[float, float], tuple[float, float]]  # how far a class stands out, and the temperature, of A and B
WORLDS: dict[str, Skills] = {
    "B better than A": ((1.6, 1.3), (1.9, 1.0)),
    "B as good as A": ((1.8, 1.2), (1.8, 1.2)),
}
NOISE, AUDITED, POPULATION = 0.08, 200, 2000


@dataclass(frozen=True)
class Sample:
    """n rows: true and given labels (n,), and two models' probabilities (n, K)."""

    truth: Codes
    given: Codes
    models: tuple[Numbers, Numbers]


def sample(rows: int, skills: Skills, rng: np.random.Generator) -> Sample:
    k = len(CLASSES)
    truth = rng.choice(k, rows, p=SHARES)
    shared, models = rng.standard_normal((rows, k)), []
    for skill, temperature in skills:
        seen = 0.8 * shared + 0.6 * rng.standard_normal((rows, k))
        seen[np.arange(rows), truth] += skill
        p = np.exp(temperature * seen + np.log(SHARES))
        models.append(p / p.sum(axis=1, keepdims=True))
    wrong = rng.random(rows) < NOISE * (1 + truth) / (1 + (SHARES * np.arange(k)).sum())
    given = np.where(wrong, (truth + rng.integers(1, k, rows)) % k, truth)
    return Sample(truth, given, (models[0], models[1]))


def outputs(models: Sequence[Numbers]) -> list[PredictionSummary]:
    return [
        PredictionSummary(name, p.argmax(axis=1), p.max(axis=1), (p**2).sum(axis=1), bins(p.max(axis=1)))
        for name, p in zip("AB", models, strict=True)
    ]


def of(p: Numbers, labels: Codes) -> Numbers:
    return p[np.arange(len(labels)), labels]


def truths(skills: Skills) -> dict[str, float]:
    """The differences of all of the world."""
    parts = [sample(TRUTH_ROWS // PARTS, skills, np.random.default_rng([7, part])) for part in range(PARTS)]
    found = [_differences(_lines(part.models, part.truth, None, 2)) for part in parts]
    return {name: float(np.mean([one[name].difference or 0.0 for one in found])) for name in METRICS}


def _lines(models: Sequence[Numbers], labels: Codes, answers: AuditStrata | None, draws: int | None) -> list[MetricRow]:
    theirs = outputs(models)
    labeling = LabelSet("given", labels, tuple(of(p, labels) for p in models), answers)
    numbers = measured(theirs, labeling, len(CLASSES), None, 0, draws)
    return list(lines(theirs, labeling, CLASSES, numbers, grouped=False))


def _differences(found: Sequence[MetricRow]) -> dict[str, MetricRow]:
    return {line.metric: line for line in found if line.against and not line.class_}


def compared(world: Sample) -> dict[str, MetricRow]:
    names = np.array(CLASSES)[world.truth]
    table = pa.table({"id": [f"{row:06}" for row in range(len(names))], "label": names})
    return _differences(compare(table, world.models, classes=CLASSES).lines)


def audited(world: Sample, seed: int) -> dict[str, MetricRow]:
    """By the given labels and 200 true ones, drawn as `audit draw` does."""
    p = np.mean([of(p, world.given) for p in world.models], axis=0)
    order = np.argsort(1 - p, kind="stable")
    score = (1 - p)[order]
    drawn = draw(score, score >= 0.5, AUDITED, seed)
    rows, whole, k = order[drawn.rows], outputs(world.models), len(CLASSES)
    stratum, size = pooled_strata(drawn.stratum, drawn.size[drawn.stratum].astype(float), np.ones(len(rows), bool))
    before, after = (
        row_sums([_taken(one, rows) for one in whole], labels[rows], [of(p, labels)[rows] for p in world.models], k)
        for labels in (world.given, world.truth)
    )  # fmt: skip
    return _differences(_lines(world.models, world.given, AuditStrata(after - before, stratum, size), None))


def _taken(model: PredictionSummary, rows: Codes) -> PredictionSummary:
    assert model.p_top is not None
    assert model.squares is not None
    assert model.bin is not None
    return PredictionSummary(model.name, model.top[rows], model.p_top[rows], model.squares[rows], model.bin[rows])


def part(folder: Path, seeds: Sequence[int], *, quick: bool) -> Iterator[str]:
    """Coverage of the differences' 95 % intervals, and the share of p below 5 % where there is nothing to see."""
    simulations = QUICK if quick else SIMULATIONS
    yield f"| compare, {simulations} simulations | rows | {' | '.join(METRICS)} | p < .05: {' / '.join(DEMANDED)} |"
    yield "| --- |" + " --- |" * (len(METRICS) + 2)
    missed = []
    for name, skills in WORLDS.items():
        true = truths(skills)
        for rows in (200, 2000):
            found = [compared(sample(rows, skills, _rng(seeds, run))) for run in range(simulations)]
            held = _held(found, true)
            missed += [f"{metric} at {rows:,} rows, {name}: {held[metric]:.1%}" for metric in DEMANDED
                       if not LOW <= held[metric] <= HIGH]  # fmt: skip
            yield _row(name, rows, held, found)
        found = [audited(sample(POPULATION, skills, _rng(seeds, run)), run) for run in range(simulations)]
        yield _row(f"{name}, {AUDITED} rows audited", POPULATION, _held(found, true), found)
    demand = f"the intervals of {', '.join(DEMANDED)} hold the truth in {LOW:.0%} to {HIGH:.0%}"
    yield ""
    yield f"{'missed' if missed else 'met'}: {demand}" + (f" ({'; '.join(missed)})" if missed else "")


def _rng(seeds: Sequence[int], run: int) -> np.random.Generator:
    return np.random.default_rng([seeds[run % len(seeds)], run])


def _held(found: Sequence[dict[str, MetricRow]], true: dict[str, float]) -> dict[str, float]:
    def holds(line: MetricRow) -> bool:
        low, high = line.diff_low, line.diff_high
        return low is not None and high is not None and low <= true[line.metric] <= high

    return {name: float(np.mean([holds(one[name]) for one in found])) for name in METRICS}


def _row(name: str, rows: int, held: dict[str, float], found: Sequence[dict[str, MetricRow]]) -> str:
    alarms = (np.mean([(one[metric].p or 0) < 0.05 for one in found]) for metric in DEMANDED)
    shares = " | ".join(f"{held[metric]:.1%}" for metric in METRICS)
    return f"| {name} | {rows:,} | {shares} | {' / '.join(f'{alarm:.1%}' for alarm in alarms)} |"
