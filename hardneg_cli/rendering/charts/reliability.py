"""How often what was predicted came true: a dot with its interval for each group of rows, beside the diagonal."""

from __future__ import annotations

from collections.abc import Sequence

from hardneg_cli.rendering.charts import _svg

SIZE, LEFT, TOP, BOTTOM = 300, 52, 10, 40


def reliability(
    groups: Sequence[tuple[float, float, float, float, int]], label: str, axes: tuple[str, str]
) -> str:  # fmt: skip
    """groups: what was predicted, what came true, the low and high end of that, and how many rows say so."""

    def x(value: float) -> float:
        return LEFT + SIZE * value

    def y(value: float) -> float:
        return TOP + SIZE * (1 - value)

    parts = []
    for step in range(6):
        value = step / 5
        parts += [
            _svg.line(x(0), y(value), x(1), y(value), "grid"), _svg.words(LEFT - 6, y(value) + 4, f"{value:g}", "end"),
            _svg.words(x(value), TOP + SIZE + 16, f"{value:g}", "middle"),
        ]  # fmt: skip
    parts.append(_svg.line(x(0), y(0), x(1), y(1), "ideal"))
    parts.append(_svg.path([(x(one[0]), y(one[1])) for one in groups], "curve"))
    for predicted, true, low, high, count in groups:
        said = f"predicted {predicted:.3f}, true {true:.3f} ({low:.3f} to {high:.3f}) of {count:,} rows"
        parts.append(_svg.line(x(predicted), y(low), x(predicted), y(high), "whisker"))
        parts.append(_svg.dot(x(predicted), y(true), 4, "point", said))
    parts.append(_svg.words(LEFT + SIZE / 2, TOP + SIZE + BOTTOM - 5, axes[0], "middle", "name"))
    parts.append(_svg.words(14, TOP + SIZE / 2, axes[1], "middle", "name", turned=-90))
    return _svg.chart(LEFT + SIZE + 14, TOP + SIZE + BOTTOM, label, parts)
