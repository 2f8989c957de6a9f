"""Who changed what, when and why: the document that goes with a corrected dataset."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Literal, TypedDict

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.review.correction.undo_record import VERSION, UndoRecord
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.filled_queue import POLICY


@dataclass(frozen=True)
class RowChange:
    """One changed row, as the decisions say that agree about it. `row` counts the data rows of `file` from 1.

    `after` is None for a row that is dropped; `at` is when it was decided, where that is known. column: of a cell that
    is filled, with `after`; else the change is one of the label.
    """

    file: str
    row: int
    id: str
    row_hash: str
    action: str
    before: str
    after: str | None
    reviewer: str
    source: str
    note: str
    at: str
    column: str = ""

    @property
    def facts(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "column" or value}

    @property
    def index(self) -> int:
        """The row as readers and `CellEdits` number it: from 0."""
        return self.row - 1


@dataclass(frozen=True)
class WrittenFile:
    """A file of the dataset, and what became of it; the hashes are of the bytes on disk, compressed or not.

    back: how to undo it, None for a file that was not changed.
    """

    name: str
    written: str
    sha256_before: str
    sha256_after: str
    back: UndoRecord | None = None

    def facts(self) -> dict[str, str]:
        return {name: value for name, value in vars(self).items() if name != "back"}


@dataclass(frozen=True)
class FilledCell:
    """A cell that gets a value, and the rule that says so."""

    column: str
    text: str
    rule: str


class FileFacts(TypedDict):
    """A file of the dataset, and what became of it; hashes are of the bytes on disk."""

    name: str
    written: str
    sha256_before: str
    sha256_after: str


class ChangeFacts(TypedDict):
    """One changed row, counted from 1; `after` is null for one that is dropped."""

    file: str
    row: int
    id: str
    row_hash: str
    action: Literal["relabel", "drop", "fill"]
    before: str
    after: str | None
    reviewer: str
    source: str
    note: str
    at: str


class UndoFacts(TypedDict):
    """A file's way back, in Base64, by the line."""

    file: str
    kind: Literal["inverse edits", "zstd patch"]
    packed: str | None
    sha256: str
    data: list[str]


class ProvenanceFacts(TypedDict):
    """Who changed what, when and why, and what undoing takes."""

    v: int
    data: str
    at: str
    by: str
    queues: list[str]
    files: list[FileFacts]
    changes: list[ChangeFacts]
    undo: list[UndoFacts]


def changes_of(
    dataset: Dataset,
    decisions: Mapping[int, Sequence[Decision]],
    fills: Mapping[int, Sequence[FilledCell]] | None = None,
) -> tuple[RowChange, ...]:
    """The changes that the decisions about each row of the dataset, and cells to be filled, make, in the rows' order.

    Decisions about one row are all the same but for who made them.
    """
    fills = fills or {}
    rows = sorted(fills)
    hashes = dict(zip(rows, dataset.row_hashes(rows), strict=True)) if rows else {}  # type: ignore[arg-type]
    starts = list(accumulate(dataset.rows_of_files, initial=0))[:-1]
    changes = []
    for row in sorted({*decisions, *fills}):
        position = int(dataset.positions[row])
        file = bisect_right(starts, position) - 1
        name, index = dataset.sources[file].name, position - starts[file]
        if row in decisions and decisions[row][0].decision != "keep":
            changes.append(_change(name, index, decisions[row]))
        changes += [
            RowChange(
                name, index + 1, dataset.ids[row].as_py(), hashes[row], "fill", dataset.classes[dataset.labels[row]],
                cell.text, POLICY, cell.rule, "", "", cell.column,
            )
            for cell in fills.get(row, ())
        ]  # fmt: skip
    return tuple(changes)


def document(
    data: str, files: Sequence[WrittenFile], *, changes: Iterable[RowChange], by: str, queues: Sequence[str],
    how: Mapping[str, object],
) -> Iterator[bytes]:  # fmt: skip
    """The provenance of one run as JSON in pieces, a change a line; `how` are the settings that decided what happened.

    Last comes what undoing the run takes.
    """
    record = {
        "v": VERSION,
        "data": data,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": by,
        "queues": list(queues),
        **how,
        "files": [file.facts() for file in files],
    }
    head = json.dumps(record, ensure_ascii=False, indent=1).removesuffix("\n}")
    lines = ",\n".join(f"  {json.dumps(change.facts, ensure_ascii=False)}" for change in changes)
    yield f'{head},\n "changes": [\n{lines}\n ],\n "undo": ['.encode(errors="backslashreplace")
    changed = [(file.name, file.back) for file in files if file.back]
    for place, (name, back) in enumerate(changed):
        facts = json.dumps({"file": name, **back.facts()}, ensure_ascii=False)
        yield f'{"," if place else ""}\n  {facts.removesuffix("}")}, "data": ['.encode(errors="backslashreplace")
        for number, line in enumerate(back.lines()):
            yield f'{"," if number else ""}\n   "{line}"'.encode()
        yield b"\n  ]}"
    yield b"\n ]\n}\n"


def _change(file: str, index: int, decisions: Sequence[Decision]) -> RowChange:
    first = decisions[0]
    after = first.new_label if first.decision == "relabel" else None
    who, source, note, at = (
        "; ".join(sorted({getattr(decision, name) for decision in decisions} - {""}))
        for name in ("reviewer", "source", "note", "at")
    )
    return RowChange(
        file, index + 1, first.id, first.row_hash, first.decision, first.given, after, who, source, note, at
    )
