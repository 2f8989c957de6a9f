"""A line of the decisions log: what a decision looks like on disk.

    {"v": 2, "id", "row_hash", "hashed", "given", "decision", "new_label", "reviewer", "at", "source", "note",
     "rank", "score", "role"}

`hashed` says which columns the hash covers, as `hardneg_cli.data.hashed_columns` spells it. `rank` and `score` are
numbers, null where they are unknown. Lines of version 1 have neither these nor `hashed` and `role`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from hardneg_cli.data.hashed_columns import UNKNOWN, HashedColumns, spelled_once
from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.io.tables.text_tables import UNSEEN
from hardneg_cli.review.decisions.decision import DECISIONS, ROLES, UNRANKED, UNSCORED, WITHDRAWN, Decision

VERSION, VERSIONS = 2, (1, 2)
TEXT = ("id", "row_hash", "given", "decision", "new_label", "reviewer", "at", "source", "note")
DECODE = json.JSONDecoder().raw_decode
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
HALVES = re.compile("[\ud800-\udfff]")


@dataclass
class LineReader:
    """Reads lines of one log, and keeps once what many of them have in common.

    columns: what each token stands for as far as it is known. late: whether any was spelled out behind a line with it.
    """

    texts: dict[str, str] = field(default_factory=dict)
    columns: dict[str, HashedColumns] = field(default_factory=dict)
    late: bool = False

    def decision(self, where: str, record: object) -> Decision:
        """A record as a decision; raises InputError, which begins with `where`, if it is none."""
        if not isinstance(record, dict) or record.get("v") not in VERSIONS or not _is_whole(record):
            raise InputError(f"{where}: not a decision of version {VERSION}; was it written by a newer hardneg?")
        values = [record.get(name, "") for name in TEXT]
        for name, value in zip(TEXT, values, strict=True):
            if not isinstance(value, str) or not _writable(value):
                raise InputError(f"{where}: {quote(name)} is not text")
        texts: list[Any] = [self.texts.setdefault(value, value) for value in values]
        decision = Decision(*texts, *([] if record["v"] == 1 else self._more(where, record)))
        if decision.decision not in (*DECISIONS, WITHDRAWN):
            hint = did_you_mean(decision.decision, DECISIONS)
            raise InputError(f"{where}: no decision {quote(decision.decision)}{hint} (known: {', '.join(DECISIONS)})")
        if decision.decision == "relabel" and not decision.new_label.strip():
            raise InputError(f"{where}: relabel without a new_label")
        return decision

    def _more(self, where: str, record: dict[str, Any]) -> Sequence[Any]:
        """What version 1 has not."""
        rank, score, role = record.get("rank"), record.get("score"), record.get("role", "")
        if rank is not None and (type(rank) is not int or rank < 1):
            raise InputError(f"{where}: 'rank' is not a number from 1, or null")
        if score is not None and (type(score) not in (int, float) or not 0 <= score <= 1):
            raise InputError(f"{where}: 'score' is not a probability from 0 to 1, or null")
        if role not in (*ROLES, ""):
            raise InputError(
                f"{where}: no role {quote(role)}{did_you_mean(str(role), ROLES)} (known: {', '.join(ROLES)})"
            )
        hashed = self._hashed(where, record.get("hashed", ""))
        return [hashed, UNRANKED if rank is None else rank, UNSCORED if score is None else float(score), role]

    def _hashed(self, where: str, text: object) -> HashedColumns:
        if not isinstance(text, str):
            raise InputError(f"{where}: 'hashed' is not text")
        if known := self.columns.get(text):
            return known
        if not text:
            return UNKNOWN
        try:
            found = HashedColumns.parse(text)
        except ValueError as error:
            raise InputError(f"{where}: 'hashed' is not what hardneg wrote there: {error}") from error
        before = self.columns.get(found.token)
        if found.names is None:
            return self.columns.setdefault(found.token, before or found)
        self.late = self.late or (before is not None and before.names is None)
        self.columns[text] = self.columns[found.token] = found
        return found


def parse_line(line: bytes) -> object:
    """What json.loads makes of the line, without its second look at what it was told is UTF-8."""
    try:
        text = line.decode()
        record, end = DECODE(text)
    except ValueError:
        record, text, end = None, "", 0
    found: object = record if text[end:] == "\n" else json.loads(line)
    return found


def encode_lines(decisions: Iterable[Decision], spelled: Iterable[str] = ()) -> Iterator[bytes]:
    """Lines, of which the first with a token that is not among the `spelled` ones says what it stands for.

    Raises InputError for what could not be read again.
    """
    decisions = list(decisions)
    for decision, hashed in zip(decisions, spelled_once((one.hashed for one in decisions), spelled), strict=True):
        yield _line(decision, hashed)


def _line(decision: Decision, hashed: str) -> bytes:
    values = {name: getattr(decision, name) for name in TEXT}
    record = {
        "v": VERSION, "id": values.pop("id"), "row_hash": values.pop("row_hash"), "hashed": hashed, **values,
        "rank": decision.rank if decision.rank != UNRANKED else None,
        "score": decision.score if decision.score != UNSCORED else None,
        "role": decision.role,
    }  # fmt: skip
    if not math.isfinite(decision.score):  # JSON has no word for it
        raise InputError(f"decision about {quote(decision.id)}: 'score' is not a probability from 0 to 1, or null")
    LineReader().decision(f"decision about {quote(decision.id)}", record)
    return UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", ENCODE(record)).encode() + b"\n"


def _is_whole(record: dict[str, object]) -> bool:
    """Whether it says what it is about and what is to be done; version 1 may leave any of it out."""
    return record["v"] == 1 or {"id", "row_hash", "given", "decision"} <= record.keys()


def _writable(text: str) -> bool:
    """Whether there is no half of a character in it, which JSON can hold and no file can."""
    return text.isascii() or HALVES.search(text) is None
