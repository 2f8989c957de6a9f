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


class HardnegError(Exception):
    """Any trouble that hardneg foresees."""

    exit_code: ClassVar[int] = 2


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


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`; did you mean 'label'?` where something known is close to `word`, else nothing."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def listing(items: Sequence[object], most: int = 5) -> str:
    """The first few of `items` in one line: `'a', 'b' and 7 more`."""
    shown = ", ".join(repr(item) for item in items[:most])
    return shown if len(items) <= most else f"{shown} and {len(items) - most:,} more"


def percent(share: float) -> str:
    """`12.3 %`."""
    return f"{100 * share:.1f} %"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 row` or `1,234 rows`; of other words than nouns `many` says how more than one are called."""
    return f"1 {one}" if count == 1 else f"{count:,} {many or one + 's'}"
