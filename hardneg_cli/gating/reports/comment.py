"""The one comment of a pull request, for `gh pr comment --body-file`: short, and updated instead of repeated.

Its first line is hidden and names the dataset, so that whoever posts it finds the comment of the run before. Then come
the verdict in a line, what changed, the rows to look at first, what to do, and which gates could not be judged; the
rest is folded. It stays below what GitHub takes in a comment (65,536 characters), and nothing of the data in it is
markup, a mention or a reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import quote as percent_encoded

from hardneg_cli.data import change_report
from hardneg_cli.errors import plural
from hardneg_cli.gating.next_steps import queue_commands, remedies
from hardneg_cli.gating.outcomes import named, of_outcome, passed_of_all, unjudged_line
from hardneg_cli.gating.reports._markdown_text import LOOKS, code, matrix, prose
from hardneg_cli.gating.worst_rows import worst_rows
from hardneg_cli.runtime.terminal import plain

if TYPE_CHECKING:
    from hardneg_cli.data.change_report import ChangedRow
    from hardneg_cli.gating.verdict import CheckReport
    from hardneg_cli.gating.worst_rows import WorstRow

EXTENSIONS = ()
MOST_ROWS, MOST_CLASSES, MOST_GATES, MOST_NOTES = 10, 6, 40, 10
LONGEST_NAME, LONGEST_CLAUSE, LONGEST_WHY, LONGEST_LINE = 120, 400, 600, 2000  # bytes, as written
LONGEST_MARK = 200  # characters


def write(report: CheckReport, out: BinaryIO) -> None:
    parts = [marker(report), "\n".join(_verdict(report)), *_changes(report), *_rows(report), *_next(report)]
    if line := unjudged_line(report.judged):
        parts.append(prose(line, LONGEST_LINE))
    parts += [folded] if (folded := "\n".join(_folded(report))) else []
    out.write(("\n\n".join(parts) + "\n").encode(errors="backslashreplace"))


def marker(report: CheckReport) -> str:
    """The hidden first line: the same for every run about this dataset, and closed by nothing in its name."""
    name = percent_encoded(report.dataset.name.encode(errors="surrogatepass"), safe="/._ -").replace("--", "-%2D")
    if len(name) > LONGEST_MARK:
        name = f"{name[:LONGEST_MARK]} {blake2b(name.encode(), digest_size=8).hexdigest()}"
    return f"<!-- hardneg {'check' if report.judged else 'diff'}: {name.strip()} -->"


def _verdict(report: CheckReport) -> Iterator[str]:
    failed, warned = of_outcome(report.judged, "failed"), of_outcome(report.judged, "warned")
    if not report.judged:
        yield "### hardneg: what changed"
    elif failed:
        yield f"### hardneg: refused by {named(failed)}"
    else:
        yield "### hardneg: passed"
    yield ""
    against = f" against {code(report.base)}" if report.base else ""
    line = f"{code(report.dataset.name)}{against}: {plural(len(report.dataset), 'row')}"
    if report.judged:
        line += f"; {passed_of_all(report)}"
    if warned:
        line += f"; warned: {named(warned)}"
    yield line


def _changes(report: CheckReport) -> Iterator[str]:
    """How many rows changed and how, and the labels that became others."""
    changes = report.changes
    if changes is None:
        return
    columns = change_report.columns(changes)
    yield f"**{change_report.counts(changes)}**" + (f"; {prose(columns, LONGEST_WHY)}" if columns else "")
    if pairs := change_report.pairs(report.dataset, changes):
        table = matrix(pairs, MOST_CLASSES, LONGEST_NAME)
        yield "\n".join([*table.head, *table.lines])


def _rows(report: CheckReport) -> Iterator[str]:
    """The rows that gates blame, worst first."""
    worst = worst_rows(report, MOST_ROWS)
    if not worst.rows:
        return
    several = len(report.dataset.sources) > 1
    left = worst.total - len(worst.rows)
    title = f"Rows to look at: {len(worst.rows)} of {worst.total:,}" if left else "Rows to look at"
    quoted = any(row.text for row in worst.rows)
    names = ["id", "line", "label", "why"] + ["row"] * quoted
    rules = ["---", "---:", "---", "---"] + ["---"] * quoted
    lines = [names, rules, *(_row(row, several=several)[: len(names)] for row in worst.rows)]
    yield "\n".join([f"#### {title}", "", *(f"| {' | '.join(cells)} |" for cells in lines)])


def _row(row: WorstRow, *, several: bool) -> list[str]:
    place = f"{code(row.file, LONGEST_NAME)} " if several else ""
    label = f"{code(row.before, LONGEST_NAME)} → " if row.before else ""
    label += code(row.label, LONGEST_NAME)
    if row.looks_like:
        label += f", looks like {code(row.looks_like, LONGEST_NAME)}"
    return [
        code(row.id, LONGEST_NAME), f"{place}{row.line or ''}", label, prose(row.why, LONGEST_CLAUSE),
        prose(row.text, LONGEST_CLAUSE),
    ]  # fmt: skip


def _next(report: CheckReport) -> Iterator[str]:
    """What to do where a gate said no, and how to get the rows as a queue."""
    if found := remedies(report):
        yield "#### What to do\n\n" + "\n".join(f"- **{one.gate}**: {one.words}" for one in found)
    lines = queue_commands(report)
    if lines and sum(map(len, lines)) <= LONGEST_LINE:
        yield "The changed rows that are doubted, as a review queue:"
        yield "\n".join(f"    {plain(line)}" for line in lines)


def _folded(report: CheckReport) -> Iterator[str]:
    """What each gate found, and the notes; without gates the first of the changed rows."""
    if report.judged:
        found = [(one, one.verdict) for one in report.judged if one.verdict is not None]
        yield from _opened("What the gates found" + (", and notes" if report.notes else ""))
        yield from ("| gate | verdict | why |", "| --- | --- | --- |")
        for one, verdict in found[:MOST_GATES]:
            yield f"| {one.gate} | {LOOKS[one.outcome]} | {prose(verdict.why, LONGEST_WHY)} |"
        yield from _more(len(found) - MOST_GATES, "gate")
        yield from ["", *_notes(report)] if report.notes else []
        yield from ("", "</details>")
    elif report.changes is not None and (changed := change_report.counts(report.changes).changed):
        yield from _opened("Rows that changed")
        yield from ("| id | how | before | now |", "| --- | --- | --- | --- |")
        yield from map(_changed, islice(change_report.rows(report.dataset, report.changes), MOST_ROWS))
        yield from _more(changed - MOST_ROWS, "row")
        yield from ["", *_notes(report)] if report.notes else []
        yield from ("", "</details>")


def _opened(title: str) -> tuple[str, ...]:
    return f"<details><summary>{title}</summary>", ""


def _notes(report: CheckReport) -> Iterator[str]:
    yield from (f"- note: {prose(note, LONGEST_WHY)}" for note in report.notes[:MOST_NOTES])
    if (more := len(report.notes) - MOST_NOTES) > 0:
        yield f"- and {plural(more, 'more note')}"


def _more(left: int, what: str) -> Iterator[str]:
    if left > 0:
        yield f"\n… and {left:,} more {what if left == 1 else f'{what}s'}"


def _changed(row: ChangedRow) -> str:
    labels = (code(label, LONGEST_NAME) if label is not None else "" for label in (row.before, row.after))
    return f"| {code(row.id, LONGEST_NAME)} | {', '.join(row.kinds)} | {' | '.join(labels)} |"
