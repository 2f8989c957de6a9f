"""A line for each name: a value with its interval, as a dot and a whisker, beside a bar of another figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hardneg_cli.rendering.charts import _svg

WIDTH, LINE, TOP, BOTTOM = 640, 22, 6, 38
LONGEST_NAME = 26


@dataclass(frozen=True)
class IntervalLine:
    """value, low and high in units of the axis; None where nothing tells. bar: another figure in the same unit."""

    name: str
    value: float | None
    low: float | None
    high: float | None
    bar: float
    said: str
    beside: str = ""


def intervals(
    lines: Sequence[IntervalLine], label: str, axis: str, *, percent: bool = False, longest: int = LONGEST_NAME
) -> str:
    """longest: letters of a name that are written."""
    left = _svg.room_for((line.name for line in lines), longest, 16)
    right = _svg.room_for((line.beside for line in lines), WIDTH, 18)
    most = max((max(line.high or 0, line.value or 0, line.bar) for line in lines), default=0) or 1
    wide, floor = WIDTH - left - right, TOP + LINE * len(lines)

    def x(value: float) -> float:
        return left + wide * value / most

    ticks = _svg.ticks(most)
    parts = _svg.grid(((x(tick), f"{100 * tick:g} %" if percent else f"{tick:,g}") for tick in ticks), TOP, floor)
    for place, line in enumerate(lines):
        middle = TOP + LINE * place + LINE / 2
        parts.append(_svg.words(left - 8, middle + 4, _svg.cut(line.name, longest), "end"))
        parts.append(_svg.rect(left, middle - 6, max(x(line.bar) - left, 0), 12, "bar", title=line.said))
        if line.value is not None and line.low is not None and line.high is not None:
            parts.append(_svg.line(x(line.low), middle, x(line.high), middle, "whisker"))
            parts.append(_svg.dot(x(line.value), middle, 4, "point", line.said))
        parts.append(_svg.words(WIDTH - right + 10, middle + 4, line.beside))
    parts += _svg.foot(left, wide, TOP, floor, BOTTOM, axis)
    return _svg.chart(WIDTH, floor + BOTTOM, label, parts)
