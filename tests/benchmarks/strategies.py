"""What each of the model's half is worth: python tests/benchmarks/strategies.py DATA_FOLDER [--quick] [--seeds N]

On scikit-learn's digits and, where DATA_FOLDER has it, BANKING77, 10 % of the training labels planted wrong, half of
them to any class and half to look-alikes; each part prints its tables, means over the seeds with 95 % intervals, and
whether each demand is met. --only NAME runs one part.
"""

from __future__ import annotations

import argparse
import time
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("."))
    parser.add_argument("--quick", action="store_true", help="digits alone, two seeds, small models")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", action="append", help="a part's name")
    given = parser.parse_args()
    libraries = ", ".join(f"{name} {version(name)}" for name in ("hardneg-cli", "scikit-learn", "numpy", "scipy"))
    print(f"{time.strftime('%Y-%m-%d')}, {libraries}\n")
    names = sorted(path.stem.removeprefix("strategy_") for path in HERE.glob("strategy_*.py"))
    for name in given.only or names:
        print(f"## {name}\n", flush=True)
        for line in import_module(f"strategy_{name}").part(
            given.folder, range(2 if given.quick else given.seeds), quick=given.quick
        ):
            print(line, flush=True)
        print()


if __name__ == "__main__":
    main()
