"""A CSV file of 50,000 rows, ten classes and 64 features, in which every detector has something to look at.

Against the same command on the probabilities alone, against the script, which looks at nothing else, and with
`--against CMD` against another version. Seconds are those of all processors together.
"""

from __future__ import annotations

from .bench import Bench, Part, at_most, described, row
from .processes import ratio

ROWS, QUICK, DIMENSIONS = 50_000, 3_000, 64
AGAINST = 0.5  # of the other version's


def part(bench: Bench) -> Part:
    rows = QUICK if bench.quick else ROWS
    folder = bench.data("features", rows, DIMENSIONS)
    data = folder / "data.csv"
    find = bench.find("features.csv", data, "--features", "x_*")
    commands = {
        "hardneg": find,
        "probabilities alone": bench.find("features.probs.csv", data),
        "script": bench.script("script_cleanlab.py", "features.script.csv", data),
    }
    if bench.against:
        commands["the other version"] = [*bench.against, *find[1:]]
    ran = bench.in_turn(commands)
    ours, alone, script = (ran[name] for name in ("hardneg", "probabilities alone", "script"))
    lines = [
        *described(ran),
        *(bench.found(f"features.{who}csv", folder / "wrong") for who in ("", "probs.", "script.")),
        f"- processor time ÷ that on the probabilities alone: {ratio(ours.work, alone.work)}; ÷ the script's: "
        f"{ratio(ours.work, script.work)}",
    ]
    if bench.against:
        work = ratio(ours.work, ran["the other version"].work)
        lines.append(at_most("processor time ÷ the other version's", work.value, AGAINST, work))
    return Part(lines, [row(f"CSV with features, {rows:,} × 10 × {DIMENSIONS}", ours, script)])
