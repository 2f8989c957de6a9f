"""Looks around for the screen, in a thread: what it takes the first time may take a while, and keys must not wait."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable

from hardneg_cli.review.queues.review_queue import QueueItem
from hardneg_cli.review.queues.row_context import RowContexts
from hardneg_cli.review_screen.pictures import PictureCells
from hardneg_cli.review_screen.row_body import SeenRow

KEPT = 200  # rows; pictures take memory


class BackgroundLoader:
    """`seen`: what is known of each row that was looked at. looked: told, in the screen's thread, of each new one."""

    def __init__(self, around: RowContexts | None, pictures: PictureCells, looked: Callable[[int], None]) -> None:
        self.seen: dict[int, SeenRow] = {}
        self._around, self._pictures, self._looked, self._busy = around, pictures, looked, False

    def look(self, place: int, item: QueueItem) -> None:
        """Begin, unless it is known, or another row is being looked at: `looked` is told when that is done."""
        if self._busy or place in self.seen:
            return
        self._busy = True
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._look, args=(place, item, loop), daemon=True).start()

    def _look(self, place: int, item: QueueItem, loop: asyncio.AbstractEventLoop) -> None:
        around = self._around.of(item) if self._around else None
        cells = [cell for name, cell in item.content if self._pictures.is_picture(name, cell)][:1]
        cells += [other.picture for other in (around.nearest if around else ()) if other.picture]
        found = SeenRow(around, {cell: self._pictures.read(cell) for cell in dict.fromkeys(cells)})
        with contextlib.suppress(RuntimeError):  # the reviewer has left meanwhile
            loop.call_soon_threadsafe(self._found, place, found)

    def _found(self, place: int, found: SeenRow) -> None:
        self._busy = False
        if len(self.seen) >= KEPT:
            del self.seen[next(iter(self.seen))]
        self.seen[place] = found
        self._looked(place)
