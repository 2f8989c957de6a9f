"""Exports of annotation tools as filled queues: the objects of a file, and the table that their answers make."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.files.text_encoding import Encoding, chunks, encoding_of
from hardneg_cli.io.table_formats import TABLE_FORMATS
from hardneg_cli.io.tables import json_records, table_files
from hardneg_cli.io.tables.json_array import ArrayText
from hardneg_cli.io.tables.queue_columns import FILLED_IN, MARKS
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.review.annotation_tools._class_names import ANSWERS, chosen
from hardneg_cli.review.annotation_tools._tasks import KEY, KEYED

if TYPE_CHECKING:
    import pyarrow as pa

SHOWN = "text"  # what the reviewers saw
COLUMNS = (*KEYED, "hashed", *FILLED_IN, "reviewer", SHOWN)
Object = json_records.JsonObject


@dataclass(frozen=True)
class ToolAnswer:
    """What one annotator says about one task; with neither labels nor a decision, that nobody said anything.

    key: the task's key as it came back. text: what was shown of the row, if that came back too. labels: as they were
    offered. decision: `drop`, `unsure` or empty; it counts more than a label, which may have been filled in
    beforehand. at: when, in any form that sorts.
    """

    key: Any
    place: str
    text: object = None
    labels: tuple[str, ...] = ()
    decision: str = ""
    note: str = ""
    reviewer: str = ""
    at: str = ""


def is_json(source: Source) -> bool:
    return table_files.reader_of(source) is TABLE_FORMATS["jsonl"]


def is_csv(source: Source) -> bool:
    return table_files.reader_of(source) is TABLE_FORMATS["csv"]


def objects(source: Source) -> Iterator[tuple[Object, str]]:
    """The objects of JSON lines or of an array, numbers as they are spelled, and the place of each."""
    for record in json_records.records(source, encoding_of(source, None)):
        if record.value is not None:
            yield record.value, record.place


def first(source: Source) -> Object:
    """The first object of a JSON file that is no queue of ours; empty where there is none."""
    if not is_json(source):
        return {}
    encoding = encoding_of(source, None)
    if json_records.is_array(source, encoding):
        found = _first_item(source, encoding)
    else:
        found = next((value for value, _ in objects(source)), {})
    return {} if found.keys() >= set(MARKS) else found


def _first_item(source: Source, encoding: Encoding) -> Object:
    """The first item of an array, of which no more is read than it takes."""
    with suppress(UnicodeDecodeError, InputError):  # whoever reads the file says where
        found = next(json_records.items(source, ArrayText(chunks(source, encoding))), None)
        return (found.value if found else None) or {}
    return {}


def csv_columns(source: Source) -> frozenset[str]:
    """The columns of a CSV that is no queue of ours."""
    names = frozenset(table_files.columns([source])) if is_csv(source) else frozenset()
    return frozenset() if names >= set(MARKS) else names


def csv_rows(source: Source, names: Iterable[str]) -> Iterator[tuple[Object, str]]:
    """The rows of a CSV with those of the columns `names` that it has."""
    known = set(table_files.columns([source]))
    wanted = ReadRequest(tuple(name for name in names if name in known))
    number = 0
    for batch in table_files.read_file(source, wanted):
        for row in batch.to_pylist():
            number += 1
            yield row, f"row {number}"


def queue(source: Source, answers: Iterable[ToolAnswer]) -> pa.Table:
    """The table of a filled queue, a row for every reviewer of a task, and one where there was none.

    A reviewer's last answer about a row counts. Raises InputError for tasks that are not from a queue, and for more
    than one label in an answer.
    """
    import pyarrow as pa

    found: dict[tuple[str | None, ...], tuple[str, Object]] = {}
    several: list[str] = []
    for answer in _sound(source, answers):
        row = _row(source, answer)
        if row["decision"] == "several":
            several.append(f"{quote(row['id'])} ({answer.place})")
        who = (row["id"], row["row_hash"], row["given_label"], row["reviewer"] if row["decision"] else None)
        if who not in found or found[who][0] <= answer.at:
            found[who] = answer.at, row
    if several:
        more = f" and {len(several) - 5:,} more" if len(several) > 5 else ""
        raise InputError(f"{source.name}: more than one label for {', '.join(several[:5])}{more}: leave one of them")
    decided = {who[:3] for who in found if who[3] is not None}
    rows = [row for who, (_, row) in found.items() if who[3] is not None or who[:3] not in decided]
    schema = pa.schema(
        [*((name, pa.string()) for name in COLUMNS), ("score", pa.float64()), ("suggestion_score", pa.float64())]
    )
    try:
        return pa.Table.from_pylist(rows, schema)
    except UnicodeEncodeError as error:
        raise InputError(
            f"{source.name}: {quote(error.object[:40])} holds half a character (a lone surrogate)"
        ) from error


def _sound(source: Source, answers: Iterable[ToolAnswer]) -> Iterator[ToolAnswer]:
    """The answers; raises InputError where a file is not built as its tool builds it."""
    place = "the beginning"
    try:
        for answer in answers:
            place = answer.place
            if not all(isinstance(text, str) for text in (*answer.labels, answer.note, answer.reviewer, answer.at)):
                raise TypeError("text expected")
            yield answer
    except (AttributeError, KeyError, TypeError) as error:
        raise InputError(
            f"{source.name}: at or after {place}: not as an annotation tool exports it: {error}"
        ) from error


def _row(source: Source, answer: ToolAnswer) -> Object:
    row = _key(source, answer) | {"new_label": "", "note": answer.note, "reviewer": answer.reviewer}
    row[SHOWN] = answer.text if isinstance(answer.text, str) else ""
    words = {ANSWERS[label] for label in answer.labels if label in ANSWERS} | {answer.decision} - {""}
    labels = {chosen(label) for label in answer.labels if label not in ANSWERS}
    if len(words) > 1 or (len(labels) > 1 and not words):
        return row | {"decision": "several"}
    if words:
        return row | {"decision": words.pop()}
    if not labels:
        return row | {"decision": ""}
    label = labels.pop()
    return row | ({"decision": "keep"} if label == row["given_label"] else {"decision": "relabel", "new_label": label})


def _key(source: Source, answer: ToolAnswer) -> Object:
    """The task's id, row_hash, what it covers, labels and scores; raises InputError where it has none."""
    if answer.key is None or answer.key == "":
        raise InputError(
            f"{source.name}: {answer.place}: no {quote(KEY)} in it, and so neither a row's id nor its "
            "row_hash: this is no "
            "task that hardneg find wrote for the tool; export the project into which those were imported"
        )
    try:
        found = json.loads(answer.key)
    except (TypeError, ValueError, RecursionError):
        found = None
    if not isinstance(found, Mapping) or not all(isinstance(found.get(name), str) for name in KEYED):
        raise InputError(f"{source.name}: {answer.place}: {quote(KEY)} is not what hardneg find wrote there")
    hashed = found.get("hashed")
    numbers = {name: found.get(name, 0.0) for name in ("score", "suggestion_score")}  # older tasks lack the latter
    return {name: found[name] for name in KEYED} | {
        "hashed": hashed if isinstance(hashed, str) else "",
        **{name: number if isinstance(number, float | int) else None for name, number in numbers.items()},
    }
