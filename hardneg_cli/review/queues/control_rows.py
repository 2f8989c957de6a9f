"""What a row was asked about for: because it was flagged, or as a control among those; and what was suggested."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.review.decisions.decision import is_log
from hardneg_cli.review.decisions.filled_queue import export

CONTROL, SUSPECT = ROLES = ("control", "suspect")
TRUE, FALSE = ("true", "1", "yes"), ("false", "0", "no")


@dataclass(frozen=True)
class RowRole:
    """control: whether the row was not flagged, None where that is unknown. suggested: empty where nothing was."""

    control: bool | None
    suggested: str


def read_roles(files: Iterable[Source], *, every: bool = False) -> Mapping[str, RowRole]:
    """The roles of rows by id, from the columns `role` or `flagged`, and `suggested_label`, of queues or findings.

    every: whether a file must have them; else other files say nothing. Where files disagree, a row is a control only
    if all say so, and the last suggestion counts.
    """
    found: dict[str, RowRole] = {}
    for source in files:
        if not every and (is_log(source) or export(source)):
            continue
        names = table_files.columns([source])
        if every and not {"id", "role"} <= set(names) and not {"id", "flagged"} <= set(names):
            missing = "id" if "id" not in names else "flagged"
            raise InputError(f"{source.name}: no column {missing!r}{did_you_mean(missing, names)}; "
                             "--findings takes what hardneg find wrote")  # fmt: skip
        wanted = ReadRequest(tuple(name for name in ("id", "role", "flagged", "suggested_label") if name in names))
        for batch in table_files.reader_of(source).read(source, wanted) if "id" in names else ():
            for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                row = dict(zip(wanted.text, cells, strict=True))
                control = _control(source, row)
                before = found.get(row["id"] or "")
                if before and False in (before.control, control):
                    control = False
                found[row["id"] or ""] = RowRole(
                    control, row.get("suggested_label") or (before.suggested if before else "")
                )
    return found


def _control(source: Source, row: Mapping[str, str | None]) -> bool | None:
    """Raises InputError for a word that is no role."""
    role, flagged = (row.get("role") or "").strip().lower(), (row.get("flagged") or "").strip().lower()
    if role:
        if role not in ROLES:
            raise InputError(f"{source.name}: row {row['id']!r}: no role {row['role']!r}{did_you_mean(role, ROLES)} "
                             f"(known: {', '.join(ROLES)})")  # fmt: skip
        return role == CONTROL
    if flagged in TRUE:
        return False
    return True if flagged in FALSE else None
