"""The rows around the rows of a queue, each of them once however often it is near: what a page holds of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.io.tables.json_records import Json
from hardneg_cli.io.tables.queue_columns import TELLING
from hardneg_cli.io.tables.queue_view import RowAround, surroundings_of
from hardneg_cli.io.tables.text_tables import as_text

if TYPE_CHECKING:
    import pyarrow as pa

Quoted: TypeAlias = tuple[str, str, str, str]  # id, label, text and the cell of the picture


@dataclass(frozen=True)
class SharedSurroundings:
    """rows: those around any row. around: for each row of the queue the numbers of its twins, and of its nearest rows
    with their distances: `[[twin, …], [near, distance, …]]`.
    """

    rows: tuple[Quoted, ...]
    around: tuple[Json, ...]


def shared_surroundings(table: pa.Table) -> SharedSurroundings:
    """What the table knows of the rows around its rows; nothing where their labels would give an answer away."""
    if gives_nothing_away(table):
        return SharedSurroundings((), ())
    place: dict[Quoted, int] = {}
    around = tuple(_numbered(rows, place) for rows in surroundings_of(table))
    return SharedSurroundings(tuple(place), around if place else ())


def gives_nothing_away(table: pa.Table) -> bool:
    """Whether reviewers are to judge without evidence: a queue without any, or the key to one with control rows."""
    if "role" in table.column_names and "control" in table["role"].unique().to_pylist():
        return True
    telling = [name for name in TELLING if name in table.column_names]
    return bool(telling) and all(column.unique().to_pylist() == [""] for column in as_text(table.select(telling)))


def _numbered(rows: Sequence[RowAround], place: dict[Quoted, int]) -> Json:
    """These rows by number; those that were not met before get the next ones."""
    twins: list[Json] = []
    nearest: list[Json] = []
    for row in rows:
        number = place.setdefault((row.id, row.label, row.text, row.picture), len(place))
        if row.kind == "twin":
            twins.append(number)
        else:
            nearest += [number, row.distance]
    return [twins, nearest]
