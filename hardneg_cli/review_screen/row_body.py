"""The row in question below its labels: why it is doubted, what it holds, its picture, and what stands around it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from textual.content import Content

from hardneg_cli.review.queues.review_queue import QueueItem
from hardneg_cli.review.queues.row_context import RowContext
from hardneg_cli.review_screen.colors import MUTED
from hardneg_cli.review_screen.column_table import column_table, is_tabular
from hardneg_cli.review_screen.pictures import PictureCells, picture_lines
from hardneg_cli.review_screen.rendering import ENDS, NAMES, line, paragraphs
from hardneg_cli.review_screen.surroundings import surroundings

if TYPE_CHECKING:
    from hardneg_cli.review_screen.pictures import Seen

INLINE = 50  # characters of a text that stands beside its name
TWO_COLUMNS = 108  # cells; with as many, what stands around the row stands beside it
GAP = 3  # cells between two columns
LOWEST, HIGHEST = 8, 20  # lines of a picture
LOW = 16  # lines of the body; no line is left empty where there are as few


@dataclass(frozen=True)
class BodyRoom:
    """Cells and lines of the body. shaded: pictures are drawn by characters, as there are few colors."""

    width: int
    lines: int
    shaded: bool = False


@dataclass(frozen=True)
class SeenRow:
    """What is known of a row besides the queue: what stands around it, and its and their pictures by cell."""

    around: RowContext | None = None
    pictures: Mapping[str, Seen] = field(default_factory=dict)


def body(item: QueueItem, seen: SeenRow, cells: PictureCells, room: BodyRoom, told: Sequence[Content]) -> Content:
    """told: lines about the reviewer's note, and about what cannot be seen here."""
    around = seen.around
    picture = next((cell for name, cell in item.content if cells.is_picture(name, cell)), None)
    text = [(name, cell) for name, cell in item.content if cell != picture]
    in_table = picture is None and is_tabular(text)
    beside = around is not None and not in_table and room.width >= TWO_COLUMNS
    width = room.width * 11 // 20 if beside else room.width
    lines = _own(item, [] if in_table else text, replace(room, width=width), told, picture, seen.pictures)
    if in_table:
        lines += [Content(""), *column_table(text, around, item, width)]
    if around is None:
        return Content("\n").join(lines)
    left = replace(room, width=room.width - width - GAP if beside else width)
    other = surroundings(around, item, seen.pictures, left, in_table=in_table)
    between = [Content("")] * bool(other and (picture is None or room.lines > LOW))
    lines = in_columns(lines, other, width) if beside else [*lines, *between, *other]
    return Content("\n").join(lines)


def in_columns(left: Sequence[Content], right: Sequence[Content], width: int) -> list[Content]:
    """Lines beside lines, which begin behind `width` cells and a gap."""
    lines = []
    for at in range(max(len(left), len(right))):
        own = left[at] if at < len(left) else Content("")
        if at < len(right):
            own = Content.assemble(own, " " * (width + GAP - own.cell_length), right[at])
        lines.append(own)
    return lines


def wrapped(text: Content, width: int) -> list[Content]:
    """Lines of at most so many cells; an empty line is one."""
    return [part for own in text.split("\n", allow_blank=True) for part in (own.wrap(width) or [Content("")])]


def _own(
    item: QueueItem, text: Sequence[tuple[str, str]], room: BodyRoom, told: Sequence[Content], picture: str | None,
    pictures: Mapping[str, Seen],
) -> list[Content]:  # fmt: skip
    """The reasons and the content, beside the row's picture."""
    box = min(max(room.lines // 2, LOWEST), HIGHEST)
    columns = min(2 * box, room.width * 2 // 5)
    width = room.width if picture is None else room.width - columns - GAP
    shown: list[Content] = []
    seen = pictures.get(picture) if picture else None
    if isinstance(seen, str):
        text, width = [*text, ("picture", f"not shown: {seen}")], room.width
    elif seen is not None:
        shown = picture_lines(seen, columns, box, shaded=room.shaded)
    lines = [part for one in (*_why(item, width), *told) for part in wrapped(one, width)]
    if text:
        lines += [Content(""), *(part for one in _content(text, width) for part in wrapped(one, width))]
    return in_columns(lines, shown, width) if shown else lines


def _why(item: QueueItem, width: int) -> Iterator[Content]:
    if item.score is not None:
        yield _likely("wrong", item.score, ", ".join(item.detectors), width)
    if item.suggested and item.suggestion_score is not None:
        yield _likely("right", item.suggestion_score, "the suggestion", width)
    if item.why:
        yield inline("why", line(item.why), "", width)


def _likely(name: str, score: float, about: str, width: int) -> Content:
    said = Content.assemble((f"{_below_certain(score):.1%} likely", "bold"), (f"  {line(about)}", MUTED))
    return hanging(_name(name), said, width)


def note_lines(note: str, width: int, *, waits: bool) -> list[Content]:
    """waits: it is not saved, as there is no answer to save it with."""
    if not note:
        return []
    own = inline("note", line(note), "italic $warning" if waits else "italic", width)
    return [own, *([inline("", "not saved yet: it goes with your answer", MUTED, width)] if waits else [])]


def inline(name: str, text: str, style: str, width: int) -> Content:
    """A text beside its name, and below itself where it is long."""
    return hanging(_name(name), Content.styled(text, style), width)


def hanging(name: Content, text: Content, width: int) -> Content:
    first, *more = text.wrap(max(width - NAMES, 10)) or [Content("")]
    return Content("\n").join([Content.assemble(name, first), *(part.pad_left(NAMES) for part in more)])


def _below_certain(score: float) -> float:
    """What is not certain is not called so by rounding."""
    return score if score >= 1 else min(score, 0.999)


def _name(name: str) -> Content:
    return Content.styled(name.ljust(NAMES), MUTED)


def _content(cells: Iterable[tuple[str, str]], width: int) -> Iterator[Content]:
    """Each cell below its name, and short ones beside it; line ends stay."""
    for name, text in cells:
        short = len(text) <= INLINE and not ENDS.search(text)
        if short and len(name) < NAMES:
            yield inline(line(name), line(text), "", width)
            continue
        yield Content.styled(line(name, 200), MUTED)
        yield Content(paragraphs(text))
