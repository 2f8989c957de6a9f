"""GitHub workflow commands, for the log of a step: annotations at the rows that are to blame.

A gate that fails makes errors, one that warns warnings; those that could not be judged share a line of the log. GitHub
shows ten of each kind a step, so ten are written, every gate's first row before any gate's second one, and the tenth
says what is left out. Files are named from the root of the workspace ($GITHUB_WORKSPACE), else as they were given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.data import change_report
from hardneg_cli.gating.failing_rows import count, failing_rows
from hardneg_cli.gating.outcomes import unjudged_line
from hardneg_cli.gating.reports._workspace import workspace_path
from hardneg_cli.runtime.terminal import log_line, plain

if TYPE_CHECKING:
    from hardneg_cli.gating.failing_rows import FailingRow
    from hardneg_cli.gating.verdict import CheckReport, GateResult

EXTENSIONS = ()
RAW = True  # its lines are commands
MOST = 10  # annotations of a kind that GitHub shows of one step
COMMANDS = {"failed": "error", "warned": "warning"}
COUNTED = ("passed", *COMMANDS, "not judged")


def write(report: CheckReport, out: BinaryIO) -> None:
    for outcome, command in COMMANDS.items():
        gates = [one for one in report.judged if one.outcome == outcome]
        out.writelines(line.encode(errors="backslashreplace") + b"\n" for line in _annotations(report, command, gates))
    out.writelines(line.encode(errors="backslashreplace") + b"\n" for line in _summary(report))


def _annotations(report: CheckReport, command: str, gates: Sequence[GateResult]) -> Iterator[str]:
    by_gate = [_of_gate(report, command, one) for one in gates]
    lines = [line for line in chain.from_iterable(zip_longest(*by_gate)) if line is not None]
    total = sum(max(count(one), 1) for one in gates)
    if total <= MOST:
        yield from lines
        return
    yield from lines[: MOST - 1]
    unseen = [one.gate for one in gates[MOST - 1 :]]
    named = f", all of {', '.join(unseen)}" if unseen else ""
    words = f"{total - MOST + 1:,} more are left out{named}: GitHub shows {MOST} of a step; see the step's summary"
    yield _command(command, {"title": "hardneg"}, [words])


def _of_gate(report: CheckReport, command: str, judged: GateResult) -> list[str]:
    """The annotations of a gate's first rows; one at the whole file where it blames no row."""
    title = f"{judged.gate}: {judged.outcome}"
    why = judged.verdict.why if judged.verdict else judged.reason
    rows = failing_rows(report.dataset, judged, MOST)
    if not rows:
        path = report.dataset.sources[0].path if len(report.dataset.sources) == 1 else None
        return [_command(command, {"file": workspace_path(path), "title": title}, [why])]
    return [_at_row(command, row, title, why) for row in rows]


def _at_row(command: str, row: FailingRow, title: str, why: str) -> str:
    file = workspace_path(row.path)
    line = str(row.line or "") if file else ""
    blame = f"{row.id}: {row.reason}" if row.reason else row.id
    return _command(command, {"file": file, "line": line, "title": title}, [blame, why])


def _summary(report: CheckReport) -> Iterator[str]:
    """Lines of the log that are no commands, though they may quote the data."""
    if line := unjudged_line(report.judged):
        yield log_line(line)
    if report.changes is not None:
        yield str(change_report.counts(report.changes))
    if report.judged:
        outcomes = [one.outcome for one in report.judged]
        counted = ", ".join(f"{outcomes.count(word)} {word}" for word in COUNTED if word in outcomes)
        yield f"{'passed' if report.passed else 'refused'}: {counted}"


def _command(command: str, properties: dict[str, str], lines: Sequence[str]) -> str:
    known = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    return f"::{command} {known}::{'%0A'.join(map(_data, lines))}"


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _data(text: str) -> str:
    """One line, with GitHub's own escape for the sign that begins escapes."""
    return plain(text).replace("%", "%25")
