"""What stands on every screen, and how untrusted text gets there: as pieces of styled text that cannot act.

Untrusted text has no markup, no control characters and no direction marks in it once it is here. A label and a text
stand last on their lines, so that a terminal that writes from right to left moves nothing else.
"""

from __future__ import annotations

import re

from textual.content import Content

from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.queues.review_queue import QueueItem
from hardneg_cli.review.queues.session import ReviewProgress
from hardneg_cli.review_screen.colors import MUTED
from hardneg_cli.runtime.terminal import plain

MOST = 50_000  # characters of a text that are shown
NAMES = 11  # cells
BAR = 12  # cells
NARROW = 60  # cells; a line with fewer has no bar
ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")
DATA_URL = re.compile(r"data:([\w.+/-]*)[\w;=.+-]*,")
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


def progress(found: ReviewProgress, name: str, reviewer: str, place: int, filtered: str, width: int) -> Content:
    """The first line: what is reviewed, by whom, and how far they are."""
    parts = [f"row {place + 1:,}", f"{found.decided:,} of {found.rows:,} decided", line(reviewer, 20)]
    right = Content(" · ".join([f"only {line(filtered, 24)}", *parts] if filtered else parts))
    left = Content.assemble(("hardneg review", "bold"), (f"  {line(name, 200)}", MUTED))
    left = left.truncate(max(width - right.cell_length - 2, 0), ellipsis=True)
    return Content.assemble(left, " " * max(width - left.cell_length - right.cell_length, 2), right)


def status(told: str, style: str, beside: str, width: int) -> Content:
    """What was told last, and `beside` it what there is room for."""
    left = Content.styled(told, style)
    if left.cell_length + len(beside) + 2 > width:
        return left.truncate(width, ellipsis=True)
    return Content.assemble(left, " " * (width - left.cell_length - len(beside)), (beside, MUTED))


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
