"""What reviewers' decisions do to the order of the rows that remain: python -m tests.benchmarks learning DATA_FOLDER.

DATA_FOLDER has a folder for each set, with labels.csv (id, label), probs.<model>.parquet and truth.csv (id, is_error).
A simulated reviewer, who knows the truth and is mistaken in 5 of 100 answers, decides 200 rows: the top of the queue
(`top`), or a draw stratified by score (`stratified`). Then the rows are ranked anew. Three recalls at a budget of 10 %:

- all: of all errors, the share in the top 10 % of all rows; a decided row is placed without its own answer
- rest: of the errors among the rows not decided, the share in the top 10 % of those rows
- spent: of all errors, the share among the undecided rows that the budget still allows, the 200 taken off

Gains are in points, mean and worst of the draws; `kept` is the share of draws in which the proof succeeded.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardneg_cli import Decision, Findings, find
from hardneg_cli.detection.fusion import FusedScores
from hardneg_cli.detection.reranking.rerank import rerank_on_decisions
from hardneg_cli.review.decisions.row_decisions import row_decisions

from . import results

ROWS, MISTAKEN, BUDGET = 200, 0.05, 0.1
MOST_DROPPED, LEAST_MEAN = -0.5, 0.0  # points
MEASURES = ("all", "rest", "spent")
LIBRARIES = ("hardneg-cli", "scikit-learn", "numpy", "scipy")
Bools = NDArray[np.bool_]
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """A set with some of its models: what `find` says of it, and which labels are wrong."""

    name: str
    probs: tuple[Path, ...]
    findings: Findings
    wrong: Bools


@dataclass(frozen=True)
class Gains:
    """One set, its models and a way to choose rows; base: recall at the budget. gains: (draws, 3), all in points."""

    name: str
    queue: str
    base: float
    gains: NDArray[np.float64]
    kept: float

    def line(self) -> str:
        cells = [
            f"{mean:+6.2f} ({worst:+5.2f})" for mean, worst in zip(self.gains.mean(0), self.gains.min(0), strict=True)
        ]
        return f"{self.name:<42} {self.queue:<10} {self.base:6.2f}  {'  '.join(cells)}  {100 * self.kept:4.0f} %"

    def record(self) -> results.Record:
        mean, worst = (
            dict(zip(MEASURES, side.tolist(), strict=True)) for side in (self.gains.mean(0), self.gains.min(0))
        )
        one = {"data": self.name, "queue": self.queue, "base": self.base, "kept": self.kept}
        return one | {"gain": mean, "worst": worst}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, metavar="DATA_FOLDER")
    parser.add_argument("--draws", type=int, default=20, metavar="N", help="simulated reviewers of each queue")
    results.add_option(parser)
    asked = parser.parse_args()
    print(
        f"{'set/models':<42} {'queue':<10} {'base':>6}  " + "  ".join(f"{name:>14}" for name in MEASURES) + "    kept"
    )
    done = []
    for world in worlds(asked.folder):
        if not done:
            confirm_whole_run(world)
        for queue in ("top", "stratified"):
            done.append(gains(world, queue, asked.draws))
            print(done[-1].line(), flush=True)
    results.keep(asked, "learning", {"learning": [one.record() for one in done]}, LIBRARIES, whole=True)
    return verdict(done)


def worlds(folder: Path) -> Iterator[World]:
    """Every set with each of its models, and with all of them."""
    for truth in sorted(folder.glob("*/truth.csv")):
        files = sorted(truth.parent.glob("probs.*.parquet"))
        for chosen in [*([file] for file in files), *([files] if len(files) > 1 else [])]:
            findings = find(truth.parent / "labels.csv", probs=chosen, decisions=())
            names = "+".join(file.name.removeprefix("probs.").removesuffix(".parquet") for file in chosen)
            yield World(f"{truth.parent.name}/{names}", tuple(chosen), findings, _wrong(truth, findings))


def _wrong(truth: Path, findings: Findings) -> Bools:
    with truth.open(encoding="utf-8", newline="") as file:
        said = {row["id"]: row["is_error"].lower() in ("1", "true") for row in csv.DictReader(file)}
    return np.array([said[id_] for id_ in findings.dataset.ids.to_pylist()])


def gains(world: World, queue: str, draws: int) -> Gains:
    findings, wrong = world.findings, world.wrong
    found, kept = np.empty((draws, len(MEASURES))), np.empty(draws)
    before = FusedScores(findings.score, findings.flagged, findings.suggested, findings.errors)
    base = _recalls(findings, findings.score, wrong, np.zeros(0, np.int64))[0]
    for seed in range(draws):
        rows, answers = review(queue, findings, wrong, seed)
        after, _ = rerank_on_decisions(findings.dataset, findings.doubts, findings.digest, before, rows, answers)
        kept[seed] = after is not before
        found[seed] = _recalls(findings, after.score, wrong, rows) - _recalls(findings, findings.score, wrong, rows)
    return Gains(world.name, queue, 100 * float(base), 100 * found, float(kept.mean()))


def review(queue: str, findings: Findings, wrong: Bools, seed: int) -> tuple[Rows, Bools]:
    """The rows of a queue, and the reviewer's answers, some of them mistaken."""
    generator = np.random.default_rng(seed)
    rows = findings.ranked[:ROWS] if queue == "top" else _stratified(findings, generator)
    return rows, wrong[rows] ^ (generator.random(len(rows)) < MISTAKEN)


def _stratified(findings: Findings, generator: np.random.Generator) -> Rows:
    """One row of each of ROWS strata of the ranked rows, all of one sum of √score + 0.2."""
    size = np.cumsum(np.sqrt(findings.score[findings.ranked]) + 0.2)
    edges = np.searchsorted(size, np.linspace(0, size[-1], ROWS + 1)[1:-1])
    parts = [part for part in np.split(findings.ranked, edges) if len(part)]
    return np.array([generator.choice(part) for part in parts])


def _recalls(findings: Findings, score: NDArray[np.float64], wrong: Bools, rows: Rows) -> NDArray[np.float64]:
    order = np.lexsort((findings.dataset.id_rank, -score))
    rest = order[~np.isin(order, rows)]
    budget, of_rest = round(BUDGET * len(order)), round(BUDGET * len(rest))
    spent = max(budget - len(rows), 0)
    return np.array([
        wrong[order[:budget]].sum() / wrong.sum(),
        wrong[rest[:of_rest]].sum() / max(wrong[rest].sum(), 1),
        wrong[rest[:spent]].sum() / wrong.sum(),
    ])  # fmt: skip


def confirm_whole_run(world: World) -> None:
    """`find` with the decisions of a reviewer gives the order that `learned` gives: once, as it takes long."""
    findings, data = world.findings, world.findings.dataset
    rows, answers = review("stratified", findings, world.wrong, 0)
    decisions = [
        Decision(id_, row_hash, data.classes[data.labels[row]], "relabel" if is_error else "keep", "?" * int(is_error))
        for row, id_, row_hash, is_error in zip(
            rows, data.ids.take(rows).to_pylist(), data.row_hashes(rows), answers, strict=True
        )
    ]
    said = row_decisions(data, decisions)
    assert set(said.rows) == set(rows)
    before = FusedScores(findings.score, findings.flagged, findings.suggested, findings.errors)
    after, note = rerank_on_decisions(data, findings.doubts, findings.digest, before, rows, answers)
    whole = find(data, probs=world.probs, decisions=decisions)
    assert note in whole.notes
    assert np.array_equal(whole.score, after.score)


def verdict(done: list[Gains]) -> int:
    """Recall must never be lower by more than half a point on average, and higher over all."""
    mean = np.array([one.gains.mean(0) for one in done])
    print(
        "mean of all: " + ", ".join(f"{name} {value:+.2f}" for name, value in zip(MEASURES, mean.mean(0), strict=True))
    )
    print(
        "lowest mean: " + ", ".join(f"{name} {value:+.2f}" for name, value in zip(MEASURES, mean.min(0), strict=True))
    )
    good = bool(mean.min() >= MOST_DROPPED and (mean.mean(0) > LEAST_MEAN).all())
    print("target met" if good else "target missed")
    return 0 if good else 1
