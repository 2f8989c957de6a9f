"""A Parquet file of a million rows and a hundred classes, against the script and against reading it."""

from __future__ import annotations

from .bench import Bench, Part, at_most, described, peaks, row, times

ROWS, QUICK, CLASSES = 1_000_000, 20_000, 100


def part(bench: Bench) -> Part:
    rows = QUICK if bench.quick else ROWS
    folder = bench.data("parquet", rows, CLASSES)
    data = folder / "part-00.parquet"
    ran = bench.in_turn({
        "hardneg": bench.find("parquet.hardneg.csv", data),
        "script": bench.script("script_cleanlab.py", "parquet.script.csv", data),
        "floor, pyarrow": bench.script("script_floor.py", "pyarrow", data),
        "floor, pandas": bench.script("script_floor.py", "pandas", data),
    })  # fmt: skip
    ours, script, *floors = ran.values()
    lower = min(floors, key=lambda floor: floor.time)
    time, memory = times(ours, script), peaks(ours, script)
    lines = [
        *described(ran),
        *(bench.found(f"parquet.{who}.csv", folder / "wrong") for who in ("hardneg", "script")),
        at_most("wall time ÷ the script's", time.value, 0.35, time),
        at_most("peak memory ÷ the script's", memory.value, 0.4, memory),
        f"- wall time ÷ the lower floor's: {times(ours, lower)}",
    ]
    return Part(lines, [row(f"Parquet, {rows:,} × {CLASSES}", ours, script, lower)])
