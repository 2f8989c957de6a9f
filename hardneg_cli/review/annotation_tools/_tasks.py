"""Findings as tasks of annotation tools: what is shown of each row, the classes offered, and the key that comes back.

The key is one string of ASCII characters, a JSON object of all that a decision needs to find its row again. Tools keep
it as it is in their own files, in databases and in CSV, whatever the ids and labels hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hardneg_cli.errors import InputError, plural, quote
from hardneg_cli.io.tables.images import column_of
from hardneg_cli.io.tables.images import pictures as pictures_of
from hardneg_cli.io.tables.nearest_lines import nearest_lines
from hardneg_cli.io.tables.queue_columns import ADDED, EVERY, NEAREST, QUESTION
from hardneg_cli.io.tables.queue_view import RowAround, view_of, visible_surroundings, without_surroundings
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
NAMED, LONGEST_NAMED = 3, 60  # pictures that a note names, and characters of each
MOST_AROUND, LONGEST_AROUND = 10, 240  # rows around a row that are quoted, and characters of each


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
    labeling: str
    why: str
    around: tuple[str, ...]
    suggested: str
    score: float | None
    suggestion_score: float | None

    @property
    def about(self) -> str:
        """How it is labeled, what is suggested, and why, in a line."""
        return f"{self.labeling}: {self.why}" if self.why else self.labeling


def tasks(table: pa.Table, what: str, troubles: list[str] | None = None) -> Iterator[AnnotationTask]:
    """The rows of a findings table, in its order; `what` names the format. Raises InputError for another table.

    troubles: to which is added what is no picture; without it, the paths of pictures stay text.
    """
    for name in NEEDED:
        if name not in table.column_names:
            raise InputError(f"{what}: no column {quote(name)}: only findings can be annotated; use csv or json")
    around, table = visible_surroundings(table), without_surroundings(table)
    marked = column_of(table) if troubles is not None else None
    pictures = picture_columns(table, marked=marked is not None)
    texts = [name for name in _displayed(table) if name not in pictures]
    for start in range(0, table.num_rows, ROWS):
        part = table.slice(start, ROWS)
        if marked and troubles is not None:
            part = _with_pictures(part, *marked, troubles)
        added = [name for name in ADDED if name in table.column_names]
        rows = part.select([*NEEDED, *added, *pictures]).to_pylist()
        shown = _texts(part.select(texts)) if texts else [None if pictures else NOTHING] * len(rows)
        for row, text, near in zip(rows, shown, around[start : start + ROWS], strict=True):
            yield _task(row, text, tuple(row[name] or "" for name in pictures), near)


def evidence(table: pa.Table) -> list[str]:
    """What is told beside the rows and their labels: `why` and `nearest`, as far as any row of the table has it."""
    import pyarrow.compute as pc

    why = "why" in table.column_names and pc.any(pc.not_equal(table["why"], "")).as_py()
    return ["why"] * bool(why) + [NEAREST] * any(visible_surroundings(table))


def remarks(task: AnnotationTask) -> dict[str, str]:
    """How the row is labeled, the reasons and the rows around it, for tools that list names and values, a line each."""
    why = {"why": task.why} if task.why else {}
    return {"about": task.labeling} | why | {f"{NEAREST} {place}": line for place, line in enumerate(task.around, 1)}


def notes(troubles: Sequence[str]) -> list[str]:
    """What there is to say about pictures that are not shown."""
    if not troubles:
        return []
    more = f" and {len(troubles) - NAMED:,} more" if len(troubles) > NAMED else ""
    said = plural(len(troubles), "picture is", "pictures are")
    return [f"{said} not shown: {', '.join(troubles[:NAMED])}{more}"]


def picture_columns(table: pa.Table, *, marked: bool = True) -> list[str]:
    """The display columns that hold nothing but pictures: as data URIs, or where the column is marked also as paths."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = column_of(table) if marked else None
    found = []
    for name in _displayed(table):
        if known and name == known[0]:
            found.append(name)
            continue
        if pa.types.is_string(table[name].type):
            cells = pc.fill_null(table[name], "")
            cells = cells.filter(pc.not_equal(cells, ""))
            if len(cells) and pc.all(pc.starts_with(cells, PICTURE)).as_py():
                found.append(name)
    return found


def _with_pictures(part: pa.Table, name: str, folder: Path, troubles: list[str]) -> pa.Table:
    """The rows with small pictures as data URIs in the marked column."""
    import pyarrow as pa

    cells = part[name].to_pylist()
    uris = []
    for cell, picture in zip(cells, pictures_of(cells, folder), strict=True):
        uris.append(picture.uri)
        if picture.trouble:
            troubles.append(f"{cell[:LONGEST_NAMED]} ({picture.trouble})")
    return part.set_column(part.column_names.index(name), name, pa.array(uris, pa.string()))


def classes(table: pa.Table) -> list[str]:
    """The real classes, in their order, as they are offered."""
    return [offered(label) for label in view_of(table).classes]


def ascii_json(value: Json) -> str:
    """Compact JSON that reads alike in every encoding that a tool may guess, and is no command in any log."""
    return inert_json(json.dumps(value, separators=(",", ":"), allow_nan=False)).decode()


def _displayed(table: pa.Table) -> list[str]:
    return [name for name in without_surroundings(table).column_names if name not in EVERY]


def _texts(shown: pa.Table) -> list[str]:
    """A single column as it is, several as a line each."""
    rows: list[dict[str, str]] = as_text(shown).to_pylist()
    if shown.num_columns == 1:
        return [next(iter(row.values())) or NOTHING for row in rows]
    return ["\n".join(f"{name}: {cell}" for name, cell in row.items()) for row in rows]


def _task(
    row: dict[str, Any], text: str | None, pictures: tuple[str, ...], around: Sequence[RowAround]
) -> AnnotationTask:
    kept = {name: row[name] or "" for name in KEYED}
    hashed = {"hashed": row["hashed"]} if row.get("hashed") else {}
    given, suggested = offered(kept["given_label"]), offered(kept["suggested_label"]) if row["suggested_label"] else ""
    labeling = f"labeled {given}"
    labeling += f", suggested {suggested}" if suggested else ""
    lines = tuple(nearest_lines(around, MOST_AROUND, LONGEST_AROUND))
    right = row.get("suggestion_score")
    numbers = {name: row[name] for name in ("score", "suggestion_score") if name in row}
    key = ascii_json(kept | hashed | numbers)
    return AnnotationTask(
        key, kept["id"], text, pictures, labeling, row["why"] or "", lines, suggested, row["score"],
        row["score"] if right is None else right,
    )  # fmt: skip
