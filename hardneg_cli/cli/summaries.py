"""Says a summary on standard error: in columns and sparing colors on a terminal, in the same words elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from hardneg_cli.errors import bounded
from hardneg_cli.io.tables.terminal_tables import broken, cell_width
from hardneg_cli.rendering.summary import LaidLine, layout
from hardneg_cli.runtime.terminal import console_for, say

if TYPE_CHECKING:
    from rich.text import Text

STYLES = {"verdict": "bold", "heading": "bold", "command": "cyan"}  # of a kind of line
MOST_OF_A_LABEL = 0.5  # of a terminal's width
GAP = 2  # between a label and what is said of it


def say_summary(lines: Iterable[str]) -> None:
    """The lines of a result, laid out."""
    if not sys.stderr.isatty():
        for line in layout(lines, aligned=False):
            say(f"{line.indent}{line.label}{' ' * bool(line.label)}{line.text}")
        return
    sys.stderr.flush()
    with console_for(sys.stderr.buffer, soft_wrap=True) as console:
        for _, group in groupby(layout(lines, aligned=True), key=lambda line: line.kind):
            for text in _columns([*group], console.width):
                console.print(text)


def _columns(lines: Sequence[LaidLine], width: int) -> Iterator[Text]:
    """Lines of one kind: labels and texts below each other; what is broken goes on below its own beginning.

    A command is never broken: the terminal may, and it is copied as one line.
    """
    from rich.text import Text

    indent = len(lines[0].indent)
    room = max(int((width - indent) * MOST_OF_A_LABEL), 1)
    column = max((size for line in lines if (size := cell_width(line.label)) <= room), default=0)
    for line in lines:
        label, text = cell_width(line.label), bounded(line.text)
        start = indent + (max(column, label) + GAP if label else 0)
        first, *more = [text] if line.kind == "command" else broken(text, max(width - start, width // 3))
        style = "dim" if line.dim else STYLES.get(line.kind, "")
        said = Text.assemble(line.indent, (line.label, "dim"), " " * (start - indent - label), (first, style))
        if line.kind == "note":
            said.stylize("yellow", 0, len(line.text.partition(":")[0]))
        yield said
        yield from (Text.assemble(" " * start, (rest, style)) for rest in more)
