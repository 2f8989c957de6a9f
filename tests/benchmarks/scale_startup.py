"""What it costs to start: `--help` against importing typer, and what `apply` and a model-free `check` import."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence

from .bench import HARDNEG, HERE, Bench, Part, at_most, times
from .processes import run

SAMPLE = HERE.parents[1] / "sample_data" / "digits.csv"
HEAVY = ("sklearn", "cleanlab", "scipy", "pandas", "pyarrow", "numpy")
TIMES = 4  # as many rounds as elsewhere: starting is quick


def part(bench: Bench) -> Part:
    commands = {"--help": [HARDNEG, "--help"], "import typer": [sys.executable, "-c", "import typer"]}
    ours, typer = bench.in_turn(commands, bench.rounds * (1 if bench.quick else TIMES)).values()
    time = times(ours, typer)
    shown = f"{time}; {ours.time:.2f} s, {typer.time:.2f} s"
    lines = [at_most("wall time of --help ÷ import typer", time.value, 3, shown)]
    data = shutil.copy(SAMPLE, bench.folder)
    run([HARDNEG, "find", data, "--detector", "label-spelling", "-q", "-o", "spelling.csv"], bench.folder)
    queue = bench.folder / "spelling.csv"
    queue.write_text(queue.read_text().replace(",,", ",relabel,", 1))
    for command in (["--help"], ["check", data], ["apply", data, str(queue), "-o", "corrected.csv"]):
        heavy = _imported(bench, command)
        met = "met" if "sklearn" not in heavy else "missed"
        lines.append(f"- {command[0]} loads no scikit-learn: {met} (it loads {', '.join(heavy) or 'none'} of {_all()})")
    return Part(lines)


def _imported(bench: Bench, command: Sequence[str]) -> list[str]:
    """Which of the heavy libraries a command loads; `check` may well refuse the data."""
    ran = run([sys.executable, "-X", "importtime", "-m", "hardneg_cli", *command], bench.folder, (0, 1))
    names = {line.rsplit("|", 1)[-1].strip() for line in ran.told.splitlines() if line.startswith("import time:")}
    assert "hardneg_cli.cli.app" in names
    return [name for name in HEAVY if any(module.startswith(f"{name}.") for module in names)]  # not merely looked for


def _all() -> str:
    return ", ".join(HEAVY)
