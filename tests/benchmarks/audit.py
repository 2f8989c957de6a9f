"""How much audits tell, by simulating them: python -m tests.benchmarks audit DATA_FOLDER [--audits N] [--fits N].

DATA_FOLDER has a folder for each set, with labels.csv (id, label), probs.<model>.parquet and truth.csv (id, is_error).
Each set is ranked by each model alone and by all together; auditors know the truth. Printed are

- audits of 300 rows: how often the 95 % intervals hold the truth, and how wide that of the count is, as a share of
  the one that a simple random sample of as many rows gives (Wilson 1927; in brackets with the finite-population
  correction that his lacks)
- audits of 200 rows: F1 lost against the best cut of the ranking before the audit, how often the count is within
  20 % of the truth, and the expected calibration error of the new scores; means, and the worst 5 % in brackets

and each demand as met or missed, on each set; F1 is demanded of their mean only, which is the last line.
"""

from __future__ import annotations

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # so that times do not depend on the machine's cores
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from hardneg_cli import Decision, Findings, find
from hardneg_cli.detection.fusion import FusedScores
from hardneg_cli.review.audit.filled_audit import FilledAudit
from hardneg_cli.review.audit.recalibration import recalibrate_on_audit
from hardneg_cli.statistics.stratified_sampling import StratifiedSample, draw
from hardneg_cli.statistics.survey_estimation import Survey, stratum_counts, survey
from hardneg_cli.verbs.audit import DECIMALS

from . import results
from .measures import best_f1, calibration_error, f1

LIBRARIES = ("hardneg-cli", "scikit-learn", "numpy", "scipy")
SURVEYED, RECALIBRATED = 300, 200  # rows
COVERED, NARROWER = (0.93, 0.97), 0.8
F1_LOST, COUNT_OFF, CALIBRATED = 0.015, 0.2, 0.05
USUALLY = 0.95  # of the audits: the one that is made is a single draw
Z = 1.959964
MISSED = ": MISSED"
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class World:
    """A set with some of its models. Sorted as for a draw: order is each place's row in the findings."""

    name: str
    findings: Findings
    wrong: Bools
    order: NDArray[np.int64]

    @classmethod
    def of(cls, folder: Path, probs: list[Path]) -> World:
        findings = find(folder / "labels.csv", probs=list(map(str, probs)), decisions=())
        truth = pd.read_csv(folder / "truth.csv", dtype=str).set_index("id")["is_error"]
        wrong = truth.loc[findings.dataset.ids.to_pylist()].str.lower().isin(["1", "true"]).to_numpy()
        models = "+".join(path.name.split(".")[1] for path in probs)
        rows = findings.ranked[::-1]
        return cls(f"{folder.name} {models}", findings, wrong, rows[np.argsort(findings.flagged[rows], kind="stable")])

    def drawn(self, n: int, seed: int) -> StratifiedSample:
        score = self.findings.score[self.order].round(DECIMALS)
        return draw(score, self.findings.flagged[self.order], n, seed)

    def audited(self, sample: StratifiedSample) -> FilledAudit:
        rows, dataset = self.order[sample.rows], self.findings.dataset
        said = zip(dataset.ids.take(rows).to_pylist(), dataset.row_hashes(rows), dataset.labels[rows], strict=True)
        decisions = tuple(Decision(id_, row_hash, dataset.classes[code], "keep") for id_, row_hash, code in said)
        every, flagged = np.ones(len(rows), bool), self.findings.flagged[rows]
        ids = dataset.ids.take(rows)
        size = sample.size[sample.stratum]
        return FilledAudit("audit", _chunked(ids), decisions, sample.stratum, size, flagged, every, self.wrong[rows])


def _chunked(ids: object) -> object:
    import pyarrow as pa

    return pa.chunked_array([ids])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA_FOLDER")
    parser.add_argument("--audits", type=int, default=1000, metavar="N", help="simulated for each set: %(default)s")
    parser.add_argument("--fits", type=int, default=200, metavar="N", help="recalibrations of each: %(default)s")
    results.add_option(parser)
    options = parser.parse_args()
    missed, lost, records, start = [], [], list[results.Record](), time.monotonic()
    for world in _worlds(options.data):
        print(f"{world.name}: {len(world.wrong):,} rows, {world.wrong.sum():,} wrong", flush=True)
        fits = _fits(world, options.fits)
        lost.append(fits[:, 0].mean())
        surveys = _surveyed(world, options.audits)
        records.append(surveys.record(world.name) | {"f1_lost": float(fits[:, 0].mean())})
        for line in (*_survey_lines(surveys), *_recalibrations(world, fits)):
            print(f"  {line}", flush=True)
            if line.endswith(MISSED):
                missed.append(f"{world.name}: {line.strip()}")
    print(f"\n{len(missed)} missed, {(time.monotonic() - start) / 60:.1f} minutes", *missed, sep="\n")
    results.keep(options, "audit", {"audit": records}, LIBRARIES, whole=True)
    print(f"mean F1 lost over {len(lost)} sets {np.mean(lost):.4f}" + _verdict(np.mean(lost) <= F1_LOST))


def _worlds(folder: Path) -> Iterator[World]:
    for place in sorted(path.parent for path in folder.glob("*/truth.csv")):
        probs = sorted(place.glob("probs.*.parquet"))
        for chosen in (*([path] for path in probs), *([probs] if len(probs) > 1 else [])):
            yield World.of(place, chosen)


@dataclass(frozen=True)
class Surveys:
    """covered: (3,) how often the intervals of count, precision and recall hold the truth. count, width: means."""

    truth: NDArray[np.float64]
    covered: NDArray[np.float64]
    count: float
    width: float
    simple: float
    corrected: float
    audits: int

    def record(self, name: str) -> dict[str, object]:
        return {
            "labels": name, "audited": SURVEYED, "audits": self.audits, "covered": float(self.covered[0]),
            "width_of_simple_random": self.width / self.simple,
        }  # fmt: skip


def _surveyed(world: World, audits: int) -> Surveys:
    """Coverage of the three intervals, and the width of that of the count."""
    wrong, flagged = world.wrong, world.findings.flagged
    truth = np.array([wrong.sum(), wrong[flagged].mean(), wrong[flagged].sum() / wrong.sum()])
    found = np.array([_intervals(_survey(world, seed)) for seed in range(audits)])
    value, low, high = found[:, :, 0], found[:, :, 1], found[:, :, 2]
    covered = ((low <= truth + 1e-9) & (truth - 1e-9 <= high)).mean(axis=0)
    simple, corrected = (_simple_width(len(wrong), int(truth[0]), fpc=fpc) for fpc in (False, True))
    return Surveys(truth, covered, value[:, 0].mean(), (high - low)[:, 0].mean(), simple, corrected, audits)


def _survey_lines(of: Surveys) -> Iterator[str]:
    covered, truth = of.covered, of.truth
    yield f"{SURVEYED} rows: count {of.count:,.0f} ±{of.width / 2:,.0f}, covered {covered[0]:.1%}" + _verdict(
        COVERED[0] <= covered[0] <= COVERED[1]
    )
    yield f"  width / simple random {of.width / of.simple:.3f} ({of.width / of.corrected:.3f})" + _verdict(
        of.width <= NARROWER * of.simple
    )
    yield f"  precision {truth[1]:.3f} covered {covered[1]:.1%}, recall {truth[2]:.3f} covered {covered[2]:.1%}"


def _survey(world: World, seed: int) -> Survey:
    sample = world.drawn(SURVEYED, seed)
    rows = world.order[sample.rows]
    flagged, every = world.findings.flagged, np.ones(len(rows), bool)
    known = stratum_counts(sample.stratum, sample.size[sample.stratum], flagged[rows], every, world.wrong[rows])
    return survey(known, int(flagged.sum()))


def _intervals(found: Survey) -> list[list[float]]:
    shares = (found.errors, found.precision, found.recall)
    return [[e.value, e.low, e.high] if e else [np.nan, 0.0, 1.0] for e in shares]


def _simple_width(n: int, errors: int, *, fpc: bool) -> float:
    """The mean width of Wilson's interval over simple random samples."""
    p = np.random.default_rng(0).hypergeometric(errors, n - errors, SURVEYED, 2000) / SURVEYED
    size = SURVEYED / (1 - SURVEYED / n) if fpc else SURVEYED
    half = Z / (1 + Z**2 / size) * np.sqrt(p * (1 - p) / size + Z**2 / 4 / size**2)
    return float(2 * half.mean() * n)


def _fits(world: World, fits: int) -> NDArray[np.float64]:
    """(fits, 3) F1 lost, the count's distance from the truth as a share of it, and the calibration error."""
    wrong, f = world.wrong, world.findings
    before, best = FusedScores(f.score, f.flagged, f.suggested, f.errors), best_f1(wrong, f.score)
    judged, found = np.ones(len(wrong), bool), []
    for seed in range(fits):
        after = recalibrate_on_audit(f.dataset, judged, before, world.audited(world.drawn(RECALIBRATED, seed)))
        assert after.errors is not None
        off = abs(after.errors.value / wrong.sum() - 1)
        found.append((best - f1(wrong, after.flagged), off, calibration_error(wrong, after.score)))
    return np.array(found)


def _recalibrations(world: World, fits: NDArray[np.float64]) -> Iterator[str]:
    wrong, f = world.wrong, world.findings
    lost, off, calibration = fits.T
    yield (
        f"{RECALIBRATED} rows: F1 before {f1(wrong, f.flagged):.3f}, best cut {best_f1(wrong, f.score):.3f}, "
        f"lost {_said(lost)}"
    )
    within = (off <= COUNT_OFF).mean()
    yield f"  count within {COUNT_OFF:.0%} in {within:.1%}, off by {_said(off)} of it" + _verdict(within >= USUALLY)
    before = calibration_error(wrong, f.score)
    yield f"  calibration error {before:.3f}, after {_said(calibration)}" + _verdict(calibration.mean() <= CALIBRATED)


def _said(values: NDArray[np.float64]) -> str:
    return f"{values.mean():.4f} ({np.quantile(values, 0.95):.4f})"


def _verdict(is_met: bool) -> str:
    return ": met" if is_met else MISSED
