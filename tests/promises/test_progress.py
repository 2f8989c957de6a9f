"""Progress is drawn on a terminal, after one second, on standard error, and gone at the end; nowhere else."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

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
