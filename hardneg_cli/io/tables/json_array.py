"""The items of a JSON array, one by one, and no more of its text in memory than that takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from hardneg_cli.io.files.limits import RECORD

SPACE = re.compile(r"[ \t\r\n]*")
Item = TypeVar("Item")


class LongItemError(ValueError):
    """An item, or blanks between two, longer than `RECORD` characters."""


class ArrayText:
    """An array's text: `opening` up to its bracket, then the items, and what stands behind them."""

    def __init__(self, texts: Iterator[str]) -> None:
        self._texts, self._held, self._position = texts, "", 0
        while "[" not in self._held and self._more():
            pass
        self.opening = self.taken(self._held.find("[") + 1)

    def sign(self) -> str:
        """The next sign that is no blank; nothing at the end."""
        length = self._after_blanks(0)  # which may move what is held
        place = self._position + length
        return self._held[place : place + 1]

    def item(self, decode: Callable[[str, int], tuple[Item, int]]) -> tuple[str, Item]:
        """The next item: its text with the blanks around it, and what `decode` makes of that at a place in a text.

        A ValueError or RecursionError of `decode` is raised where more of the text does not help.
        """
        start = self._after_blanks(0)
        while True:
            try:
                value, stop = decode(self._held, self._position + start)
            except ValueError:
                if not self._doubled():
                    raise
            else:
                return self.taken(self._after_blanks(stop - self._position)), value

    def taken(self, length: int) -> str:
        """The next `length` characters."""
        start, self._position = self._position, self._position + length
        return self._held[start : self._position]

    def peek(self) -> str:
        """All that is left, which stays."""
        while self._more():
            pass
        return self._held[self._position :]

    def _after_blanks(self, place: int) -> int:
        """Where the blanks from `place` on end, both counted from what is next."""
        while (end := after_blanks(self._held, self._position + place)) == len(self._held):
            place = end - self._position
            if not self._more():
                return place
        return end - self._position

    def _doubled(self) -> bool:
        """Twice as much text as there was, if there is any more: so all attempts cost what the last one does."""
        wanted, found = 2 * (len(self._held) - self._position), False
        while len(self._held) - self._position < wanted and self._more():
            found = True
        return found

    def _more(self) -> bool:
        """Add the text's next part to what is held, and forget what was taken; whether there was one."""
        for text in self._texts:
            if not text:
                continue
            self._held, self._position = self._held[self._position :] + text, 0
            if len(self._held) > RECORD + len(text):
                raise LongItemError
            return True
        return False


def after_blanks(text: str, position: int) -> int:
    match = SPACE.match(text, position)
    assert match
    return match.end()
