"""What stands around a row: its copies, those that contradict it first, and its nearest rows; what tells them apart.

Rows of text are quoted with the words marked that the row in question does not have, and pictures are small ones side
by side. Rows of columns are a table, `column_table.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from hardneg_cli.errors import plural
from hardneg_cli.review.queues.review_queue import QueueItem
from hardneg_cli.review.queues.row_context import ContextRow, RowContext
from hardneg_cli.review_screen.colors import DIFFERS, MUTED
from hardneg_cli.review_screen.pictures import picture_lines
from hardneg_cli.review_screen.rendering import line
from hardneg_cli.review_screen.word_differences import differences

if TYPE_CHECKING:
    from hardneg_cli.review_screen.pictures import Seen
    from hardneg_cli.review_screen.row_body import BodyRoom

INDENT = 4  # cells
QUOTED = 3  # lines of another row's text
SMALL, LARGER = (12, 6), (20, 10)  # columns and lines of a small picture
ROOMY = 28  # lines of the body, with which they are larger
CAPTION = 10, 14  # cells, at least and at most, where as many as are shown fit beside each other
DIFFERENCE_STYLES = {"same": MUTED, "other": f"underline {DIFFERS}", "lacking": f"strike {MUTED}"}


def surroundings(
    found: RowContext, item: QueueItem, pictures: Mapping[str, Seen], room: BodyRoom, *, in_table: bool
) -> list[Content]:  # fmt: skip
    """Lines of at most as many cells as there are in the room. in_table: the nearest rows are shown in a table."""
    lines: list[Content] = []
    if found.trouble:
        lines += Content.styled(line(found.trouble), "$warning").wrap(room.width)
    if found.copies:
        lines += [Content("")] * bool(lines) + [_about_copies(found)]
        for copy in found.copies:
            lines += _quoted(copy, found, label_style(copy, item), room.width, closely=True)
    if found.nearest and not in_table:
        lines += [Content("")] * bool(lines) + [about_nearest(found).truncate(room.width, ellipsis=True)]
        if any(other.picture for other in found.nearest):
            lines += _side_by_side(found.nearest, item, pictures, room)
        else:
            for other in found.nearest:
                lines += _quoted(other, found, label_style(other, item), room.width)
    return lines


def _about_copies(found: RowContext) -> Content:
    rows = plural(found.copied, "copy", "copies")
    if not found.against:
        return Content.styled(rows, MUTED)
    other = "labeled otherwise" if found.against == found.copied else f"{found.against:,} labeled otherwise"
    return Content.assemble((f"{rows}, ", MUTED), (other, "bold $error"))


def about_nearest(found: RowContext) -> Content:
    """`nearest rows, and how far away: 3 cat, 2 dog`."""
    votes = Counter(other.label for other in found.nearest)
    said = ", ".join(f"{count} {line(label, 30)}" for label, count in votes.most_common())
    return Content.styled(f"nearest rows, and how far away: {said}", MUTED)


def label_style(other: ContextRow, item: QueueItem) -> str:
    """As the row's own labels are, so that it is seen which of them another row speaks for."""
    if other.label == item.given:
        return "bold $warning"
    return "bold $primary" if other.label == item.suggested else "bold"


def _quoted(
    other: ContextRow, found: RowContext, style: str, width: int, *, closely: bool = False
) -> list[Content]:  # fmt: skip
    """Its label, and behind that what tells it apart; a copy with another label stands out."""
    against = closely and other.contradicts
    mark = ("≠ ", "bold $error") if against else ("  ", "")
    parts = [mark, (line(other.label, 80), "bold $error" if against else style), (f"  {other.how}  ", MUTED)]
    own = Content.assemble(*parts, (line(other.id, 80), MUTED), *(_text(other, found, closely) if found.names else ()))
    first, *more = own.wrap(max(width - INDENT, INDENT)) or [Content("")]
    shown = [first, *(part.pad_left(INDENT) for part in more)]
    if len(shown) > QUOTED:
        shown = [*shown[: QUOTED - 1], Content.assemble(shown[QUOTED - 1].rstrip(), ("…", MUTED))]
    return shown


def _text(other: ContextRow, found: RowContext, closely: bool) -> Iterator[tuple[str, str]]:
    """The text, with the words marked that tell it from the row's own; nothing of one that is the same."""
    ours, text = _joined(found.own), _joined(other.cells)
    if not text or (closely and text == ours):
        return
    parts = [*differences(text, ours, closely=closely)]
    marked = any(kind == "same" for _, kind in parts)
    for place, (words, kind) in enumerate(parts):
        yield "  " if not place else " ", ""
        yield line(words), DIFFERENCE_STYLES[kind] if marked else ""


def _joined(cells: Sequence[str]) -> str:
    return " · ".join(cell for cell in cells if cell.strip() and not cell.startswith("data:"))


def _side_by_side(
    others: Sequence[ContextRow], item: QueueItem, pictures: Mapping[str, Seen], room: BodyRoom
) -> Iterator[Content]:  # fmt: skip
    """Small pictures below label and distance, as many beside each other as there is room for."""
    columns, lines = LARGER if room.lines >= ROOMY else SMALL
    small = []
    for other in others:
        seen = pictures.get(other.picture)
        if seen is None or isinstance(seen, str):
            shown = [Content.styled("(no picture)" if seen else "", MUTED)]
        else:
            shown = picture_lines(seen, columns, lines, shaded=room.shaded)
        small.append(shown)
    caption = min(max(room.width // len(others) - 2, CAPTION[0]), CAPTION[1])
    wide = max([caption, *(part.cell_length for shown in small for part in shown)])
    many = max(room.width // (wide + 2), 1)
    for first in range(0, len(others), many):
        some, row = others[first : first + many], small[first : first + many]
        captions = [(line(one.label, 80), label_style(one, item), f" {one.how}") for one in some]
        yield _in_cells([Content.assemble((label, style), (how, MUTED)) for label, style, how in captions], wide)
        for at in range(max(map(len, row))):
            yield _in_cells([shown[at] if at < len(shown) else Content("") for shown in row], wide)
        yield _in_cells([Content.styled(line(one.id, 80), MUTED) for one in some], wide)


def _in_cells(parts: Sequence[Content], wide: int) -> Content:
    cut = [part.truncate(wide, ellipsis=True) for part in parts]
    return Content.assemble(*(piece for part in cut for piece in (part, " " * (wide + 2 - part.cell_length)))).rstrip()
