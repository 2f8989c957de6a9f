"""What a check, or a diff, found as a document: the verdict, what to do, the gates, the rows, what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from hardneg_cli.data import change_report
from hardneg_cli.data.class_names import readable
from hardneg_cli.errors import bounded, plural
from hardneg_cli.gating.failing_rows import count, failing_rows
from hardneg_cli.gating.next_steps import queue_commands, remedies
from hardneg_cli.gating.outcomes import of_outcome, passed_of_all, sentence, without_verdict
from hardneg_cli.gating.worst_rows import worst_rows
from hardneg_cli.rendering.charts.matrix import matrix, most_in_pairs
from hardneg_cli.rendering.document import (
    Block,
    Cards,
    Chart,
    CommandLines,
    DataTable,
    Document,
    ReportSection,
    RowCard,
    Words,
    cell_text,
    probability_text,
)
from hardneg_cli.rendering.figure_cells import settings_table
from hardneg_cli.rendering.figures import versions
from hardneg_cli.runtime.terminal import plain

if TYPE_CHECKING:
    from hardneg_cli.data.change_report import LabelChange
    from hardneg_cli.gating.verdict import CheckReport, GateResult
    from hardneg_cli.gating.worst_rows import WorstRow

LONGEST = 300  # characters of an id, a name or a reason
MOST_CARDS, MOST_LISTED, MOST_CLASSES, MOST_NOTES = 24, 200, 24, 50


def check_document(report: CheckReport) -> Document:
    """What the page holds; lists are cut, and say how many rows they leave out."""
    made = (
        ReportSection("next", "What to do", tuple(_next(report))),
        ReportSection("gates", "Gates", tuple(_gates(report))),
        ReportSection("rows", "Rows to look at", tuple(_rows(report))),
        ReportSection("changes", "What changed", tuple(_changes(report))),
        ReportSection("run", "What ran", tuple(_run(report))),
    )
    sections = tuple(section for section in made if section.blocks)
    title = "Dataset check" if report.judged else "Dataset difference"
    return Document(title, _line(report.dataset.name), sentence(report), tuple(_figures(report)), sections)


def _figures(report: CheckReport) -> Iterator[tuple[str, str]]:
    yield "rows", cell_text(len(report.dataset))
    if report.changes is not None:
        counts = change_report.counts(report.changes)
        yield "rows changed", cell_text(counts.changed)
        yield "relabeled", cell_text(counts.relabeled)
    if report.judged:
        yield "gates passed", passed_of_all(report).removesuffix(" gates passed")
    if report.findings is not None:
        yield "flagged", cell_text(int(report.findings.flagged.sum()))


def _next(report: CheckReport) -> Iterator[Block]:
    yield from (Words(f"{one.gate}: {one.words.replace('`', '')}") for one in remedies(report))
    if lines := queue_commands(report):
        yield Words("The changed rows that are doubted, as a review queue:")
        yield CommandLines("\n".join(map(plain, lines)))


def _gates(report: CheckReport) -> Iterator[Block]:
    rows = [(one.gate, _verdict(one), _line(one.verdict.why)) for one in report.judged if one.verdict is not None]
    if rows:
        yield DataTable("What each gate found", ("gate", "verdict", "why"), rows)
    if unjudged := without_verdict(report.judged):
        lines = [(", ".join(group.gates), _line(group.reason)) for group in unjudged]
        yield DataTable("Not judged", ("gates", "why nothing could be judged"), lines)


def _verdict(one: GateResult) -> str:
    return f"{one.outcome}, {plural(count(one), 'row')}" if count(one) else one.outcome


def _rows(report: CheckReport) -> Iterator[Block]:
    worst = worst_rows(report, MOST_CARDS)
    if not worst.rows:
        return
    if worst.total > len(worst.rows):
        yield Words(f"The first {len(worst.rows)} of {worst.total:,}, worst first.")
    yield Cards(tuple(_card(place, row, report) for place, row in enumerate(worst.rows, 1)))
    for one in (*of_outcome(report.judged, "failed"), *of_outcome(report.judged, "warned")):
        if count(one):
            yield _all_rows(report, one)


def _card(place: int, row: WorstRow, report: CheckReport) -> RowCard:
    """Its label before and now, as far as another one was before; and what each gate says of it."""
    given, now = (row.before, row.label) if row.before else (row.label, "")
    several = len(report.dataset.sources) > 1
    figures = [("file", _cut(row.file))] if several else []
    figures += [("line", str(row.line))] if row.line else []
    figures += [("change", ", ".join(row.kinds))] if row.kinds else []
    figures += [("looks like", _name(row.looks_like))] if row.looks_like else []
    figures += [("wrong with probability", probability_text(row.score))] if row.score is not None else []
    reasons = tuple(f"{gate}: {_cut(reason)}" if reason else gate for gate, reason in row.reasons)
    cells = tuple((plain(name), plain(cell)) for name, cell in row.cells)
    title = f"{place:,} · {_cut(row.id)}" if report.dataset.columns.id is not None else f"{place:,}"
    return RowCard(title, _name(given), _name(now) if now else "", tuple(figures), reasons, cells)


def _all_rows(report: CheckReport, one: GateResult) -> DataTable:
    several = len(report.dataset.sources) > 1
    columns = ("id", *(("file",) if several else ()), "line", "why")
    rows = [(_cut(row.id), *((_cut(row.file),) if several else ()), row.line, _cut(row.reason))
            for row in failing_rows(report.dataset, one, MOST_LISTED)]  # fmt: skip
    return DataTable(_of_all(f"{one.gate} {one.outcome}", len(rows), count(one)), columns, rows, folded=True)


def _changes(report: CheckReport) -> Iterator[Block]:
    changes = report.changes
    if changes is None:
        return
    against = f" against {_line(report.base)}" if report.base else ""
    yield Words(f"{change_report.counts(changes)}{against}.")
    if columns := change_report.columns(changes):
        yield Words(f"{columns}.")
    if pairs := change_report.pairs(report.dataset, changes):
        yield _pairs(pairs)
    counts = vars(change_report.counts(changes))
    for kind in change_report.KINDS:
        if counts[kind]:
            yield _changed(report, kind, counts[kind])


def _pairs(pairs: Sequence[LabelChange]) -> Chart:
    told = [(_name(pair.before), _name(pair.after), pair.rows) for pair in pairs]
    names, counts = most_in_pairs(told, MOST_CLASSES)
    left = sum(pair.rows for pair in pairs) - sum(counts.values())
    words = "Relabeled rows by the label that they had in the base and the one that they have now."
    words += f" {plural(left, 'row')} of labels that changed less are in the table only." if left else ""
    svg = matrix(names, counts, "Relabeled rows by label before and after; the table has the figures",
                 ("before", "now"), clickable=False)  # fmt: skip
    table = DataTable(f"{plural(len(told), 'pair')} as a table", ("before", "now", "rows"), told)
    return Chart("Labels that became others", svg, table, words)


def _changed(report: CheckReport, kind: str, total: int) -> DataTable:
    assert report.changes is not None
    changed = islice(change_report.rows(report.dataset, report.changes, kind), MOST_LISTED)
    if kind == "relabeled":
        rows = [(_cut(row.id), _name(row.before or ""), _name(row.after or "")) for row in changed]
        return DataTable(_of_all(kind, len(rows), total), ("id", "before", "now"), rows, folded=True)
    labels = [(_cut(row.id), _name(row.after or row.before or "")) for row in changed]
    return DataTable(_of_all(kind, len(labels), total), ("id", "label"), labels, folded=True)


def _of_all(what: str, listed: int, total: int) -> str:
    first = f", the first {listed:,} of them" if listed < total else ""
    return f"{what.capitalize()}: {plural(total, 'row')}{first}"


def _run(report: CheckReport) -> Iterator[Block]:
    if report.command:
        yield CommandLines(plain(report.command))
    yield from (Words(f"Note: {_line(note)}") for note in report.notes[:MOST_NOTES])
    if (more := len(report.notes) - MOST_NOTES) > 0:
        yield Words(f"And {plural(more, 'more note')}.")
    against = {"base": _line(report.base)} if report.base else {}
    yield settings_table({"data": _line(report.dataset.name), **against}, versions())


def _name(label: str) -> str:
    """A label as it is read, however long it is."""
    return _cut(readable(label))


def _cut(text: str) -> str:
    return bounded(plain(text), LONGEST)


def _line(text: str) -> str:
    return bounded(plain(text))
