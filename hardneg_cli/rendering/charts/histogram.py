"""How many rows have which score: a bar for each interval, on a logarithmic scale, as most rows are in no doubt."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hardneg_cli.rendering.charts import _svg

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 76, 12, 14, 40


def histogram(edges: Sequence[float], counts: Sequence[int], marked: Sequence[int], label: str, axis: str) -> str:
    """edges: one more than counts, ascending. marked: how many of each bar's count are drawn in the strong color."""
    top = math.log10(max([1, *counts]) + 1)
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    span = edges[-1] - edges[0]

    def x(value: float) -> float:
        return LEFT + wide * (value - edges[0]) / span

    def tall(count: int) -> float:
        return high * math.log10(count + 1) / top

    floor = TOP + high
    parts = []
    for power in range(math.ceil(top) + 1):
        y = floor - tall(10**power)
        if y >= TOP - 1:
            parts += [
                _svg.line(LEFT, y, WIDTH - RIGHT, y, "grid"),
                _svg.words(LEFT - 6, y + 4, f"{10**power:,}", "end"),
            ]
    for start, end, count, strong in zip(edges[:-1], edges[1:], counts, marked, strict=True):
        left, width = x(start) + 1, max(x(end) - x(start) - 2, 1)
        said = f"{start:g} to {end:g}: {count:,} rows, {strong:,} flagged"
        if count:
            parts.append(_svg.rect(left, floor - tall(count), width, tall(count), "bar", title=said))
        if strong:
            share = tall(count) * strong / count
            parts.append(_svg.rect(left, floor - share, width, share, "bar strong", title=said))
    parts.append(_svg.line(LEFT, floor, WIDTH - RIGHT, floor, "axis"))
    for step in range(6):
        value = edges[0] + span * step / 5
        parts.append(_svg.words(x(value), floor + 17, f"{value:g}", "middle"))
    parts.append(_svg.words(LEFT + wide / 2, HEIGHT - 5, axis, "middle", "name"))
    return _svg.chart(WIDTH, HEIGHT, label, parts)
