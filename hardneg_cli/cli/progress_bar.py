"""The meter: progress on standard error, on a terminal only, after one second, and gone when the work is done."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Timer

from hardneg_cli.runtime.progress import Advance, painted_by
from hardneg_cli.runtime.terminal import plain

PATIENCE_SECONDS = 1.0


def metered(*, quiet: bool) -> AbstractContextManager[None]:
    """Draw the progress of everything inside, unless nobody wants it or nobody would see it."""
    seen = sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")  # those cannot wipe a line
    return painted_by(_bar) if seen and not quiet else nullcontext()


@contextmanager
def _bar(what: str, total: int | None) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = [TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn()]
    bar = Progress(*columns, *[TimeRemainingColumn()] * (total is not None), console=Console(stderr=True),
                   transient=True, redirect_stdout=False, redirect_stderr=False)  # fmt: skip
    task = bar.add_task(plain(what), total=total)
    later = Timer(PATIENCE_SECONDS, bar.start)
    later.daemon = True
    later.start()
    try:
        yield lambda steps: bar.advance(task, steps)
    finally:
        later.cancel()
        later.join()  # it may be drawing for the first time just now
        bar.stop()
