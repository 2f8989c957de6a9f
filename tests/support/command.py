"""The command as users run it: `hardneg` for what it does, `COMMAND` where it matters how it starts or is stopped."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from support.paths import ROOT, TESTS

COMMAND = [sys.executable, "-m", "hardneg_cli"]


def hardneg(
    *arguments: Any, cwd: str | Path | None = None, env: Mapping[str, str] | None = None, stdin: bytes = b"",
    text: bool = False, check: bool = False, seconds: float = 120.0,
) -> subprocess.CompletedProcess[Any]:  # fmt: skip
    """One run to its end, in a process forked from one with all libraries and all of the package loaded."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("in", "out", "err")]
        streams[0].write_bytes(stdin)
        os.mkfifo(streams[1])  # what is read by somebody else is a pipe, as a runner's log
        streams[2].touch()
        given = [os.fsdecode(one) if isinstance(one, bytes | os.PathLike) else str(one) for one in arguments]
        told = {"arguments": given, "cwd": str(cwd or Path.cwd()), "env": dict(os.environ if env is None else env)}
        code, out = _answer(told | {"streams": [str(path) for path in streams]}, streams[1], seconds)
        err = streams[2].read_bytes()
    done = subprocess.CompletedProcess(given, code, *((out.decode(), err.decode()) if text else (out, err)))
    if check:
        done.check_returncode()
    return done


def _answer(told: Mapping[str, object], out: Path, seconds: float) -> tuple[int, bytes]:
    """The exit code, and what came through the pipe `out` meanwhile."""
    server = _server()
    assert server.stdin
    assert server.stdout
    said, reading = b"", os.open(out, os.O_RDONLY | os.O_NONBLOCK)
    server.stdin.write(json.dumps(told) + "\n")
    server.stdin.flush()
    while ready := select.select([server.stdout, reading], [], [], seconds)[0]:
        piece = os.read(reading, 1 << 16) if reading in ready else b""
        said += piece
        if not piece and server.stdout in ready:
            os.close(reading)
            return int(server.stdout.readline()), said
    os.killpg(server.pid, signal.SIGKILL)
    _server.cache_clear()
    raise subprocess.TimeoutExpired("hardneg", seconds)


@cache
def _server() -> subprocess.Popen[str]:
    """It ends with its input, which is closed as this process ends."""
    path = os.pathsep.join(map(str, (ROOT, TESTS)))
    server = subprocess.Popen(
        [sys.executable, "-m", "support.command_server"], env=os.environ | {"PYTHONPATH": path}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    atexit.register(server.communicate)
    return server
