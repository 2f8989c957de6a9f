"""What a row more and a class more cost: sweeps over N and over K, and the exponents."""

from __future__ import annotations

from .bench import FEW, Bench, Part, described
from .power import exponent

ROWS, CLASSES = (125_000, 250_000, 500_000, 1_000_000), (50, 100, 200, 400)
FIXED_ROWS, FIXED_CLASSES, LESS, FIRST = 100_000, 10, 10, 3  # when quick: a tenth of all rows, the first three sizes


def part(bench: Bench) -> Part:
    less, sizes = (LESS, FIRST) if bench.quick else (1, len(ROWS))
    by_rows = {n: (n, FIXED_CLASSES) for n in (rows // less for rows in ROWS[:sizes])}
    by_classes = {k: (FIXED_ROWS // less, k) for k in CLASSES[:sizes]}
    lines: list[str] = []
    for name, sizes in (("N", by_rows), ("K", by_classes)):
        lines += [*_swept(bench, name, sizes), ""]
    return Part(lines[:-1])


def _swept(bench: Bench, name: str, sizes: dict[int, tuple[int, int]]) -> list[str]:
    shapes = [(FEW, min(k for _, k in sizes.values())), *sizes.values()]
    finds = {
        f"{n:,} × {k}": bench.find("growth.csv", bench.data("parquet", n, k) / "part-00.parquet") for n, k in shapes
    }
    ran = bench.in_turn(finds)
    start, *rest = ran.values()
    time = exponent({size: one.seconds for size, one in zip(sizes, rest, strict=True)}, start.time)
    memory = exponent({size: one.peaks for size, one in zip(sizes, rest, strict=True)}, start.peak)
    return [
        *described(ran),
        f"- wall time above that of {FEW} rows grows with {name} to the power {time or '–: too short to tell'}",
        f"- peak memory above that of {FEW} rows grows with {name} to the power {memory or '–: too little to tell'}",
    ]
