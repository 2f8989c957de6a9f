"""Runs the command in a fork for each line of standard input; see `support.command`.

A line is a JSON object {"arguments", "cwd", "env", "streams"}, the last being the paths of standard input, output and
error; it is answered with the exit code, a signal's being negative.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any, NoReturn

from support.forked import BROKEN, load, run_command, stream_to

MODES = os.O_RDONLY, os.O_WRONLY, os.O_WRONLY


def serve() -> None:
    load()
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            _become(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


def _become(told: dict[str, Any]) -> NoReturn:
    try:
        os.chdir(told["cwd"])
        os.environ.clear()
        os.environ.update(told["env"])
        time.tzset()
        stream_to([os.open(path, mode) for path, mode in zip(told["streams"], MODES, strict=True)])
        run_command(told["arguments"])
    finally:
        os._exit(BROKEN)


if __name__ == "__main__":
    serve()
