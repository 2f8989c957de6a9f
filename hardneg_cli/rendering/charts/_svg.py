"""What charts are made of: elements with escaped text, and scales with round ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from hardneg_cli.rendering.escaped import escaped

LETTER = 6.4  # pixels of a letter of 12 pixels, about


def chart(width: float, height: float, label: str, parts: Iterable[str]) -> str:
    """One picture for a screen reader, which `label` describes; as wide as there is room, up to `width` pixels."""
    size = f'viewBox="0 0 {number(width)} {number(height)}" style="max-width:{number(width)}px"'
    return f'<svg class="chart" role="img" aria-label="{escaped(label)}" {size}>{"".join(parts)}</svg>'


def rect(x: float, y: float, width: float, height: float, kind: str, more: str = "", title: str = "") -> str:
    box = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return (
        f'<rect class="{kind}" {box}{more}>{_title(title)}</rect>' if title else f'<rect class="{kind}" {box}{more}/>'
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"/>'


def dot(x: float, y: float, radius: float, kind: str, title: str = "") -> str:
    return f'<circle class="{kind}" cx="{number(x)}" cy="{number(y)}" r="{number(radius)}">{_title(title)}</circle>'


def path(points: Sequence[tuple[float, float]], kind: str) -> str:
    steps = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polyline class="{kind}" points="{steps}"/>'


def area(points: Sequence[tuple[float, float]], kind: str) -> str:
    steps = " ".join(f"{number(x)},{number(y)}" for x, y in points)
    return f'<polygon class="{kind}" points="{steps}"/>'


def words(x: float, y: float, said: str, anchor: str = "start", kind: str = "", turned: float = 0) -> str:
    turn = f' transform="rotate({number(turned)} {number(x)} {number(y)})"' if turned else ""
    look = f' class="{kind}"' if kind else ""
    return f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}"{look}{turn}>{escaped(said)}</text>'


def cut(said: str, letters: int) -> str:
    return said if len(said) <= letters else said[: letters - 1] + "…"


def number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def room_for(names: Iterable[str], longest: int, edge: float) -> float:
    """Pixels for the widest of the names, none of which is written with more letters than `longest`, and an edge."""
    return edge + LETTER * max((min(len(name), longest) for name in names), default=0)


def grid(marks: Iterable[tuple[float, str]], top: float, floor: float) -> list[str]:
    """Lines from the top to the floor, each at its x, with what it stands for below."""
    parts = []
    for x, said in marks:
        parts += [line(x, top, x, floor, "grid"), words(x, floor + 16, said, "middle")]
    return parts


def foot(left: float, wide: float, top: float, floor: float, bottom: float, name: str) -> list[str]:
    """The axis at the left, and the name of the one below."""
    return [
        line(left, top, left, floor, "axis"), words(left + wide / 2, floor + bottom - 5, name, "middle", "name"),
    ]  # fmt: skip


def ticks(most: float, count: int = 5) -> list[float]:
    """About `count` round numbers from 0 up to `most`."""
    return ticks_between(0.0, most, count)


def ticks_between(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers from `low` to `high`."""
    if high <= low:
        return [low]
    rough = (high - low) / count
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * place, 12) for place in range(first, last + 1)]


def span(values: Iterable[float], edge: float = 0.05) -> tuple[float, float]:
    """From the least to the greatest, with so much of that more at either end; never nothing."""
    known = [value for value in values if math.isfinite(value)]
    low, high = min(known, default=0.0), max(known, default=1.0)
    more = edge * (high - low) or max(abs(high) * edge, 1e-6)
    return low - more, high + more


def _title(said: str) -> str:
    return f"<title>{escaped(said)}</title>" if said else ""
