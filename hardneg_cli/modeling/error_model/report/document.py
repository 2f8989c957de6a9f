"""The report as a document: words, charts and tables, made of its figures alone."""

from __future__ import annotations

from collections.abc import Iterator

from hardneg_cli.modeling.error_model.report.figures import DualReport, SliceFigures
from hardneg_cli.rendering.charts.dots import DotLine, dots
from hardneg_cli.rendering.charts.intervals import IntervalLine, intervals
from hardneg_cli.rendering.document import (
    Block,
    Cell,
    Chart,
    Charts,
    DataTable,
    Document,
    Precise,
    ReportSection,
    Words,
    cell_text,
)
from hardneg_cli.rendering.figure_cells import precise
from hardneg_cli.rendering.figures import DECIMALS

MOST_SLICES = 20  # in the chart
LONGEST_SLICE = 46  # letters of it there
AS_TABLE = "The same as a table"


def document(report: DualReport) -> Document:
    """What the page and the Markdown hold."""
    made = (
        ReportSection("gain", "Before and after", tuple(_gain(report))),
        ReportSection("slices", "Where the first model fails", tuple(_slices(report))),
        ReportSection("figures", "All figures", (_figures(report),)),
    )
    figures = [("rows", cell_text(report["rows"])), ("classes", cell_text(report["classes"]))]
    figures += [("decided", cell_text(report["decided"]))] if report["decided"] else []
    if report["error_rate"] is not None:
        figures.append(("the first model errs", f"{report['error_rate']:.1%}"))
    if report["log_loss"] is not None and report["adjusted_log_loss"] is not None and report["gain_proved"]:
        figures.append(("log-loss", f"{report['log_loss']:.4f} → {report['adjusted_log_loss']:.4f}"))
    return Document("Report on a second model", report["data"], sentence(report), tuple(figures), made)


def sentence(report: DualReport) -> str:
    """What the second model gains."""
    before, after, least = report["log_loss"], report["adjusted_log_loss"], report["gain_at_least"]
    errs = "" if report["error_rate"] is None else f" (wrong in {report['error_rate']:.1%} of the rows)"
    if before is None or after is None:
        return f"Nothing tells whether the probabilities of the first model{errs} can be corrected."
    if report["gain_proved"] and least is not None:
        return (
            f"The second model lowers the log-loss of the first one{errs} on held-out rows from {before:.4f} to "
            f"{after:.4f}, with 95 % confidence by at least {least:.4f}."
        )
    return (
        f"No gain over the first model{errs} is proved on held-out rows: its probabilities stay as they are, with a "
        f"log-loss of {before:.4f}."
    )


def _gain(report: DualReport) -> Iterator[Block]:
    wrong = report["label_error_rate"]
    if wrong is not None:
        yield Words(
            f"Every label of the held-out rows counts in full. {wrong:.1%} of them are taken to be wrong, so each "
            "figure is the expected one over the classes that are right. By the labels as given, wrong ones pass for "
            "errors of the models."
        )
    given = report["given"]
    losses = [("first model", report["log_loss"]), ("adjusted", report["adjusted_log_loss"]),
              ("first, as given", given["log_loss"]), ("adjusted, as given", given["adjusted_log_loss"])]  # fmt: skip
    rates = [("first model", report["error_rate"]), ("adjusted", report["adjusted_error_rate"]),
             ("first, as given", given["error_rate"])]  # fmt: skip
    charts = (_dots("Log-loss (less is better)", losses), _dots("Error rate (less is better)", rates, percent=True))
    yield Charts(tuple(chart for chart in charts if chart is not None))


def _dots(title: str, lines: list[tuple[str, float | None]], *, percent: bool = False) -> Chart | None:
    known = [(name, value) for name, value in lines if value is not None]
    if not known:
        return None
    drawn = []
    for name, value in known:
        said = f"{value:.1%}" if percent else f"{value:.4f}"
        drawn.append(DotLine(name, value, None, None, f"{name}: {said}", said, name == "adjusted"))
    axis = title.partition(" (")[0].lower()
    table = DataTable(AS_TABLE, ("probabilities", axis), [(name, precise(value)) for name, value in lines])
    return Chart(title, dots(drawn, f"{title}; the table has the figures", axis, percent=percent), table)


def _slices(report: DualReport) -> Iterator[Block]:
    slices = report["slices"]
    proved = sum(one["proved"] for one in slices)
    if not slices:
        yield Words("No condition was found under which the first model errs more often than on average.")
        return
    yield Words(
        f"{proved:,} of {len(slices):,} conditions, found on one part of the rows, hold on the other: there the first "
        "model errs more often than on average, beyond chance."
    )
    lines = [_line(one) for one in slices[:MOST_SLICES]]
    few = "" if len(slices) <= MOST_SLICES else f" The first {MOST_SLICES}."
    columns = ("condition", "proved", "rows", "held-out rows", "errors", "error rate", "at least", "at most", "average",
               "times the average", "p")  # fmt: skip
    rows = [(one["slice"], "yes" if one["proved"] else "no", one["rows"], one["held_out"], one["errors"],
             precise(one["rate"]), precise(one["low"]), precise(one["high"]), precise(one["average"]), one["lift"],
             precise(one["p"])) for one in slices]  # fmt: skip
    title = "Error rate of the first model, by condition"
    words = f"Whiskers are 95 % intervals of the rate on held-out rows; proved conditions come first.{few}"
    svg = intervals(lines, f"{title}; the table has the figures", "share of the rows that the first model has wrong",
                    percent=True, longest=LONGEST_SLICE)  # fmt: skip
    yield Chart(title, svg, DataTable(AS_TABLE, columns, rows), words)


def _line(one: SliceFigures) -> IntervalLine:
    said = f"{one['slice']}: {one['rate']:.1%} ({one['low']:.1%} to {one['high']:.1%}), average {one['average']:.1%}"
    beside = f"{'proved' if one['proved'] else 'not proved'}"
    return IntervalLine(one["slice"], one["rate"], one["low"], one["high"], one["rate"], said, beside)


def _figures(report: DualReport) -> DataTable:
    """By the keys that the data have."""
    figures: dict[str, Cell] = {
        "v": report["v"], "data": report["data"], "rows": report["rows"], "classes": report["classes"],
        "decided": report["decided"], "log_loss": _exact(report["log_loss"]),
        "adjusted_log_loss": _exact(report["adjusted_log_loss"]), "error_rate": _exact(report["error_rate"]),
        "adjusted_error_rate": _exact(report["adjusted_error_rate"]),
        "label_error_rate": _exact(report["label_error_rate"]), "gain_proved": str(report["gain_proved"]),
        "gain_at_least": _exact(report["gain_at_least"]), "given.log_loss": _exact(report["given"]["log_loss"]),
        "given.adjusted_log_loss": _exact(report["given"]["adjusted_log_loss"]),
        "given.error_rate": _exact(report["given"]["error_rate"]),
    }  # fmt: skip
    return DataTable("By their names in the data (.json)", ("figure", "value"), [*figures.items()])


def _exact(value: float | None) -> Cell:
    return None if value is None else Precise(value, DECIMALS, padded=False)
