"""What a report says of checkpoints: curves by split with the turn, and what was forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from hardneg_cli.data.class_names import readable
from hardneg_cli.modeling.evaluation.report.figures import CurveFigures, ForgottenFigures, HistoryFigures
from hardneg_cli.modeling.evaluation.words import chance, span
from hardneg_cli.rendering.charts.dots import DotLine, dots
from hardneg_cli.rendering.charts.lines import COLORS, LineMark, LinePoint, NamedLine, lines
from hardneg_cli.rendering.document import Block, Chart, Charts, DataTable, ReportSection, Words
from hardneg_cli.rendering.figure_cells import ENDS, measure_cells, precise
from hardneg_cli.rendering.figures import Measure

MOST_CLASS_DOTS = 24
ALL_ROWS = "all rows"


def history_sections(history: HistoryFigures) -> tuple[ReportSection, ...]:
    """The sections that only checkpoints have."""
    return (
        ReportSection("curves", "Learning curves", tuple(_curves(history))),
        ReportSection("forgetting", "What was forgotten", tuple(_forgetting(history))),
    )


def _curves(history: HistoryFigures) -> Iterator[Block]:
    yield from (Words(f"{line[:1].upper()}{line[1:]}.") for line in history["words"])
    place = {one["name"]: float(one["number"]) for one in history["checkpoints"]}
    turned = _turn(history, place)
    best = (LineMark(place[history["best"]], f"best: {history['best']}"),)
    charts = [_curve(history, "log-loss (less is better)", lambda point: point["log_loss"], turned or best),
              _curve(history, "accuracy", lambda point: point["accuracy"], best)]  # fmt: skip
    yield Charts(tuple(chart for chart in charts if chart is not None))
    rows = [(kind, count) for kind, count in history["regions"].items()]
    rows += [("forgotten at least once", history["forgotten_once"]), ("never learned", history["never_learned"])]
    yield DataTable("Rows by how they were learned", ("how", "rows"), rows)


def _curve(
    history: HistoryFigures, what: str, of: Callable[[CurveFigures], Measure | None], marks: tuple[LineMark, ...]
) -> Chart | None:
    """A line a split, the largest ones first."""
    size = {point["split"]: point["rows"] for point in history["curves"]}
    splits = sorted(size, key=lambda split: (-size[split], split))[:COLORS]
    named = []
    for split in splits:
        points = [(point, of(point)) for point in history["curves"] if point["split"] == split]
        known = [_point(point, found) for point, found in points if found is not None]
        named += [NamedLine(split or ALL_ROWS, known)] if known else []
    if not named:
        return None
    columns = ("checkpoint", "split", "rows", what, *ENDS, "gap to train", "negative flips")
    rows = [(point["checkpoint"], point["split"] or ALL_ROWS, point["rows"], *measure_cells(of(point)),
             *measure_cells(point["gap"])[:1], point["negative_flips"]) for point in history["curves"]]  # fmt: skip
    ticks = [(float(one["number"]), one["name"]) for one in history["checkpoints"]]
    svg = lines(named, f"{what} by checkpoint; the table has the figures", ("checkpoint", what), ticks, marks)
    few = "" if len(splits) == len(size) else f" The {COLORS} largest of {len(size):,} splits."
    words = f"Bands are 95 % intervals.{few}"
    return Chart(f"{what[:1].upper()}{what[1:]} by split", svg, DataTable("The same as a table", columns, rows), words)


def _point(point: CurveFigures, found: Measure) -> LinePoint:
    ends = found["value"], found["low"], found["high"]
    said = f"{point['checkpoint']}, {point['split'] or ALL_ROWS}: {span(*ends)}"
    return LinePoint(point["number"], *ends, said)


def _turn(history: HistoryFigures, place: dict[str, float]) -> tuple[LineMark, ...]:
    """Where the loss turns, if what comes after is more than noise."""
    found = history["overfitting"]
    if found is None or found["significant_from"] is None:
        return ()
    return (LineMark(place[found["turn"]], f"turns at {found['turn']}"),)


def _forgetting(history: HistoryFigures) -> Iterator[Block]:
    if not history["since"]:
        yield Words("The last checkpoint is the only one to compare with: nothing is forgotten.")
        return
    columns = ("since", "held-out rows", "lost", "gained", "classes forgotten beyond chance")
    rows = [(one["checkpoint"], one["rows"], one["lost"], one["gained"], one["forgotten"]) for one in history["since"]]
    yield DataTable(f"Rows that {history['checkpoints'][-1]['name']} has lost and gained", columns, rows)
    by_since = {one["checkpoint"]: [other for other in history["classes"] if other["since"] == one["checkpoint"]]
                for one in history["since"]}  # fmt: skip
    yield Charts(tuple(_forgotten(since, found) for since, found in by_since.items() if found))


def _forgotten(since: str, found: Sequence[ForgottenFigures]) -> Chart:
    drawn = [
        DotLine(readable(one["class"]), one["change"]["value"], one["change"]["low"], one["change"]["high"],
                f"{readable(one['class'])}: recall {one['before']:.1%} to {one['after']:.1%}, {one['broke']:,} of "
                f"{one['rows']:,} rows broke", chance(one["p_adjusted"]), one["forgotten"])
        for one in found[:MOST_CLASS_DOTS]
    ]  # fmt: skip
    columns = ("class", "rows", "broke", "fixed", "recall then", "recall now", "change", *ENDS,
               "p adjusted", "forgotten")  # fmt: skip
    rows = [(readable(one["class"]), one["rows"], one["broke"], one["fixed"], precise(one["before"]),
             precise(one["after"]), *measure_cells(one["change"]), precise(one["p_adjusted"]),
             "yes" if one["forgotten"] else "no") for one in found]  # fmt: skip
    title = f"Change of recall since {since}, by class"
    few = "" if len(drawn) == len(found) else f" The {len(drawn)} that lost most."
    words = f"The greatest loss first; the strong ones are forgotten beyond chance.{few}"
    svg = dots(drawn, f"{title}; the table has the figures", "change of recall", percent=True, reference=0.0)
    return Chart(title, svg, DataTable(f"{len(rows):,} classes as a table", columns, rows), words)
