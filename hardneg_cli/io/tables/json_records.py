"""JSON objects as they are written: one a line, or the items of an array; and where a value stands in one."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.limits import RECORD
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.text_encoding import Encoding, LongLineError, chunks, encoding_of, lines, undecodable
from hardneg_cli.io.tables.arrow_cells import fingerprint
from hardneg_cli.io.tables.json_array import ArrayText, LongItemError, after_blanks

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
JsonObject: TypeAlias = dict[str, Any]  # as it is read, whatever is in it
Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | int | float | bool | None"  # as it is written

BLANK = " \t\r\n"
NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
LONG_LIST = 64
NESTED_BEGIN = ("[", "{")
DEEPEST = 100  # objects and lists in each other
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
    head = source.head[len(encoding.prefix) :].decode(encoding.name, errors="replace")
    return head.lstrip(BLANK).startswith("[")


def records(source: Source, encoding: Encoding) -> Iterator[JsonRecord]:
    """All objects of a file, one by one. Raises InputError for what is none, and for a key that an object has twice."""
    try:
        if is_array(source, encoding):
            yield from items(source, ArrayText(chunks(source, encoding)))
            return
        for number, line in enumerate(lines(chunks(source, encoding)), 1):
            place = f"line {number}"
            yield JsonRecord(line, _object(source, line, place) if line.strip(BLANK) else None, place)
    except UnicodeDecodeError:
        raise undecodable(source, encoding, _first_undecodable(source, encoding)) from None
    except LongLineError as error:
        raise InputError(f"{source.name}: line {error.number}: over {RECORD:,} characters") from None


def items(source: Source, text: ArrayText) -> Iterator[JsonRecord]:
    """The items of an array, up to its closing bracket, which is not taken. Raises InputError for what is no object."""
    number = 0
    try:
        while number or text.sign() != "]":
            number += 1
            place = f"item {number}"
            raw, value = text.item(partial(_decoded, source, place, NESTED))
            yield JsonRecord(raw, value, place)
            if text.sign() != ",":
                break
            text.taken(1)
        _refuse_no_end(source, text, number)
    except LongItemError:
        raise InputError(f"{source.name}: item {number}: over {RECORD:,} characters") from None
    except UnicodeDecodeError:
        raise
    except (ValueError, RecursionError) as error:
        raise _no_object(source, f"item {number}", error) from error


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
            raise ValueError(f"{quote(text[:60])} is not {kind}, as the label there is")
        return record[: found[0]] + text + record[found[1] :]
    same_kind = (NUMBER.fullmatch(old) and NUMBER.fullmatch(text)) or {old, text} <= {"true", "false"}
    new = text if same_kind else json.dumps(text, ensure_ascii=False)
    return record[: found[0]] + new + record[found[1] :]


def kind_of(record: str, key: str) -> str:
    """How the value of `key` begins: `"`, `0` for a number, `[`, `{`, or a letter; empty where there is no such key."""
    found = _span(record, key)
    first = "" if found is None else record[found[0]]
    return "0" if first.isdigit() or first == "-" else first


def with_filled(record: str, key: str, text: str, kinds: Collection[str]) -> str:
    """The record with a value for `key`, which holds none, of the kind that all values of the column have.

    Raises ValueError where a list or an object would become a string.
    """
    if set(NESTED_BEGIN) & set(kinds) and not is_nested(text):
        raise ValueError(f"{quote(text[:60])} is no list or object, as the other values are")
    nested, number = set(NESTED_BEGIN) & set(kinds), set(kinds) == {"0"} and NUMBER.fullmatch(text)
    logical = set(kinds) in ({"t"}, {"f"}, {"t", "f"}) and text in ("true", "false")
    new = text if nested or number or logical else json.dumps(text, ensure_ascii=False)
    found = _span(record, key)
    return with_raw(record, key, new) if found is None else record[: found[0]] + new + record[found[1] :]


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
    """The record with one more key, whose value is a string."""
    return with_raw(record, key, json.dumps(text, ensure_ascii=False))


def with_raw(record: str, key: str, value: str) -> str:
    """The record with one more key, written with a blank behind the signs where the record has them."""
    body = record[: record.rindex("}")].rstrip(BLANK)
    spaced = re.match(r'\s*\{\s*"(?:[^"\\]|\\.)*"\s*:\s', record)
    comma, colon = (", ", ": ") if spaced else (",", ":")
    new = json.dumps(key, ensure_ascii=False) + colon + value
    return f"{body}{'' if body.endswith('{') else comma}{new}{record[len(body) :]}"


def _blocks_of(numbers: Iterator[int]) -> Iterator[NDArray[np.int64]]:
    import numpy as np

    while block := list(islice(numbers, BLOCK_LINES)):
        yield np.array(block, np.int64)


def _span(record: str, key: str) -> tuple[int, int] | None:
    """Where the value of `key` stands in an object's text."""
    decoder = json.JSONDecoder()
    position = after_blanks(record, record.index("{") + 1)
    while record[position] != "}":
        if record[position] == ",":
            position = after_blanks(record, position + 1)
        name, end = decoder.raw_decode(record, position)
        start = after_blanks(record, record.index(":", end) + 1)
        _, stop = decoder.raw_decode(record, start)
        if name == key:
            return start, stop
        position = after_blanks(record, stop)
    return None


def _refuse_no_end(source: Source, text: ArrayText, number: int) -> None:
    """Raises InputError where something else than the closing bracket stands behind the item of that number."""
    closing = text.peek()
    if closing.strip(BLANK) != "]":
        found = quote(closing.lstrip(BLANK)[:20])
        raise InputError(f"{source.name}: after item {number}: {found} instead of a comma or a closing bracket")


def _object(source: Source, line: str, place: str) -> JsonObject:
    # where nothing is nested, numbers need no type of their own, which takes three times as long
    flat = "[" not in line and line.count("{") == 1
    try:
        value, stop = _decoded(source, place, FLAT if flat else NESTED, line, after_blanks(line, 0))
    except (ValueError, RecursionError) as error:
        raise _no_object(source, place, error) from error
    if (stop := after_blanks(line, stop)) < len(line):
        found = quote(line[stop : stop + 20])
        raise InputError(f"{source.name}: {place}: {found} after the object; write one object a line")
    return value


def _decoded(
    source: Source, place: str, decoder: json.JSONDecoder, text: str, position: int
) -> tuple[JsonObject, int]:  # fmt: skip
    """The object at a position of a text, and where it ends. Raises ValueError for a text that may go on."""
    value, stop = decoder.raw_decode(text, position)
    if not isinstance(value, dict):
        found = quote(text[position : position + 20])
        raise InputError(f"{source.name}: {place}: {found} instead of a JSON object")
    brackets = text.count("{", position, stop) + text.count("[", position, stop)
    if brackets > DEEPEST and _depth(value) > DEEPEST:
        raise InputError(f"{source.name}: {place}: nested more than {DEEPEST} deep")
    return value, stop


def _depth(value: object) -> int:
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [inner for one in level for inner in (one.values() if isinstance(one, dict) else one)]
    return depth


def _no_object(source: Source, place: str, error: ValueError | RecursionError) -> InputError:
    said = error.msg if isinstance(error, json.JSONDecodeError) and place.startswith("item") else error
    return InputError(f"{source.name}: {place}: not a JSON object on its own: {said}")


def _unique(pairs: list[tuple[str, object]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise ValueError(f"key {quote(twice)} twice")
    return found


def _first_undecodable(source: Source, encoding: Encoding) -> str:
    texts = chunks(source, encoding, errors="replace")
    try:
        return f"line {next((number for number, line in enumerate(lines(texts), 1) if chr(0xFFFD) in line), 1)}"
    except LongLineError as error:
        return f"line {error.number}"


FLAT = json.JSONDecoder(object_pairs_hook=_unique, parse_float=str, parse_int=str, parse_constant=JsonNumber)
NESTED = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=JsonNumber, parse_int=JsonNumber, parse_constant=JsonNumber
)
