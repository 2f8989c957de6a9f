"""What a report says of the reviewers' pace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from hardneg_cli.data.class_names import readable
from hardneg_cli.rendering.charts.dots import DotLine, dots
from hardneg_cli.rendering.charts.lines import COLORS, LinePoint, NamedLine, lines
from hardneg_cli.rendering.document import Block, Chart, Charts, DataTable, Words
from hardneg_cli.review.reviewers.report.figures import CollectReport, PaceFigures

MOST_LINES = 30  # reviewers in a chart
AS_TABLE = "The same as a table"
WEEK = 7  # days that are named one by one


def pace_blocks(report: CollectReport) -> Iterator[Block]:
    """Seconds an answer, answers a day, and how many answers tell."""
    pace = [one for one in report["pace"] if one["timed"]]
    if not pace:
        yield Words("No answer tells when it was given: queues that are collected together have one time.")
        return
    charts = [*_seconds(pace), *_days(pace)]
    if charts:
        yield Charts(tuple(charts))
    rows = [(readable(one["reviewer"]), one["answers"], one["timed"], *(
        (None, None, None) if one["seconds"] is None
        else (one["seconds"]["median"], one["seconds"]["low"], one["seconds"]["high"])
    )) for one in report["pace"]]  # fmt: skip
    columns = ("reviewer", "answers", "with a time", "seconds an answer", "lower quartile", "upper quartile")
    yield DataTable("Answers and their times", columns, rows)


def _seconds(pace: Sequence[PaceFigures]) -> Iterator[Chart]:
    known = [(one, one["seconds"]) for one in pace if one["seconds"] is not None]
    if known:
        drawn = [DotLine(readable(one["reviewer"]), q["median"], q["low"], q["high"],
                         f"{readable(one['reviewer'])}: {q['median']:g} s, half {q['low']:g} to {q['high']:g} s",
                         f"{q['median']:g} s") for one, q in known[:MOST_LINES] if q is not None]  # fmt: skip
        rows = [(readable(one["reviewer"]), q["median"], q["low"], q["high"]) for one, q in known if q is not None]
        table = DataTable(AS_TABLE, ("reviewer", "seconds", "lower quartile", "upper quartile"), rows)
        words = "The median from one answer to the next, and the middle half; more than two minutes are a pause."
        svg = dots(drawn, "Seconds an answer; the table has the figures", "seconds", reference=0.0)
        yield Chart("Seconds an answer", svg, table, words)


def _days(pace: Sequence[PaceFigures]) -> Iterator[Chart]:
    """Answers a day, where there is more than one day; a day without answers between two with some has none."""
    days = sorted({day["day"] for one in pace for day in one["days"]})
    if len(days) < 2:
        return
    ranked = sorted(pace, key=lambda one: (-one["timed"], one["reviewer"]))[:COLORS]
    first = date.fromisoformat(days[0]).toordinal()
    spans = range(date.fromisoformat(days[-1]).toordinal() - first + 1)
    named = []
    for one in ranked:
        count = {day["day"]: day["answers"] for day in one["days"]}
        points = [LinePoint(float(x), float(times), None, None, f"{readable(one['reviewer'])}, {name}: {times:,}")
                  for x in spans if (name := date.fromordinal(first + x).isoformat()) in count or len(spans) <= WEEK
                  for times in (count.get(name, 0),)]  # fmt: skip
        named += [NamedLine(readable(one["reviewer"]), points)] if points else []
    rows = [(readable(one["reviewer"]), day["day"], day["answers"]) for one in pace for day in one["days"]]
    ticks = [(float(date.fromisoformat(day).toordinal() - first), day) for day in days]
    svg = lines(named, "Answers a day; the table has the figures", ("day, in UTC", "answers"), ticks)
    few = "" if len(ranked) == len(pace) else f"The {COLORS} reviewers with the most answers."
    yield Chart("Answers a day", svg, DataTable(AS_TABLE, ("reviewer", "day", "answers"), rows), few)
