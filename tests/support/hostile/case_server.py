"""Runs the command many times, each time as a process of its own that is forked from one with all libraries loaded.

`python -m support.hostile.case_server` reads a JSON object a line, {"folder", "arguments", "stdin", "limit", "signal",
"after"}, and answers with one for each, in any order: {"folder", "code", "seconds", "megabytes"}; a negative code is a
signal's. Standard output and error are in FOLDER.out and FOLDER.err, temporary files belong in FOLDER.tmp. stdin: a
file, "closed" or "terminal", whose user only ever leaves. limit: bytes of the largest file, or null. signal: the number
of the one that is sent `after` so many seconds, or null.
"""

from __future__ import annotations

import json
import os
import pty
import resource
import select
import signal
import tempfile
import termios
import time
from dataclasses import dataclass
from typing import Any, NoReturn

from support.forked import BROKEN, leave_when_signaled, load, run_command, stream_to

MOST_AT_ONCE = 2
SECONDS = 60.0  # then it is killed; what is too long is the caller's to say
ADDRESSES = 12 << 30  # so that a runaway ends before the machine does
LEAVE = b"q"
SIZE = 30, 100  # lines and columns of the terminal


@dataclass
class Run:
    """A process that goes on. terminal: our end of it, where it has one. signal: still to be sent, `after` seconds."""

    folder: str
    since: float
    terminal: int | None = None
    pressed: float = 0.0
    signal: int | None = None
    after: float = 0.0


def serve() -> None:
    """Answer until standard input ends."""
    load()
    leave_when_signaled()
    runs: dict[int, Run] = {}
    given, begun, more = [], b"", True
    while runs or given or more:
        if more and select.select([0], [], [], 0)[0]:
            taken = os.read(0, 1 << 16)
            *lines, begun = (begun + taken).split(b"\n")
            given += map(json.loads, lines)
            more = bool(taken)
        while given and len(runs) < MOST_AT_ONCE:
            case = given.pop(0)
            pid, terminal = _start(case)
            runs[pid] = Run(
                case["folder"], time.monotonic(), terminal, signal=case["signal"], after=case["after"]
            )  # fmt: skip
        _attend(runs)


def _attend(runs: dict[int, Run]) -> None:
    """Look after everything that runs, once; tell what has ended."""
    for run in runs.values():
        if run.terminal is not None:
            _sit_at(run)
    pid, status, used = os.wait4(-1, os.WNOHANG) if runs else (0, 0, None)
    if pid and used:
        run = runs.pop(pid)
        if run.terminal is not None:
            _sit_at(run)
            os.close(run.terminal)
        code = os.waitstatus_to_exitcode(status)
        seconds, megabytes = time.monotonic() - run.since, used.ru_maxrss / 1024
        print(json.dumps({"folder": run.folder, "code": code, "seconds": seconds, "megabytes": megabytes}), flush=True)
        return
    for pid, run in runs.items():
        lasted = time.monotonic() - run.since
        if run.signal and lasted > run.after:
            os.kill(pid, run.signal)
            run.signal = None
        if lasted > SECONDS:
            os.kill(pid, signal.SIGKILL)
    time.sleep(0.002)


def _sit_at(run: Run) -> None:
    """Take what is shown, and ask to leave from time to time."""
    assert run.terminal is not None
    while select.select([run.terminal], [], [], 0)[0]:
        try:
            shown = os.read(run.terminal, 1 << 16)
        except OSError:  # nobody is at the other end any more
            return
        with open(f"{run.folder}.err", "ab") as file:
            file.write(shown)
    if time.monotonic() - run.pressed > 0.3:
        run.pressed = time.monotonic()
        os.write(run.terminal, LEAVE)


def _start(case: dict[str, Any]) -> tuple[int, int | None]:
    if case["stdin"] == "terminal":
        pid, terminal = pty.fork()
        if pid:
            termios.tcsetwinsize(terminal, SIZE)
            return pid, terminal
        _become(case, None)
    streams = _streams(case)
    pid = os.fork()
    if not pid:
        _become(case, streams)
    for stream in streams:
        os.close(stream)
    return pid, None


def _streams(case: dict[str, Any]) -> tuple[int, ...]:
    out, err = (os.open(f"{case['folder']}.{end}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC) for end in ("out", "err"))
    return os.open(case["stdin"] if case["stdin"] != "closed" else os.devnull, os.O_RDONLY), out, err


def _become(case: dict[str, Any], streams: tuple[int, ...] | None) -> NoReturn:
    """The command, in its folder."""
    try:
        os.chdir(case["folder"])
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if case["limit"] is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (case["limit"], case["limit"]))
        os.environ["TMPDIR"] = tempfile.tempdir = f"{case['folder']}.tmp"
        opened = dict(enumerate(streams or range(3)))
        if case["stdin"] == "closed":
            del opened[0]
        stream_to(opened)
        run_command(case["arguments"])
    finally:
        os._exit(BROKEN)


if __name__ == "__main__":
    serve()
