"""Work shared out to the machine's cores by threads: numpy and pyarrow let go of the interpreter while they work."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Item = TypeVar("Item")
Answer = TypeVar("Answer")

MOST_CORES = 8  # more do not help: the memory is too slow for them


@cache
def cores() -> int:
    """How many of the machine's cores this process may use, at most `MOST_CORES`."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(MOST_CORES, allowed)


def in_order(work: Callable[[Item], Answer], items: Iterable[Item]) -> Iterator[Answer]:
    """`work(item)` for each of the items, in their order; a few items are taken ahead, and no more held in memory.

    Whoever leaves early, as a signal makes them, waits for none: what interrupts a hand-over to a thread may have left
    it locked for good. The work itself must not call this: it would wait for threads that wait for it.
    """
    if cores() == 1:
        yield from map(work, items)
        return
    waiting: deque[Future[Answer]] = deque()
    try:
        for item in items:
            waiting.append(_pool().submit(work, item))
            if len(waiting) > cores():
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for left in waiting:
            left.cancel()


@cache
def _pool() -> ThreadPoolExecutor:
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(cores())
