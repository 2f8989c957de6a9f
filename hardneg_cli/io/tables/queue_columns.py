"""The queue file's contract: which columns stand in it, in which order, what they hold and who fills them in.

`find` writes findings as such a file, people fill it in, `collect` and `apply` read it back. Between the columns of
`LEADING` and those of `TRAILING` stand the dataset's own columns that are shown, and behind those `SHARED_OUT`, where a
queue is shared out among reviewers. A column of the dataset that is named like one of these is called `data_…`.

    id  decision  new_label  note  given_label  suggested_label  score  suggestion_score  flagged  detectors  why
    p_given  p_suggested  …what is shown of the row…  reviewer  reviewers  role  rank  row_hash  hashed
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class QueueColumn:
    """One column, and what it means.

    kind: `text`, `number` (64 bits, null where there is none), `count` (whole) or `truth` (true or false).
    place: before the dataset's columns (`leading`), right behind them (`shared-out`), or at the end (`trailing`).
    by: who fills it in: `run` or `person`. returned: whether decisions are read from it.
    hidden: `control` where it would tell reviewers which rows are a control, `blind` where it only draws them to an
    answer; a blind queue hides both. shown: whether a reviewer sees it as if it were the dataset's. added: whether
    there are findings files that were written before there was such a column.
    """

    name: str
    means: str
    kind: Literal["text", "number", "count", "truth"] = "text"
    place: Literal["leading", "shared-out", "trailing"] = "leading"
    by: Literal["run", "person"] = "run"
    returned: bool = False
    hidden: Literal["", "blind", "control"] = ""
    shown: bool = False
    added: bool = False


QUEUE_COLUMNS = (
    QueueColumn("id", "the row's id", returned=True),
    QueueColumn("decision", "keep, relabel, drop or unsure; empty for undecided", by="person", returned=True),
    QueueColumn("new_label", "the right label, where the row is relabeled", by="person", returned=True),
    QueueColumn("note", "anything else that there is to say", by="person", returned=True),
    QueueColumn("given_label", "the label in the dataset", returned=True),
    QueueColumn("suggested_label", "the label that seems right, empty where none does", returned=True, hidden="blind"),
    QueueColumn("score", "the probability that the given label is wrong", "number", hidden="control"),
    QueueColumn("suggestion_score", "the probability that the suggested label is the right one", "number",
                hidden="control", added=True),
    QueueColumn("flagged", "whether the row is suspect", "truth", hidden="control"),
    QueueColumn("detectors", "the names of those that doubt the row, with commas between", hidden="control"),
    QueueColumn("why", "one clause from each of them, with semicolons between", hidden="control"),
    QueueColumn("p_given", "the models' mean probability of the given label", "number", hidden="control"),
    QueueColumn("p_suggested", "and that of the suggested one", "number", hidden="control"),
    QueueColumn("reviewer", "whose file it is, and so who decides", place="shared-out", returned=True),
    QueueColumn("reviewers", "in the lead's file, who is asked", place="shared-out", shown=True),
    QueueColumn("role", "in the lead's file, suspect or control", place="shared-out", shown=True),
    QueueColumn("rank", "the row's place by score, from 1", "count", place="trailing", hidden="control"),
    QueueColumn("row_hash", "which content the row had", place="trailing", returned=True),
    QueueColumn("hashed", "which columns that covers, spelled out in the first row", place="trailing", returned=True,
                added=True),
)  # fmt: skip


def _names(columns: Iterable[QueueColumn]) -> tuple[str, ...]:
    return tuple(column.name for column in columns)


LEADING = _names(column for column in QUEUE_COLUMNS if column.place == "leading")
SHARED_OUT = _names(column for column in QUEUE_COLUMNS if column.place == "shared-out")
TRAILING = _names(column for column in QUEUE_COLUMNS if column.place == "trailing")
FILLED_IN = _names(column for column in QUEUE_COLUMNS if column.by == "person")
RETURNED = _names(column for column in QUEUE_COLUMNS if column.returned)
NUMBERS = _names(column for column in QUEUE_COLUMNS if column.kind == "number")
ADDED = _names(column for column in QUEUE_COLUMNS if column.added)
NUMERIC = (*NUMBERS, *_names(column for column in QUEUE_COLUMNS if column.kind == "count"))
FOUND = tuple(name for name in LEADING if name not in (*FILLED_IN, *NUMBERS))  # what a run says that is no number
TELLING = _names(column for column in QUEUE_COLUMNS if column.hidden == "control")
ANCHORING = _names(column for column in QUEUE_COLUMNS if column.hidden)
NEAREST = "nearest"  # what a workbook says of the rows around a row; nobody reads it back
UNSHOWN = frozenset([NEAREST, *(column.name for column in QUEUE_COLUMNS if not column.shown)])
EVERY = frozenset(column.name for column in QUEUE_COLUMNS)
CONTROL, SUSPECT = ROLES = ("control", "suspect")  # a row that is a check on reviewers, and one that is in doubt
LABELS = ("given_label", "suggested_label")
QUESTION = ("id", "row_hash", "given_label")  # what a decision is about
MARKS = ("row_hash", "given_label")  # which no other table has


def display_columns(names: Iterable[str]) -> list[str]:
    """Those of a queue's columns that a reviewer sees as the row: the dataset's, and who else is asked."""
    return [name for name in names if name not in UNSHOWN]


def display_name(name: str, taken: Collection[str]) -> str:
    """What a column of the dataset is called in a queue: out of the way of its own columns and of those `taken`."""
    return free_name(name, {*EVERY, NEAREST, *taken}, "data_")


def free_name(name: str, taken: Collection[str], prefix: str) -> str:
    """The name, with the prefix before it as often as it takes to be none of those that are taken."""
    while name in taken:
        name = prefix + name
    return name


def schema(shown: Iterable[str]) -> pa.Schema:
    """The Arrow types of a queue that is not shared out; the columns `shown` are text."""
    import pyarrow as pa

    kinds = {"text": pa.string(), "number": pa.float64(), "count": pa.int64(), "truth": pa.bool_()}
    types = {column.name: kinds[column.kind] for column in QUEUE_COLUMNS}
    return pa.schema([(name, types.get(name, pa.string())) for name in (*LEADING, *shown, *TRAILING)])


def rows_schema() -> dict[str, object]:
    """The JSON Schema of a queue as an array of rows; between the columns stand the dataset's own, as text."""
    types = {"text": "string", "number": ["number", "null"], "count": ["integer", "null"], "truth": "boolean"}
    keys = {column.name: {"description": column.means, "type": types[column.kind]} for column in QUEUE_COLUMNS}
    row = {
        "type": "object",
        "properties": keys,
        "required": [*LEADING, *TRAILING],
        "additionalProperties": {"type": ["string", "null"]},
    }
    return {"type": "array", "items": row}
