"""Files to paste, as `explain` tells of them: each begins with a comment, whose first line is `PATH: what it does.`"""

from __future__ import annotations

from itertools import takewhile

from hardneg_cli.runtime import drawers

MARKS = "#/"  # what the comments of such files begin with


def about(name: str) -> str:
    """The comment that the file begins with, and the command that writes it."""
    title = f"{name} (file to paste)"
    lines = takewhile(lambda line: line[:1] in {*MARKS}, drawers.document("snippet", name).splitlines())
    words = "\n".join(map(_uncommented, lines)).strip()
    return f"{title}\n{'=' * len(title)}\n\n{words}\n\nWrite it: hardneg explain --snippet {name} > {_path(name)}\n"


def first_words(name: str) -> str:
    """Where the file belongs, and what it does, in a line."""
    return _uncommented(drawers.document("snippet", name).partition("\n")[0])


def _path(name: str) -> str:
    """Where the file belongs, from the top of a repository."""
    return first_words(name).partition(":")[0]


def _uncommented(line: str) -> str:
    return line.lstrip(MARKS).strip()
