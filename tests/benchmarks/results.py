"""What a benchmark measured, as a file: `results/<name>.json`, from which the manual's tables are made."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

RESULTS = Path(__file__).parent / "results"
Record = Mapping[str, Any]


@dataclass(frozen=True)
class Results:
    """command: what was typed. machine: None where nobody wrote it down. made: how the figures came into the file.

    versions: of the libraries. tables: by name, a record a line; shares are between 0 and 1, sizes are bytes.
    """

    benchmark: str
    command: str
    measured: str
    machine: str | None
    made: str
    versions: Mapping[str, str]
    tables: Mapping[str, Sequence[Record]]


@dataclass(frozen=True)
class Figure:
    """A number about a data set; margin: half of its 95 % interval. low, high: an interval, or least and greatest."""

    data: str
    name: str
    value: float | None = None
    margin: float | None = None
    low: float | None = None
    high: float | None = None

    def record(self) -> Record:
        return {name: value for name, value in asdict(self).items() if value is not None}


def margin(values: Sequence[float] | np.ndarray) -> float | None:
    """Half of the 95 % t-interval of the mean over seeds; one seed has none."""
    if len(values) < 2:
        return None
    return float(stats.t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, metavar="FOLDER", help="write the figures there as JSON; a whole run writes to results/"
    )


def keep(
    options: argparse.Namespace, name: str, tables: Mapping[str, Sequence[Record]], libraries: Iterable[str], *,
    whole: bool,
) -> None:  # fmt: skip
    """The figures as a file; those of a part or of a quick run only where `--out` says so."""
    if folder := options.out or (RESULTS if whole else None):
        print(f"\n{write(measured(name, tables, libraries), folder)}")


def measured(name: str, tables: Mapping[str, Sequence[Record]], libraries: Iterable[str]) -> Results:
    """Just now, on this machine, by the command that runs."""
    arguments = ["FOLDER" if Path(word).is_absolute() else word for word in sys.argv[1:]]
    typed = " ".join(("python -m tests.benchmarks", name, *arguments))
    versions = {"Python": platform.python_version()} | {library: version(library) for library in libraries}
    return Results(name, typed, time.strftime("%Y-%m-%d"), machine(), "measured by this program", versions, tables)


def write(results: Results, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{results.benchmark}.json"
    path.write_text(json.dumps(asdict(results), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return path


def read(name: str, folder: Path = RESULTS) -> Results:
    return Results(**json.loads((folder / f"{name}.json").read_text(encoding="utf-8")))


def machine() -> str:
    """A load well above zero says that something else was running, and that wall times say little."""
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return (
        f"{os.cpu_count()} cores, {_processor()}, {memory / 2**30:.0f} GiB of memory, "
        f"{platform.system()} {platform.release()}; load before the start {os.getloadavg()[0]:.1f}"
    )


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.is_file() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()
