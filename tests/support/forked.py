"""What makes a process that is forked from one with all libraries loaded as good as one of its own."""

from __future__ import annotations

import contextlib
import gc
import importlib
import io
import os
import pkgutil
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

LIBRARIES = (
    "numpy.lib.format", "openpyxl", "pandas", "pyarrow.compute", "pyarrow.csv", "pyarrow.ipc", "pyarrow.json",
    "pyarrow.pandas_compat", "pyarrow.parquet", "rapidfuzz.distance", "rich.console", "rich.progress", "rich.table",
    "scipy.optimize", "scipy.sparse.csgraph", "scipy.special", "scipy.stats", "sklearn.linear_model",
    "sklearn.neighbors", "sklearn.preprocessing",
)  # fmt: skip
BROKEN = 99  # the exit code of one that did not even come to the command


def load(*, package: bool = True) -> None:
    """What most commands need of libraries, and the package; nothing that starts a thread, which a fork would lose.

    All of it is frozen: the search for cycles would look through it in every fork.
    """
    for name in LIBRARIES:
        importlib.import_module(name)
    with contextlib.suppress(ModuleNotFoundError):
        importlib.import_module("typer._adapters")  # since 0.29
    if package:
        _load_package()
    gc.collect()
    gc.freeze()


def _load_package() -> None:
    import hardneg_cli
    from hardneg_cli.cli.command_tree import all_options

    for module in pkgutil.walk_packages(hardneg_cli.__path__, "hardneg_cli."):
        if module.name != "hardneg_cli.__main__":
            importlib.import_module(module.name)
    all_options()


def stream_to(streams: Mapping[int, int]) -> None:
    """Have these numbers be these open files, and standard streams without one closed; Python's own begin anew."""
    for number in {*range(3), *streams}:
        if number in streams:
            os.dup2(streams[number], number)
        else:
            os.close(number)
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0))) if 0 in streams else None
    sys.stdout = sys.__stdout__ = _writer(1, "strict") if 1 in streams else None
    sys.stderr = sys.__stderr__ = _writer(2, "backslashreplace") if 2 in streams else None


def _writer(number: int, errors: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedWriter(io.FileIO(number, "w")), errors=errors, line_buffering=True)


def leave_when_signaled() -> None:
    """A signal that comes before the command listens ends the fork as the command would, with nothing done."""
    for number, code in {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 143}.items():
        signal.signal(number, lambda *_, code=code: os._exit(code))


def run_command(arguments: Sequence[str]) -> NoReturn:
    """The command line, to its end."""
    from hardneg_cli.cli.app import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["hardneg", *arguments]
    main()
