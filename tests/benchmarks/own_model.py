"""How often `hardneg check` fails good and bad dataset commits by the model that it brings itself.

    python -m tests.benchmarks own-model [DATA_FOLDER] [--commits N] [--only NAME] [--jobs N] [--quick]

The sets are those of real_sets.py that can be had: tables by their features, texts by their words; of BANKING77, which
is in DATA_FOLDER, 25 classes. Rows that contradict a copy of theirs are left out. A part of each is the base, and the
commits are drawn from the rest, so that one folder of kept predictions (`--cache`) serves all commits to a set: a model
is trained once for the base, and once for the same base with wrong labels, which is what corrections are made to. All
of `check` runs on each commit, without a decisions log. A commit is red where a gate fails; it is not judged where
`rate` says so.

From another source are rows in capitals and with typos, or whose numbers are shifted, scaled and noisy: their labels
are right, and yet the model knows them less well than the others. `--quick` is two small sets that need no folder.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # so that figures and times do not depend on the machine's cores
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import tempfile
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import repeat
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd

from . import own_model_commits, pages, real_sets, results
from .own_model_commits import HARMLESS, KINDS, OTHERS, RATES, ROWS, CommitSource, Head, made_set, source
from .real_sets import RealSet

PACKAGES = ("scikit-learn", "numpy", "scipy", "pandas")
CLASSES = 25  # of BANKING77
FEWEST = 300  # rows of a set
FAILED, UNJUDGED, NOTHING_TRAINED = "failed", "not judged", "nothing trained"


@dataclass(frozen=True)
class Condition:
    """rate: of wrong labels among the rows."""

    commits: str
    rows: int
    rate: float = 0.0
    kind: str = ""

    def draw(self, of: CommitSource, rng: np.random.Generator) -> Head | None:
        """None where the set has too few rows for it."""
        if self.rate:
            return own_model_commits.wrong(of, self.rows, self.rate, self.kind, rng)
        return {**HARMLESS, **OTHERS}[self.commits](of, self.rows, rng)


@dataclass(frozen=True)
class Shares:
    """Of the commits of a condition to a set; trained: of how many runs that had to train."""

    red: float
    rate: float
    unjudged: float
    drift: float
    trained: int


def conditions() -> list[Condition]:
    good = [Condition(name, n) for name in HARMLESS for n in (ROWS if name == "added" else ROWS[1:2])]
    odd = [Condition(name, n) for name in OTHERS for n in ROWS[1:]]
    return good + odd + [Condition(f"{r:.0%} get {KINDS[k]}", n, r, k) for k in KINDS for r in RATES for n in ROWS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=Path("."), metavar="DATA_FOLDER")
    parser.add_argument("--commits", type=int, default=200, metavar="N", help="of each kind: %(default)s")
    parser.add_argument("--only", action="append", metavar="NAME", help="this set alone; repeatable")
    parser.add_argument("--quick", action="store_true", help="two small made sets, few commits")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="sets at once: %(default)s")
    results.add_option(parser)
    options = parser.parse_args()
    commits = min(options.commits, 2) if options.quick else options.commits
    found, costs = dict[str, dict[Condition, Shares]](), list[results.Record]()
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        for shares, cost in pool.map(on_set, _sets(options), repeat(commits)):
            found[str(cost["data"])] = shares
            costs.append(cost)
    lines = list(records(found))
    print(*pages.own_model(lines), sep="\n")
    whole = not options.quick and options.only is None
    results.keep(options, "own-model", {"own-model": lines, "cost": costs}, ("hardneg-cli", *PACKAGES), whole=whole)


def on_set(one: RealSet, commits: int) -> tuple[dict[Condition, Shares], results.Record]:
    """What the set allows, and what it cost. Prints each as it is found."""
    found, ran = dict[Condition, Shares](), 0
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        of = source(one, Path(folder))
        trained = time.monotonic() - start
        for condition in conditions():
            if shares := measured(of, condition, commits):
                found[condition], ran = shares, ran + commits
                print(_line(one.name, condition, shares), flush=True)
        each = (time.monotonic() - start - trained) / max(ran, 1)
    again = sum(shares.trained for shares in found.values())
    print(f"{one.name}: base and pool scored in {trained:.0f} s; {200 * each:.0f} s for 200 commits of a kind")
    print(f"{one.name}: {again:,} of {ran:,} runs had to train\n", flush=True)
    return found, {"data": one.name, "base_rows": len(of.base), "seconds": trained, "seconds_of_a_commit": each}


def _sets(options: argparse.Namespace) -> Iterator[RealSet]:
    if options.quick:
        yield from (made_set("texts", 1600), made_set("numbers", 1600))
        return
    for name in (*real_sets.tables(), *real_sets.texts(options.data)):
        if options.only is None or name in options.only:
            one = real_sets.real_set(name, options.data)
            one = RealSet(name, _of_classes(one.frame, CLASSES), one.text, one.features) if name == "banking77" else one
            one = replace(one, frame=_without_contradictions(one.frame))
            if len(one.frame) >= FEWEST:
                yield one


def _without_contradictions(frame: pd.DataFrame) -> pd.DataFrame:
    """Without rows that have the content of a row with another label: a commit of them is not harmless."""
    content = [name for name in frame.columns if name not in ("id", "label")]
    return frame[frame.groupby(content)["label"].transform("nunique") == 1].reset_index(drop=True)


def _of_classes(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """The rows of so many classes, drawn once."""
    names = np.random.default_rng(0).permutation(sorted(frame["label"].unique()))[:most]
    return frame[frame["label"].isin(names)].reset_index(drop=True)


def measured(of: CommitSource, condition: Condition, commits: int) -> Shares | None:
    """None where the set allows no such commit."""
    rng = np.random.default_rng(zlib.crc32(f"{of.name} {condition}".encode()))
    red = rate = unjudged = drift = trained = 0
    for _ in range(commits):
        head = condition.draw(of, rng)
        if head is None:
            return None
        report = of.check(head)
        outcomes = {one.gate: one.outcome for one in report.judged}
        red += not report.passed
        rate += outcomes["rate"] == FAILED
        unjudged += outcomes["rate"] == UNJUDGED
        drift += outcomes["drift"] == "warned"
        trained += NOTHING_TRAINED not in report.cost
    return Shares(*(count / commits for count in (red, rate, unjudged, drift)), trained)


def records(found: dict[str, dict[Condition, Shares]]) -> Iterator[results.Record]:
    """One a kind of commit, each figure by set."""
    for condition in conditions():
        on = {name: shares[condition] for name, shares in found.items() if condition in shares}
        if on:
            yield {
                "commits": condition.commits, "rows": condition.rows, "harmless": condition.commits in HARMLESS,
                "red": {name: one.red for name, one in on.items()},
                "rate": {name: one.rate for name, one in on.items()},
                "not_judged": {name: one.unjudged for name, one in on.items()},
                "drift": {name: one.drift for name, one in on.items()},
            }  # fmt: skip


def _line(name: str, condition: Condition, shares: Shares) -> str:
    return (
        f"{name}, {condition.commits}, {condition.rows:,} rows: red {shares.red:.1%}, rate {shares.rate:.1%}, "
        f"not judged {shares.unjudged:.1%}, drift {shares.drift:.1%}"
    )
