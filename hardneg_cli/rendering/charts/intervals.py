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
    left = 16 + _svg.LETTER * max((min(len(line.name), longest) for line in lines), default=0)
    right = 18 + _svg.LETTER * max((len(line.beside) for line in lines), default=0)
    most = max((max(line.high or 0, line.value or 0, line.bar) for line in lines), default=0) or 1
    wide, floor = WIDTH - left - right, TOP + LINE * len(lines)

    def x(value: float) -> float:
        return left + wide * value / most

    parts = []
    for tick in _svg.ticks(most):
        said = f"{100 * tick:g} %" if percent else f"{tick:,g}"
        parts += [_svg.line(x(tick), TOP, x(tick), floor, "grid"), _svg.words(x(tick), floor + 16, said, "middle")]
    for place, line in enumerate(lines):
        middle = TOP + LINE * place + LINE / 2
        parts.append(_svg.words(left - 8, middle + 4, _svg.cut(line.name, longest), "end"))
        parts.append(_svg.rect(left, middle - 6, max(x(line.bar) - left, 0), 12, "bar", title=line.said))
        if line.value is not None and line.low is not None and line.high is not None:
            parts.append(_svg.line(x(line.low), middle, x(line.high), middle, "whisker"))
            parts.append(_svg.dot(x(line.value), middle, 4, "point", line.said))
        parts.append(_svg.words(WIDTH - right + 10, middle + 4, line.beside))
    parts.append(_svg.line(left, TOP, left, floor, "axis"))
    parts.append(_svg.words(left + wide / 2, floor + BOTTOM - 5, axis, "middle", "name"))
    return _svg.chart(WIDTH, floor + BOTTOM, label, parts)
