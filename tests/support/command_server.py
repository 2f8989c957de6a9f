"""Runs the command in forks, for whoever asks through the socket whose number it is given; see `support.command`.

With the word `copies` behind the number it loads the libraries alone, and each fork the package on its PYTHONPATH.

Asked is, in `marshal`, {"arguments", "cwd", "env", "streams", "controls"}, along with the open files that are to have
the numbers of `streams`. Answered are the process's number and, once it has ended, its exit code, a signal's being
negative, each in a line. Whoever hangs up before has it killed. controls: whether standard input is a terminal, and
controls the process, as where a shell has started it.
"""

from __future__ import annotations

import array
import fcntl
import marshal
import os
import select
import signal
import socket
import sys
import tempfile
import termios
import time
from typing import Any, NoReturn

from support.forked import BROKEN, load, run_command, stream_to

SECONDS = 0.002  # between two looks at what has ended
LONGEST = 1 << 20  # bytes that are taken at once
MOST_FILES = 32


def serve(listening: int, copies: bool) -> None:
    """Until standard input ends."""
    load(package=not copies)
    with socket.socket(fileno=listening) as listener:
        runs: dict[int, socket.socket] = {}
        while True:
            ready = select.select([0, listener, *runs.values()], [], [], SECONDS if runs else None)[0]
            if 0 in ready:
                return
            if listener in ready:
                asking = listener.accept()[0]
                runs[_start(asking, [listener, *runs.values()], copies)] = asking
            _attend(runs, ready)


def _attend(runs: dict[int, socket.socket], ready: list[object]) -> None:
    """Tell what has ended, and end what nobody waits for any more."""
    for pid, asking in list(runs.items()):
        if asking in ready:
            os.kill(pid, signal.SIGKILL)
        ended, status = os.waitpid(pid, 0 if asking in ready else os.WNOHANG)
        if ended:
            if asking not in ready:
                asking.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
            runs.pop(pid).close()


def _start(asking: socket.socket, others: list[socket.socket], copies: bool) -> int:
    asked, given = _received(asking)
    pid = os.fork()
    if not pid:
        for one in (asking, *others):
            one.close()
        _become(asked, given, asked["env"]["PYTHONPATH"].split(os.pathsep) if copies else [])
    for one in given:
        os.close(one)
    asking.sendall(b"%d\n" % pid)
    return pid


def _received(asking: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """What is asked, and the open files."""
    size, with_files, _, _ = asking.recvmsg(8, socket.CMSG_SPACE(MOST_FILES * array.array("i").itemsize))
    given = array.array("i")
    for _, _, files in with_files:
        given.frombytes(files)
    told = b""
    while len(told) < int.from_bytes(size, "big"):
        told += asking.recv(LONGEST)
    return marshal.loads(told), list(given)


def _become(asked: dict[str, Any], given: list[int], path: list[str]) -> NoReturn:
    try:
        os.chdir(asked["cwd"])
        os.environ.clear()
        os.environ.update(asked["env"])
        time.tzset()
        sys.path[:0] = path
        tempfile.tempdir = None  # so that TMPDIR is looked at anew
        stream_to(dict(zip(asked["streams"], given, strict=True)))
        if asked["controls"]:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        run_command(asked["arguments"])
    finally:
        os._exit(BROKEN)


if __name__ == "__main__":
    serve(int(sys.argv[1]), "copies" in sys.argv)
