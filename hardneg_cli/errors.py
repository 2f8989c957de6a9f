"""What can go wrong, and the exit code each kind of trouble ends with.

    HardnegError
    ├── InputError      2   cannot be done: usage, configuration, input, input or output
    ├── Refused         1   done looking, and the verdict is no
    └── Busy           75   another run holds the lock

Messages are lower case and say what is wrong, where, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import ClassVar

MOST_SHOWN = 80  # characters of a cell, name or id that a message quotes
MOST_OF_A_PATH = 400
MOST_OF_A_MESSAGE = 2000
LONGEST_WORD = 200  # that is looked for among what is known, as that takes the square of the length


class HardnegError(Exception):
    """Any trouble that hardneg foresees. Its text is in words of options, of arguments once it has left a verb."""

    exit_code: ClassVar[int] = 2

    @property
    def command_line(self) -> str:
        """The text in words of options, whoever called."""
        return getattr(self, "_in_options", None) or str(self)

    def reword(self, text: str) -> None:
        """Let the text be another; `command_line` stays."""
        self._in_options = self.command_line
        self.args = (text, *self.args[1:])


class InputError(HardnegError):
    """The input, the settings or the file system do not allow what was asked for."""


class Refused(HardnegError):
    """The work was done and its verdict is no."""

    exit_code: ClassVar[int] = 1


class Busy(HardnegError):
    """Another run holds the lock; the same command may work later."""

    exit_code: ClassVar[int] = 75


class Unavailable(Exception):
    """Evidence that this input does not allow; the detectors that need it are skipped with this reason."""


def quote(value: object, most: int = MOST_SHOWN) -> str:
    """A cell, name, id or class as a message quotes it: its `repr`, of which no more than `most` characters are shown.

    Control characters, direction marks and halves of characters are escapes there.
    """
    text = value if isinstance(value, str) else repr(value)
    found = repr(text[: most + 1]) if isinstance(value, str) else text
    if len(text) <= most and len(found) <= most + 2:
        return found
    if not isinstance(value, str):
        return f"{found[: most - 1]}…"
    return f"{found[:most]}…{found[0]}"


def as_text(name: str) -> str:
    """The name of a file as text that can be written: what of it is not UTF-8 are escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def bounded(message: str, most: int = MOST_OF_A_MESSAGE) -> str:
    """A message of at most `most` characters; what is in the middle goes first, as the end says what to do."""
    if len(message) <= most:
        return message
    end = most // 3
    return f"{message[: most - end - 1]}…{message[-end:]}"


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'label'?` where something known is close to `word`, else nothing."""
    if len(word) > LONGEST_WORD:
        return ""
    close = difflib.get_close_matches(word, [name for name in known if len(name) <= 2 * LONGEST_WORD], n=1)
    return f"; did you mean {quote(close[0], 2 * LONGEST_WORD)}?" if close else ""


def listing(items: Sequence[object], most: int = 5, length: int = MOST_SHOWN) -> str:
    """The first few of `items` in one line, each of that length at most: `'a', 'b' and 7 more`."""
    first = ", ".join(quote(item, length) for item in items[:most])
    return first if len(items) <= most else f"{first} and {len(items) - most:,} more"


def percent(share: float) -> str:
    """`12.3 %`."""
    return f"{100 * share:.1f} %"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 row` or `1,234 rows`; of other words than nouns `many` says how more than one are called."""
    return f"1 {one}" if count == 1 else f"{count:,} {many or one + 's'}"
