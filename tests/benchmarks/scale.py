"""What size costs: python -m tests.benchmarks scale [--quick] [--only NAME] [--rounds N] [--folder DIR] [--against CMD]

Whole processes in turn, A B A B: hardneg, the script that one writes with pandas and cleanlab (script_cleanlab.py), and
the least that anything must do (script_floor.py). Figures are medians over the rounds, ratios are of one round, with
least and greatest; how memory is counted: processes.py. The data (4 GB) are made in a temporary folder, or in --folder
DIR and then kept. --against is the command of another version, which the part `text` runs too. A process that fails
ends it all.
"""

from __future__ import annotations

import argparse
import shlex
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from . import pages, results
from .bench import HERE, Bench, Part

LIBRARIES = ("hardneg-cli", "cleanlab", "pandas", "numpy", "pyarrow", "scikit-learn", "scipy")


def main() -> None:
    names = sorted(path.stem.removeprefix("scale_") for path in HERE.glob("scale_*.py"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small data, too small for what is demanded; one round")
    parser.add_argument("--only", action="append", choices=names, help="a part's name; repeatable")
    parser.add_argument("--rounds", type=int, help="default: 5")
    parser.add_argument("--folder", type=Path, help="keep the data here, and take what is there")
    parser.add_argument(
        "--against", type=shlex.split, default=(), help="another version: 'env PYTHONPATH=… python -m …'"
    )
    results.add_option(parser)
    given = parser.parse_args()
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds: at least one")
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        tables = run(
            Bench(folder, given.rounds or (1 if given.quick else 5), given.quick, tuple(given.against)),
            given.only or names,
        )
    results.keep(given, "scale", tables, LIBRARIES, whole=not given.quick and not given.only)


def run(bench: Bench, names: Sequence[str]) -> dict[str, list[results.Record]]:
    print(results.machine(), end="\n\n", flush=True)
    print(f"rounds: {bench.rounds}{', small data: the demands are meant for large ones' * bench.quick}\n", flush=True)
    tables: dict[str, list[results.Record]] = {"scale": []}
    for name in names:
        print(f"## {name}\n", flush=True)
        part: Part = import_module(f".scale_{name}", __package__).part(bench)
        print("\n".join(part.lines), end="\n\n", flush=True)
        tables["scale"] += part.rows
        if part.figures:
            tables[name] = [part.figures]
    if tables["scale"]:
        print("## all\n", *pages.scale(tables["scale"]), sep="\n")
    return tables
