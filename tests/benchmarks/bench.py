"""What the parts of the benchmark of scale share: the data, the commands, the words."""

from __future__ import annotations

import csv
import sys
import sysconfig
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from math import isnan
from pathlib import Path
from statistics import median

from .processes import Command, Ratio, Runs, in_turn, ratio, run
from .results import Record

HERE = Path(__file__).parent
HARDNEG = str(Path(sysconfig.get_path("scripts"), "hardneg"))
FEW = 500  # rows whose processing is but start-up: the interpreter, the libraries, one block
MB = 1e6


@dataclass(frozen=True)
class Part:
    """rows: of the manual's table, by `row`. figures: for the manual's text. lines: everything there is to say."""

    lines: Sequence[str]
    rows: Sequence[Record] = ()
    figures: Record | None = None


@dataclass(frozen=True)
class Bench:
    """Data, queues and answers are kept in `folder`; everything is run `rounds` times. against: another version."""

    folder: Path
    rounds: int
    quick: bool
    against: tuple[str, ...] = ()
    made: dict[str, Path] = field(default_factory=dict)

    def data(self, kind: str, rows: int, width: int, files: int = 1) -> Path:
        """A folder of data of this size, made unless it is there; whole or not at all."""
        folder = self.folder / f"{kind}-{rows}x{width}"
        if not folder.is_dir():
            part = folder.with_suffix(".part")
            part.mkdir(exist_ok=True)
            self.once("script_data.py", kind, rows, width, files, part)
            part.rename(folder)
        return folder

    def once(self, script: str, *arguments: object) -> str:
        """What a script beside this file prints."""
        return run(self.script(script, *arguments), self.folder).said

    def script(self, name: str, *arguments: object) -> Command:
        return [sys.executable, str(HERE / name), *map(str, arguments)]

    def find(self, queue: str, data: object, *options: object) -> Command:
        return [HARDNEG, "find", str(data), *map(str, options), "-o", queue, "-q"]

    def memory(self, limit: str) -> list[str]:
        """The option, if this version of hardneg has it."""
        return ["--memory", limit] if self._has_memory else []

    @cached_property
    def _has_memory(self) -> bool:
        return "--memory " in run([HARDNEG, "find", "--help"], self.folder).said

    def in_turn(self, commands: Mapping[str, Command], rounds: int | None = None) -> dict[str, Runs]:
        return in_turn(commands, rounds or self.rounds, self.folder)

    def found(self, queue: str, wrong: Path) -> str:
        """How many rows are in a queue, and how many of the wrong ones."""
        truth = wrong.read_bytes()  # no numpy here: see processes.py
        with (self.folder / queue).open(newline="") as file:
            right = [truth[int(row["id"])] for row in csv.DictReader(file)]
        precision, recall = (sum(right) / max(1, n) for n in (len(right), sum(truth)))
        return f"{queue}: {len(right):,} rows, {precision:.1%} of them wrong, {recall:.1%} of all wrong ones"


def described(runs: Mapping[str, Runs]) -> Iterator[str]:
    """Markdown: every command, medians, least and greatest."""
    yield "| command | wall time | from–to | processor time | peak memory | from–to | processes |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for name, ran in runs.items():
        yield (
            f"| {name} | {ran.time:.2f} s | {min(ran.seconds):.2f}–{max(ran.seconds):.2f} | "
            f"{median(ran.work):.2f} s | {megabytes(ran.peak)} | "
            f"{min(ran.peaks) / MB:,.0f}–{max(ran.peaks) / MB:,.0f} | {ran.processes or '–'} |"
        )
    yield ""


def row(name: str, ours: Runs, theirs: Runs | None = None, floor: Runs | None = None) -> Record:
    """A line of the manual's table: medians, and ratios with least and greatest."""
    script = {"script": theirs} if theirs else {}
    both = script | ({"floor": floor} if floor else {})
    return {
        "data": name,
        "seconds": {who: ran.time for who, ran in ({"hardneg": ours} | both).items()},
        "seconds_ratio": {who: asdict(times(ours, ran)) for who, ran in both.items()},
        "peak": {who: ran.peak for who, ran in ({"hardneg": ours} | script).items() if not isnan(ran.peak)},
        "peak_ratio": {
            who: asdict(peaks(ours, ran)) for who, ran in script.items() if not isnan(peaks(ours, ran).value)
        },
    }


def times(some: Runs, others: Runs) -> Ratio:
    return ratio(some.seconds, others.seconds)


def peaks(some: Runs, others: Runs) -> Ratio:
    return ratio(some.peaks, others.peaks)


def above(some: Runs, start: Runs) -> float:
    """Bytes at the peak above the interpreter and the libraries."""
    return some.peak - start.peak


def megabytes(size: float) -> str:
    return "–" if isnan(size) else f"{size / MB:,.0f} MB"


def at_most(what: str, value: float, most: float, shown: object) -> str:
    return f"- {what}, at most {most:,g}: {'met' if value <= most else 'missed'} ({shown})"
