"""A row of columns beside its nearest rows: a line a column, with the cells marked that differ from the row's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from textual.content import Content

from hardneg_cli.errors import plural
from hardneg_cli.review.queues.review_queue import QueueItem
from hardneg_cli.review.queues.row_context import ContextRow, RowContext
from hardneg_cli.review_screen.colors import MUTED
from hardneg_cli.review_screen.rendering import ENDS, line
from hardneg_cli.review_screen.surroundings import DIFFERENCE_STYLES, about_nearest, label_style

WIDEST_NAME, WIDEST_CELL = 24, 22  # cells
GAP = 2
EMPTY = "(empty)"


def is_tabular(cells: Sequence[tuple[str, str]]) -> bool:
    """Whether there are several cells, and all of them are short."""
    return len(cells) > 1 and all(len(text) <= WIDEST_CELL and not ENDS.search(text) for _, text in cells)


def column_table(
    cells: Sequence[tuple[str, str]], found: RowContext | None, item: QueueItem, width: int
) -> Iterator[Content]:  # fmt: skip
    """The row's own cells, and behind each those of as many of the nearest rows as there is room for."""
    names = [line(name) for name, _ in cells]
    first = min(max([len("far away"), *(Content(name).cell_length for name in names)]), WIDEST_NAME)
    own = _column(
        [line(text) or EMPTY for _, text in cells], [("", ""), ("this row", MUTED), ("", "")], [""] * len(cells)
    )
    columns = [own]
    for other in found.nearest if found else ():
        columns.append(_other(other, cells, found, item))
        if first + sum(GAP + _width(column) for column in columns) > width:
            columns.pop()
            break
    heads = ["", "", ""] if len(columns) == 1 else ["", "id", "far away"]
    if found and found.nearest:
        yield about_nearest(found).truncate(width, ellipsis=True)
    for at, name in enumerate([*heads, *names]):
        if len(columns) > 1 or at >= len(heads):
            parts = [_cut(column[at], _width(column)) for column in columns]
            start = _cut(Content.styled(name, MUTED), first)
            yield Content.assemble(start, *(piece for part in parts for piece in (" " * GAP, part))).rstrip()
    if found and len(columns) <= len(found.nearest):
        yield Content.styled(f"{plural(len(found.nearest) + 1 - len(columns), 'more row')} where it is wider", MUTED)


def _other(
    other: ContextRow, cells: Sequence[tuple[str, str]], found: RowContext | None, item: QueueItem
) -> list[Content]:
    theirs = dict(zip(found.names, other.cells, strict=True)) if found else {}
    texts = [theirs.get(name, "") for name, _ in cells]
    styles = [
        DIFFERENCE_STYLES["same" if text == own else "other"] for text, (_, own) in zip(texts, cells, strict=True)
    ]
    heads = [(line(other.label), label_style(other, item)), (line(other.id), MUTED), (other.how, MUTED)]
    return _column([line(text) or EMPTY for text in texts], heads, styles)


def _column(texts: Sequence[str], heads: Sequence[tuple[str, str]], styles: Sequence[str]) -> list[Content]:
    return [Content.styled(text, style) for text, style in [*heads, *zip(texts, styles, strict=True)]]


def _width(column: Sequence[Content]) -> int:
    return min(max(part.cell_length for part in column), WIDEST_CELL)


def _cut(part: Content, width: int) -> Content:
    part = part.truncate(width, ellipsis=True)
    return Content.assemble(part, " " * (width - part.cell_length))
