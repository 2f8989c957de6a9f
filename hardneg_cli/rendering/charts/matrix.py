"""Who is taken for whom: counts by row and column, or any number of two names, as shades. A cell that can be clicked
says in `data-given` and `data-suggested` which pair it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hardneg_cli.rendering.charts import _svg
from hardneg_cli.rendering.escaped import escaped

LONGEST_NAME = 18
WIDTH = 640
LARGEST, SMALLEST = 34.0, 9.0  # pixels of a cell
READABLE = 22.0  # of a cell with its number in it


@dataclass(frozen=True)
class MatrixCell:
    """shade: 0 to 1. number: written into it where there is room. said: all of it in words. more: attributes."""

    shade: float
    number: str
    said: str
    more: str = ""


def most_in_pairs(pairs: Sequence[tuple[str, str, int]], most: int) -> tuple[list[str], dict[tuple[int, int], int]]:
    """The names with the greatest counts in their pairs, sorted, and the counts of pairs of them, as `matrix` has them.

    pairs: two names and how often, each pair once.
    """
    weight: dict[str, int] = {}
    for row, column, count in pairs:
        for name in (row, column):
            weight[name] = weight.get(name, 0) + count
    names = sorted(sorted(weight, key=lambda name: (-weight[name], name))[:most])
    place = {name: number for number, name in enumerate(names)}
    known = ((row, column, count) for row, column, count in pairs if row in place and column in place)
    return names, {(place[row], place[column]): count for row, column, count in known}


def matrix(
    names: Sequence[str], counts: Mapping[tuple[int, int], int], label: str, axes: tuple[str, str], *,
    unit: str = "row", clickable: bool = True,
) -> str:  # fmt: skip
    """counts: by row and column, numbers of `names`, those above 0. axes: what rows and columns are."""
    most = max(counts.values(), default=1)
    found = {}
    for (row, column), count in counts.items():
        pair = f' data-given="{escaped(names[row])}" data-suggested="{escaped(names[column])}"'
        said = f"{count:,} {unit if count == 1 else f'{unit}s'}: {axes[0]} {names[row]}, {axes[1]} {names[column]}"
        found[row, column] = MatrixCell(math.sqrt(count / most), f"{count:,}", said, pair if clickable else "")
    return shades(names, found, label, axes)


def shades(
    names: Sequence[str], cells: Mapping[tuple[int, int], MatrixCell], label: str, axes: tuple[str, str],
    kind: str = "shade",
) -> str:  # fmt: skip
    """cells: by row and column, numbers of `names`. kind: their class in the page."""
    n = len(names)
    long = 10 + _svg.LETTER * max((min(len(name), LONGEST_NAME) for name in names), default=0)
    left, top = long + 22, long * 0.8 + 22
    size = min(LARGEST, max(SMALLEST, (WIDTH - left - 10) / max(n, 1)))
    parts = [_svg.rect(left, top, size * n, size * n, "field")]
    for place, name in enumerate(names):
        said, middle = _svg.cut(name, LONGEST_NAME), size * place + size / 2
        parts.append(_svg.words(left - 6, top + middle + 4, said, "end"))
        parts.append(_svg.words(left + middle + 3, top - 6, said, "start", turned=-50))
        parts.append(_svg.rect(left + size * place, top + size * place, size, size, "diagonal"))
    for (row, column), cell in sorted(cells.items()):
        shade = 0.18 + 0.82 * cell.shade
        more = f'{cell.more} fill-opacity="{shade:.2f}"'
        x, y = left + size * column, top + size * row
        parts.append(_svg.rect(x + 0.5, y + 0.5, size - 1, size - 1, kind, more, cell.said))
        if size >= READABLE:
            ink = "on" if shade > 0.6 else "off"
            parts.append(_svg.words(x + size / 2, y + size / 2 + 4, cell.number, "middle", f"count {ink}"))
    parts.append(_svg.words(12, top + size * n / 2, axes[0], "middle", "name", turned=-90))
    parts.append(_svg.words(left + size * n / 2, top + size * n + 18, axes[1], "middle", "name"))
    wide = max(left + size * n + 60, left + size * n + long * 0.65)
    return _svg.chart(wide, top + size * n + 26, label, parts)
