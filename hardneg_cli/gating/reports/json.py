"""One JSON object with everything, for machines. The keys are stable, all rows are there.

Its JSON Schema is what `hardneg explain --schema check-report` prints.

v         1
data      the dataset as it was named
base      what it was compared with, or null
rows      how many rows the dataset has
passed    whether no gate fails; null where there are no gates
changes   null without a base, else
    changed, added, edited, relabeled, dropped     how many rows; one may be edited and relabeled
    new_columns, lost_columns                      content columns that one side alone has
    pairs   [{before, after, rows}], the relabeled rows, most frequent first
    rows    [{id, kinds, before, after}], kinds some of added, edited, relabeled, dropped; a label is null where
            there is none
gates     [{gate, means, outcome, why, blamed, numbers, rows}]: means is fail or warn; outcome is passed, failed,
          warned or not judged; why says what was found, or why nothing could be judged; blamed counts the rows
    rows    [{id, file, line, reason}]; line is null where the kind of file has none
notes     [text]
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO

from hardneg_cli.data import change_report
from hardneg_cli.gating.failing_rows import count, failing_rows
from hardneg_cli.gating.figures import VERSION
from hardneg_cli.io.tables.text_tables import inert_json

if TYPE_CHECKING:
    from hardneg_cli.gating.verdict import CheckReport, GateResult

EXTENSIONS = (".json",)


def write(report: CheckReport, out: BinaryIO) -> None:
    """A line for the head, for each row, each pair and each gate, so that two reports can be compared as text."""
    dataset = report.dataset
    head = {
        "v": VERSION, "data": dataset.name, "base": report.base, "rows": len(dataset),
        "passed": report.passed if report.judged else None,
    }  # fmt: skip
    out.write(_text(head)[:-1] + b',\n"changes": ')
    out.writelines(_changes(report))
    out.write(b',\n"gates": ')
    out.writelines(_list(b"".join(_gate(report, one)) for one in report.judged))
    out.write(b',\n"notes": ' + _text(list(report.notes)) + b"}\n")


def _changes(report: CheckReport) -> Iterator[bytes]:
    changes = report.changes
    if changes is None:
        yield b"null"
        return
    found = {
        **vars(change_report.counts(changes)),
        "new_columns": list(changes.new_columns),
        "lost_columns": list(changes.lost_columns),
    }
    yield _text(found)[:-1] + b', "pairs": '
    yield from _list(_text(pair._asdict()) for pair in change_report.pairs(report.dataset, changes))
    yield b', "rows": '
    yield from _list(_text(row._asdict()) for row in change_report.rows(report.dataset, changes))
    yield b"}"


def _gate(report: CheckReport, judged: GateResult) -> Iterator[bytes]:
    verdict = judged.verdict
    found = {
        "gate": judged.gate, "means": judged.means, "outcome": judged.outcome,
        "why": verdict.why if verdict else judged.reason, "blamed": count(judged),
        "numbers": {name: _number(value) for name, value in verdict.numbers.items()} if verdict else {},
    }  # fmt: skip
    yield _text(found)[:-1] + b', "rows": '
    rows = failing_rows(report.dataset, judged)
    yield from _list(_text({"id": row.id, "file": row.file, "line": row.line, "reason": row.reason}) for row in rows)
    yield b"}"


def _number(value: float) -> float | None:
    """A plain number; JSON knows no NaN and no infinity."""
    plain = value.item() if hasattr(value, "item") else value
    return plain if math.isfinite(plain) else None


def _list(items: Iterable[bytes]) -> Iterator[bytes]:
    yield b"["
    yield from ((b",\n" if number else b"\n") + item for number, item in enumerate(items))
    yield b"]"


def _text(value: object) -> bytes:
    return inert_json(json.dumps(value, ensure_ascii=False, allow_nan=False))
