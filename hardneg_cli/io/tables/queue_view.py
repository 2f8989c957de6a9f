"""What people see of a queue beside its columns: the dataset's name, its classes, and the rows around each row.

A table of findings says so in its schema's metadata and in one column more, which only the formats that show it are
given: `outputs` leaves it out for the others, whose columns are those of the queue.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict, cast

if TYPE_CHECKING:
    import pyarrow as pa

VIEW = b"hardneg.queue"  # of the schema's metadata
FIRST = b"hardneg.first"  # of the schema's metadata, too
FIRST_ROWS = 20  # that a terminal shows
AROUND = "\0around"  # a column that no dataset has
MOST_NEAREST = 10  # rows kept of those around a row
MOST_TWINS = 5
Kind: TypeAlias = Literal["twin", "near"]


@dataclass(frozen=True)
class RowAround:
    """Another row that stands near one in question.

    kind: `twin` where its content is the same (case and blanks folded), `near` where it is one of the nearest by the
    features. distance: in their units, None for twins. text: what it says, in one line. picture: the cell of its
    picture, empty where there is none.
    """

    id: str
    label: str
    kind: Kind
    distance: float | None
    text: str
    picture: str = ""


class _Cells(TypedDict):
    """A `RowAround` as Arrow answers it."""

    id: str
    label: str
    kind: Kind
    distance: float | None
    text: str
    picture: str


@dataclass(frozen=True)
class QueueView:
    """dataset: its name. classes: the real ones, misspellings left out, in their order; () where nobody knows."""

    dataset: str = ""
    classes: tuple[str, ...] = ()


def with_view(table: pa.Table, view: QueueView) -> pa.Table:
    """The table, which knows this now."""
    said = {"dataset": view.dataset, "classes": list(view.classes)}
    return table.replace_schema_metadata((table.schema.metadata or {}) | {VIEW: json.dumps(said).encode()})


def view_of(table: pa.Table) -> QueueView:
    """What the table knows; of one that knows nothing, the labels that stand in it are the classes."""
    from hardneg_cli.io.tables.queue_columns import LABELS

    found = (table.schema.metadata or {}).get(VIEW)
    if found is not None:
        said = json.loads(found)
        return QueueView(said["dataset"], tuple(said["classes"]))
    names = [name for name in LABELS if name in table.column_names]
    return QueueView(classes=tuple(sorted({one for name in names for one in table[name].unique().to_pylist() if one})))


def is_viewed(table: pa.Table) -> bool:
    """Whether it is a queue that `find` has just made."""
    return VIEW in (table.schema.metadata or {})


def with_first_rows(table: pa.Table, rows: int) -> pa.Table:
    """The table, of which a terminal shows so many rows, as somebody asked for them."""
    return table.replace_schema_metadata((table.schema.metadata or {}) | {FIRST: str(rows).encode()})


def first_rows_of(table: pa.Table) -> int:
    """How many rows of the table a terminal shows."""
    return int((table.schema.metadata or {}).get(FIRST, FIRST_ROWS))


def with_surroundings(table: pa.Table, around: Sequence[Sequence[RowAround]]) -> pa.Table:
    """The table and, for each of its rows, what stands around it: twins first, then the nearest ones."""
    import pyarrow as pa

    cells = [[vars(row) for row in rows] for rows in around]
    return table.append_column(pa.field(AROUND, _type()), pa.array(cells, _type()))


def surroundings_of(table: pa.Table) -> list[tuple[RowAround, ...]]:
    """For each row of the table what stands around it; nothing where nobody has said so."""
    if AROUND not in table.column_names:
        return [()] * len(table)
    cells: list[list[_Cells]] = table[AROUND].to_pylist()
    return [tuple(RowAround(**row) for row in rows) for rows in cells]


def visible_surroundings(table: pa.Table) -> list[tuple[RowAround, ...]]:
    """For each row what a reviewer may see of what stands around it: the labels of other rows are evidence."""
    return [()] * len(table) if is_unaided(table) else surroundings_of(table)


def is_unaided(table: pa.Table) -> bool:
    """Whether reviewers are to judge without evidence: a queue that has none, or the key to one with control rows."""
    from hardneg_cli.io.tables.queue_columns import CONTROL, TELLING

    if "role" in table.column_names and CONTROL in table["role"].unique().to_pylist():
        return True
    telling = [table[name] for name in TELLING if name in table.column_names]
    return bool(telling) and all({*column.unique().to_pylist()} <= {None, ""} for column in telling)


def without_surroundings(table: pa.Table) -> pa.Table:
    """The columns of the queue alone."""
    return table.drop_columns([AROUND]) if AROUND in table.column_names else table


def neighbor_votes(around: Sequence[RowAround]) -> dict[str, int]:
    """How many of the nearest rows carry each label, the most frequent first, then by name."""
    votes: dict[str, int] = {}
    for row in around:
        if row.kind == "near":
            votes[row.label] = votes.get(row.label, 0) + 1
    return dict(sorted(votes.items(), key=lambda vote: (-vote[1], vote[0])))


def _type() -> pa.DataType:
    import pyarrow as pa

    text = pa.string()
    kinds = {"id": text, "label": text, "kind": text, "distance": pa.float64(), "text": text, "picture": text}
    return cast("pa.DataType", pa.list_(pa.struct(list(kinds.items()))))
