"""A report in lines for people: what changed, a line a gate with the first rows it blames, and the final word.

Gates that could not be judged for the same reason share a line, below the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hardneg_cli.data import change_report
from hardneg_cli.errors import plural, quote
from hardneg_cli.gating.failing_rows import count, failing_rows
from hardneg_cli.gating.outcomes import passed_of_all, without_verdict
from hardneg_cli.runtime.terminal import inert

if TYPE_CHECKING:
    from hardneg_cli.data.change_report import ChangedRow
    from hardneg_cli.gating.verdict import CheckReport, GateResult

MOST_ROWS, MOST_PAIRS = 5, 5
STYLES = {"passed": "green", "failed": "bold red", "warned": "yellow", "not judged": "magenta"}
SIGNS = {"added": ("+", "green"), "dropped": ("-", "red")}
WIDEST = max(map(len, STYLES))
INDENT = " " * (WIDEST + 2)
Line = tuple[tuple[str, str], ...]  # texts, each with its style


def lines(report: CheckReport) -> Iterator[Line]:
    """The lines, in pieces that each have a style; a style is nothing to whoever wants the words alone."""
    yield from _changes(report)
    if report.judged:
        yield ()
    width = max((len(one.gate) for one in report.judged), default=0)
    for one in report.judged:
        if one.verdict is not None:
            yield from _gate(report, one, width)
    for group in without_verdict(report.judged):
        yield _verdict("not judged", ", ".join(group.gates), width, group.reason)
    if report.judged:
        yield ()
    for note in report.notes:
        yield ((f"note: {inert(note)}", ""),)
    if report.judged:
        yield _final_word(report)


def _changes(report: CheckReport) -> Iterator[Line]:
    changes, rows = report.changes, len(report.dataset)
    name = inert(report.dataset.name) + (f" against {inert(report.base)}" if report.base else "")
    head = f"{name}: {plural(rows, 'row')}"
    if changes is None:
        yield ((head, "bold"),)
        return
    yield (head, "bold"), (f"; {change_report.counts(changes)}", "")
    if columns := change_report.columns(changes):
        yield ((inert(columns), ""),)
    pairs = change_report.pairs(report.dataset, changes)
    if pairs:
        shown = ", ".join(
            inert(f"{pair.rows:,} {quote(pair.before)} -> {quote(pair.after)}") for pair in pairs[:MOST_PAIRS]
        )
        more = f" and {len(pairs) - MOST_PAIRS:,} more pairs" if len(pairs) > MOST_PAIRS else ""
        yield ((f"relabeled: {shown}{more}", ""),)
    if not report.judged:
        yield from map(_row, change_report.rows(report.dataset, changes))


def _row(row: ChangedRow) -> Line:
    sign, style = SIGNS.get(row.kinds[0], ("~", "yellow"))
    label = f"{quote(row.before)} -> {quote(row.after)}" if "relabeled" in row.kinds else repr(row.after or row.before)
    edited = ", edited" if "edited" in row.kinds else ""
    return (f"{sign} {inert(row.id)}", style), (f"  {inert(label)}{edited}", "")


def _gate(report: CheckReport, judged: GateResult, width: int) -> Iterator[Line]:
    yield _verdict(judged.outcome, judged.gate, width, judged.verdict.why if judged.verdict else judged.reason)
    for row in failing_rows(report.dataset, judged, MOST_ROWS):
        file = f"{row.file} " if len(report.dataset.sources) > 1 else ""
        line = f"line {row.line}" if row.line else ""
        place = f" ({f'{file}{line}'.strip()})" if file or line else ""
        # the dash keeps an id from the beginning of the line, where the log of a CI server may take it for an order
        yield (f"{INDENT}- ", "dim"), (inert(row.id), "bold"), (inert(place), "dim"), (_reason(row.reason), "")
    if (more := count(judged) - MOST_ROWS) > 0:
        yield ((f"{INDENT}and {more:,} more", "dim"),)


def _verdict(outcome: str, gates: str, width: int, why: str) -> Line:
    return (f"{outcome:<{WIDEST}}", STYLES[outcome]), (f"  {gates:<{width}}  ", "bold"), (inert(why), "")


def _reason(reason: str) -> str:
    return f": {inert(reason)}" if reason else ""


def _final_word(report: CheckReport) -> Line:
    """The verdict, and which gates stand behind it; what could not be judged is never passed over."""
    by = {outcome: [one.gate for one in report.judged if one.outcome == outcome] for outcome in STYLES}
    parts = [f"{outcome}: {', '.join(gates)}" for outcome, gates in by.items() if gates and outcome != "passed"]
    word, style = ("passed", STYLES["passed"]) if report.passed else ("refused", STYLES["failed"])
    return (word, style), (f": {'; '.join([passed_of_all(report), *parts])}", "")
