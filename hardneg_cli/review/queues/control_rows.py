"""What a row was asked about for: because it was flagged, or as a control among those; and what was suggested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.queue_columns import CONTROL, ROLES
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.review.decisions.filled_queue import FilledQueue, role_of

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("id", "role", "flagged", "suggested_label")


@dataclass(frozen=True)
class RowRole:
    """control: whether the row was not flagged, None where that is unknown. suggested: empty where nothing was."""

    control: bool | None
    suggested: str


def roles_in(queues: Iterable[FilledQueue]) -> Mapping[str, RowRole]:
    """The roles of rows by id, from the columns `role` or `flagged`, and `suggested_label`, of queues.

    Exports of annotation tools say nothing. Where queues disagree, a row is a control only if all say so, and the last
    suggestion counts.
    """
    return _roles((queue.name, queue.table) for queue in queues if not queue.exported)


def read_roles(findings: Iterable[Source]) -> Mapping[str, RowRole]:
    """The same from what `find` wrote. Raises InputError for a file without these columns."""
    return _roles((source.name, batch) for source in findings for batch in _batches(source))


def _batches(source: Source) -> Iterable[pa.RecordBatch]:
    names = table_files.columns([source])
    if not {"id", "role"} <= set(names) and not {"id", "flagged"} <= set(names):
        missing = "id" if "id" not in names else "flagged"
        raise InputError(
            f"{source.name}: no column {quote(missing)}{did_you_mean(missing, names)}; --findings takes what "
            "hardneg find "
            "wrote"
        )
    request = ReadRequest(tuple(name for name in COLUMNS if name in names))
    batches: Iterable[pa.RecordBatch] = table_files.read_file(source, request)
    return batches


def _roles(tables: Iterable[tuple[str, pa.Table | pa.RecordBatch]]) -> Mapping[str, RowRole]:
    roles: dict[str, RowRole] = {}
    for name, table in tables:
        known = [column for column in COLUMNS if column in table.schema.names]
        for cells in zip(*(table[column].to_pylist() for column in known), strict=True):
            row = dict(zip(known, cells, strict=True))
            id_, control = row["id"] or "", _control(name, row)
            before = roles.get(id_)
            if before and False in (before.control, control):
                control = False
            roles[id_] = RowRole(control, row.get("suggested_label") or (before.suggested if before else ""))
    return roles


def _control(name: str, row: Mapping[str, str | None]) -> bool | None:
    """Raises InputError for a word that is no role."""
    role, word = role_of(row), (row.get("role") or "").strip()
    if word and not role:
        raise InputError(
            f"{name}: row {quote(row['id'])}: no role {quote(row['role'])}{did_you_mean(word.lower(), ROLES)} "
            f"(known: {', '.join(ROLES)})"
        )
    return role == CONTROL if role else None
