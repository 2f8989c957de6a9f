"""What reviewers' decisions tell of the rows that remain: python -m tests.benchmarks learning DATA_FOLDER [--only …].

On the sets of the benchmark `detection`, judged by their models alone. A simulated reviewer, who knows the truth and is
mistaken in 5 of 100 answers, decides the 100 or the 300 worst rows, or (`mixed`) the 240 worst and 60 drawn from all
others. Of the rows that are left, before and after the decisions:

- ece: expected calibration error, 15 bins of equal numbers
- sum: |sum of the scores − wrong labels|, as a share of all rows
- recall: of the wrong labels, the share in the top 10 % of these rows, in points
- f1: of the flagged ones

Means of the reviewers; then of families and of all sets, with the greatest rise and fall of a set. At last, how often
the interval of the count holds the truth.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardneg_cli import Decision, Findings, find
from hardneg_cli.detection.fusion import FusedScores
from hardneg_cli.detection.reranking.rerank import rerank_on_decisions

from . import results
from .detection import CACHE, chosen_sets
from .label_sets import LabelSet
from .measures import calibration_error, f1
from .methods import by_hardneg, dataset_of

QUEUES = {"top 100": (100, 0), "top 300": (300, 0), "mixed 300": (240, 60)}  # the worst, and at random
MISTAKEN, BUDGET = 0.05, 0.1
MEASURES = ("ece", "sum", "recall", "f1")
HUMAN = ("exchanged", "spilled", "swallowed")  # one family
FALL, NOISE, MOST_DROPPED, LEAST_GAIN = 2 / 3, 0.01, -0.5, 1.0
LIBRARIES = ("hardneg-cli", "scikit-learn", "numpy", "scipy")
Bools = NDArray[np.bool_]
Rows = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Lesson:
    """One set and queue. before, after: (4,) measures, means of the reviewers. held: how often each interval holds."""

    name: str
    family: str
    queue: str
    before: Numbers
    after: Numbers
    held: tuple[float, float]

    def line(self) -> str:
        pairs = zip(MEASURES, self.before, self.after, strict=True)
        cells = "  ".join(f"{name} {before:.4f} > {after:.4f}" for name, before, after in pairs)
        return f"{self.name:<52} {self.queue:<10} {cells}"

    def record(self) -> results.Record:
        before, after = (dict(zip(MEASURES, side.tolist(), strict=True)) for side in (self.before, self.after))
        return {"labels": self.name, "family": self.family, "queue": self.queue, "before": before, "after": after}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA_FOLDER")
    parser.add_argument("--only", choices=("real", "simulated"))
    parser.add_argument("--quick", action="store_true", help="three small simulated sets, no folder needed")
    parser.add_argument("--cache", type=Path, default=CACHE, metavar="FOLDER", help="for the made sets: %(default)s")
    parser.add_argument("--draws", type=int, default=5, metavar="N", help="simulated reviewers of each queue")
    results.add_option(parser)
    options = parser.parse_args()
    done: list[Lesson] = []
    for labels in chosen_sets(options):
        findings = by_hardneg(labels)
        if not done:
            confirm_whole_run(labels, findings)
        for queue in QUEUES:
            done.append(lesson(labels, findings, queue, options.draws))
            print(done[-1].line(), flush=True)
    whole = not options.quick and options.only is None
    results.keep(options, "learning", {"learning": [one.record() for one in done]}, LIBRARIES, whole=whole)
    return int(sum([verdict(queue, [one for one in done if one.queue == queue]) for queue in QUEUES]) > 0)


def lesson(labels: LabelSet, findings: Findings, queue: str, draws: int) -> Lesson:
    before = FusedScores(findings.score, findings.flagged, findings.suggested, findings.errors)
    found, held = np.empty((draws, 2, len(MEASURES))), np.empty((draws, 2))
    for seed in range(draws):
        rows, answers = review(queue, findings, labels.wrong, seed)
        after, _ = rerank_on_decisions(
            findings.dataset, findings.doubts, findings.digest, before, rows, answers, at_random(queue)
        )
        for side, scores in enumerate((before, after)):
            found[seed, side] = measured(findings, scores, labels.wrong, rows)
            count = scores.errors
            held[seed, side] = count is not None and count.low <= labels.wrong.sum() <= count.high
    family = "human" if labels.family in HUMAN else labels.family
    mean = found.mean(axis=0)
    return Lesson(labels.name, family, queue, mean[0], mean[1], tuple(held.mean(axis=0).tolist()))


def review(queue: str, findings: Findings, wrong: Bools, seed: int) -> tuple[Rows, Bools]:
    """The rows of a queue, and the reviewer's answers, some of them mistaken."""
    generator = np.random.default_rng(seed)
    worst, drawn = QUEUES[queue]
    ranked = findings.ranked
    rows = np.concatenate([ranked[:worst], generator.choice(ranked[worst:], drawn, replace=False)])
    return rows, wrong[rows] ^ (generator.random(len(rows)) < MISTAKEN)


def at_random(queue: str) -> Bools:
    """Which rows of a queue are there at random, as its column `role` says."""
    worst, drawn = QUEUES[queue]
    return np.arange(worst + drawn) >= worst


def measured(findings: Findings, scores: FusedScores, wrong: Bools, rows: Rows) -> Numbers:
    """The measures of the rows that are left."""
    order = np.lexsort((findings.dataset.id_rank, -scores.score))
    rest = order[~np.isin(order, rows)]
    score, truth = scores.score[rest], wrong[rest]
    top = truth[: round(BUDGET * len(rest))]
    off = abs(score.sum() - truth.sum()) / len(wrong)
    recall = 100 * top.sum() / truth.sum() if truth.any() else np.nan
    return np.array([calibration_error(truth, score), off, recall, f1(truth, scores.flagged[rest])])


def confirm_whole_run(labels: LabelSet, findings: Findings) -> None:
    """`find` with the decisions of a reviewer gives what `rerank_on_decisions` gives: once, as it takes long."""
    data = findings.dataset
    rows, answers = review("mixed 300", findings, labels.wrong, 0)
    control = at_random("mixed 300")
    decisions = [
        Decision(
            id_, row_hash, data.classes[data.labels[row]], "relabel" if is_error else "keep", "?" * int(is_error),
            role="control" if drawn else "suspect",
        )
        for row, id_, row_hash, is_error, drawn in zip(
            rows, data.ids.take(rows).to_pylist(), data.row_hashes(rows), answers, control, strict=True
        )
    ]  # fmt: skip
    before = FusedScores(findings.score, findings.flagged, findings.suggested, findings.errors)
    by_row = np.argsort(rows)
    after, notes = rerank_on_decisions(
        data, findings.doubts, findings.digest, before, rows[by_row], answers[by_row], control[by_row]
    )  # fmt: skip
    dataset, classes = dataset_of(labels)
    whole = find(dataset, probs=labels.probs, classes=classes, detectors=["doubtful-label"], decisions=decisions)
    assert set(notes) <= set(whole.notes)
    assert np.array_equal(whole.score, after.score)


def verdict(queue: str, lessons: list[Lesson]) -> int:
    """How many demands are missed: of the means, and of every set."""
    print(f"\n{queue}")
    families = sorted({one.family for one in lessons})
    for family in families:
        print(f"  {family:<20}", *_cells([one for one in lessons if one.family == family]))
    print(f"  {'all':<20}", *_cells(lessons))
    before, after = _sides(lessons)
    held = np.mean([one.held for one in lessons], axis=0)
    print(f"  interval of the count holds the truth: {held[0]:.1%} > {held[1]:.1%}")
    said = list(_demands(before, after))
    print(*(f"  {words}: {'met' if is_met else 'MISSED'}" for words, is_met in said), sep="\n")
    return sum(not is_met for _, is_met in said)


def _demands(before: Numbers, after: Numbers) -> Iterator[tuple[str, bool]]:
    for column, name in enumerate(MEASURES[:2]):
        ratio = float(after[:, column].mean() / before[:, column].mean())
        rise = float((after - before)[:, column].max())
        yield f"{name} times {ratio:.2f} on average, at most {FALL:.2f}", ratio <= FALL
        yield f"{name} rises by at most {rise:.4f}, allowed {NOISE}", rise <= NOISE
    gain = (after - before)[:, 2]
    gain = gain[~np.isnan(gain)]
    yield f"recall {gain.mean():+.2f} on average, at least {LEAST_GAIN:+.1f}", bool(gain.mean() >= LEAST_GAIN)
    yield f"recall falls by at most {-gain.min():.2f}, allowed {-MOST_DROPPED}", bool(gain.min() >= MOST_DROPPED)


def _cells(lessons: Iterable[Lesson]) -> Iterator[str]:
    before, after = _sides(lessons)
    for column, name in enumerate(MEASURES):
        known = ~np.isnan(before[:, column])
        if known.any():
            old, new = before[known, column], after[known, column]
            worst = (new - old).max() if column < 2 else (new - old).min()
            yield f"{name} {old.mean():.4f} > {new.mean():.4f} ({worst:+.4f})"


def _sides(lessons: Iterable[Lesson]) -> tuple[Numbers, Numbers]:
    one = list(lessons)
    return np.array([each.before for each in one]), np.array([each.after for each in one])
