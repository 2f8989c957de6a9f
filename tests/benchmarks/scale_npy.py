"""An array of 200,000 rows and a thousand classes beside a CSV file of labels, in a bounded memory and without a bound.

Peak memory above the interpreter and the libraries: less the peak of the same command on 500 rows of ten classes. What
is mapped from the file counts as memory, as long as it is resident.
"""

from __future__ import annotations

from pathlib import Path

from .bench import FEW, MB, Bench, Part, above, at_most, described, megabytes, peaks, row, times
from .processes import Command

ROWS, QUICK, CLASSES, QUICK_CLASSES, FEW_CLASSES = 200_000, 10_000, 1000, 500, 10
LIMIT = 512  # MB


def part(bench: Bench) -> Part:
    rows, classes = (QUICK, QUICK_CLASSES) if bench.quick else (ROWS, CLASSES)
    folder, few = bench.data("npy", rows, classes), bench.data("npy", FEW, FEW_CLASSES)
    bound = bench.memory(f"{LIMIT}MB")
    data = [folder / name for name in ("labels.csv", "probs.npy", "classes.txt")]
    ran = bench.in_turn({
        "hardneg": _find(bench, "npy.hardneg.csv", folder),
        "hardneg, bounded": _find(bench, "npy.bounded.csv", folder, *bound),
        f"hardneg, {FEW} × {FEW_CLASSES}": _find(bench, "npy.few.csv", few, *bound),
        "script": bench.script("script_cleanlab.py", "npy.script.csv", *data),
        "floor": bench.script("script_floor.py", "numpy", data[1]),
    })  # fmt: skip
    ours, bounded, start, script, floor = ran.values()
    time, memory, slower = times(ours, script), above(bounded, start) / MB, times(bounded, script)
    how = f"with --memory {LIMIT}MB" if bound else "this version has no --memory, so nothing is bounded"
    lines = [
        *described(ran),
        *(bench.found(f"npy.{who}.csv", folder / "wrong") for who in ("hardneg", "bounded", "script")),
        at_most("wall time ÷ the script's", time.value, 0.25, f"{time}; bounded: {slower}"),
        at_most("MB at the peak above interpreter and libraries", memory, LIMIT, f"{memory:,.0f}, {how}"),
        f"- without a bound: {megabytes(above(ours, start))}; peak memory ÷ the script's: {peaks(ours, script)}, "
        f"bounded {peaks(bounded, script)}; wall time ÷ the floor's: {times(ours, floor)}",
    ]
    name = f"npy, {rows:,} × {classes:,}"
    more = [row(f"the same, `--memory {LIMIT}MB`", bounded, script, floor)] if bound else []
    return Part(lines, [row(name, ours, script, floor), *more])


def _find(bench: Bench, queue: str, folder: Path, *options: str) -> Command:
    more = ("--probs", folder / "probs.npy", "--classes", folder / "classes.txt")
    return bench.find(queue, folder / "labels.csv", *more, *options)
