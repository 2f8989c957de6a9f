"""What each of the model's half is worth: python -m tests.benchmarks strategies DATA_FOLDER [--quick] [--seeds N]

On scikit-learn's digits and, where DATA_FOLDER has it, BANKING77, 10 % of the training labels planted wrong, half of
them to any class and half to look-alikes; each part prints its tables, means over the seeds with 95 % intervals, and
whether each demand is met. --only NAME runs one part.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from . import results
from .results import Figure

HERE = Path(__file__).parent
LIBRARIES = ("hardneg-cli", "scikit-learn", "numpy", "scipy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("."))
    parser.add_argument("--quick", action="store_true", help="digits alone, two seeds, small models")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", action="append", help="a part's name")
    results.add_option(parser)
    given = parser.parse_args()
    records: list[results.Record] = []
    names = sorted(path.stem.removeprefix("strategy_") for path in HERE.glob("strategy_*.py"))
    for name in given.only or names:
        print(f"## {name}\n", flush=True)
        seeds = range(2 if given.quick else given.seeds)
        for line in import_module(f".strategy_{name}", __package__).part(given.folder, seeds, quick=given.quick):
            if isinstance(line, Figure):
                records.append(line.record())
            else:
                print(line, flush=True)
        print()
    whole = not given.quick and not given.only
    results.keep(given, "strategies", {"strategies": records}, LIBRARIES, whole=whole)
