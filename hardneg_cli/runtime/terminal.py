"""Words for people, on standard error; untrusted text reaches the terminal without its control characters."""

from __future__ import annotations

import re
import sys
from typing import TextIO

CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def plain(text: str) -> str:
    """One line without control characters or invisible direction marks, which are shown as escapes."""
    return CONTROL.sub(lambda found: found.group().encode("unicode_escape").decode(), text.replace("\t", " "))


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
