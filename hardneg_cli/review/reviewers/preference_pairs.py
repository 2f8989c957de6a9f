"""Preference pairs: what reviewers relabeled, as a prompt with the label they chose and the one they rejected.

Lines of {"id", "prompt", "chosen", "rejected"}, as trainers of preferences and reward models read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, did_you_mean, quote
from hardneg_cli.review.decisions.decision import Decision, chronological, conflicts, effective_decisions
from hardneg_cli.review.decisions.filled_queue import FilledQueue
from hardneg_cli.review.decisions.row_matching import places

if TYPE_CHECKING:
    import pyarrow as pa

NAMES = ("id", "prompt", "chosen", "rejected")
Content: TypeAlias = Mapping[str, tuple[str, str]]  # by id: the row's hash, and its text


@dataclass(frozen=True)
class PreferencePairs:
    """table: by id. lost: how many relabeled rows are not among them, because their content is not known or other."""

    table: pa.Table
    lost: int


def relabeled(decisions: Iterable[Decision]) -> list[Decision]:
    """The last relabels that nobody contradicts, one an id, by id."""
    standing = effective_decisions(decisions)
    disputed = {group[0].question for group in conflicts(standing)}
    last = {one.id: one for one in chronological(standing) if one.is_decisive}
    found = (last[id_] for id_ in sorted(last))
    return [one for one in found if one.decision == "relabel" and one.question not in disputed]


def pairs(decisions: Iterable[Decision], content: Content) -> PreferencePairs:
    """What was relabeled, of rows that are what they were when it was."""
    import pyarrow as pa

    rows, lost = [], 0
    for one in relabeled(decisions):
        row_hash, prompt = content.get(one.id, ("", ""))
        if row_hash == one.row_hash and one.id in content:
            rows.append((one.id, prompt, one.new_label, one.given))
        else:
            lost += 1
    columns = [*zip(*rows, strict=True)] or [()] * len(NAMES)
    return PreferencePairs(pa.table([pa.array(column, pa.string()) for column in columns], list(NAMES)), lost)


def content_of(dataset: Dataset, ids: Iterable[str]) -> Content:
    """The dataset's text of these rows: its text column, else `name: value` for all of its content."""
    import numpy as np

    rows = np.unique(places(dataset, list(ids)))
    rows = rows[rows >= 0]
    hashes, text = dataset.row_hashes(rows), dataset.columns.text
    names = [text] if text else dataset.content.column_names
    cells = dataset.content.select(names).take(rows).to_pylist()
    known = zip(dataset.ids.take(rows).to_pylist(), hashes, cells, strict=True)
    return {id_: (row_hash, _prompt(row, text)) for id_, row_hash, row in known}


def content_in(queues: Sequence[FilledQueue], text: str | None) -> Content:
    """The same from the columns that queues show. Raises InputError if none has the text column."""
    content: dict[str, tuple[str, str]] = {}
    own = [queue for queue in queues if not queue.exported]
    columns = {name for queue in own for name in queue.display_columns}
    if text is not None and text not in columns:
        raise InputError(f"no column {quote(text)} for --text in the queues{did_you_mean(text, columns)}")
    for queue in own:
        chosen = [name for name in queue.display_columns if text in (None, name)]
        if chosen:
            for row in queue.table.select(["id", "row_hash", *chosen]).to_pylist():
                id_, row_hash = row.pop("id"), row.pop("row_hash")
                content[id_] = row_hash, _prompt(row, text)
    return content


def _prompt(row: Mapping[str, str | None], text: str | None) -> str:
    if text is not None:
        return row[text] or ""
    return "\n".join(f"{name}: {cell or ''}" for name, cell in row.items())
