"""How often `hardneg check` fails good and bad dataset commits, by simulating them.

    python -m tests.benchmarks gate DATA_FOLDER [--commits N] [--real N] [--only NAME] [--quick]

DATA_FOLDER holds cifar10n-aggregate, cifar10s and roman-numeral (labels.csv, truth.csv, probs.<model>.parquet) and
banking77/train.csv. 6,000 rows of each are a dataset. The base was judged by one model; the commit adds, edits or
relabels rows, and is judged by the other model, as if it had been retrained. Rows keep the errors that the set has;
to some commits more are added, of any other label or of the most confused one.

The estimator is fitted once to each set, and a commit's changed rows are scored by that; of each kind of commit some
go through the whole of `check`, and how often both agree is printed. `--quick` is a small set that needs no folder.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # so that figures and times do not depend on the machine's cores
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import tempfile
import time
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from hardneg_cli.errors import Unavailable
from hardneg_cli.gating.gates import rate
from hardneg_cli.statistics.stratified_tests import fisher_p
from hardneg_cli.verbs.check import check

from . import pages, results
from .commits import HARMLESS, Commit, World, made, noisy, worlds

ROWS = (20, 150, 1000)
RATES = (0.05, 0.10, 0.25)
KINDS = {"uniform": "any label", "confused": "the most confused label"}
ALPHA = 0.01
OURS = "rate"
SIMPLER = NEW, FLAGGED, FISHER = pages.SIMPLER
PACKAGES = ("scikit-learn", "numpy", "scipy")


@dataclass(frozen=True)
class Condition:
    """rate: of added errors. harmless: whether a gate should pass it. fair: whether it is one of the same rows."""

    commits: str
    rows: int
    rate: float = 0.0
    kind: str = ""

    @property
    def fair(self) -> bool:
        return self.commits in ("added", "edited", "of two classes")

    def draw(self, world: World, rng: np.random.Generator) -> Commit | None:
        if self.rate:
            return noisy(world, self.rows, self.rate, self.kind, rng)
        return HARMLESS[self.commits](world, self.rows, rng)


@dataclass(frozen=True)
class Figures:
    """Of each gate, the share of commits that it fails; unjudged: by `rate`. same: of `whole` runs of check."""

    fails: dict[str, float]
    unjudged: float
    same: int
    whole: int
    drift: float


def conditions() -> list[Condition]:
    good = [Condition(name, n) for name in HARMLESS for n in (ROWS if name == "added" else ROWS[1:])]
    return good + [Condition(f"{r:.0%} get {KINDS[k]}", n, r, k) for k in KINDS for r in RATES for n in ROWS]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA_FOLDER")
    parser.add_argument("--commits", type=int, default=300, metavar="N", help="of each kind: %(default)s")
    parser.add_argument("--real", type=int, default=2, metavar="N", help="of them through all of check: %(default)s")
    parser.add_argument("--only", metavar="NAME", help="this set alone")
    parser.add_argument("--quick", action="store_true", help="one small made set, few commits")
    results.add_option(parser)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=ConvergenceWarning)  # the models are meant to be quick
    start, found = time.monotonic(), dict[str, dict[Condition, Figures]]()
    for world in _worlds(options):
        found[world.name] = {}
        for condition in conditions():
            commits, real = options.commits, options.real
            if options.quick:
                commits, real = min(commits, 8), 0 if condition.rows < 150 else 1
            figures = measured(world, condition, commits, real)
            if figures is not None:
                found[world.name][condition] = figures
                print(_line(world.name, condition, figures), flush=True)
    lines, minutes = list(records(found)), (time.monotonic() - start) / 60
    print(f"\nMeasured in {minutes:.1f} minutes\n", *pages.gate_lines(lines), "", *demands(found), sep="\n")
    whole = not options.quick and options.only is None
    results.keep(options, "gate", {"gate": lines}, ("hardneg-cli", *PACKAGES), whole=whole)


def _worlds(options: argparse.Namespace) -> Iterator[World]:
    if options.quick:
        yield made("ten-small", "few", "logistic", options.data, "ten-small")
        return
    yield from worlds(options.data, options.only)


def measured(world: World, condition: Condition, commits: int, real: int) -> Figures | None:
    """None where the set allows no such commit."""
    rng = np.random.default_rng(zlib.crc32(f"{world.name} {condition}".encode()))
    if condition.rows * 2 > len(world.labels) or condition.draw(world, rng) is None:
        return None
    fails, unjudged, same, drift = dict.fromkeys((OURS, *SIMPLER), 0), 0, 0, 0
    for number in range(commits):
        commit = condition.draw(world, rng)
        assert commit is not None
        verdict, naive = _judged(world, commit)
        unjudged += verdict is None
        for name, failed in {OURS: verdict is False, **naive}.items():
            fails[name] += failed
        if number < real:
            whole, drifted = _through_check(world, commit)
            same += whole == verdict
            drift += drifted
    shares = {name: count / commits for name, count in fails.items()}
    return Figures(shares, unjudged / commits, same, min(real, commits), drift / max(min(real, commits), 1))


def _judged(world: World, commit: Commit) -> tuple[bool | None, dict[str, bool]]:
    """Whether `rate` passes it, None where it cannot judge, and which simpler gates fail it."""
    findings, changes, touched = commit.quick(world)
    flagged, n = findings.flagged, int(touched.sum())
    numbers = (np.array([x]) for x in (len(flagged), flagged.sum(), n, (flagged & touched).sum()))
    new = flagged & ~world.old | flagged & changes.added
    naive = {
        FISHER: bool(fisher_p(*numbers)[0] < ALPHA),
        FLAGGED: bool((flagged & touched).any()),
        NEW: bool(new.any()),
    }
    try:
        return rate.judge(changes, touched, findings, alpha=ALPHA).passed, naive
    except Unavailable:
        return None, naive


def _through_check(world: World, commit: Commit) -> tuple[bool | None, bool]:
    """What the whole of check says: of `rate`, and whether `drift` warns."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "base.state"
        head = commit.files(world, base)
        report = check(head, state=base, probs=[world.now], classes=world.classes, decisions=())
    verdicts = {one.gate: one.verdict for one in report.judged}
    found, drift = verdicts["rate"], verdicts["drift"]
    return None if found is None else found.passed, drift is not None and not drift.passed


def records(found: dict[str, dict[Condition, Figures]]) -> Iterator[results.Record]:
    """One a kind of commit: the share that is failed, by the simpler gates over all sets, and by `rate` on each."""
    for condition in conditions():
        on = {name: figures[condition] for name, figures in found.items() if condition in figures}
        if on:
            yield {
                "commits": condition.commits, "rows": condition.rows,
                "fails": {gate: float(np.mean([one.fails[gate] for one in on.values()])) for gate in SIMPLER},
                "rate": {name: one.fails[OURS] for name, one in on.items()},
                "not_judged": {name: one.unjudged for name, one in on.items()},
            }  # fmt: skip


def demands(found: dict[str, dict[Condition, Figures]]) -> Iterator[str]:
    """Each as met or missed, with the worst figure."""
    every = [(f"{name}, {c.commits}, {c.rows:,} rows", c, f) for name, some in found.items() for c, f in some.items()]
    good = [(f.fails[OURS], name) for name, c, f in every if not c.rate and c.fair]
    odd = [(f.fails[OURS], name) for name, c, f in every if not c.rate and not c.fair]
    for rate_, least in ((0.25, 150), (0.10, 1000)):
        for kind in KINDS:
            bad = [(f.fails[OURS], n) for n, c, f in every if c.rate == rate_ and c.kind == kind and c.rows >= least]
            if bad:
                met = "met" if min(bad)[0] >= 0.99 else "MISSED"
                yield f"{rate_:.0%} {kind} at {least:,} rows and more fail in 99 %: {met}; least {_named(min(bad))}"
    mean = np.mean([share for share, _ in good])
    met = "met" if mean <= ALPHA else "MISSED"
    yield f"harmless fail in at most 1 %: {met}, mean {mean:.2%}; most {_named(max(good))}"
    yield from (f"harmless, and yet unlike the base: most {_named(one)}" for one in sorted(odd)[-1:])
    same, whole = sum(f.same for *_, f in every), sum(f.whole for *_, f in every)
    yield f"{same} of {whole} commits got the same verdict from the whole of check"
    yield f"drift warns of {np.mean([f.drift for *_, f in every if f.whole]) if whole else 0:.0%} of these"


def _named(one: tuple[float, str]) -> str:
    return f"{one[0]:.1%} ({one[1]})"


def _line(name: str, condition: Condition, figures: Figures) -> str:
    shares = ", ".join(f"{gate} {share:.1%}" for gate, share in figures.fails.items())
    return f"{name}, {condition.commits}, {condition.rows:,} rows: {shares}; same {figures.same} of {figures.whole}"
