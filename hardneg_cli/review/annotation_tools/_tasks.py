"""Findings as tasks of annotation tools: what is shown of each row, the classes offered, and the key that comes back.

The key is one string of ASCII characters, a JSON object of all that a decision needs to find its row again. Tools keep
it as it is in their own files, in databases and in CSV, whatever the ids and labels hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.tables.queue_columns import ADDED, EVERY, LABELS, QUESTION
from hardneg_cli.io.tables.text_tables import as_text, inert_json
from hardneg_cli.review.annotation_tools._class_names import offered

if TYPE_CHECKING:
    import pyarrow as pa

    from hardneg_cli.io.tables.json_records import Json

KEY = "hardneg"  # the field that every tool has it in
KEYED = (*QUESTION, "suggested_label")  # and the scores, and which columns the hash covers
NEEDED = (*KEYED, "score", "why")
PICTURE = "data:image/"
ROWS = 1 << 14  # at a time
NOTHING = "(empty)"  # some tools refuse a task without any text


@dataclass(frozen=True)
class AnnotationTask:
    """A row to decide on.

    text: its display columns, None where all of them are pictures. pictures: data URIs, one a picture column, empty
    where the row has none. suggested: the class as it is offered, or empty. score, suggestion_score: see `Findings`.
    """

    key: str
    id: str
    text: str | None
    pictures: tuple[str, ...]
    about: str
    suggested: str
    score: float | None
    suggestion_score: float | None


def tasks(table: pa.Table, what: str) -> Iterator[AnnotationTask]:
    """The rows of a findings table, in its order; `what` names the format. Raises InputError for another table."""
    for name in NEEDED:
        if name not in table.column_names:
            raise InputError(f"{what}: no column {quote(name)}: only findings can be annotated; use csv or json")
    pictures = picture_columns(table)
    texts = [name for name in _displayed(table) if name not in pictures]
    for start in range(0, table.num_rows, ROWS):
        part = table.slice(start, ROWS)
        added = [name for name in ADDED if name in table.column_names]
        rows = part.select([*NEEDED, *added, *pictures]).to_pylist()
        shown = _texts(part.select(texts)) if texts else [None if pictures else NOTHING] * len(rows)
        for row, text in zip(rows, shown, strict=True):
            yield _task(row, text, tuple(row[name] or "" for name in pictures))


def picture_columns(table: pa.Table) -> list[str]:
    """The display columns that hold nothing but pictures, as data URIs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    found = []
    for name in _displayed(table):
        if pa.types.is_string(table[name].type):
            cells = pc.fill_null(table[name], "")
            cells = cells.filter(pc.not_equal(cells, ""))
            if len(cells) and pc.all(pc.starts_with(cells, PICTURE)).as_py():
                found.append(name)
    return found


def classes(table: pa.Table) -> list[str]:
    """The given and suggested labels of all rows, sorted, as they are offered."""
    names = [name for name in LABELS if name in table.column_names]
    seen = {label for name in names for label in table[name].unique().to_pylist() if label}
    return [offered(label) for label in sorted(seen)]


def ascii_json(value: Json) -> str:
    """Compact JSON that reads alike in every encoding that a tool may guess, and is no command in any log."""
    return inert_json(json.dumps(value, separators=(",", ":"), allow_nan=False)).decode()


def _displayed(table: pa.Table) -> list[str]:
    return [name for name in table.column_names if name not in EVERY]


def _texts(shown: pa.Table) -> list[str]:
    """A single column as it is, several as a line each."""
    rows: list[dict[str, str]] = as_text(shown).to_pylist()
    if shown.num_columns == 1:
        return [next(iter(row.values())) or NOTHING for row in rows]
    return ["\n".join(f"{name}: {cell}" for name, cell in row.items()) for row in rows]


def _task(row: dict[str, Any], text: str | None, pictures: tuple[str, ...]) -> AnnotationTask:
    kept = {name: row[name] or "" for name in KEYED}
    hashed = {"hashed": row["hashed"]} if row.get("hashed") else {}
    given, suggested = offered(kept["given_label"]), offered(kept["suggested_label"]) if row["suggested_label"] else ""
    about = f"labeled {given}"
    about += f", suggested {suggested}" if suggested else ""
    about += f": {row['why']}" if row["why"] else ""
    right = row.get("suggestion_score")
    numbers = {name: row[name] for name in ("score", "suggestion_score") if name in row}
    key = ascii_json(kept | hashed | numbers)
    return AnnotationTask(
        key, kept["id"], text, pictures, about, suggested, row["score"], row["score"] if right is None else right
    )
