"""What size costs: python tests/benchmarks/scale.py [--quick] [--only NAME] [--rounds N] [--folder DIR]

Whole processes in turn, A B A B: hardneg, the script that one writes with pandas and cleanlab (script_cleanlab.py), and
the least that anything must do (script_floor.py). Figures are medians over the rounds, ratios are of one round, with
least and greatest; how memory is counted: processes.py. The data (4 GB) are made in a temporary folder, or in --folder
DIR and then kept. A process that fails ends it all.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from bench import HEADER, HERE, Bench, Part

LIBRARIES = ("hardneg-cli", "cleanlab", "pandas", "numpy", "pyarrow", "scikit-learn", "scipy")


def main() -> None:
    names = sorted(path.stem.removeprefix("scale_") for path in HERE.glob("scale_*.py"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small data, too small for what is demanded; one round")
    parser.add_argument("--only", action="append", choices=names, help="a part's name; repeatable")
    parser.add_argument("--rounds", type=int, help="default: 5")
    parser.add_argument("--folder", type=Path, help="keep the data here, and take what is there")
    given = parser.parse_args()
    if given.rounds is not None and given.rounds < 1:
        parser.error("--rounds: at least one")
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        run(Bench(folder, given.rounds or (1 if given.quick else 5), given.quick), given.only or names)


def run(bench: Bench, names: list[str]) -> None:
    where = machine()
    print("\n".join(where), end="\n\n", flush=True)
    print(f"rounds: {bench.rounds}{', small data: the demands are meant for large ones' * bench.quick}\n", flush=True)
    rows: list[Sequence[str]] = []
    for name in names:
        print(f"## {name}\n", flush=True)
        part: Part = import_module(f"scale_{name}").part(bench)
        print("\n".join(part.lines), end="\n\n", flush=True)
        rows += part.rows
    if rows:
        print("\n".join(["## all\n", *where, "", *table(rows)]))


def table(rows: list[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (HEADER, ("---", *["---:"] * (len(HEADER) - 1)), *rows)]


def machine() -> list[str]:
    """What it ran on; a load well above zero says that something else was running, and that wall times say little."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return [
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores, {_processor()}, {memory / 2**30:.0f} GiB of memory, "
        f"{platform.system()} {platform.release()}; load before the start {os.getloadavg()[0]:.1f}",
        f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in LIBRARIES),
    ]


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


if __name__ == "__main__":
    main()
