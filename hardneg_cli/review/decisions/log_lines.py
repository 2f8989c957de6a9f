"""The lines of a decisions log, read strictly: each is a decision, or the log is refused with the line that is none.

Only behind the last line end may there be less than a line: what a writer that was killed left of one that nobody was
told was kept. Readers leave it out, and the next writer cuts it off. Blank lines, both kinds of line ends and
byte-order marks at the beginning of lines are what editors leave; they mean nothing.
"""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Protocol

from hardneg_cli.errors import InputError
from hardneg_cli.review.decisions.decision import Decision
from hardneg_cli.review.decisions.decision_line import LineReader, parse_line
from hardneg_cli.review.decisions.log_columns import read_columns

BLOCK_BYTES = 1 << 24  # read at once
LONGEST_LINE = 1 << 24  # bytes; what people write down about a row has a few hundred
FEWEST_BYTES = 1 << 16  # of lines that are read together; it takes a library
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
CONFLICT = re.compile(rb"(<{7}|\|{7}|={7}|>{7})(\s|$)")  # what git leaves where two sides wrote
INSIDE = rb'"[^"\\]*+(?:\\.[^"\\]*+)*+'  # a text, as far as its closing quote
PAIR = rb'%b": ?(?:%b"|-?[0-9][-+.0-9eE]*+|null)' % (INSIDE, INSIDE)
BEGUN_PAIR = rb'%b(?:\\?|"(?:: ?(?:%b(?:\\?|")|-?[-+.0-9eE]*+|n|nu|nul|null)?)?)' % (INSIDE, INSIDE)
BEGUN_LINE = re.compile(rb"\{(?:%b, ?)*+(?:%b)?\0*" % (PAIR, BEGUN_PAIR), re.DOTALL)  # a crash leaves zeros as well
BEGINNING = b'{"v":'


class LogBytes(Protocol):
    """What lines are read from."""

    def read(self, size: int, /) -> bytes: ...


@dataclass
class LogLines:
    """The decisions of a log in the order of its lines.

    torn: the number of the last line, where it was not written to its end; `whole` bytes stand before it. ended:
    whether the last line has its line end.
    """

    decisions: list[Decision] = field(default_factory=list)
    torn: list[int] = field(default_factory=list)
    whole: int = 0
    ended: bool = True


def read_lines(name: str, stream: LogBytes, *, before: int = 0) -> LogLines:
    """The log called `name`, of which `before` bytes are known to be whole lines and are not in the stream.

    Raises InputError for a line that is no decision, for one that is damaged, and for one of more than 16 MiB.
    """
    found, reader, number = LogLines(whole=before), LineReader(), 0
    with no_search_for_cycles():
        for block in _blocks(name, stream):
            if block.endswith(b"\n"):
                number = _add_lines(name, block, found, reader, number, known=before > 0)
                found.whole += len(block)
                continue
            found.ended = False
            _add_last(name, block, found, reader, number + 1, known=before > 0)
    if reader.late:
        found.decisions = [_spelled(decision, reader) for decision in found.decisions]
    return found


def _blocks(name: str, stream: LogBytes) -> Iterator[bytes]:
    """Whole lines, many at once; what stands behind the last line end comes last, if anything does."""
    rest = b""
    while part := stream.read(BLOCK_BYTES):
        cut = part.rfind(b"\n") + 1
        if cut:
            yield rest + part[:cut]
            rest = part[cut:]
        else:
            rest += part
        if len(rest) > LONGEST_LINE:
            raise InputError(f"{name}: has a line of more than {LONGEST_LINE >> 20} MiB, so it is no decisions log")
    if rest:
        yield rest


def _add_lines(name: str, block: bytes, found: LogLines, reader: LineReader, number: int, *, known: bool) -> int:
    """Add the lines of a block, the first of which is the one behind `number`; the number of its last one."""
    if len(block) >= FEWEST_BYTES and (regular := read_columns(block, reader)) is not None:
        found.decisions += regular
        return number + len(regular)
    for line in block.split(b"\n")[:-1]:
        number += 1
        if not _is_blank(line):
            found.decisions.append(_decision(name, line, reader, number, first=not known and not found.decisions))
    return number


def _add_last(name: str, line: bytes, found: LogLines, reader: LineReader, number: int, *, known: bool) -> None:
    """What has no line end: a decision all the same, or what a writer that was killed left of one."""
    known = known or bool(found.decisions)
    if _is_blank(line):
        found.whole += len(line)
    elif _is_begun(line, known=known):
        found.torn, found.ended = [number], True
    else:
        found.decisions.append(_decision(name, line, reader, number, first=not known))
        found.whole += len(line)


def _is_blank(line: bytes) -> bool:
    return not line.lstrip(BYTE_ORDER_MARK).strip()


def _is_begun(line: bytes, *, known: bool) -> bool:
    """Whether it is the beginning of a line, and not all of it; known: that the file is a log is known already."""
    if not known and not BEGINNING.startswith(line.replace(b" ", b"")[: len(BEGINNING)].rstrip(b"\0") or b"-"):
        return False
    return bool(BEGUN_LINE.fullmatch(line)) or not line.strip(b"\0")


def _decision(name: str, line: bytes, reader: LineReader, number: int, *, first: bool) -> Decision:
    where = f"{name}: line {number}"
    if len(line) > LONGEST_LINE:
        raise InputError(f"{name}: has a line of more than {LONGEST_LINE >> 20} MiB, so it is no decisions log")
    try:
        record = parse_line(line.lstrip(BYTE_ORDER_MARK))
    except ValueError as error:
        raise InputError(_damage(name, line, number, first=first)) from error
    if first and not (isinstance(record, dict) and "v" in record):
        raise InputError(f"{name}: is no decisions log: line {number} is not a decision of any version")
    return reader.decision(where, record)


def _damage(name: str, line: bytes, number: int, *, first: bool) -> str:
    """Why a line cannot be read, and what to do."""
    where = f"{name}: line {number}"
    if CONFLICT.match(line):
        return (
            f"{where}: is a conflict that git left: delete its marks and keep the lines of both sides; "
            "with '*.decisions.ndjson merge=union' in .gitattributes git does so itself"
        )
    if line.startswith(UTF_16):
        return f"{where}: is UTF-16, and a decisions log is UTF-8: save it as UTF-8"
    if _is_begun(line, known=not first):
        return (
            f"{where}: ends halfway: a writer was killed there, and nobody was told that this decision was kept: "
            "delete the line"
        )
    if first:
        return f"{name}: is no decisions log: line {number} is no JSON"
    return f"{where}: is damaged: bring it back from version control, or delete it"


def _spelled(decision: Decision, reader: LineReader) -> Decision:
    """With the hashed columns that a later line has spelled out."""
    if decision.hashed.names is not None or not decision.hashed.token:
        return decision
    return replace(decision, hashed=reader.columns[decision.hashed.token])


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Decisions hold nothing but texts, and looking for cycles among a million of them takes half of the time."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()
