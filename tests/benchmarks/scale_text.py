"""Texts of a dozen words, three sizes: time, memory, the exponent in N, and what of near copies and neighbors is found.

With `--against` the other version runs in turn on the middle size. One text in a hundred is a near copy of another one,
with one or two words changed or misspelled; it counts as found if either of the two is flagged. The recall of the ten
nearest is the one that the command measures itself, on 500 random rows against an exact search.
"""

from __future__ import annotations

import csv
import re

from .bench import FEW, HARDNEG, MB, Bench, Part, at_most, described, row, times
from .power import exponent
from .processes import run

ROWS, QUICK, WORDS = (50_000, 200_000, 1_000_000), (5_000, 10_000, 20_000), 12
TIME, MEMORY, MOST_MEMORY, POWER = 1 / 3, 2_000, 8_000, 1.15
COPIES, NEAREST = 0.98, 0.95  # the least recall


def part(bench: Bench) -> Part:
    rows = QUICK if bench.quick else ROWS
    folders = {n: bench.data("text", n, WORDS) for n in (FEW, *rows)}
    middle = rows[1]
    options = ("--text", "text")
    commands = {f"{n:,} texts": bench.find("text.csv", folder / "data.csv", *options) for n, folder in folders.items()}
    if bench.against:
        commands["the other version"] = [*bench.against, *commands[f"{middle:,} texts"][1:]]
    ran = bench.in_turn(commands)
    start, *sizes = (ran[f"{n:,} texts"] for n in folders)
    power = exponent({n: one.seconds for n, one in zip(rows, sizes, strict=True)}, start.time)
    copies, told = _near_copies(bench, middle)
    recall = re.search(r"recall@10 (\d\.\d+)", told)
    lines = [
        *described(ran),
        at_most(f"MB at the peak, {middle:,} texts", sizes[1].peak / MB, MEMORY, f"{sizes[1].peak / MB:,.0f}"),
        at_most(f"MB at the peak, {rows[2]:,} texts", sizes[2].peak / MB, MOST_MEMORY, f"{sizes[2].peak / MB:,.0f}"),
        f"- near copies found, at least {COPIES}: {'met' if copies >= COPIES else 'missed'} ({copies:.4f})",
        _nearest(float(recall[1])) if recall else "- the nearest rows are exact",
    ]
    if power:
        lines.append(at_most("wall time grows with N to the power", power.value, POWER, power))
    if bench.against:
        time = times(sizes[1], ran["the other version"])
        lines.append(at_most("wall time ÷ the other version's", time.value, TIME, time))
    return Part(lines, [row(f"text, {n:,} × {WORDS} words", one) for n, one in zip(rows, sizes, strict=True)])


def _near_copies(bench: Bench, rows: int) -> tuple[float, str]:
    """The share of planted near copies that are found, and what the command says."""
    folder = bench.data("text", rows, WORDS)
    command = [HARDNEG, "find", str(folder / "data.csv"), "--text", "text", "--detector", "near-duplicate"]
    told = run([*command, "-o", "copies.csv"], bench.folder).told
    with (bench.folder / "copies.csv").open(newline="") as file:
        flagged = {line["id"] for line in csv.DictReader(file)}
    pairs = [line.split() for line in (folder / "copies").read_text().splitlines()]
    return sum(bool(flagged & set(pair)) for pair in pairs) / len(pairs), told


def _nearest(recall: float) -> str:
    return f"- recall of the ten nearest, at least {NEAREST}: {'met' if recall >= NEAREST else 'missed'} ({recall})"
