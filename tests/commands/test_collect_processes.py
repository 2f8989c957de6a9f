"""`collect` as a process: its exit codes, a full disk, a lock, a kill."""

from __future__ import annotations

import csv
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from filelock import FileLock

from hardneg_cli.review.decisions.decision_log import read_log
from support.collected import LOG, by, fill, queue
from support.command import hardneg, started


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a dataset of nine rows, in which the test runs."""
    rows = [f"r{row},{'cat' if row % 2 else 'dog'},text {row}\n" for row in range(9)]
    (tmp_path / "data.csv").write_text("id,label,text\n" + "".join(rows))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = hardneg("collect", *arguments, text=True)
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.process
def test_0_and_1_by_what_is_left(folder: Path) -> None:
    files = [by("ann", r1="drop", r2="keep"), by("bob", r1="keep", r2="keep")]
    done = run(files[0], "--data", "data.csv")
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "data.csv.decisions.ndjson: 2 decisions read, 2 appended, 0 already there; 7 rows undecided",
        "conflicts: 0 settled, 0 left",
    ]
    done = run(*files, "--decisions", LOG, "-o", "conflicts.csv", code=1)
    assert done.stdout == ""
    assert "2 appended, 2 already there" in done.stderr
    assert "agreement of 2 reviewers on 2 rows that several decided: 50.0% (0.0% to 100.0%)" in done.stderr
    assert "Cohen's κ of ann and bob" in done.stderr
    assert done.stderr.splitlines()[-1].startswith(f"hardneg: {LOG}: 1 row is decided in more than one way; ")
    (row,) = csv.DictReader(Path("conflicts.csv").read_text().splitlines())
    assert (row["id"], row["note"], row["text"]) == ("r1", "ann: drop; bob: keep", "text 1")
    fill("conflicts.csv", [row | {"decision": "drop"}])
    eve = ["conflicts.csv", "--data", "data.csv", "--reviewer", "eve"]
    assert "would be" in run(*eve, "--adjudicator", "eve", "--dry-run").stderr
    run(*eve, "--adjudicator", "eve", "-q", "-o", "left.csv")
    assert Path("left.csv").read_text().count("\n") == 1
    run(*files, "--data", "data.csv", "-q")


@pytest.mark.process
def test_2_for_what_cannot_be(folder: Path) -> None:
    by("ann", r1="keep")
    Path("bad.csv").write_text(Path("ann.csv").read_text().replace("keep", "kep"))
    before = set(os.listdir())
    for arguments in (
        ["ann.csv"], ["--data", "data.csv"],
        ["ann.csv", "--data", "dota.csv"], ["ann.csv", "--data", "-"], ["none.csv", "--data", "data.csv"],
        ["bad.csv", "--data", "data.csv"], ["data.csv", "--data", "data.csv"], ["ann.csv", "--decisions", "none/log"],
        ["ann.csv", "--data", "data.csv", "-o", "ann.csv"], ["ann.csv", "--data", "data.csv", "-o", f"csv:{LOG}"],
        ["ann.csv", "--data", "data.csv", "--policy", "newest"],
    ):  # fmt: skip
        done = run(*arguments, code=2)
        assert (done.stdout, done.stderr.count("\n")) == ("", 1), done.stderr
    assert set(os.listdir()) == before
    Path(LOG).write_text('{"v":3}\n')
    assert "line 1: not a decision of version 2" in run("ann.csv", "--data", "data.csv", code=2).stderr


@pytest.mark.process
def test_2_for_a_full_disk_that_leaves_the_log_as_it_was(folder: Path) -> None:
    by("ann", r1="keep", r2="keep")
    limited = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300)); "
    limited += "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); runpy.run_module('hardneg_cli')"
    arguments = [sys.executable, "-c", limited, "collect", "ann.csv", "--decisions", LOG]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (2, f"hardneg: {LOG}: cannot be written: File too large\n")
    assert sorted(os.listdir()) == ["ann.csv", "data.csv"]
    by("bob", r1="keep")
    run("bob.csv", "--decisions", LOG)
    before = Path(LOG).read_bytes()
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, Path(LOG).read_bytes()) == (2, before)
    run("ann.csv", "--decisions", LOG)
    os.symlink("/dev/full", "full")
    assert "is not a file" in run("ann.csv", "--decisions", "full", code=2).stderr


@pytest.mark.process
def test_75_while_another_run_writes(folder: Path) -> None:
    by("ann", r1="keep")
    with FileLock(f"{LOG}.lock"):
        done = run("ann.csv", "--data", "data.csv", code=75)
    assert done.stderr == f"hardneg: {LOG}: another run is writing to it; try again\n"
    assert not Path(LOG).exists()
    run("ann.csv", "--data", "data.csv")


@pytest.mark.process
def test_a_killed_collect_can_be_run_again(folder: Path) -> None:
    rows = [
        row | {"id": f"{row['id']}-{copy}"} for copy in range(500) for row in queue(r1="keep", r2="drop", r3="bird")
    ]
    fill("ann.csv", rows)
    moments = random.Random(0)
    for _ in range(3):
        process = started("collect", "ann.csv", "--decisions", LOG)
        time.sleep(moments.uniform(0, 0.4))
        process.send_signal(signal.SIGKILL)
        process.wait()
    run("ann.csv", "--decisions", LOG)
    kept, _ = read_log(LOG)
    assert len({one.id for one in kept}) == len(kept) == 1500
    assert "0 appended, 1,500 already there" in run("ann.csv", "--decisions", LOG).stderr
