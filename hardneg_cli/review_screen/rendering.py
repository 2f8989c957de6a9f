"""A row as a reviewer sees it: pieces of styled text, made from what the row holds and from nothing that acts.

Untrusted text has no markup, no control characters and no direction marks in it once it is here. A label and a text
stand last on their lines, so that a terminal that writes from right to left moves nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from textual.content import Content

from hardneg_cli.errors import plural
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.queues.review_queue import QueueItem
from hardneg_cli.review.queues.row_context import ContextRow, RowContext
from hardneg_cli.review.queues.session import ReviewProgress
from hardneg_cli.runtime.terminal import plain

MOST = 50_000  # characters of a text that are shown
INLINE = 50  # characters of a text that stands beside its name
NAMES = 11  # cells
BAR = 12  # cells
NARROW = 60  # cells; a line with fewer has no bar
ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
DATA_URL = re.compile(r"data:([\w.+/-]*)[\w;=.+-]*,")
MUTED = "$foreground 60%"
EIGHTHS = " ▏▎▍▌▋▊▉█"


def line(text: str, most: int = MOST) -> str:
    """Untrusted text in one line."""
    if found := DATA_URL.match(text):
        return f"({found[1] or 'data'}, {len(text):,} characters)"
    return plain(text[:most]) + ("" if len(text) <= most else f" … ({len(text) - most:,} more characters)")


def paragraphs(text: str) -> str:
    """Untrusted text with its line ends."""
    more = f"\n… ({len(text) - MOST:,} more characters)" if len(text) > MOST else ""
    return "\n".join(line(part) for part in ENDS.split(text[:MOST])) + more


def head(item: QueueItem, answer: Decision | None, width: int) -> Content:
    """The id, the labels and what was said about the row, a line each, cut where the line ends."""
    measured = item.p_given is not None or item.p_suggested is not None
    said = ("undecided", MUTED) if answer is None else (_decision_line(answer), "bold $success")
    lines = [
        _line("row", "", item.id, "bold", width),
        _label("given", item.given, item.p_given, "$warning", width, measured=measured),
    ]
    if item.suggested and item.suggested != item.given:
        lines.append(_label("suggested", item.suggested, item.p_suggested, "$primary", width, measured=measured))
    return Content("\n").join([*lines, _line("you", "", *said, width)])


def body(item: QueueItem, note: str, around: RowContext | None, width: int, *, waits: bool) -> Content:
    """Everything else, to be wrapped. waits: the note is not saved, as there is no answer to save it with."""
    parts = [*_why(item, width)]
    if note:
        parts.append(_inline("note", line(note), "italic $warning" if waits else "italic", width))
        if waits:
            parts.append(_inline("", "not saved yet: it goes with your answer", MUTED, width))
    parts += [Content(""), *_content(item.content, width)]
    parts += _around(around) if around else ()
    return Content("\n").join(parts)


def progress(found: ReviewProgress, name: str, reviewer: str, place: int, filtered: str, width: int) -> Content:
    """The first line: what is reviewed, by whom, and how far they are."""
    parts = [f"row {place + 1:,}", f"{found.decided:,} of {found.rows:,} decided", line(reviewer, 20)]
    right = Content(" · ".join([f"only {line(filtered, 24)}", *parts] if filtered else parts))
    left = Content.assemble(("hardneg review", "bold"), (f"  {line(name, 200)}", MUTED))
    left = left.truncate(max(width - right.cell_length - 2, 0), ellipsis=True)
    return Content.assemble(left, " " * max(width - left.cell_length - right.cell_length, 2), right)


def pace(found: ReviewProgress) -> str:
    """`7.5 rows a minute, 38 min left`, once there is a pace."""
    if found.per_minute is None or not found.left:
        return ""
    return f"{found.per_minute:.3g} rows a minute, {_time(found.minutes_left or 0)} left"


def _time(minutes: float) -> str:
    if minutes < 1:
        return "under a minute"
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _decision_line(answer: Decision) -> str:
    return f"relabel: {answer.new_label}" if answer.decision == "relabel" else answer.decision


def _name(name: str) -> Content:
    return Content.styled(name.ljust(NAMES), MUTED)


def _label(name: str, label: str, p: float | None, style: str, width: int, *, measured: bool) -> Content:
    """A label behind its probability, or behind the room for it where the other label has one."""
    bar = f"{_bar(p or 0).ljust(BAR)} " if width >= NARROW else ""
    measure = f"{'' if p is None else f'{p:.0%}':>4} {bar} " if measured else ""
    return _line(name, measure, label or "(empty)", f"bold {style}", width)


def _line(name: str, measure: str, text: str, style: str, width: int) -> Content:
    room = max(width - NAMES - len(measure), 1)
    shown = Content.styled(line(text, 1000), style).truncate(room, ellipsis=True)
    return Content.assemble(_name(name), (measure, "$primary"), shown)


def _bar(p: float) -> str:
    eighths = round(min(max(p, 0), 1) * BAR * 8)
    return ("█" * (eighths // 8) + EIGHTHS[eighths % 8]).rstrip()


def _why(item: QueueItem, width: int) -> Iterator[Content]:
    if item.score is not None:
        who = f"  {', '.join(item.detectors)}" if item.detectors else ""
        yield Content.assemble(_name("wrong"), (f"{_below_certain(item.score):.1%} likely", "bold"), (line(who), MUTED))
    if item.suggested and item.suggestion_score is not None:
        likely = f"{_below_certain(item.suggestion_score):.1%} likely"
        yield Content.assemble(_name("right"), (likely, "bold"), ("  the suggestion", MUTED))
    if item.why:
        yield _inline("why", line(item.why), "", width)


def _below_certain(score: float) -> float:
    """What is not certain is not called so by rounding."""
    return score if score >= 1 else min(score, 0.999)


def _inline(name: str, text: str, style: str, width: int) -> Content:
    """A text beside its name, and below itself where it is long."""
    first, *more = Content.styled(text, style).wrap(max(width - NAMES, 10)) or [Content("")]
    return Content("\n").join([Content.assemble(_name(name), first), *(part.pad_left(NAMES) for part in more)])


def _content(cells: Iterable[tuple[str, str]], width: int) -> Iterator[Content]:
    """Each cell below its name, and short ones beside it; line ends stay."""
    for name, text in cells:
        short = len(text) <= INLINE and not ENDS.search(text)
        if short and len(name) < NAMES:
            yield _inline(line(name), line(text), "", width)
            continue
        yield Content.styled(line(name, 200), MUTED)
        yield Content(paragraphs(text))


def _around(found: RowContext) -> Iterator[Content]:
    if found.trouble:
        yield from (Content(""), Content.styled(line(found.trouble), "$warning"))
    if found.copies:
        rows = plural(found.copied, "copy", "copies")
        yield from (Content(""), Content.styled(rows, MUTED), *map(_other, found.copies))
    if found.nearest:
        yield from (Content(""), Content.styled("nearest rows, and how far away", MUTED))
        yield from map(_other, found.nearest)


def _other(other: ContextRow) -> Content:
    """Its label, and behind that what tells it apart."""
    text = f"  {line(other.text, 160)}" if other.text else ""
    told = f"  {other.how}  {line(other.id, 80)}"
    return Content.assemble("  ", (line(other.label, 80), "bold"), (told, MUTED), text)
