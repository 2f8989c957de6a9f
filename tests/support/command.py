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
    """One run to its end, in a process forked from one with all libraries loaded, which takes half of the time."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder, name) for name in ("in", "out", "err")]
        for path, data in zip(streams, (stdin, b"", b""), strict=True):
            path.write_bytes(data)
        given = [os.fsdecode(one) if isinstance(one, bytes | os.PathLike) else str(one) for one in arguments]
        told = {"arguments": given, "cwd": str(cwd or Path.cwd()), "env": dict(os.environ if env is None else env)}
        code = _answer(told | {"streams": [str(path) for path in streams]}, seconds)
        out, err = (path.read_bytes() for path in streams[1:])
    done = subprocess.CompletedProcess(given, code, *((out.decode(), err.decode()) if text else (out, err)))
    if check:
        done.check_returncode()
    return done


def _answer(told: Mapping[str, object], seconds: float) -> int:
    server = _server()
    assert server.stdin
    assert server.stdout
    server.stdin.write(json.dumps(told) + "\n")
    server.stdin.flush()
    if not select.select([server.stdout], [], [], seconds)[0]:
        os.killpg(server.pid, signal.SIGKILL)
        _server.cache_clear()
        raise subprocess.TimeoutExpired("hardneg", seconds)
    return int(server.stdout.readline())


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
