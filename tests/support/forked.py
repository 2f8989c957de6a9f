"""What makes a process that is forked from one with all libraries loaded as good as one of its own."""

from __future__ import annotations

import gc
import importlib
import io
import os
import pkgutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NoReturn

import hardneg_cli
from hardneg_cli.cli.command_tree import all_options

LIBRARIES = (
    "numpy.lib.format", "openpyxl", "pandas", "pyarrow.compute", "pyarrow.csv", "pyarrow.ipc", "pyarrow.json",
    "pyarrow.pandas_compat", "pyarrow.parquet", "rapidfuzz.distance", "rich.console", "rich.progress", "rich.table",
    "scipy.optimize", "scipy.sparse.csgraph", "scipy.special", "scipy.stats", "sklearn.linear_model",
    "sklearn.neighbors", "sklearn.preprocessing", "typer._adapters",
)  # fmt: skip
BROKEN = 99  # the exit code of one that did not even come to the command


def load() -> None:
    """The package, and what most commands need of its libraries; nothing that starts a thread, which a fork would lose.

    All of it is frozen: the search for cycles would look through it in every fork.
    """
    for name in (*LIBRARIES, *_modules()):
        importlib.import_module(name)
    all_options()
    gc.collect()
    gc.freeze()


def _modules() -> Iterator[str]:
    for module in pkgutil.walk_packages(hardneg_cli.__path__, "hardneg_cli."):
        if module.name != "hardneg_cli.__main__":
            yield module.name


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


def run_command(arguments: Sequence[str]) -> NoReturn:
    """The command line, to its end."""
    from hardneg_cli.cli.app import main

    sys.argv = ["hardneg", *arguments]
    main()
