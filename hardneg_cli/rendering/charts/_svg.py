"""What charts are made of: elements with escaped text, and scales with round ticks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

INVISIBLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), *range(127, 160)])  # what XML cannot hold
LETTER = 6.4  # pixels of a letter of 12 pixels, about


def chart(width: float, height: float, label: str, parts: Iterable[str]) -> str:
    """One picture for a screen reader, which `label` describes; as wide as there is room, up to `width` pixels."""
    size = f'viewBox="0 0 {number(width)} {number(height)}" style="max-width:{number(width)}px"'
    return f'<svg class="chart" role="img" aria-label="{text(label)}" {size}>{"".join(parts)}</svg>'


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
    return f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}"{look}{turn}>{text(said)}</text>'


def text(said: str) -> str:
    """Escaped, without what XML cannot hold."""
    return escape(said.translate(INVISIBLE))


def cut(said: str, letters: int) -> str:
    return said if len(said) <= letters else said[: letters - 1] + "…"


def number(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


def ticks(most: float, count: int = 5) -> list[float]:
    """About `count` round numbers from 0 up to `most`."""
    if most <= 0:
        return [0.0]
    rough = most / count
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    return [step * place for place in range(int(most / step + 1e-9) + 1)]


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
    return f"<title>{text(said)}</title>" if said else ""
