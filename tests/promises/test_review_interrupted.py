"""What can come between a reviewer and the log: no terminal, a lock, a full disk, signals, kills."""

from __future__ import annotations

import os
import random
import re
import signal
import sys
import termios
import time
from pathlib import Path

import filelock
import pytest

from hardneg_cli.review.decisions.decision_log import read_log
from support.command import hardneg
from support.pictures import questions
from support.reviewing import ONE, queue, review, said, save
from support.terminal import Terminal

KILLS = int(os.environ.get("REVIEW_KILLS", "4"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with data.csv, 40 questions, and queue.csv, the first eight of them."""
    os.rename(questions(tmp_path), tmp_path / "data.csv")
    save(queue(tmp_path / "data.csv"), tmp_path / "queue.csv")
    return tmp_path


@pytest.mark.process
def test_without_a_terminal_it_says_what_else_to_do(folder: Path) -> None:
    done = hardneg("review", "queue.csv", cwd=folder)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"find -o queue.xlsx" in done.stderr
    assert b"hardneg collect" in done.stderr


@pytest.mark.process
@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["queue.csv", "--probs", "p.csv"], "--probs says how find runs"),
        (["queue.csv", "--text", "text"], "--text is about the data: name them with --data"),
        (["data.csv", "--data", "data.csv"], "is no findings file"),
        (["quue.csv"], "did you mean 'queue.csv'"),
        (["-"], "standard input is the keyboard"),
        (["queue.csv", "--decisions", "queue.csv"], "queue.csv: is no decisions log"),
        (["queue.csv", "--decisions", "nowhere/log"], "there is no folder 'nowhere'"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[str], complaint: str, folder: Path) -> None:
    with Terminal("review", *arguments, cwd=folder, columns=200) as t:
        assert t.end() == 2
        assert complaint in t.text
        assert "\x1b[?1049h" not in t.raw.decode(), "the screen was not taken"


@pytest.mark.process
def test_an_empty_queue_is_no_review(folder: Path) -> None:
    save(queue(folder / "data.csv")[:0], folder / "queue.csv")
    with review(folder) as t:
        assert t.end() == 0
        assert "queue.csv: no rows to review" in t.text


@pytest.mark.process
def test_while_another_run_holds_the_log_nothing_is_called_saved(folder: Path) -> None:
    log = folder / "queue.csv.decisions.ndjson"
    with review(folder, *ONE) as t:
        t.wait("0 of 8")
        with filelock.FileLock(f"{log}.lock"):
            t.do("d", "not saved yet: another run is writing", "0 of 8")
            t.do("k", "first the last answer must be saved")
            t.do("q", "esc gives the answer up")
            t.do(["right"], "first the last answer must be saved", "row 1 ·")
        t.wait("saved q-01: drop", "1 of 8")
        with filelock.FileLock(f"{log}.lock"):
            t.do("d", "not saved yet")
            t.do(["esc"], "given up: that answer was not saved", "1 of 8")
        t.do("k", "saved q-02: keep")
    assert [line[1] for line in said(log)] == ["drop", "keep"]


@pytest.mark.process
def test_on_a_full_disk_nothing_is_called_saved(folder: Path) -> None:
    limited = "import resource, signal, runpy; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    limited += "resource.setrlimit(resource.RLIMIT_FSIZE, (700, 700)); runpy.run_module('hardneg_cli')"
    log = folder / "queue.csv.decisions.ndjson"
    with review(folder, *ONE, command=[sys.executable, "-c", limited]) as t:
        t.wait("0 of 8")
        t.do("kk", "2 of 8")
        t.do("k", "not saved: ", "File too large", "2 of 8", "row 3 ·", "undecided")
        t.press("q")
        assert t.end() == 0
        assert "2 rows decided now" in t.text
    assert len(read_log(log)[0]) == 2


@pytest.mark.process
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_gives_the_terminal_back(number: int, code: int, folder: Path) -> None:
    with review(folder, *ONE) as t:
        t.wait("decided")
        t.do("k", "1 of 8")
        assert termios.tcgetattr(t.master) != t.modes
        t.process.send_signal(number)
        assert t.end() == code
        assert termios.tcgetattr(t.master) == t.modes
        assert t.raw.decode().rindex("\x1b[?1049l") > t.raw.decode().rindex("\x1b[?1049h")
        assert t.raw.decode().rindex("\x1b[?25h") > t.raw.decode().rindex("\x1b[?25l")
        assert "1 row decided now" in t.text


@pytest.mark.process
def test_the_window_is_closed(folder: Path) -> None:
    with review(folder, *ONE) as t:
        t.wait("0 of 8")
        t.do("k", "1 of 8")
        t.hang_up()
        assert t.process.wait(20) == 143
    assert len(read_log(folder / "queue.csv.decisions.ndjson")[0]) == 1


@pytest.mark.process
def test_no_acknowledged_answer_is_lost_whenever_it_is_killed(folder: Path) -> None:
    save(queue(folder / "data.csv", 40), folder / "queue.csv")
    log = folder / "queue.csv.decisions.ndjson"
    chance, acknowledged = random.Random(0), []
    for _ in range(KILLS):
        log.unlink(missing_ok=True)
        with review(folder, *ONE) as t:
            t.wait("0 of 40")
            end = time.monotonic() + chance.uniform(0.0, 0.4)
            while time.monotonic() < end:
                t.press(chance.choice("kadu"))
                t.read(chance.uniform(0, 0.02))
            t.process.kill()
            t.process.wait()
            t.drain()
            found = re.search(r"(\d+) of 40 decided", t.text)
            assert found
            lines = read_log(log)[0] if log.exists() else []
            assert len({line.id for line in lines}) >= int(found[1]), t.text
            saved = re.search(r"saved (q-\d\d): ", t.text)
            assert not saved or saved[1] in {line.id for line in lines}
            acknowledged.append(int(found[1]))
    assert sum(acknowledged) > KILLS, "there was something to lose"
    print(f"{KILLS} kills, {sum(acknowledged)} acknowledged answers, none lost")
