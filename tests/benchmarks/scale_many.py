"""Ten million rows in twenty Parquet files, in a bounded memory; and what a quarter, a half and all of them cost."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

from .bench import FEW, MB, Bench, Part, above, at_most, described, megabytes, row
from .power import exponent
from .processes import Command

ROWS, QUICK, CLASSES = 500_000, 50_000, 20  # rows a file
FILES, QUICK_FILES = (3, 5, 10, 20), (1, 2, 4)
LIMIT, MOST = 1000, 1.05  # MB, the exponent


def part(bench: Bench) -> Part:
    rows, files = (QUICK, QUICK_FILES) if bench.quick else (ROWS, FILES)
    most = files[-1]
    folder, few = bench.data("many", rows * most, CLASSES, most), bench.data("parquet", FEW, CLASSES)
    bound = bench.memory("1GB")
    finds = {n: bench.find(f"many.{n}.csv", folder / _first(n), *bound) for n in files}
    start: dict[str, Command] = {f"{FEW} rows": bench.find("many.few.csv", few / "*.parquet", *bound)}
    ran = bench.in_turn(start | {f"{n} files, {n * rows:,} rows": command for n, command in finds.items()})
    starting, *rest = ran.values()
    costs = dict(zip((n * rows for n in files), rest, strict=True))
    time = exponent({n: one.seconds for n, one in costs.items()}, starting.time)
    memory = exponent({n: one.peaks for n, one in costs.items()}, starting.peak)
    peak = above(rest[-1], starting)
    how = "with --memory 1GB" if bound else "this version has no --memory, so nothing is bounded"
    lines = [
        *described(ran),
        bench.found(f"many.{most}.csv", folder / "wrong"),
        at_most("MB at the peak above interpreter and libraries", peak / MB, LIMIT, f"{megabytes(peak)}, {how}"),
        at_most("wall time grows with N to the power", time.value, MOST, time) if time else "- too short to tell",
        f"- peak memory grows with N to the power {memory or 'of nothing: no more than at the start'}",
    ]
    figures = {
        "rows": rows * most, "classes": CLASSES, "files": most, "memory": "1GB", "seconds": rest[-1].time,
        "peak": rest[-1].peak, "exponent": asdict(time) if time else None,
    }  # fmt: skip
    name = f"Parquet, {most} files, {rows * most:,} × {CLASSES}{', `--memory 1GB`' if bound else ''}"
    return Part(lines, [row(name, rest[-1])], figures)


def _first(files: int) -> Path:
    """A pattern for so many files."""
    return Path("part-*.parquet" if files > 10 else f"part-0[0-{files - 1}].parquet")
