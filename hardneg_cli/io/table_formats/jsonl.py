"""JSON lines, one object a line, or a JSON array of objects. The columns are the keys, in order of appearance.

Numbers keep their spelling. Rewriting replaces the changed values and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.inverse_edits import RewriteTarget
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.text_encoding import chunks, encoded, encoding_of
from hardneg_cli.io.tables import json_records
from hardneg_cli.io.tables.json_array import ArrayText
from hardneg_cli.io.tables.json_columns import typed_column
from hardneg_cli.io.tables.json_records import JsonNumber, JsonRecord
from hardneg_cli.io.tables.table_files import CellEdits, ReadRequest, confirm, confirm_gap, confirm_length, require

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

EXTENSIONS = (".jsonl", ".ndjson", ".json")
CHEAP_TO_READ_AGAIN = False
BATCH_ROWS = 1 << 14
SURROGATE = re.compile(r"[\ud800-\udfff]")
BEGINNING = re.compile(rb'(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*(?:\{[\s\0]*["}]|\[[\s\0]*[{\]])')


def recognises(head: bytes) -> bool:
    return BEGINNING.match(head) is not None


def columns(source: Source, *, encoding: str | None) -> list[str]:
    names: dict[str, None] = {}
    for record in json_records.records(source, encoding_of(source, encoding)):
        names.update(dict.fromkeys(record.value or ()))
    for name in names:
        if SURROGATE.search(name):
            raise InputError(f"{source.name}: key {quote(name)} holds half a character (a lone surrogate)")
    return list(names)


def typed(source: Source, *, encoding: str | None) -> pa.Table:
    """Numbers that no float holds as they are spelled, and columns of several kinds, stay texts."""
    import pyarrow as pa

    found = (record.value for record in json_records.records(source, encoding_of(source, encoding)))
    rows = [row for row in found if row is not None]
    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: typed_column([row.get(name) for row in rows]) for name in names})


def read(source: Source, wanted: ReadRequest) -> Iterator[pa.RecordBatch]:
    names: dict[str, None] = {}
    batch: list[JsonRecord] = []
    for record in json_records.records(source, encoding_of(source, wanted.encoding)):
        if record.value is None:
            continue
        names.update(dict.fromkeys(record.value))
        batch.append(record)
        if len(batch) == BATCH_ROWS:
            yield _batch(source, batch, wanted)
            batch.clear()
    if names:
        require(source, list(names), wanted)
    if batch:
        yield _batch(source, batch, wanted)


def rewrite(source: Source, out: RewriteTarget, edits: CellEdits) -> None:
    encoding = encoding_of(source, edits.encoding)
    out.keep(encoding.prefix)
    if json_records.is_array(source, encoding):
        pairs = _array(source, edits, ArrayText(chunks(source, encoding)))
    else:
        pairs = _edited(source, edits, json_records.records(source, encoding))
    for old, new in pairs:
        out.replace(encoded(old, encoding, source.name), encoded(new, encoding, source.name))


def line_numbers(source: Source, encoding: str | None) -> Iterator[NDArray[np.int64]] | None:
    return json_records.row_lines(source, encoding)


def _edited(source: Source, edits: CellEdits, records: Iterator[JsonRecord]) -> Iterator[tuple[str, str]]:
    """The texts of all records without their edits and with them, which is empty for one that is removed."""
    row, nested, kinds = 0, _nested_labels(source, edits), _kinds(source, edits)
    for record in records:
        if record.value is None:
            yield record.text, record.text
            continue
        confirm(source, edits, row, json_records.text_of(record.value.get(edits.column)))
        fills = edits.fills_of(row)
        for name in fills:
            confirm_gap(source, name, row, json_records.text_of(without_nan(record.value.get(name))))
        try:
            text = "" if edits.removes(row) else _record(record.text, edits, row, nested)
            for name, new in fills.items() if text else ():
                text = json_records.with_filled(text, name, new, kinds[name])
            yield record.text, text
        except ValueError as error:
            raise InputError(
                f"{source.name}: {record.place}, {quote(edits.column)}: {error}; mend the decision"
            ) from error
        row += 1
    confirm_length(source, edits, row)


def _nested_labels(source: Source, edits: CellEdits) -> dict[str, bool]:
    """Of the new values those that the column has already, in one kind: whether as a list or an object."""
    wanted = set(edits.cells.values())
    if not any(text.startswith(json_records.NESTED_BEGIN) for text in wanted):
        return {}
    found: dict[str, set[bool]] = {}
    for record in json_records.records(source, encoding_of(source, edits.encoding)):
        value = (record.value or {}).get(edits.column)
        text = json_records.text_of(value)
        if text in wanted:
            found.setdefault(text, set()).add(isinstance(value, list | dict))
    return {text: True in kinds for text, kinds in found.items() if len(kinds) == 1}


def _kinds(source: Source, edits: CellEdits) -> dict[str, set[str]]:
    """Of the columns that are filled, how their values begin, where they hold any; see `json_records.kind_of`."""
    found: dict[str, set[str]] = {name: set() for name in edits.fills}
    for record in json_records.records(source, encoding_of(source, edits.encoding)) if found else ():
        for name, kinds in found.items():
            value = without_nan((record.value or {}).get(name))
            if (json_records.text_of(value) or "").strip():
                kinds.add(json_records.kind_of(record.text, name))
    return found


def without_nan(value: object) -> object:
    """The value, None where it is NaN, for which JSON has no word and Python's writer has one."""
    return None if isinstance(value, JsonNumber) and value == "NaN" else value


def _record(text: str, edits: CellEdits, row: int, nested: dict[str, bool]) -> str:
    if row in edits.cells:
        new = edits.cells[row]
        text = json_records.with_value(text, edits.column, new, nested=nested.get(new))
    if edits.mark is not None:
        text = json_records.with_key(text, edits.mark, edits.mark_of(row))
    return text


def _array(source: Source, edits: CellEdits, text: ArrayText) -> Iterator[tuple[str, str]]:
    """The array's text before and now, an item at a time; what stands outside of the brackets stays."""
    yield text.opening, text.opening
    comma = ""
    for number, (old, new) in enumerate(_edited(source, edits, json_records.items(source, text))):
        yield "," * (number > 0) + old, comma * bool(new) + new
        comma = "," if new else comma
    closing = text.peek()
    yield closing, closing


def _batch(source: Source, batch: Sequence[JsonRecord], wanted: ReadRequest) -> pa.RecordBatch:
    import pyarrow as pa

    arrays = [_texts(source, batch, name, nan_is_null=name in wanted.nan_is_null) for name in wanted.text]
    arrays += [_numbers(source, batch, name) for name in wanted.numbers]
    return pa.RecordBatch.from_arrays(arrays, names=[*wanted.text, *wanted.numbers])


def _values(batch: Sequence[JsonRecord], name: str) -> list[Any]:
    return [record.value.get(name) for record in batch if record.value is not None]


def _texts(source: Source, batch: Sequence[JsonRecord], name: str, *, nan_is_null: bool) -> pa.Array:
    import pyarrow as pa

    values = _values(batch, name)
    texts = [json_records.text_of(without_nan(value) if nan_is_null else value) for value in values]
    try:
        return pa.array(texts, pa.string())
    except UnicodeEncodeError as error:
        bad = next(record for record, text in zip(batch, texts, strict=True) if text == error.object)
        raise InputError(
            f"{source.name}: {bad.place}: {quote(name)} holds half a character (a lone surrogate)"
        ) from error


def _numbers(source: Source, batch: Sequence[JsonRecord], name: str) -> pa.Array:
    """float64, or lists of float64 as soon as one row holds a list."""
    import pyarrow as pa

    values = _values(batch, name)
    if set(map(type, values)) <= {JsonNumber, str} and "" not in values:
        with suppress(ValueError):  # the slow way below names the place
            return pa.array(list(map(float, values)), pa.float64())
    lists = any(isinstance(value, list) for value in values)
    numbers: list[list[float] | float | None] = []
    for record, value in zip(batch, values, strict=True):
        try:
            numbers.append(_row_of_numbers(value) if lists else _number(value))
        except (ValueError, TypeError) as error:
            shown = json_records.compact(value)[:40]
            raise InputError(
                f"{source.name}: {record.place}, {quote(name)}: {shown} is not a number or a list"
            ) from error
    return pa.array(numbers, pa.list_(pa.float64()) if lists else pa.float64())


def _row_of_numbers(value: object) -> list[float] | None:
    if value is None or value == "":
        return None
    if not isinstance(value, list):
        raise TypeError(value)
    return [_number(item) for item in value]


def _number(value: object) -> float:
    if value is None or value == "":
        return float("nan")
    if not isinstance(value, JsonNumber | str):
        raise TypeError(value)
    return float(value)
