"""What `apply --auto-relabel P` writes.

    python -m tests.benchmarks relabel DATA_FOLDER [--only real|simulated] [--quick]

DATA_FOLDER as for `detection`, of sets whose right labels are known. Printed for each set and P are

- how many labels are written, and the share of wrong ones among them: met is 1 − P plus two standard errors, or less
- how many of them were foretold to be wrong, with the interval that `apply` says, and whether that holds the truth
- how many of the right labels are written that acting on `score` writes, with the models' next best class; met are .8

and the same for acting on `score`; at last on how many sets each is met, by family.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning

from hardneg_cli.statistics.label_noise.suggestion import expected_wrong

from . import detection, results
from .label_sets import REAL, LabelSet
from .methods import by_hardneg

CHANCES = (0.95, 0.8)
KEPT = 0.8  # of the right labels that acting on the score writes
LIBRARIES = ("hardneg-cli", "scikit-learn", "numpy", "scipy")


@dataclass(frozen=True)
class Relabeled:
    """What is written at P `chance`. by_score: the share of wrong labels, acting on the score. kept: see above."""

    labels: str
    family: str
    chance: float
    written: int
    wrong: int
    expected: float
    low: float
    high: float
    by_score: float
    kept: float

    @property
    def share(self) -> float:
        return self.wrong / max(self.written, 1)

    @property
    def error(self) -> float:
        """The standard error of the share that is allowed."""
        return float(np.sqrt(self.chance * (1 - self.chance) / max(self.written, 1)))

    @property
    def is_met(self) -> bool:
        return self.share <= 1 - self.chance + 2 * self.error

    @property
    def is_covered(self) -> bool:
        return self.low <= self.wrong <= self.high

    @property
    def keeps(self) -> bool:
        return not self.kept < KEPT  # nothing to keep is kept

    def __str__(self) -> str:
        return (
            f"{self.labels:50} {self.chance:.2f} {self.written:6,} written, wrong {self.share:.3f} ± {self.error:.3f} "
            f"{'met' if self.is_met else 'MISSED'}, {self.wrong:,} wrong for {self.expected:,.0f} "
            f"({self.low:,.0f} to {self.high:,.0f}){'' if self.is_covered else ' MISSED'}; "
            f"by score {self.by_score:.3f}; kept {self.kept:.3f} {'met' if self.keeps else 'MISSED'}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA_FOLDER")
    parser.add_argument("--only", choices=("real", "simulated"))
    parser.add_argument("--quick", action="store_true", help="three small simulated sets, no folder needed")
    parser.add_argument("--cache", type=Path, default=detection.CACHE, metavar="FOLDER", help="default: %(default)s")
    results.add_option(parser)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    measured = []
    for labels in detection.chosen_sets(options):
        for one in relabeled(labels):
            print(one, flush=True)
            measured.append(one)
    print("", *_summary(measured), sep="\n")
    records = [vars(one) | {"share": one.share, "error": one.error} for one in measured]
    results.keep(options, "relabel", {"relabel": records}, LIBRARIES, whole=not options.quick and options.only is None)


def relabeled(labels: LabelSet) -> Iterator[Relabeled]:
    """At each P; nothing where the right labels are not known."""
    if labels.truth is None:
        return
    found = by_hardneg(labels)
    sure, right = np.nan_to_num(found.suggestion_score), found.suggested == labels.truth
    next_best = _others(labels).argmax(axis=1) == labels.truth
    for chance in CHANCES:
        acts, before = sure >= chance, found.score >= chance
        estimate = expected_wrong(sure[acts])
        kept = (acts & right)[before & next_best]
        yield Relabeled(
            labels.name, labels.family, chance, int(acts.sum()), int((acts & ~right).sum()),
            estimate.value, estimate.low, estimate.high,
            float((~next_best)[before].mean()) if before.any() else 0.0, float(kept.mean()) if len(kept) else np.nan,
        )  # fmt: skip


def _others(labels: LabelSet) -> NDArray[np.floating]:
    p = labels.mean.copy()
    p[np.arange(len(p)), labels.labels] = -1
    return p


def _summary(measured: list[Relabeled]) -> Iterator[str]:
    for chance in CHANCES:
        for family in dict.fromkeys("real" if one.family in REAL else one.family for one in measured):
            of = [
                one
                for one in measured
                if one.chance == chance and family in (one.family, "real" * (one.family in REAL))
            ]
            met, kept = sum(one.is_met for one in of), sum(one.is_met and one.keeps for one in of)
            covered = sum(one.is_covered for one in of)
            yield f"{chance:.2f} {family}: of {len(of)} sets {met} met, {kept} of them keep, {covered} covered"
