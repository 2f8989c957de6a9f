"""Progress is drawn on a terminal, after one second, on standard error, and gone at the end; nowhere else."""

from __future__ import annotations

import os
import pty
import random
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hardneg_cli.cli.remaining_time import Steps
from support.terminal import Terminal

pytestmark = pytest.mark.process

WORK = """
import sys, time
from hardneg_cli.cli.progress_bar import metered
from hardneg_cli.runtime.progress import progress
with metered(quiet=sys.argv[1] == "quiet"):
    with progress("reading [bold]a\\x1b[31m.csv", total=10) as advance:
        for step in range(10):
            time.sleep(float(sys.argv[2]) / 10)
            advance(1)
            with progress("inside"):
                pass
print("the result")
"""


def on_a_terminal(*arguments: str) -> tuple[str, str]:
    """What a terminal as standard error shows, and standard output, which is none."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", WORK, *arguments]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True, env=environment)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # nobody writes to it any more
            break
        if not part:
            break
        shown += part
    os.close(ours)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0, shown
    return shown.decode(), out


def test_long_work_is_drawn_and_taken_away() -> None:
    shown, out = on_a_terminal("loud", "2.5")
    assert "reading [bold]a\\x1b[31m.csv" in shown
    assert "\x1b[31m.csv" not in shown
    assert "inside" not in shown
    assert shown.rstrip("\r\n").endswith("\x1b[2K")  # the last thing done is to clear the line
    assert out == "the result\n"


def test_short_or_quiet_work_and_pipes_show_nothing() -> None:
    assert on_a_terminal("loud", "0.05") == ("", "the result\n")
    assert on_a_terminal("quiet", "1.3") == ("", "the result\n")
    done = subprocess.run([sys.executable, "-c", WORK, "loud", "1.3"], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("the result\n", "")


STAGES = """
import time
from hardneg_cli.cli.progress_bar import metered
from hardneg_cli.runtime.progress import progress, stages
with metered(quiet=False, command="find"), stages("reading", "asking", "writing"):
    with progress("reading a file with a name that is as long as names of files are, and longer still") as advance:
        for _ in range(8):
            advance(1000)
            time.sleep(0.2)
    with progress("asking the detectors"), progress("outvoted-label, 2 of 3"):
        time.sleep(0.8)
        with progress("looking for the nearest rows", total=20) as advance:
            for _ in range(20):
                time.sleep(0.2)
                advance(1)
    with progress("said to nobody before"):
        time.sleep(0.5)
print("the result")
"""


def lines_of(t: Terminal) -> list[str]:
    """Every line that stood on the terminal, in its order, until the command has ended."""
    found = [""]
    while t.read(0.05) or t.process.poll() is None:
        if t.text.strip() != found[-1]:
            found.append(t.text.strip())
    return found


@pytest.mark.slow
def test_the_line_says_stage_part_count_and_what_is_left_in_one_line(tmp_path: Path) -> None:
    with Terminal("-c", STAGES, cwd=tmp_path, columns=80, command=[sys.executable]) as t:
        *shown, last = lines_of(t)
    assert last == "the result"
    assert all(len(line) < 80 and "\n" not in line for line in shown), shown
    assert any(re.fullmatch(r"find  1/3 reading a file .*…  \d,000 rows  \d s", line) for line in shown), shown
    assert any(re.fullmatch(r"find  2/3 asking the detectors · outvoted-label, 2 of 3  \d s", line) for line in shown)
    counted = [line for line in shown if "looking" in line]
    # the innermost part stays, the others give way
    early = r"find  2/3 asking the detectors · looking for the nearest rows  \d+ of 20  \d s"
    late = r"find  2/3 looking for the nearest rows  \d+ of 20, about 5 s left  \d s"
    assert [line for line in counted if re.fullmatch(early, line)], "no pace yet"
    assert [line for line in counted if re.fullmatch(late, line)]
    assert [line for line in counted if not re.fullmatch(f"{early}|{late}", line)] == []
    assert any(line.startswith("find  said to nobody before") for line in shown), "a stage that none is called like"
    assert t.raw.count(b"\n") == 1, "the line of the result"


@pytest.mark.slow
def test_find_says_what_it_is_at_and_nothing_stays(tmp_path: Path) -> None:
    import pandas as pd

    rng = np.random.default_rng(0)
    label = rng.integers(0, 4, 40_000)
    data = pd.DataFrame(rng.normal(size=(len(label), 32)) + label[:, None], columns=[f"x_{n}" for n in range(32)])
    data.assign(label=label).to_parquet(tmp_path / "data.parquet")
    with Terminal("find", "data.parquet", "--features", "x_*", "-q", "-o", "out.csv", cwd=tmp_path) as quiet:
        assert [line for line in lines_of(quiet) if line] == []
    with Terminal("find", "data.parquet", "--features", "x_*", "-o", "out.csv", lines=60, cwd=tmp_path) as t:
        *shown, last = lines_of(t)
    seen = [line for line in shown if line.startswith("find")]
    assert any(line.startswith("find  3/6 asking the detectors") for line in seen), shown
    assert all(re.match(r"find  [1-6]/6 ", line) and len(line) < 80 for line in seen), seen
    assert last.startswith("data.parquet: 40,000 rows"), last
    assert "/6" not in last


@pytest.mark.parametrize("seed", range(5))
def test_the_time_that_is_left_is_told_late_and_changes_little(seed: int) -> None:
    """Steps take about as long as each other; what is said goes down with the clock, and is about right."""
    chance = random.Random(seed)
    steps, now, told = Steps("work", 200, 0.0), 5.0, []  # it took 5 s to begin
    for _ in range(200):
        took = chance.uniform(0.5, 1.5)
        steps.advance(1, now)
        for part in range(4):
            said = steps.text(now + took * part / 4)
            told.append((now, steps.done, re.search(r"about (\d+) (s|min) left", said)))
        now += took
    assert all(found is None for _, done, found in told if done < 10), "a twentieth is not done yet"
    seconds = [(when, int(found[1]) * (60 if found[2] == "min" else 1)) for when, done, found in told if found]
    assert len(seconds) > 700
    assert max(after - before for (_, before), (_, after) in pairwise(seconds)) <= 60
    off = [abs(left - (now - when)) / max(now - when, 60) for when, left in seconds]
    assert max(off) < 0.6, "of the first few steps, rounded to minutes"
    assert sum(off) / len(off) < 0.2


def test_nothing_is_told_where_nothing_is_known() -> None:
    assert Steps("work", None, 0.0).text(9) == ""
    assert Steps("one step is no count", 1, 0.0).text(9) == ""
    stuck = Steps("work", 10, 0.0)
    assert stuck.text(9) == "0 of 10"
    stuck.advance(5, 1.0)
    assert stuck.text(1.5) == "5 of 10", "less than two seconds"
    assert stuck.text(9) == "5 of 10", "a single advance is no pace"
    stuck.advance(1, 3.0)
    assert stuck.text(3.0) == "6 of 10, about 10 s left"
    assert stuck.text(60.0) == "6 of 10, about 85 s left".replace("85 s", "1 min"), "it takes longer than it did"
    stuck.advance(4, 61.0)
    assert stuck.text(61.0) == "10 of 10"
