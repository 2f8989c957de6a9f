"""Progress: long work says what it is at and how far it got; nobody hears it unless a command has it drawn.

with progress("reading queue.csv", total=rows) as advance:
    advance(1000)

Work inside of other work is a part of it. The stages of a run are what its outermost work is called, in their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import TypeAlias

Advance: TypeAlias = Callable[[int], None]
Draw: TypeAlias = Callable[[str, int | None], AbstractContextManager[Advance]]
DRAW: ContextVar[Draw | None] = ContextVar("DRAW", default=None)
STAGES: ContextVar[tuple[str, ...]] = ContextVar("STAGES", default=())


@contextmanager
def progress(what: str, total: int | None = None) -> Iterator[Advance]:
    """Say that `what` is being done, in `total` steps, about as long as one another, if they can be counted."""
    draw = DRAW.get()
    if draw is None:
        yield _unheard
        return
    with draw(what, total) as advance:
        yield advance


@contextmanager
def painted_by(draw: Draw | None) -> Iterator[None]:
    """Have everything inside drawn by `draw`, or by nobody."""
    before = DRAW.set(draw)
    try:
        yield
    finally:
        DRAW.reset(before)


@contextmanager
def stages(*names: str) -> Iterator[None]:
    """Say what the outermost work inside is called, or how that begins. A stage may turn out not to be needed."""
    before = STAGES.set(names)
    try:
        yield
    finally:
        STAGES.reset(before)


def _unheard(_: int) -> None:
    """Nobody looks."""
