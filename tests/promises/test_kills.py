"""Whenever a command is killed, its files are whole, as before or as after, and the next run does the work.

KILLS=200 pytest tests/promises/test_kills.py does so often; kills of `review` are in test_review_interrupted.py.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest

from hardneg_cli.review.decisions.decision_log import read_log
from support.command import hardneg, started

KILLS = int(os.environ.get("KILLS", "1"))
ROWS = 3000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a dataset, its findings, and a queue that relabels all of it."""
    rows = (f"r{row},{'dog' if row % 3 else 'cat'},text {row}\n" for row in range(ROWS))
    (tmp_path / "data.csv").write_text("id,label,text\n" + "".join(rows))
    find = ["find", "data.csv", "--detector", "rare-label", "--all", "-q", "-o", "scores.csv"]
    hardneg(*find, cwd=tmp_path, check=True)
    queue = (tmp_path / "scores.csv").read_text()
    (tmp_path / "filled.csv").write_text(
        queue.replace(",,,,cat,", ",relabel,dog,,cat,").replace(",,,,dog,", ",keep,,,dog,")
    )
    return tmp_path


def names(folder: Path) -> set[str]:
    """Of all files but those that a kill may leave: parts, and the lock."""
    return {one for one in os.listdir(folder) if not one.endswith((".part", ".lock"))}


RUNS = {
    "collect": (["collect", "filled.csv", "--decisions", "log", "--reviewer", "ann", "--reviewers-report", "who.csv"],
                {"log", "who.csv"}),
    "apply": (["apply", "data.csv", "filled.csv", "--in-place", "--provenance", "why.json"],
              {"why.json"}),
    "assign": (["assign", "scores.csv", "--reviewers", "a,b", "-o", "t.csv", "--all"],
               {"t.csv", "t.a.csv", "t.b.csv"}),
}  # fmt: skip


@pytest.mark.process
@pytest.mark.parametrize("command", RUNS)
def test_a_kill_leaves_whole_files(command: str, folder: Path) -> None:
    arguments, made = RUNS[command]
    before = names(folder)
    data = (folder / "data.csv").read_bytes()
    start = time.monotonic()
    done = hardneg(*arguments, cwd=folder)
    lasts = time.monotonic() - start
    assert done.returncode == 0, done.stderr
    whole = {name: (folder / name).read_bytes() for name in made if name != "log"}
    assert names(folder) == before | made
    after = (folder / "data.csv").read_bytes()
    assert (after != data) == (command == "apply")
    moments = random.Random(0)
    for _ in range(KILLS):
        for name in made:
            (folder / name).unlink(missing_ok=True)
        (folder / "data.csv").write_bytes(data)
        process = started(*arguments, cwd=folder)
        time.sleep(moments.uniform(0.3, 1.1) * lasts)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for name in names(folder) - before:
            if name == "log":
                kept, torn = read_log(folder / name)
                assert len(kept) + len(torn) <= ROWS
            elif name != "why.json":
                assert (folder / name).read_bytes() == whole[name]
        assert (folder / "data.csv").read_bytes() in (data, after)
        assert (folder / "data.csv").read_bytes() == data or made <= names(folder), "no change without its record"
    (folder / "data.csv").write_bytes(data)
    hardneg(*arguments, cwd=folder, check=True)
    assert names(folder) == before | made
    assert "log" not in made or len(read_log(folder / "log")[0]) == ROWS
    assert not [name for name in os.listdir(folder) if name.endswith(".lock")]
