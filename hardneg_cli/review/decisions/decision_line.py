"""A line of the decisions log: what a decision looks like on disk.

    {"v": 2, "id", "row_hash", "hashed", "given", "decision", "new_label", "reviewer", "at", "source", "note",
     "rank", "score", "role"}

`hashed` says which columns the hash covers, as `hardneg_cli.data.hashed_columns` spells it. `rank` and `score` are
numbers, null where they are unknown. Lines of version 1 have neither these nor `hashed` and `role`. `at` is a time from
the year 2000 to a day from now, or empty: a later one would outlast whatever its reviewer says afterwards.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NoReturn

from hardneg_cli.data.hashed_columns import UNKNOWN, HashedColumns, spelled_once
from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.io.tables.queue_columns import ROLES
from hardneg_cli.io.tables.text_tables import UNSEEN
from hardneg_cli.review.decisions.decision import DECISIONS, UNRANKED, UNSCORED, WITHDRAWN, Decision

VERSION, VERSIONS = 2, (1, 2)
TEXT = ("id", "row_hash", "given", "decision", "new_label", "reviewer", "at", "source", "note")
MOST_RANK = 1 << 53  # beyond, a number is no row of anything
EARLIEST, SKEW = "2000", timedelta(days=1)  # of `at`; no clock is further ahead
DAY = re.compile("[0-9]{4}(-(0[1-9]|1[0-2])(-[0-9]{2})?)?")
CLOCK = re.compile(r"T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})?")
ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
HALVES = re.compile("[\ud800-\udfff]")


@dataclass
class LineReader:
    """Reads lines of one log, and keeps once what many of them have in common.

    columns: what each token stands for as far as it is known. late: whether any was spelled out behind a line with it.
    latest: the last time that a decision can be of. incoming: whether the lines are new: then a time has to be one. Of
    those that stand in a log, none may be later, or it would outdo all that its reviewer says from now on.
    """

    texts: dict[str, str] = field(default_factory=dict)
    columns: dict[str, HashedColumns] = field(default_factory=dict)
    late: bool = False
    latest: str = field(default_factory=lambda: (datetime.now(UTC) + SKEW).isoformat())
    incoming: bool = False

    def decision(self, where: str, record: object) -> Decision:
        """A record as a decision; raises InputError, which begins with `where`, if it is none."""
        known = isinstance(record, dict) and type(record.get("v")) is int and record["v"] in VERSIONS
        if not isinstance(record, dict) or not known or not _is_whole(record):
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
        if not self.is_time(decision.at):
            raise InputError(
                f"{where}: 'at' is {quote(decision.at)}, when no decision can have been made (a time in UTC, from "
                f"{EARLIEST} to now): correct or delete the line"
            )
        return decision

    def is_time(self, at: str) -> bool:
        """Whether a decision can be of this time, as far as it is known."""
        if not at or not self.incoming:
            return at <= self.latest
        day, clock = at[:10], at[10:]
        if not (EARLIEST <= at <= self.latest and DAY.fullmatch(day) and (not clock or CLOCK.fullmatch(clock))):
            return False
        return len(day) < 10 or _is_day(day)

    def _more(self, where: str, record: dict[str, Any]) -> Sequence[Any]:
        """What version 1 has not."""
        rank, score, role = record.get("rank"), record.get("score"), record.get("role", "")
        if rank is not None and (type(rank) is not int or not 1 <= rank <= MOST_RANK):
            raise InputError(f"{where}: 'rank' is not a number from 1, or null")
        if score is not None and (type(score) not in (int, float) or not 0 <= score <= 1):
            raise InputError(f"{where}: 'score' is not a probability from 0 to 1, or null")
        if role not in (*ROLES, ""):
            word = str(role)[:40]
            raise InputError(f"{where}: no role {quote(word)}{did_you_mean(word, ROLES)} (known: {', '.join(ROLES)})")
        hashed = self.hashed_columns(where, record.get("hashed", ""))
        return [hashed, UNRANKED if rank is None else rank, UNSCORED if score is None else float(score), role]

    def hashed_columns(self, where: str, text: object) -> HashedColumns:
        """What the text stands for, which is remembered; raises InputError for what is no such text."""
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


def line_schema() -> dict[str, object]:
    """The JSON Schema of a line as it is written; `hashed` is spelled out in the first line that has it."""
    words: dict[str, object] = {name: {"type": "string"} for name in TEXT}
    keys = {
        **words,
        "v": {"const": VERSION},
        "decision": {"enum": [*DECISIONS, WITHDRAWN], "description": "Empty where its reviewer takes it back."},
        "at": {"type": "string", "description": "UTC in ISO 8601, or empty."},
        "hashed": {"type": "string", "description": "Which columns row_hash covers."},
        "rank": {"type": ["integer", "null"], "minimum": 1, "maximum": MOST_RANK},
        "score": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
        "role": {"enum": [*ROLES, ""]},
    }
    return {"type": "object", "properties": keys, "required": [*keys], "additionalProperties": False}


def parse_line(line: bytes) -> object:
    """The line's JSON, blanks around it aside. Raises ValueError for any other, and for a name that it has twice."""
    text = line.decode().strip(" \t\r\n")
    try:
        record, end = _DECODE(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if end != len(text):
        raise ValueError("more than one record")
    found: object = record
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    record = dict(pairs)
    if len(record) != len(pairs):
        raise ValueError("a name twice")
    return record


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number in JSON")


_DECODE = json.JSONDecoder(object_pairs_hook=_once, parse_constant=_no_number).raw_decode


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
    LineReader(incoming=True).decision(f"decision about {quote(decision.id)}", record)
    return UNSEEN.sub(lambda found: f"\\u{ord(found.group()):04x}", ENCODE(record)).encode() + b"\n"


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_whole(record: dict[str, object]) -> bool:
    """Whether it says what it is about and what is to be done; version 1 may leave any of it out."""
    return record["v"] == 1 or {"id", "row_hash", "given", "decision"} <= record.keys()


def _writable(text: str) -> bool:
    """Whether there is no half of a character in it, which JSON can hold and no file can."""
    return text.isascii() or HALVES.search(text) is None
