"""Named lines: what became of a number, step by step, with its interval as a band; each line is named at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from hardneg_cli.rendering.charts import _svg

WIDTH, HEIGHT = 500, 280
LEFT, TOP, BOTTOM = 54, 26, 42
LONGEST_NAME = 16
COLORS = 8  # classes l0 to l7 of the page
BETWEEN = 15.0  # pixels of two names
_Place: TypeAlias = Callable[[float, float], tuple[float, float]]


@dataclass(frozen=True)
class LinePoint:
    """low, high: None without an interval. said: all of it in words."""

    x: float
    y: float
    low: float | None
    high: float | None
    said: str


@dataclass(frozen=True)
class NamedLine:
    """points: in the order of x."""

    name: str
    points: Sequence[LinePoint]


@dataclass(frozen=True)
class LineMark:
    """Something that is to be seen at an x, for all lines."""

    x: float
    name: str


def lines(
    named: Sequence[NamedLine],
    label: str,
    axes: tuple[str, str],
    ticks: Sequence[tuple[float, str]],
    marks: Sequence[LineMark] = (),
) -> str:
    """named: as many as there are `COLORS` of, each with a point. ticks: what is written at an x, where there is room.

    axes: what x and y are.
    """
    right = 26 + _svg.LETTER * max(min(len(line.name), LONGEST_NAME) for line in named)
    wide, high = WIDTH - LEFT - right, HEIGHT - TOP - BOTTOM
    points = [point for line in named for point in line.points]
    first, last = _svg.span([point.x for point in points], 0.03)
    least, most = _svg.span(
        [end for point in points for end in (point.y, point.low, point.high) if end is not None], 0.04
    )

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + wide * (x - first) / (last - first), TOP + high * (most - y) / (most - least)

    parts = [*_frame(least, most, right, at, axes), *_ticks(ticks, at, least)]
    for mark in marks:
        x = at(mark.x, least)[0]
        anchor = "end" if x > LEFT + wide / 2 else "start"
        parts.append(_svg.line(x, TOP - 6, x, TOP + high, "turn"))
        parts.append(_svg.words(x - 5 if anchor == "end" else x + 5, TOP - 8, mark.name, anchor, "turn"))
    for number, line in enumerate(named):
        parts += _line(line, f"l{number % COLORS}", at)
    ends = _apart([at(line.points[-1].x, line.points[-1].y)[1] for line in named], TOP + 4, TOP + high)
    for number, (line, y) in enumerate(zip(named, ends, strict=True)):
        parts.append(_svg.dot(WIDTH - right + 10, y, 4, f"knot l{number % COLORS}"))
        parts.append(_svg.words(WIDTH - right + 18, y + 4, _svg.cut(line.name, LONGEST_NAME)))
    return _svg.chart(WIDTH, HEIGHT, label, parts)


def _frame(least: float, most: float, right: float, at: _Place, axes: tuple[str, str]) -> Iterator[str]:
    floor = HEIGHT - BOTTOM
    for tick in _svg.ticks_between(least, most):
        y = at(0, tick)[1]
        yield _svg.line(LEFT, y, WIDTH - right, y, "grid")
        yield _svg.words(LEFT - 6, y + 4, f"{tick:,g}", "end")
    yield _svg.line(LEFT, floor, WIDTH - right, floor, "axis")
    yield _svg.words(LEFT + (WIDTH - LEFT - right) / 2, HEIGHT - 5, axes[0], "middle", "name")
    yield _svg.words(13, TOP + (floor - TOP) / 2, axes[1], "middle", "name", turned=-90)


def _ticks(ticks: Sequence[tuple[float, str]], at: _Place, least: float) -> Iterator[str]:
    """The names of x from the left on, without those that would run into one before."""
    taken = -1.0
    for x, name in ticks:
        said = _svg.cut(name, LONGEST_NAME)
        middle, half = at(x, least)[0], _svg.LETTER * len(said) / 2 + 3
        if middle - half > taken:
            taken = middle + half
            yield _svg.words(middle, HEIGHT - BOTTOM + 17, said, "middle")


def _line(line: NamedLine, kind: str, at: _Place) -> Iterator[str]:
    sure = [(point.x, point.low, point.high) for point in line.points if None not in (point.low, point.high)]
    if len(sure) > 1:
        above = [at(x, end) for x, _, end in sure if end is not None]
        below = [at(x, end) for x, end, _ in sure if end is not None]
        yield _svg.area([*above, *reversed(below)], f"band {kind}")
    yield _svg.path([at(point.x, point.y) for point in line.points], f"line {kind}")
    radius = 3.2 if len(line.points) <= 40 else 1.6
    for point in line.points:
        yield _svg.dot(*at(point.x, point.y), radius, f"knot {kind}", point.said)


def _apart(places: Sequence[float], first: float, last: float) -> list[float]:
    """The places of names, moved so that none covers another, within the first and the last as far as that goes."""
    order = sorted(range(len(places)), key=lambda number: places[number])
    moved = list(places)
    below = first - BETWEEN
    for number in order:
        below = moved[number] = max(moved[number], below + BETWEEN)
    above = last + BETWEEN
    for number in reversed(order):
        above = moved[number] = min(moved[number], above - BETWEEN)
    return moved
