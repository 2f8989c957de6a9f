"""The rows around the rows of a queue, each of them once however often it is near: what a page holds of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.io.tables.json_records import Json
from hardneg_cli.io.tables.queue_view import RowAround, visible_surroundings

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
    place: dict[Quoted, int] = {}
    around = tuple(_numbered(rows, place) for rows in visible_surroundings(table))
    return SharedSurroundings(tuple(place), around if place else ())


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
