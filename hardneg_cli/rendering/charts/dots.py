"""A line for each name: a value with its interval, as a dot and a whisker, on an axis that need not begin at 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hardneg_cli.rendering.charts import _svg

WIDTH, LINE, TOP, BOTTOM = 500, 22, 6, 38
LONGEST_NAME, LONGEST_BESIDE = 24, 12


@dataclass(frozen=True)
class DotLine:
    """value, low and high in units of the axis; None where nothing tells. strong: drawn in the color that stands out.

    beside: what is written at the end of the line. said: all of it in words.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    said: str
    beside: str = ""
    strong: bool = False


def dots(
    lines: Sequence[DotLine], label: str, axis: str, *, percent: bool = False, reference: float | None = None
) -> str:
    """reference: a value to compare the others with, a line across all of them."""
    left = _svg.room_for((line.name for line in lines), LONGEST_NAME, 16)
    right = _svg.room_for((line.beside for line in lines), LONGEST_BESIDE, 22)
    known = [end for line in lines for end in (line.value, line.low, line.high, reference) if end is not None]
    least, most = _svg.span(known)
    wide, floor = WIDTH - left - right, TOP + LINE * len(lines)

    def x(value: float) -> float:
        return left + wide * (value - least) / (most - least)

    ticks = _svg.ticks_between(least, most, 4)
    parts = _svg.grid(((x(tick), f"{100 * tick:g} %" if percent else f"{tick:,g}") for tick in ticks), TOP, floor)
    if reference is not None:
        parts.append(_svg.line(x(reference), TOP, x(reference), floor, "ideal"))
    for place, line in enumerate(lines):
        middle, plain = TOP + LINE * place + LINE / 2, "" if line.strong else " plain"
        parts.append(_svg.words(left - 8, middle + 4, _svg.cut(line.name, LONGEST_NAME), "end"))
        if line.low is not None and line.high is not None:
            parts.append(_svg.line(x(line.low), middle, x(line.high), middle, f"whisker{plain}"))
        if line.value is not None:
            parts.append(_svg.dot(x(line.value), middle, 4, f"point{plain}", line.said))
        parts.append(_svg.words(WIDTH - right + 12, middle + 4, _svg.cut(line.beside, LONGEST_BESIDE)))
    parts += _svg.foot(left, wide, TOP, floor, BOTTOM, axis)
    return _svg.chart(WIDTH, floor + BOTTOM, label, parts)
