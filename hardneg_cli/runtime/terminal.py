"""What may reach a terminal, or the log of a CI server: text that cannot act, words for people, colors.

Control characters and invisible direction marks are shown as escapes. So is, in a line of a log, what GitHub's runner
takes for a command to it: `::` at the beginning, and `##[` anywhere. Colors are shown on a terminal, unless NO_COLOR is
set, and wherever FORCE_COLOR is set.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TextIO

from hardneg_cli.errors import bounded

if TYPE_CHECKING:
    from rich.console import Console

INVISIBLE = "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
CONTROL = re.compile(rf"[\x00-\x08\x0a-\x1f\x7f-\x9f{INVISIBLE}]")
STEERING = re.compile(rf"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f{INVISIBLE}]|\r(?!\n)")  # of text that has lines
# What .NET takes for a blank, in UTF-8: the runner cuts it off
BLANK = rb"[\s\x1c-\x1f]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]|\xe2\x81\x9f|\xe3\x80\x80"
COMMAND = re.compile(rb"(?:^|(?<=[\r\n]))(?:" + BLANK + rb")*:(?=:)|#(?=#\[)")


def _escape(found: re.Match[str]) -> str:
    return found.group().encode("unicode_escape").decode()


def plain(text: str) -> str:
    """One line without control characters or invisible direction marks, which are shown as escapes."""
    return CONTROL.sub(_escape, text.replace("\t", " "))


def inert(text: str) -> str:
    """The same for a part of a log's line, in which an old kind of command may begin anywhere."""
    return plain(text).replace("##[", r"\x23#[")


def log_line(text: str) -> str:
    """The same for a line of its own, which no CI server is to take for a command."""
    return without_commands(plain(text).encode()).decode()


def without_commands(lines: bytes) -> bytes:
    """Lines of text, in each of which what GitHub's runner takes for a command is shown as an escape."""
    return COMMAND.sub(lambda found: found.group()[:-1] + b"\\x%02x" % found.group()[-1], lines)


def has_commands(lines: bytes) -> bool:
    """Whether there is anything in them that GitHub's runner takes for a command."""
    return COMMAND.search(lines) is not None


def is_read_by_a_runner(out: BinaryIO) -> bool:
    """Whether what is written may stand in the log of a GitHub workflow, where commands are carried out.

    A pipe to another program cannot be told from the log; a file can.
    """
    if os.environ.get("GITHUB_ACTIONS") != "true" or out.isatty():
        return False
    try:
        mode = os.fstat(out.fileno()).st_mode
        return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
    except OSError:  # no file of the system's at all
        return False


def usage(text: str) -> str:
    """typer's and pydantic's words about a wrong command line, in ours: one line, lower case, no full stop."""
    text = " ".join(text.split()).rstrip(".")
    text = text.replace(". Did you mean ", "; did you mean ").replace("Value error, ", "")
    text = re.sub(r" \(Possible options: .*\)$", "", text)
    text = re.sub(r": Input should be (.*?)(, unable to .*)?$", r": it should be \1", text)
    return text[:1].lower() + text[1:]


def say(text: str, stream: TextIO | None = None) -> None:
    """One line for people; on standard error, of a bounded length."""
    print(log_line(text if stream else bounded(text)), file=stream or sys.stderr)


class TerminalText(io.BufferedIOBase):
    """A terminal that is written to as if it were a file: text, whatever it is, cannot act there; lines stay lines."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._decoder = out, codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._waiting = ""

    def write(self, data: bytes) -> int:  # type: ignore[override]  # any buffer, as in the class above
        text = self._waiting + self._decoder.decode(bytes(data))
        cut = len(text) - text.endswith("\r")  # it depends on what follows
        self._waiting = text[cut:]
        self._out.write(STEERING.sub(_escape, text[:cut]).encode())
        return len(data)

    def finish(self) -> None:
        """Write what waits; the terminal stays open."""
        rest = self._waiting + self._decoder.decode(b"", final=True)
        self._waiting = ""
        self._out.write(STEERING.sub(_escape, rest).encode())

    def isatty(self) -> bool:
        return True

    def writable(self) -> bool:
        return True


def colored(out: BinaryIO) -> bool:
    """What --color says is in these variables, as other programs have it too (no-color.org, force-color.org)."""
    return not os.environ.get("NO_COLOR") and (bool(os.environ.get("FORCE_COLOR")) or out.isatty())


@contextmanager
def console_for(out: BinaryIO, *, soft_wrap: bool = False) -> Iterator[Console]:
    """A console for texts that are shown as they are, without markup; without colors not even bold."""
    from rich.console import Console

    text = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    yield Console(
        file=text, color_system="auto" if colored(out) else None, markup=False, highlight=False, emoji=False,
        soft_wrap=soft_wrap,
    )  # fmt: skip
    text.detach()
