"""The nearest neighbors of 100,000 rows in 384 dimensions, against an exact search by brute force.

scikit-learn looks for the neighbors of a random tenth of the rows among all of them, and its time is multiplied: what a
row costs it does not depend on how many are asked about. It is asked for ten neighbors, `gather` finds twenty.
"""

from __future__ import annotations

import json
from statistics import fmean

from .bench import Bench, Part, at_most, described, row
from .processes import ratio

ROWS, QUICK, DIMENSIONS, QUICK_DIMENSIONS = 100_000, 5_000, 384, 64
WAYS = ("gather", "exact")


def part(bench: Bench) -> Part:
    rows, dimensions = (QUICK, QUICK_DIMENSIONS) if bench.quick else (ROWS, DIMENSIONS)
    folder = bench.data("neighbors", rows, dimensions)
    labels, features = folder / "labels.csv", folder / "features.npy"
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(bench.rounds):
        for way in WAYS:
            said = bench.once("script_neighbors.py", way, labels, features, bench.folder / f"neighbors.{way}.npz")
            seconds[way].append(json.loads(said)["seconds"])
    answers = [bench.folder / f"neighbors.{way}.npz" for way in WAYS]
    recall = json.loads(bench.once("script_neighbors.py", "recall", labels, features, *answers))
    find = bench.find("neighbors.csv", labels, "--detector", "outvoted-label", "--features", features)
    ran = bench.in_turn({"find --detector outvoted-label": find})
    time = ratio(seconds["gather"], seconds["exact"])
    figures = {
        "rows": rows, "dimensions": dimensions, "seconds": fmean(seconds["gather"]), "recall": recall["recall"],
        "seconds_brute_force": fmean(seconds["exact"]),
    }  # fmt: skip
    lines = [
        *described(ran),
        bench.found("neighbors.csv", folder / "wrong"),
        f"- seconds of the search: {fmean(seconds['gather']):.1f}, brute force {fmean(seconds['exact']):.1f}",
        f"- recall of the ten nearest, at least 0.98: {'met' if recall['recall'] >= 0.98 else 'missed'} "
        f"({recall['recall']:.4f}; the worst row in a hundred: {recall['worst']:.2f})",
        at_most("seconds of the search ÷ brute force", time.value, 0.3, time),
    ]
    return Part(lines, [row(f"features, {rows:,} × {dimensions}", next(iter(ran.values())))], figures)
