"""For the summary of a job and for a comment: the verdicts as a table, then what changed, row by row.

It stays below what GitHub takes in a comment (65,536 characters; a job's summary may have a MiB): every list gets its
share of the room and says how many rows are left out. Text of the data is shown as code, and nothing in it is markup,
a mention or a reference.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.data import change_report
from hardneg_cli.errors import plural
from hardneg_cli.gating.failing_rows import count, failing_rows
from hardneg_cli.gating.reports._markdown_text import LOOKS, code, matrix, prose

if TYPE_CHECKING:
    from hardneg_cli.data.change_report import LabelChange
    from hardneg_cli.gating.verdict import CheckReport, GateResult

EXTENSIONS = (".md",)
MOST_BYTES = 60_000
RESERVED = 200  # for the line that says what is left out
MOST_ROWS, MOST_CLASSES, MOST_NOTES = 200, 12, 10


@dataclass(frozen=True)
class Section:
    """A heading, the lines above a list, and the list's lines, of which `total` there are."""

    title: str
    head: tuple[str, ...]
    rows: Iterable[str]
    total: int


def write(report: CheckReport, out: BinaryIO) -> None:
    text = "\n".join(_opening(report)) + "\n"
    sections = list(_sections(report))
    for number, section in enumerate(sections):
        text += _within(section, (MOST_BYTES - len(text.encode(errors="backslashreplace"))) // (len(sections) - number))
    out.write(text.encode(errors="backslashreplace"))


def _within(section: Section, room: int) -> str:
    """As much of the section as has room."""
    shown = "\n".join(["", f"### {section.title}", "", *section.head]) + "\n"
    used, written = len(shown.encode(errors="backslashreplace")) + RESERVED, 0
    for line in section.rows:
        used += len(line.encode(errors="backslashreplace")) + 1
        if used > room:
            break
        shown += line + "\n"
        written += 1
    left = section.total - written
    return shown + (f"\n… and {left:,} more, left out here\n" if left else "")


def _opening(report: CheckReport) -> Iterator[str]:
    """The verdict, what was compared, and the table of gates; each gate's sentence cut where it is overlong."""
    word = ("passed" if report.passed else "refused") if report.judged else "difference"
    yield f"## hardneg: {word}"
    yield ""
    against = f" against {code(report.base)}" if report.base else ""
    changed = f"; {change_report.counts(report.changes)}" if report.changes is not None else ""
    yield f"{code(report.dataset.name)}{against}: {len(report.dataset):,} rows{changed}"
    if report.changes is not None and (columns := change_report.columns(report.changes)):
        yield f"\n{prose(columns)}"
    if report.judged:
        yield from ("", "| gate | verdict | why |", "| --- | --- | --- |")
    for one in report.judged:
        why = one.verdict.why if one.verdict else one.reason
        yield f"| {one.gate} | {LOOKS[one.outcome]} | {prose(why)} |"
    if report.notes:
        yield ""
        yield from (f"- note: {prose(note)}" for note in report.notes[:MOST_NOTES])
    if (more := len(report.notes) - MOST_NOTES) > 0:
        yield f"- and {more:,} more notes"


def _sections(report: CheckReport) -> Iterator[Section]:
    for one in report.judged:
        if count(one):
            yield _failing_rows(report, one)
    if report.changes is None:
        return
    if pairs := change_report.pairs(report.dataset, report.changes):
        yield _matrix(pairs)
    counts = vars(change_report.counts(report.changes))
    for kind in change_report.KINDS:
        if counts[kind]:
            yield _changed(report, kind, counts[kind])


def _failing_rows(report: CheckReport, judged: GateResult) -> Section:
    total = count(judged)
    rows = failing_rows(report.dataset, judged, MOST_ROWS)
    several = len(report.dataset.sources) > 1
    lines = (
        f"| {code(row.id)} | {f'{code(row.file)} ' if several else ''}{row.line or ''} | {prose(row.reason)} |"
        for row in rows
    )
    head = ("| id | line | why |", "| --- | ---: | --- |")
    return Section(f"{judged.gate} {judged.outcome}: {_rows(total)}", head, lines, total)


def _changed(report: CheckReport, kind: str, total: int) -> Section:
    assert report.changes is not None
    rows = islice(change_report.rows(report.dataset, report.changes, kind), MOST_ROWS)
    title = f"{kind.capitalize()}: {_rows(total)}"
    if kind == "relabeled":
        lines = (f"| {code(row.id)} | {code(row.before or '')} | {code(row.after or '')} |" for row in rows)
        return Section(title, ("| id | before | after |", "| --- | --- | --- |"), lines, total)
    lines = (f"| {code(row.id)} | {code(row.after or row.before or '')} |" for row in rows)
    return Section(title, ("| id | label |", "| --- | --- |"), lines, total)


def _matrix(pairs: Sequence[LabelChange]) -> Section:
    """Labels in the base by labels now; where there are many, those of the most rows, and the others together."""
    table = matrix(pairs, MOST_CLASSES)
    return Section("Relabeled, by class", table.head, table.lines, len(table.lines))


def _rows(number: int) -> str:
    return plural(number, "row")
