"""A bar for each name, of parts that add up: how many of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hardneg_cli.rendering.charts import _svg

WIDTH, LINE, TOP, BOTTOM = 500, 24, 26, 38
LONGEST_NAME, LONGEST_BESIDE = 20, 12


@dataclass(frozen=True)
class StackedBar:
    """parts: a number of each kind. said: all of it in words. beside: what is written behind the bar."""

    name: str
    parts: Sequence[int]
    said: str
    beside: str = ""


def stacked(bars: Sequence[StackedBar], kinds: Sequence[str], label: str, axis: str) -> str:
    """kinds: what the parts are, with a color each."""
    left = _svg.room_for((bar.name for bar in bars), LONGEST_NAME, 16)
    right = _svg.room_for((bar.beside for bar in bars), LONGEST_BESIDE, 20)
    most = max((sum(bar.parts) for bar in bars), default=0) or 1
    wide, floor = WIDTH - left - right, TOP + LINE * len(bars)
    parts, x = [], left
    for number, kind in enumerate(kinds):
        parts += [_svg.rect(x, 6, 10, 10, f"part l{number}"), _svg.words(x + 15, 15, kind)]
        x += 34 + _svg.LETTER * len(kind)
    ticks = _svg.ticks(most, 4)
    parts += _svg.grid(((left + wide * tick / most, f"{tick:,g}") for tick in ticks), TOP, floor)
    for row, bar in enumerate(bars):
        y, start = TOP + LINE * row, left
        parts.append(_svg.words(left - 8, y + LINE / 2 + 4, _svg.cut(bar.name, LONGEST_NAME), "end"))
        for number, count in enumerate(bar.parts):
            width = wide * count / most
            parts += [_svg.rect(start, y + 4, width, LINE - 8, f"part l{number}", title=bar.said)] if count else []
            start += width
        parts.append(_svg.words(WIDTH - right + 10, y + LINE / 2 + 4, _svg.cut(bar.beside, LONGEST_BESIDE)))
    parts += _svg.foot(left, wide, TOP, floor, BOTTOM, axis)
    return _svg.chart(WIDTH, floor + BOTTOM, label, parts)
