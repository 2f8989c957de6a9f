"""What makes a process that is forked from one with all libraries loaded as good as one of its own."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Sequence
from typing import NoReturn

BROKEN = 99  # the exit code of one that did not even come to the command


def load() -> None:
    """What most commands need; nothing that starts a thread, which a fork would lose."""
    import pandas
    import pyarrow.compute
    import pyarrow.csv
    import pyarrow.ipc
    import pyarrow.parquet
    import rich.console
    import scipy.special
    import scipy.stats
    import sklearn.linear_model
    import sklearn.neighbors

    import hardneg_cli.cli.app  # noqa: F401

    assert all((pandas, pyarrow, rich, scipy, sklearn))


def stream_to(streams: Iterable[int]) -> None:
    """Have standard input, output and error, as far as given, be these open files, and Python's own begin anew."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(io.FileIO(0)))
    sys.stdout = sys.__stdout__ = io.TextIOWrapper(io.BufferedWriter(io.FileIO(1, "w")), line_buffering=True)
    sys.stderr = sys.__stderr__ = io.TextIOWrapper(
        io.BufferedWriter(io.FileIO(2, "w")), errors="backslashreplace", line_buffering=True
    )


def run_command(arguments: Sequence[str]) -> NoReturn:
    """The command line, to its end."""
    from hardneg_cli.cli.app import main

    sys.argv = ["hardneg", *arguments]
    main()
