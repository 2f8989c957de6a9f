"""JSON objects as they are written: one a line, or the items of an array; and where a value stands in one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.text_encoding import Encoding, chunks, encoding_of, lines, undecodable
from hardneg_cli.io.tables.arrow_cells import fingerprint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
JsonObject: TypeAlias = dict[str, Any]  # as it is read, whatever is in it
Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"  # as it is written

BLANK = " \t\r\n"
SPACE = re.compile(r"[ \t\r\n]*")
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
LONG_LIST = 64
NESTED_BEGIN = ("[", "{")
BLOCK_LINES = 1 << 14


class JsonNumber(str):
    """A number, as it is spelled."""

    __slots__ = ()


class JsonRecord(NamedTuple):
    """An object, its text with all the blanks around it, and its place in the file; a blank line has no object."""

    text: str
    value: JsonObject | None
    place: str


def is_array(source: Source, encoding: Encoding) -> bool:
    head = source.head[len(encoding.bom) :].decode(encoding.name, errors="replace")
    return head.lstrip(BLANK).startswith("[")


def records(source: Source, encoding: Encoding) -> Iterator[JsonRecord]:
    """All objects of a file. Raises InputError for what is none, and for a key that an object has twice."""
    try:
        if is_array(source, encoding):
            yield from _items(source, "".join(chunks(source, encoding)))
            return
        for number, line in enumerate(lines(chunks(source, encoding)), 1):
            place = f"line {number}"
            yield JsonRecord(line, _object(source, line, place) if line.strip(BLANK) else None, place)
    except UnicodeDecodeError:
        raise undecodable(source, encoding, _first_undecodable(source, encoding)) from None


def row_lines(source: Source, encoding: str | None) -> Iterator[NDArray[np.int64]] | None:
    """The line of each row of JSON lines, block by block; None for an array of objects."""
    known = encoding_of(source, encoding)
    if is_array(source, known):
        return None
    texts = lines(chunks(source, known, errors="replace"))
    return _blocks_of(number for number, text in enumerate(texts, 1) if text.strip(BLANK))


def text_of(value: object) -> str | None:
    """A value as a cell: numbers as spelled, `true`, nested values as compact JSON, long lists as a fingerprint."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, list) and len(value) > LONG_LIST and all(isinstance(item, JsonNumber) for item in value):
        return fingerprint([float(item) for item in value])
    return compact(value)


def compact(value: object) -> str:
    if isinstance(value, JsonNumber):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{compact(key)}:{compact(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def with_value(record: str, key: str, text: str, *, nested: bool | None = None) -> str:
    """The record with another value for `key`: a number where a number was and `text` is one, else a string.

    nested: whether `text` is known to stand for a list or an object, or for a string; None where it is not known.
    Raises ValueError where a list or an object would become a string, or the reverse, without it being known.
    """
    found = _span(record, key)
    if found is None:
        return with_key(record, key, text)
    old = record[slice(*found)]
    if nested or (nested is None and old[0] in NESTED_BEGIN):
        if not is_nested(text) or (nested is None and text[0] != old[0]):
            kind = "a list" if old[0] == "[" else "an object"
            raise ValueError(f"{text[:60]!r} is not {kind}, as the label there is")
        return record[: found[0]] + text + record[found[1] :]
    same_kind = (NUMBER.fullmatch(old) and NUMBER.fullmatch(text)) or {old, text} <= {"true", "false"}
    new = text if same_kind else json.dumps(text, ensure_ascii=False)
    return record[: found[0]] + new + record[found[1] :]


def is_nested(text: str) -> bool:
    """Whether it is the JSON of a list or an object."""
    if not text.startswith(NESTED_BEGIN):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def with_key(record: str, key: str, text: str) -> str:
    """The record with one more key, written with a blank behind the signs where the record has them."""
    body = record[: record.rindex("}")].rstrip(BLANK)
    spaced = re.match(r'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s', record)
    comma, colon = (", ", ": ") if spaced else (",", ":")
    new = json.dumps(key, ensure_ascii=False) + colon + json.dumps(text, ensure_ascii=False)
    return f"{body}{'' if body.endswith('{') else comma}{new}{record[len(body) :]}"


def _blocks_of(numbers: Iterator[int]) -> Iterator[NDArray[np.int64]]:
    import numpy as np

    while block := list(islice(numbers, BLOCK_LINES)):
        yield np.array(block, np.int64)


def _span(record: str, key: str) -> tuple[int, int] | None:
    """Where the value of `key` stands in an object's text."""
    decoder = json.JSONDecoder()
    position = _after_blanks(record, record.index("{") + 1)
    while record[position] != "}":
        if record[position] == ",":
            position = _after_blanks(record, position + 1)
        name, end = decoder.raw_decode(record, position)
        start = _after_blanks(record, record.index(":", end) + 1)
        _, stop = decoder.raw_decode(record, start)
        if name == key:
            return start, stop
        position = _after_blanks(record, stop)
    return None


def _after_blanks(text: str, position: int) -> int:
    match = SPACE.match(text, position)
    assert match
    return match.end()


def _items(source: Source, text: str) -> Iterator[JsonRecord]:
    """The items of an array, each with the blanks up to the commas around it."""
    position, number = text.index("[") + 1, 0
    if text[_after_blanks(text, position) :].rstrip(BLANK) == "]":
        return
    while position:
        number += 1
        value, stop = _value(source, text, position, f"item {number}", NESTED)
        yield JsonRecord(text[position:stop], value, f"item {number}")
        if text[stop : stop + 1] == ",":
            position = stop + 1
        elif text[stop:].rstrip(BLANK) == "]":
            return
        else:
            found = repr(text[stop : stop + 20])
            raise InputError(f"{source.name}: after item {number}: {found} instead of a comma or a closing bracket")


def _object(source: Source, line: str, place: str) -> JsonObject:
    # where nothing is nested, numbers need no type of their own, which takes three times as long
    flat = "[" not in line and line.count("{") == 1
    value, stop = _value(source, line, 0, place, FLAT if flat else NESTED)
    if stop < len(line):
        found = repr(line[stop : stop + 20])
        raise InputError(f"{source.name}: {place}: {found} after the object; write one object a line")
    return value


def _value(source: Source, text: str, position: int, place: str, decoder: json.JSONDecoder) -> tuple[JsonObject, int]:
    """An object, and where the blanks behind it end."""
    try:
        value, stop = decoder.raw_decode(text, _after_blanks(text, position))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{source.name}: {place}: not a JSON object on its own: {error}") from error
    if not isinstance(value, dict):
        raise InputError(f"{source.name}: {place}: {str(value)[:20]!r} instead of a JSON object")
    return value, _after_blanks(text, stop)


def _unique(pairs: list[tuple[str, object]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"key {next(name for name in names if names.count(name) > 1)!r} twice")
    return found


def _first_undecodable(source: Source, encoding: Encoding) -> str:
    texts = chunks(source, encoding, errors="replace")
    return f"line {next((number for number, line in enumerate(lines(texts), 1) if chr(0xFFFD) in line), 1)}"


FLAT = json.JSONDecoder(object_pairs_hook=_unique, parse_float=str, parse_int=str, parse_constant=str)
NESTED = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=JsonNumber, parse_int=JsonNumber, parse_constant=JsonNumber
)
