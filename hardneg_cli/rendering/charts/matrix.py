"""Who is taken for whom: counts by row and column, as shades. A cell says in `data-given` and
`data-suggested` which pair it is, for a page that can be clicked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hardneg_cli.rendering.charts import _svg

LONGEST_NAME = 18
WIDTH = 640
LARGEST, SMALLEST = 34.0, 9.0  # pixels of a cell
READABLE = 22.0  # of a cell with its number in it


def matrix(names: Sequence[str], counts: Mapping[tuple[int, int], int], label: str, axes: tuple[str, str]) -> str:
    """counts: by row and column, numbers of `names`, those above 0. axes: what rows and columns are."""
    n = len(names)
    long = 10 + _svg.LETTER * max((min(len(name), LONGEST_NAME) for name in names), default=0)
    left, top = long + 22, long * 0.8 + 22
    size = min(LARGEST, max(SMALLEST, (WIDTH - left - 10) / max(n, 1)))
    most = max(counts.values(), default=1)
    parts = [_svg.rect(left, top, size * n, size * n, "field")]
    for place, name in enumerate(names):
        said, middle = _svg.cut(name, LONGEST_NAME), size * place + size / 2
        parts.append(_svg.words(left - 6, top + middle + 4, said, "end"))
        parts.append(_svg.words(left + middle + 3, top - 6, said, "start", turned=-50))
        parts.append(_svg.rect(left + size * place, top + size * place, size, size, "diagonal"))
    for (row, column), count in sorted(counts.items()):
        shade = 0.18 + 0.82 * math.sqrt(count / most)
        pair = f'data-given="{_svg.text(names[row])}" data-suggested="{_svg.text(names[column])}"'
        more = f' {pair} fill-opacity="{shade:.2f}"'
        said = f"{count:,} {'row' if count == 1 else 'rows'}: {axes[0]} {names[row]}, {axes[1]} {names[column]}"
        x, y = left + size * column, top + size * row
        parts.append(_svg.rect(x + 0.5, y + 0.5, size - 1, size - 1, "shade", more, said))
        if size >= READABLE:
            kind = "on" if shade > 0.6 else "off"
            parts.append(_svg.words(x + size / 2, y + size / 2 + 4, f"{count:,}", "middle", f"count {kind}"))
    parts.append(_svg.words(12, top + size * n / 2, axes[0], "middle", "name", turned=-90))
    parts.append(_svg.words(left + size * n / 2, top + size * n + 18, axes[1], "middle", "name"))
    wide = max(left + size * n + 60, left + size * n + long * 0.65)
    return _svg.chart(wide, top + size * n + 26, label, parts)
