"""`hardneg` for a shell: has `support.command_server` fork it, with this program's folder, variables and streams.

It is copied, with a call of `main` at its end, to where a shell looks for programs, and imports what takes no time.
"""

from __future__ import annotations

import _socket
import marshal
import os
import sys
from collections.abc import Mapping, Sequence


def ask(server: str, arguments: Sequence[str], streams: Mapping[int, int], **told: object) -> _socket.socket:
    """The connection, through which the process's number comes, and once it has ended its exit code."""
    asking = _socket.socket(_socket.AF_UNIX)
    asking.connect(server)
    asked = {"arguments": list(arguments), "cwd": os.getcwd(), "env": dict(os.environ), "streams": list(streams)}
    message = marshal.dumps(asked | {"controls": False} | told)
    files = b"".join(number.to_bytes(4, sys.byteorder) for number in streams.values())
    asking.sendmsg([len(message).to_bytes(8, "big")], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, files)])
    while message:
        message = message[asking.send(message) :]
    return asking


def line_of(asking: _socket.socket) -> int:
    line = b""
    while not line.endswith(b"\n"):
        line += asking.recv(1)
    return int(line)


def main(server: str) -> None:
    streams = {number: number for number in map(int, os.listdir("/dev/fd")) if _is_open(number)}  # <(…) are others
    asking = ask(server, sys.argv[1:], streams)
    _, code = line_of(asking), line_of(asking)
    if code < 0:
        os.kill(os.getpid(), -code)
    os._exit(code)


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True
