"""`mine --mode retrieval` on 100,000 rows of 256 dimensions: time, memory, and the recall that it says it has."""

from __future__ import annotations

import re
from statistics import median

from .bench import HARDNEG, MB, Bench, Part, at_most, described, row
from .processes import run

ROWS, QUICK, DIMENSIONS, QUICK_DIMENSIONS = 100_000, 5_000, 256, 64
TIME, RECALL = 60, 0.95


def part(bench: Bench) -> Part:
    rows, dimensions = (QUICK, QUICK_DIMENSIONS) if bench.quick else (ROWS, DIMENSIONS)
    folder = bench.data("neighbors", rows, dimensions)
    options = ("--mode", "retrieval", "--features", str(folder / "features.npy"), "-o", "mined.csv")
    command = [HARDNEG, "mine", str(folder / "labels.csv"), *options]
    mined = bench.in_turn({"mine --mode retrieval": command})
    (ran,) = mined.values()
    recalls = [float(recall) for recall in re.findall(r"recall@\d+ (\d\.\d+)", run(command, bench.folder).told)]
    return Part(
        [
            *described(mined),
            f"- peak memory: {ran.peak / MB:,.0f} MB",
            at_most("seconds of processor time", median(ran.work), TIME, f"{median(ran.work):.1f}"),
            f"- recall of positives and negatives, at least {RECALL}: "
            f"{'met' if min(recalls, default=1) >= RECALL else 'missed'} "
            f"({', '.join(map(str, recalls)) or 'the search is exact'})",
        ],
        [row(f"mine, {rows:,} × {dimensions}", ran)],
    )
