"""A benchmark that is made of parts: each module `<prefix>_<name>.py` has `part(folder, seeds, *, quick)`.

A part yields lines of Markdown and figures (`results.Figure`), which are kept with date and versions.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

from . import results
from .results import Figure

HERE = Path(__file__).parent
LIBRARIES = ("hardneg-cli", "scikit-learn", "numpy", "scipy")


def main(name: str, prefix: str, about: str | None) -> None:
    """Run the parts that the command line asks for, by default all of them; whole runs are kept as `name`."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("."))
    parser.add_argument("--quick", action="store_true", help="few sets, two seeds, small models")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", action="append", help="a part's name")
    results.add_option(parser)
    given = parser.parse_args()
    records: list[results.Record] = []
    names = sorted(path.stem.removeprefix(f"{prefix}_") for path in HERE.glob(f"{prefix}_*.py"))
    for part in given.only or names:
        print(f"## {part}\n", flush=True)
        seeds = range(2 if given.quick else given.seeds)
        for line in import_module(f".{prefix}_{part}", __package__).part(given.folder, seeds, quick=given.quick):
            if isinstance(line, Figure):
                records.append(line.record())
            else:
                print(line, flush=True)
        print()
    whole = not given.quick and not given.only
    results.keep(given, name, {name: records}, LIBRARIES, whole=whole)
