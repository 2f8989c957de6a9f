"""How well label errors are found, ranked, cut and counted, by hardneg and by cleanlab, on sets whose errors are known.

    python -m tests.benchmarks detection DATA_FOLDER [--only real|simulated] [--quick] [--leave-one-out]

DATA_FOLDER holds cifar10n-aggregate, cifar10s and roman-numeral (labels.csv, truth.csv, probs.<model>.parquet) and
banking77/train.csv. Prints every figure set by set, then a Markdown table, then each demand as met or missed.
`--leave-one-out` instead asks, family by family, what the others would have chosen.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # so that figures and times do not depend on the machine's cores
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from sklearn.exceptions import ConvergenceWarning

from . import leave_one_out, pages, report, results
from .figures import Figures, figures
from .label_sets import REAL, LabelSet, quick_recipes, real_sets, recipes, simulated_sets
from .verdicts import verdicts

CACHE = Path(tempfile.gettempdir()) / "hardneg-benchmarks"
PACKAGES = ("cleanlab", "scikit-learn", "numpy", "scipy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA_FOLDER")
    parser.add_argument("--only", choices=("real", "simulated"))
    parser.add_argument("--quick", action="store_true", help="three small simulated sets, no folder needed")
    parser.add_argument("--leave-one-out", action="store_true", help="what the other families would have chosen")
    parser.add_argument("--cache", type=Path, default=CACHE, metavar="FOLDER", help="for the made sets: %(default)s")
    results.add_option(parser)
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=ConvergenceWarning)  # the models are meant to be quick
    warnings.filterwarnings("ignore", "May not flag all label issues", UserWarning)
    if options.leave_one_out:
        trials = [leave_one_out.trial(labels) for labels in chosen_sets(options) if labels.wrong.any()]
        print(*leave_one_out.report(trials), sep="\n")
        return
    start = time.monotonic()
    real, simulated = _parted([_measured(labels) for labels in chosen_sets(options)])
    records = list(report.records(real, simulated))
    minutes = (time.monotonic() - start) / 60
    print(f"\nMeasured in {minutes:.1f} minutes\n", *pages.detection(records), "", *verdicts(real, simulated), sep="\n")
    whole = not options.quick and options.only is None
    results.keep(options, "detection", {"detection": records}, ("hardneg-cli", *PACKAGES), whole=whole)


def chosen_sets(options: argparse.Namespace) -> Iterator[LabelSet]:
    """The sets that `--only` and `--quick` ask for."""
    if options.only != "simulated" and not options.quick:
        yield from real_sets(options.data)
    if options.only != "real":
        chosen = quick_recipes() if options.quick else recipes()
        yield from simulated_sets(chosen, options.data, options.cache)


def _measured(labels: LabelSet) -> Figures:
    measured = figures(labels)
    print(*report.details(measured), sep="\n", flush=True)
    return measured


def _parted(measured: list[Figures]) -> tuple[list[Figures], list[Figures]]:
    """The real ones and the simulated ones."""
    return [f for f in measured if f.family in REAL], [f for f in measured if f.family not in REAL]
