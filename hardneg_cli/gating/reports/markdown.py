"""For the summary of a job and for a comment: the verdicts as a table, then what changed, row by row.

It stays below what GitHub takes in a comment (65,536 characters; a job's summary may have a MiB): every list gets its
share of the room and says how many rows are left out. Text of the data is shown as code, and nothing in it is markup,
a mention or a reference.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.data import change_report
from hardneg_cli.errors import plural
from hardneg_cli.gating.failing_rows import count, failing_rows
from hardneg_cli.runtime.terminal import plain

if TYPE_CHECKING:
    from hardneg_cli.data.change_report import LabelChange
    from hardneg_cli.gating.verdict import CheckReport, GateResult

EXTENSIONS = (".md",)
MOST_BYTES = 60_000
RESERVED = 200  # for the line that says what is left out
MOST_ROWS, MOST_CLASSES, MOST_NOTES = 200, 12, 10
LONGEST, LONGEST_SENTENCE = 300, 1000  # bytes, as written
LOOKS = {"passed": "passed", "failed": "**failed**", "warned": "*warned*", "not judged": "not judged"}
OTHERS = "others"
# What is markup or math; and what GitHub looks for in the text that is left: @name, #1, GH-1, :smile:, www.a, a://b
MARKUP = re.compile(r"(?P<sign>[\\`*_{}\[\]<>&|$~!^+])|(?P<apart>[@#]|:(?=\S)|(?i:(?<=\bgh)-(?=\d))|(?i:(?<=www)\.))")


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
    against = f" against {_code(report.base)}" if report.base else ""
    changed = f"; {change_report.counts(report.changes)}" if report.changes is not None else ""
    yield f"{_code(report.dataset.name)}{against}: {len(report.dataset):,} rows{changed}"
    if report.changes is not None and (columns := change_report.columns(report.changes)):
        yield f"\n{_prose(columns)}"
    if report.judged:
        yield from ("", "| gate | verdict | why |", "| --- | --- | --- |")
    for one in report.judged:
        why = one.verdict.why if one.verdict else one.reason
        yield f"| {one.gate} | {LOOKS[one.outcome]} | {_prose(why)} |"
    if report.notes:
        yield ""
        yield from (f"- note: {_prose(note)}" for note in report.notes[:MOST_NOTES])
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
        f"| {_code(row.id)} | {f'{_code(row.file)} ' if several else ''}{row.line or ''} | {_prose(row.reason)} |"
        for row in rows
    )
    head = ("| id | line | why |", "| --- | ---: | --- |")
    return Section(f"{judged.gate} {judged.outcome}: {_rows(total)}", head, lines, total)


def _changed(report: CheckReport, kind: str, total: int) -> Section:
    assert report.changes is not None
    rows = islice(change_report.rows(report.dataset, report.changes, kind), MOST_ROWS)
    title = f"{kind.capitalize()}: {_rows(total)}"
    if kind == "relabeled":
        lines = (f"| {_code(row.id)} | {_code(row.before or '')} | {_code(row.after or '')} |" for row in rows)
        return Section(title, ("| id | before | after |", "| --- | --- | --- |"), lines, total)
    lines = (f"| {_code(row.id)} | {_code(row.after or row.before or '')} |" for row in rows)
    return Section(title, ("| id | label |", "| --- | --- |"), lines, total)


def _matrix(pairs: Sequence[LabelChange]) -> Section:
    """Labels in the base by labels now; where there are many, those of the most rows, and the others together."""
    before = _names([(pair.before, pair.rows) for pair in pairs])
    after = _names([(pair.after, pair.rows) for pair in pairs])
    cells: Counter[tuple[str, str]] = Counter()
    for pair in pairs:
        cells[before.get(pair.before, OTHERS), after.get(pair.after, OTHERS)] += pair.rows
    shown = list(dict.fromkeys([*after.values(), *(column for _, column in cells)]))
    lines = [
        f"| {row} | " + " | ".join(f"{cells[row, column]:,}" if cells[row, column] else "" for column in shown) + " |"
        for row in dict.fromkeys([*before.values(), *(row for row, _ in cells)])
    ]
    head = (f"| from ↓ to → | {' | '.join(shown)} |", "| --- |" + " ---: |" * len(shown))
    return Section("Relabeled, by class", head, lines, len(lines))


def _names(counted: Sequence[tuple[str, int]]) -> dict[str, str]:
    """The names of the most rows, as they are shown, sorted by name."""
    total: Counter[str] = Counter()
    for name, rows in counted:
        total[name] += rows
    most = sorted(total, key=lambda name: (-total[name], name))[:MOST_CLASSES]
    return {name: _code(name) for name in sorted(most)}


def _rows(number: int) -> str:
    return plural(number, "row")


def _code(text: str) -> str:
    """Text of the data, as code: GitHub resolves no mention and no reference there."""
    return f"<code>{_escaped(plain(text), LONGEST)}</code>"


def _prose(text: str) -> str:
    """A sentence of ours that may quote the data."""
    return _escaped(plain(text), LONGEST_SENTENCE)


def _escaped(text: str, longest: int) -> str:
    """Signs as character references, which stand for no markup, some in an element of their own; cut if overlong."""
    kept = text[:longest]
    while len((escaped := MARKUP.sub(_reference, kept)).encode(errors="backslashreplace")) > longest:
        kept = kept[: len(kept) * 3 // 4]
    return escaped if len(kept) == len(text) else f"{escaped}…"


def _reference(sign: re.Match[str]) -> str:
    reference = f"&#{ord(sign[0])};"
    return f"<span>{reference}</span>" if sign["apart"] else reference
