"""What may reach a terminal: untrusted text without control characters, words for people on standard error, colors.

Colors are shown on a terminal, unless NO_COLOR is set, and wherever FORCE_COLOR is set.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, TextIO

if TYPE_CHECKING:
    from rich.console import Console

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """One line without control characters or invisible direction marks, which are shown as escapes."""
    return CONTROL.sub(lambda match: match.group().encode("unicode_escape").decode(), text.replace("\t", " "))


def usage(text: str) -> str:
    """typer's and pydantic's words about a wrong command line, in ours: one line, lower case, no full stop."""
    text = " ".join(text.split()).rstrip(".")
    text = text.replace(". Did you mean ", "; did you mean ").replace("Value error, ", "")
    text = re.sub(r" \(Possible options: .*\)$", "", text)
    text = re.sub(r": Input should be (.*?)(, unable to .*)?$", r": it should be \1", text)
    return text[:1].lower() + text[1:]


def say(text: str, stream: TextIO | None = None) -> None:
    """One line for people."""
    print(plain(text), file=stream or sys.stderr)


def colored(out: BinaryIO) -> bool:
    """What --color says is in these variables, as other programs have it too (no-color.org, force-color.org)."""
    return not os.environ.get("NO_COLOR") and (bool(os.environ.get("FORCE_COLOR")) or out.isatty())


@contextmanager
def console_for(out: BinaryIO, *, soft_wrap: bool = False) -> Iterator[Console]:
    """A console for texts that are shown as they are, without markup; without colors not even bold."""
    import io

    from rich.console import Console

    text = io.TextIOWrapper(out, encoding="utf-8", write_through=True)
    yield Console(
        file=text, color_system="auto" if colored(out) else None, markup=False, highlight=False, emoji=False,
        soft_wrap=soft_wrap,
    )  # fmt: skip
    text.detach()
