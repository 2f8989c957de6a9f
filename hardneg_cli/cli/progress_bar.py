"""The meter: progress on standard error, on a terminal only, after one second, and gone when the work is done.

    find  3/6 asking the detectors · outvoted-label · looking for the nearest rows  12 of 28, about 10 s left  14 s

One line: the stage, what of it is being done, how many steps of that are done and how long the others will take, and
how long the command has run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from threading import Event, Lock, Thread
from time import monotonic

from hardneg_cli.cli.remaining_time import Steps, words
from hardneg_cli.runtime.progress import STAGES, Advance, painted_by
from hardneg_cli.runtime.terminal import plain

PATIENCE_SECONDS = 1.0  # of a run, before anything is drawn
PART_SECONDS = 0.5  # a part that takes less is not named
TICK_SECONDS = 0.2
CLEAR = "\r\x1b[2K"
NARROWEST = 20  # cells


def metered(*, quiet: bool, command: str = "") -> AbstractContextManager[None]:
    """Draw the progress of everything inside, unless nobody wants it or nobody would see it."""
    seen = sys.stderr.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")  # those cannot wipe a line
    return painted_by(Meter(command).draw) if seen and not quiet else nullcontext()


class Meter:
    """What a run is at, from the outermost work to what is being done of it, and the line that says so."""

    def __init__(self, command: str) -> None:
        self._command, self._began = command, monotonic()
        self._work: list[Steps] = []
        self._lock, self._idle = Lock(), Event()
        self._shown = ""

    @contextmanager
    def draw(self, what: str, total: int | None) -> Iterator[Advance]:
        steps = Steps(plain(what), total, monotonic())
        with self._lock:
            self._work.append(steps)
            outermost = len(self._work) == 1
        if outermost:
            self._idle.clear()
            Thread(target=self._keep_drawing, args=(steps, _stage(what)), daemon=True).start()
        try:
            yield steps.advance
        finally:
            with self._lock:
                self._work.remove(steps)
                if outermost:
                    self._idle.set()
                    self._write("")

    def _keep_drawing(self, outermost: Steps, stage: str) -> None:
        wait = max(PATIENCE_SECONDS - (monotonic() - self._began), TICK_SECONDS)
        while not self._idle.wait(wait):
            with self._lock:
                if not self._work or self._work[0] is not outermost:
                    return
                self._write(self._line(stage, monotonic()))
            wait = TICK_SECONDS

    def _line(self, stage: str, now: float) -> str:
        """The line in the terminal's width: where it is too long, the outer work is left out before the inner one."""
        first, *inner = self._work
        parts = [one for one in inner if now - one.began >= PART_SECONDS]
        count = (parts[-1] if parts else first).text(now)
        end = f"{f'  {count}' if count else ''}  {words(now - self._began)}"
        begin = f"{self._command}  {stage}" if self._command else stage
        room = max(_columns() - 1 - len(end), NARROWEST)
        names = [first.what, *(one.what for one in parts)]
        while len(names) > 1 and len(begin + " · ".join(names)) > room:
            names.pop(1 if len(names) > 2 else 0)
        return _cut(begin + " · ".join(names), room) + end

    def _write(self, line: str) -> None:
        if line != self._shown:
            self._shown = line
            sys.stderr.write(CLEAR + line)
            sys.stderr.flush()


def _stage(what: str) -> str:
    """`3/6 ` where the work is the third stage of six."""
    names = STAGES.get()
    found = [place for place, name in enumerate(names, 1) if what.startswith(name)]
    return f"{max(found, key=lambda place: len(names[place - 1]))}/{len(names)} " if found else ""


def _columns() -> int:
    try:
        return int(os.environ.get("COLUMNS", "")) or os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except ValueError:
        pass
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except OSError:
        return 80


def _cut(text: str, room: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return text if cell_len(text) <= room else set_cell_size(text, room - 1) + "…"
