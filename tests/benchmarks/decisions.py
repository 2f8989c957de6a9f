"""How long a large log takes to be read, and how long many reviewers' agreement takes.

The log is measured against `wc -l` and pyarrow's JSON reader on the same file, in turn: medians of `--rounds`.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import pyarrow.json

from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_log import read_log
from hardneg_cli.review.reviewers.agreement import agreement


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--reviewers", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "data.csv.decisions.ndjson")
        with log.open("w") as file:
            file.writelines(_line(number) for number in range(given.lines))
        floor, ours = [], []
        for _ in range(given.rounds):
            floor.append(_seconds(lambda: _floor(log)))
            ours.append(_seconds(lambda: read_log(log)))
    print(f"log of {given.lines:,} lines: {median(ours):.2f} s, {median(ours) / median(floor):.2f} times the floor")
    answers = _answers(given.reviewers)
    took = median(_seconds(lambda: agreement(answers)) for _ in range(given.rounds))
    print(f"agreement of {given.reviewers:,} reviewers, {len(answers):,} answers: {took:.2f} s")
    return 0


def _floor(log: Path) -> None:
    subprocess.run(["wc", "-l", log], check=True, capture_output=True)
    pyarrow.json.read_json(log)


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _line(number: int) -> str:
    record = {
        "v": 2, "id": f"row-{number}", "row_hash": f"h{number:016x}", "hashed": "", "given": "cat",
        "decision": "relabel" if number % 3 else "keep", "new_label": "dog" if number % 3 else "",
        "reviewer": f"r{number % 7}", "at": f"2026-03-01T10:{number % 60:02}:00.000000Z", "source": "queue.csv",
        "note": "", "rank": number + 1, "score": 0.5, "role": "suspect",
    }  # fmt: skip
    return json.dumps(record, separators=(",", ":")) + "\n"


def _answers(reviewers: int) -> list[Decision]:
    """Ten answers a row, a hundred by each reviewer."""
    chance = random.Random(0)
    return [
        Decision(f"r{row}", f"h{row:016x}", "cat", "relabel", chance.choice(("dog", "bird")), f"p{one}",
                 "2026-03-01T10:00:00Z", "queue.csv")
        for row in range(reviewers * 10) for one in chance.sample(range(reviewers), 10)
    ]  # fmt: skip
