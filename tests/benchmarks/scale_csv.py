"""A CSV file of a million rows and ten classes, against the script and against reading it."""

from __future__ import annotations

from .bench import Bench, Part, at_most, described, peaks, row, times

ROWS, QUICK, CLASSES = 1_000_000, 50_000, 10


def part(bench: Bench) -> Part:
    rows = QUICK if bench.quick else ROWS
    folder = bench.data("csv", rows, CLASSES)
    data = folder / "data.csv"
    ran = bench.in_turn({
        "hardneg": bench.find("csv.hardneg.csv", data),
        "script": bench.script("script_cleanlab.py", "csv.script.csv", data),
        "floor, pyarrow": bench.script("script_floor.py", "pyarrow", data),
        "floor, pandas": bench.script("script_floor.py", "pandas", data),
    })  # fmt: skip
    ours, script, *floors = ran.values()
    lower, upper = sorted(floors, key=lambda floor: floor.time)
    time, memory, over = times(ours, script), peaks(ours, script), times(ours, lower)
    lines = [
        *described(ran),
        *(bench.found(f"csv.{who}.csv", folder / "wrong") for who in ("hardneg", "script")),
        at_most("wall time ÷ the script's", time.value, 0.35, time),
        at_most("peak memory ÷ the script's", memory.value, 0.6, memory),
        at_most("wall time ÷ the lower floor's", over.value, 1.6, f"{over}; the other floor's: {times(ours, upper)}"),
    ]
    return Part(lines, [row(f"CSV, {rows:,} × {CLASSES}", ours, script, lower)])
