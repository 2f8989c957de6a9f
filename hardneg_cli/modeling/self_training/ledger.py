"""The ledger of self-training: every pseudo-label of every round, and what vouches for it; lines are only ever added.

A round is a line of JSON for each of its pseudo-labels, then one for the round itself. Taking rounds back is one too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.files.streams import document
from hardneg_cli.io.tables.json_records import JsonObject
from hardneg_cli.io.tables.text_tables import inert_json
from hardneg_cli.review.decisions.decision_log import held

VERSION = 1
PSEUDO_LABEL, ROUND, UNDO = "pseudo-label", "round", "undo"
Line = Mapping[str, Any]


@dataclass(frozen=True)
class LedgerRound:
    """A round as it stands in the ledger: its own line, and its pseudo-labels by id."""

    facts: Line
    rows: Mapping[str, Line]

    @property
    def number(self) -> int:
        return int(self.facts["round"])

    def lines(self) -> list[Line]:
        rows = [{"v": VERSION, "kind": PSEUDO_LABEL, "round": self.number, **row} for row in self.rows.values()]
        return [*rows, {"v": VERSION, "kind": ROUND, **self.facts}]


def read(path: str | Path | None) -> list[LedgerRound]:
    """The rounds that count, from 1 on; none where there is no ledger yet. Raises InputError for what is no ledger."""
    if path is None or not Path(path).exists():
        return []
    if not Path(path).is_file():  # what is written anew as a whole
        raise InputError(f"{path}: is not a file, so it is no ledger")
    entries: list[LedgerRound] = []
    rows: dict[str, Line] = {}
    for number, line in enumerate(document(path).splitlines(), 1):
        record = _record(f"{path}: line {number}", line)
        if record["kind"] == PSEUDO_LABEL:
            rows[record["id"]] = {name: cell for name, cell in record.items() if name not in ("v", "kind", "round")}
            continue
        if record["kind"] == UNDO:
            entries = entries[: record["round"] - 1]
            continue
        entry = LedgerRound({name: cell for name, cell in record.items() if name not in ("v", "kind")}, rows)
        if entry.number != len(entries) + 1 or entry.facts.get("accepted") != len(rows):
            raise InputError(f"{path}: line {number}: round {entry.number} is not whole; was the ledger edited?")
        entries.append(entry)
        rows = {}
    return entries


def add(path: str | Path, lines: Iterable[Line], *, after: Sequence[LedgerRound]) -> None:
    """Add lines; the ledger is written whole or not at all. Raises Busy, and InputError if it has changed meanwhile."""
    with growing(path, after=after) as before, whole_file(path) as out:
        write_to(before, lines, out)


@contextmanager
def growing(path: str | Path, *, after: Sequence[LedgerRound]) -> Iterator[bytes]:
    """The ledger as it is, with nobody else writing to it. Raises Busy, and InputError if it has changed meanwhile."""
    with held(path):
        if [entry.facts for entry in read(path)] != [entry.facts for entry in after]:
            raise InputError(f"{path}: another run has added to it meanwhile; run refine again")
        yield Path(path).read_bytes() if Path(path).exists() else b""


def write_to(before: bytes, lines: Iterable[Line], out: BinaryIO) -> None:
    """The ledger as it was, and the lines behind it."""
    out.write(before)
    out.writelines(inert_json(json.dumps(line, ensure_ascii=False, allow_nan=False)) + b"\n" for line in lines)


def undone(round_: int) -> Line:
    """The line that takes back a round and all after it."""
    return {"v": VERSION, "kind": UNDO, "round": round_}


def _record(where: str, line: bytes) -> JsonObject:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{where}: no JSON; a ledger is what hardneg refine --ledger writes") from error
    known = isinstance(record, dict) and record.get("v") == VERSION
    if not known or not _sound(record):
        raise InputError(f"{where}: no line of a ledger of version {VERSION}")
    found: JsonObject = record
    return found


def _sound(record: JsonObject) -> bool:
    if record.get("kind") == PSEUDO_LABEL:
        return all(isinstance(record.get(name), str) for name in ("id", "row_hash", "label"))
    return record.get("kind") in (ROUND, UNDO) and type(record.get("round")) is int and record["round"] >= 1
