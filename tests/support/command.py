"""The command as users run it: `hardneg` for what it does, `COMMAND` where it matters how it starts.

All but `COMMAND` have it forked from a process with all libraries and all of the package loaded. Where there are no
forks, `hardneg` starts a process of its own, and so does `forked_command`.
"""

from __future__ import annotations

import atexit
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from support import forking_client
from support.paths import ROOT, TESTS

COMMAND = [sys.executable, "-m", "hardneg_cli"]
HAS_FORKS = hasattr(os, "fork")


class Started:
    """A process that goes on; as `subprocess.Popen`."""

    returncode: int | None = None

    def __init__(
        self, arguments: tuple[Any, ...], streams: Mapping[int, int], home: Path | None = None, **told: object
    ) -> None:
        given = [_text(one) for one in arguments]
        self.args = ["hardneg", *given]
        self.asking = forking_client.ask(str(_server(copies=home is not None) / "socket"), given, streams, **told)
        self.pid = forking_client.line_of(self.asking)

    def poll(self) -> int | None:
        return self.wait(0)

    def wait(self, seconds: float | None = None) -> int | None:
        """The exit code, if it comes within so many seconds."""
        if self.returncode is None and select.select([self.asking], [], [], seconds)[0]:
            self.returncode = forking_client.line_of(self.asking)
            self.asking.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def hardneg(
    *arguments: Any, cwd: str | Path | None = None, env: Mapping[str, str] | None = None, stdin: bytes = b"",
    text: bool = False, check: bool = False, seconds: float = 120.0, home: Path | None = None,
) -> subprocess.CompletedProcess[Any]:  # fmt: skip
    """One run to its end. home: of a copy of the package that is to run in place of this one."""
    if not HAS_FORKS:
        done = in_a_process(*arguments, cwd=cwd, env=env, stdin=stdin, text=text, seconds=seconds, home=home)
        if check:
            done.check_returncode()
        return done
    with tempfile.TemporaryFile() as words, tempfile.TemporaryFile() as errors:
        words.write(stdin)
        words.seek(0)
        reading, writing = os.pipe()  # what is read by somebody else is a pipe, as a runner's log
        try:
            process = _started(arguments, {0: words.fileno(), 1: writing, 2: errors.fileno()}, cwd, env, home=home)
        finally:
            os.close(writing)
        out = _taken(process, reading, seconds)
        errors.seek(0)
        err = errors.read()
    done = subprocess.CompletedProcess(
        process.args, process.returncode, *((out.decode(), err.decode()) if text else (out, err))
    )
    if check:
        done.check_returncode()
    return done


def in_a_process(
    *arguments: Any, cwd: str | Path | None = None, env: Mapping[str, str] | None = None, stdin: bytes = b"",
    text: bool = False, seconds: float = 120.0, home: Path | None = None,
) -> subprocess.CompletedProcess[Any]:  # fmt: skip
    """The same without a fork."""
    variables = dict(os.environ if env is None else env)
    path = [str(home or ROOT), *filter(None, [variables.get("PYTHONPATH", "")])]
    done = subprocess.run(
        [*COMMAND, *map(_text, arguments)], cwd=cwd, env=variables | {"PYTHONPATH": os.pathsep.join(path)},
        input=stdin, capture_output=True, timeout=seconds, check=False,
    )  # fmt: skip
    if text:
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())
    return done


def _text(argument: object) -> str:
    return os.fsdecode(argument) if isinstance(argument, bytes | os.PathLike) else str(argument)


def started(
    *arguments: Any, cwd: str | Path | None = None, env: Mapping[str, str] | None = None, terminal: int | None = None
) -> Started:
    """One that goes on: on a terminal, which controls it, or with nothing to read and nobody to read it."""
    if terminal is not None:
        return _started(arguments, dict.fromkeys(range(3), terminal), cwd, env, controls=True)
    with open(os.devnull, "r+b") as nothing:
        return _started(arguments, dict.fromkeys(range(3), nothing.fileno()), cwd, env)


def search_path() -> str:
    """A PATH on which `hardneg` is, and the programs of this environment."""
    return os.pathsep.join(map(str, (in_path(copies=False), Path(sys.executable).parent, os.environ["PATH"])))


@cache
def in_path(*, copies: bool) -> Path:
    """A folder with a program `hardneg`, for the PATH of a shell. copies: it runs the package on the PYTHONPATH."""
    folder = _server(copies=copies) / "bin"
    folder.mkdir()
    text = Path(forking_client.__file__).read_text(encoding="utf-8")
    (folder / "hardneg").write_text(f"#!{sys.executable} -IS\n{text}\n\nmain({str(folder.parent / 'socket')!r})\n")
    (folder / "hardneg").chmod(0o755)
    return folder


def forked_command() -> list[str]:
    """What may stand for `COMMAND` where its start, a signal and limits that it inherits are not in question."""
    if not HAS_FORKS:
        return COMMAND
    return [str(in_path(copies=False) / "hardneg")]


def _started(
    arguments: tuple[Any, ...], streams: Mapping[int, int], cwd: str | Path | None, env: Mapping[str, str] | None,
    home: Path | None = None, **told: object,
) -> Started:  # fmt: skip
    variables = dict(os.environ if env is None else env) | ({} if home is None else {"PYTHONPATH": str(home)})
    return Started(arguments, streams, home, cwd=str(cwd or Path.cwd()), env=variables, **told)


def _taken(process: Started, reading: int, seconds: float) -> bytes:
    """What comes through the pipe until the process has ended."""
    said = b""
    try:
        while ready := select.select([process.asking, reading], [], [], seconds)[0]:
            piece = os.read(reading, 1 << 16) if reading in ready else b""
            said += piece
            if not piece and process.asking in ready:
                process.wait()
                return said
    finally:
        os.close(reading)
    process.kill()
    raise subprocess.TimeoutExpired("hardneg", seconds)


@cache
def _server(*, copies: bool) -> Path:
    """The folder with its socket. It ends with its input, which is closed as this process ends.

    copies: it has only the libraries loaded.
    """
    folder = Path(tempfile.mkdtemp(prefix="hardneg-"))
    atexit.register(shutil.rmtree, folder)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "socket"))
        listener.listen(64)
        path = os.pathsep.join(map(str, (ROOT, TESTS)))
        server = subprocess.Popen(
            [sys.executable, "-m", "support.command_server", str(listener.fileno()), *["copies"] * copies],
            env=os.environ | {"PYTHONPATH": path}, stdin=subprocess.PIPE, pass_fds=[listener.fileno()],
            start_new_session=True,
        )  # fmt: skip
    atexit.register(server.communicate)
    return folder
