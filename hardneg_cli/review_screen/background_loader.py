"""Looks around for the screen, in a thread: what it takes the first time may take a while, and keys must not wait."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

from hardneg_cli.review.queues.review_queue import QueueItem
from hardneg_cli.review.queues.row_context import RowContext, RowContexts


class BackgroundLoader:
    """`seen`: what stands around each row that was looked at. looked: told, in the screen's thread, of each new one."""

    def __init__(self, around: RowContexts, looked: Callable[[int], None]) -> None:
        self.seen: dict[int, RowContext] = {}
        self._around, self._looked, self._busy = around, looked, False

    def look(self, place: int, item: QueueItem) -> None:
        """Begin, unless it is known, or another row is being looked at: `looked` is told when that is done."""
        if self._busy or place in self.seen:
            return
        self._busy = True
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._look, args=(place, item, loop), daemon=True).start()

    def _look(self, place: int, item: QueueItem, loop: asyncio.AbstractEventLoop) -> None:
        found = self._around.of(item)
        with contextlib.suppress(RuntimeError):  # the reviewer has left meanwhile
            loop.call_soon_threadsafe(self._found, place, found)

    def _found(self, place: int, found: RowContext) -> None:
        self._busy = False
        self.seen[place] = found
        self._looked(place)
