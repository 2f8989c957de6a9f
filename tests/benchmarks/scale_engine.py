"""The same command on a Dask cluster of one worker and of two, on this machine, and by threads of one process.

Everything in one command counts, what is not shared out, too: the labels are read, rows are ranked and the queue is
written by one process. The clusters stand ready; what it takes to start one is in the last line of the table.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from .bench import Bench, Part, described, row, times

ROWS, QUICK, FILES, QUICK_FILES, CLASSES = 500_000, 50_000, 20, 4, 20  # rows a file
DEADLINE_SECONDS = 60


def part(bench: Bench) -> Part:
    rows, files = (QUICK, QUICK_FILES) if bench.quick else (ROWS, FILES)
    data = bench.data("many", rows * files, CLASSES, files) / "part-*.parquet"
    with ExitStack() as running:
        one, two = (running.enter_context(_cluster(bench.folder, workers)) for workers in (1, 2))
        ran = bench.in_turn({
            "one worker": bench.find("engine.1.csv", data, "--engine", "dask", "--scheduler", one),
            "two workers": bench.find("engine.2.csv", data, "--engine", "dask", "--scheduler", two),
            "threads": bench.find("engine.0.csv", data),
            "a cluster of its own": bench.find("engine.own.csv", data, "--engine", "dask"),
        })  # fmt: skip
    single, double, threads, own = ran.values()
    queues = {(bench.folder / f"engine.{name}.csv").read_bytes() for name in ("0", "1", "2", "own")}
    lines = [
        *described(ran),
        f"- all queues are the same, byte for byte: {'met' if len(queues) == 1 else 'missed'}",
        f"- speed-up of two workers over one: {times(single, double)}; of two workers over threads: "
        f"{times(threads, double)}; of a cluster of its own over threads: {times(threads, own)}",
    ]
    return Part(lines, [row(f"Parquet, {files} files, {rows * files:,} × {CLASSES}, two workers", double)])


@contextmanager
def _cluster(folder: Path, workers: int) -> Iterator[str]:
    """The address of a scheduler and so many processes of one thread each, as an operator starts them."""
    told = folder / f"scheduler.{workers}.log"
    scheduler = ["-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with told.open("w") as log, ExitStack() as running:
        running.enter_context(_process([*scheduler, "--dashboard-address", "127.0.0.1:0"], folder, log))
        address = _awaited(told, "Scheduler at:").split()[-1]
        worker = ["-m", "distributed.cli.dask_worker", address, "--nworkers", str(workers), "--nthreads", "1"]
        running.enter_context(_process([*worker, "--memory-limit", "0", "--no-dashboard"], folder, log))
        _awaited(told, "Register worker", workers)
        yield address


@contextmanager
def _process(arguments: list[str], folder: Path, log: object) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, *arguments], cwd=folder, stdout=log, stderr=log)  # type: ignore[call-overload]
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def _awaited(log: Path, words: str, times: int = 1) -> str:
    """The line of a log that has the words for so many times."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        found = [line for line in log.read_text().splitlines() if words in line]
        if len(found) >= times:
            return found[times - 1]
        time.sleep(0.1)
    raise SystemExit(f"{log}: no {words!r} within {DEADLINE_SECONDS} s")
