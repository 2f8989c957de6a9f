"""Whole processes, run in turn: their wall time, their processors' time and their peak memory.

Peak memory is `ru_maxrss` of os.wait4: resident pages at their most, libraries and mapped files included, of the
largest process among the command and its children. Where there are several processes, the sum of their proportional
set sizes (a page that n of them share counts 1/n for each), looked at every 50 ms in a run that is not timed, is taken
instead if it is more. A child starts with the peak of the process that starts it, so this one stays small: data are
made and arrays compared by processes of their own.
"""

from __future__ import annotations

import os
import resource
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import IO

Command = Sequence[str]
UNIT = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
PAUSE = 0.05  # seconds between two looks at the processes
UNUSUAL = ("HARDNEG_", "PYTHONDONTWRITEBYTECODE")  # settings, and compiling everything anew at every start


@dataclass(frozen=True)
class Ran:
    """Seconds of wall and processor time; bytes at the peak, NaN where they cannot be told from this process's own.

    said, told: standard output and standard error.
    """

    seconds: float
    work: float
    peak: float
    said: str
    told: str


@dataclass(frozen=True)
class Runs:
    """Of one command, a figure a round; the most processes it had at once, 0 if nobody looked.

    work: seconds of all processors; far less than the wall time says that others were using them.
    """

    seconds: tuple[float, ...]
    work: tuple[float, ...]
    peaks: tuple[float, ...]
    processes: int

    @property
    def time(self) -> float:
        return median(self.seconds)

    @property
    def peak(self) -> float:
        return median(self.peaks)


@dataclass(frozen=True)
class Ratio:
    """Median, least and greatest over the rounds."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f}–{self.high:.2f})"


def ratio(some: Sequence[float], others: Sequence[float]) -> Ratio:
    """Round by round, so that what slows a whole round down cancels out."""
    each = [one / other for one, other in zip(some, others, strict=True)]
    return Ratio(median(each), min(each), max(each))


def in_turn(commands: Mapping[str, Command], rounds: int, folder: Path) -> dict[str, Runs]:
    """A B A B … for so many rounds; before, unless there is only one, a round that is not timed but watched.

    That one also brings libraries and data into the page cache.
    """
    watched = {name: _watched(command, folder) if rounds > 1 else (0, 0.0) for name, command in commands.items()}
    ran: dict[str, list[Ran]] = {name: [] for name in commands}
    for number in range(1, rounds + 1):
        for name, command in commands.items():
            if sys.stderr.isatty():
                print(f"round {number} of {rounds}: {name}", file=sys.stderr)
            ran[name].append(run(command, folder))
    return {name: _runs(ran[name], *seen) for name, seen in watched.items()}


def _runs(ran: Sequence[Ran], processes: int, together: float) -> Runs:
    return Runs(
        tuple(one.seconds for one in ran), tuple(one.work for one in ran),
        tuple(max(one.peak, together) for one in ran), processes,
    )  # fmt: skip


def run(command: Command, folder: Path, codes: Sequence[int] = (0,)) -> Ran:
    """One process; any other exit code ends the benchmark with what the process said."""
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as told:
        start = time.perf_counter()
        process = _started(command, folder, said, told)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        _ended(process, status, command, told, codes)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak = used.ru_maxrss * UNIT if used.ru_maxrss > own else float("nan")
        said.seek(0)
        told.seek(0)
        return Ran(seconds, used.ru_utime + used.ru_stime, peak, said.read(), told.read())


def _watched(command: Command, folder: Path) -> tuple[int, float]:
    """The most processes at once, and, if they are several, the most bytes that they had together."""
    most, together = 1, 0.0
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as told:
        process = _started(command, folder, said, told)
        while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
            family = _family(process.pid)
            most = max(most, len(family))
            if len(family) > 1:
                together = max(together, sum(map(_proportional, family)))
            time.sleep(PAUSE)
        _ended(process, ended[1], command, told, (0,))
    return most, together


def _started(command: Command, folder: Path, said: IO[str], told: IO[str]) -> subprocess.Popen[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(UNUSUAL)}
    return subprocess.Popen(command, cwd=folder, env=own, stdin=subprocess.DEVNULL, stdout=said, stderr=told)


def _ended(process: subprocess.Popen[str], status: int, command: Command, told: IO[str], codes: Sequence[int]) -> None:
    process.returncode = os.waitstatus_to_exitcode(status)  # it has been waited for
    if process.returncode not in codes:
        told.seek(0)
        raise SystemExit(f"{shlex.join(map(str, command))}: exit code {process.returncode}\n{told.read()}")


def _family(pid: int) -> list[int]:
    try:
        listed = [task.joinpath("children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):  # it has just ended, or this is not Linux
        return [pid]
    return [pid, *(one for text in listed for child in text.split() for one in _family(int(child)))]


def _proportional(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
