"""A review queue as it comes back: findings with the first columns filled in by people or, where asked, by a policy.

An export of an annotation tool is one too; the drawer of the tools knows them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.row_identity import blank
from hardneg_cli.errors import InputError, did_you_mean
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.queue_columns import QUESTION, RETURNED
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.review.annotation_tools import ANNOTATION_TOOLS, AnnotationTool
from hardneg_cli.review.decisions.decision import DECISIONS, Decision
from hardneg_cli.review.decisions.reviewers import user
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import pyarrow as pa

POLICY = "policy"  # who decides, and on what ground, where nobody did
Row = dict[str, Any]


@dataclass(frozen=True)
class AutoPolicy:
    """What is done with a row that no reviewer decided: relabeled or dropped, if its score is at least so much.

    Where both apply, it is relabeled if there is a suggestion, else dropped. Rows whose split is one of `protect`
    are left alone.
    """

    relabel: float | None = None
    drop: float | None = None
    protect: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, value in (("auto-relabel", self.relabel), ("auto-drop", self.drop)):
            if value is not None and not 0 <= value <= 1:
                raise InputError(f"--{name} is a probability from 0 to 1, not {value}")

    @property
    def least(self) -> float | None:
        """The lowest score that anything is done at; None where nothing ever is."""
        return min((value for value in (self.relabel, self.drop) if value is not None), default=None)


@dataclass(frozen=True)
class FilledQueue:
    """One filled queue: the ids of all its rows, what reviewers decided, and what the policy would do with the rest."""

    name: str
    ids: pa.ChunkedArray
    decisions: tuple[Decision, ...]
    automatic: tuple[Decision, ...]


def read_queue(source: Source, reviewer: str | None, policy: AutoPolicy) -> FilledQueue:
    """The decisions of a filled queue, or of the export of an annotation tool.

    reviewer: who made the decisions that name nobody; if None, whom the export is named after, else who runs this.
    Raises InputError for a missing column, and for decisions that make no sense, naming their rows.
    """
    form = export(source)
    with progress(f"reading {source.name}"):
        table = _exported(source, form) if form else _table(source, scored=policy.least is not None)
    if reviewer is None:
        reviewer = (form.reviewer(source) if form else "") or user()
    decided = ~(blank(table["decision"]) & blank(table["new_label"]))
    filled = table.filter(decided).to_pylist()
    _refuse_nonsense(source, filled)
    decisions = tuple(_decision(row, source, reviewer) for row in filled)
    return FilledQueue(source.name, table["id"], decisions, tuple(_automatic(table.filter(~decided), policy)))


def export(source: Source) -> AnnotationTool | None:
    """The annotation tool that recognizes the source; None for a queue."""
    return next((form for form in ANNOTATION_TOOLS if form.recognises(source)), None)


def _exported(source: Source, form: AnnotationTool) -> pa.Table:
    """The same columns as those of a queue."""
    import numpy as np

    table = form.read(source)
    return table.append_column("row", [np.arange(1, len(table) + 1)])


def _table(source: Source, *, scored: bool) -> pa.Table:
    """The columns that are used, all there and never null, each row with its number; a queue may be empty."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    names = table_files.columns([source])
    if names:  # an empty JSON array has no columns either
        _refuse_missing(source, names, scored=scored)
    wanted = ReadRequest(tuple(name for name in RETURNED if name in names), ("score",) if scored else ())
    # an empty queue is what `find` writes where nothing is suspect; `batches.read` takes no rows for an error
    parts = list(table_files.reader_of(source).read(source, wanted))
    if not parts:
        parts = [pa.RecordBatch.from_pydict({name: pa.array([], pa.string()) for name in wanted.text})]
    read = pa.Table.from_batches(parts)
    columns = {name: pc.fill_null(read[name], "") for name in wanted.text}
    absent = {name: pa.chunked_array([pa.repeat("", len(read))]) for name in RETURNED if name not in names}
    scores = {"score": read["score"]} if "score" in read.column_names else {}
    return pa.table({**columns, **absent, **scores, "row": np.arange(1, len(read) + 1)})


def _refuse_missing(source: Source, names: Sequence[str], *, scored: bool) -> None:
    needed = [*QUESTION, "score"] if scored else [*QUESTION]
    if not {"decision", "new_label"} & set(names):
        needed.append("decision")
    for name in needed:
        if name not in names:
            raise InputError(
                f"{source.name}: no column {name!r}{did_you_mean(name, names)}; a queue is a findings file of "
                "hardneg find with its decisions filled in"
            )


def _refuse_nonsense(source: Source, rows: Sequence[Row]) -> None:
    """Raises InputError for the first kind of trouble, with all of its rows."""
    troubles: dict[str, list[str]] = {}
    for row in rows:
        if trouble := _trouble(row):
            troubles.setdefault(trouble, []).append(f"{row['row']} ({row['id']!r})")
    for trouble, places in troubles.items():
        shown = ", ".join(places[:5]) + (f" and {len(places) - 5:,} more" if len(places) > 5 else "")
        raise InputError(f"{source.name}: {'row' if len(places) == 1 else 'rows'} {shown}: {trouble}")


def _trouble(row: Row) -> str | None:
    word, label = _word(row), row["new_label"]
    if word not in DECISIONS:
        return f"no decision {word!r}{did_you_mean(word, DECISIONS)} (known: {', '.join(DECISIONS)})"
    if not row["id"].strip():
        return "a decision without an id"
    if word == "keep" and label.strip() and label != row["given_label"]:
        return "the decision is keep, but new_label is another label than the given one"
    if word == "drop" and label.strip():
        return "the decision is drop, but there is a new_label"
    if word == "relabel" and not _label(row):
        return "relabel without a new_label, and no other label was suggested"
    return None


def _word(row: Row) -> str:
    """The decision as typed, cases and blanks forgiven; a label alone means relabel."""
    return row["decision"].strip().lower() or "relabel"


def _label(row: Row) -> str:
    """The label to give: the one written down exactly as it is, else the suggested one."""
    label: str = row["new_label"]
    return label if label.strip() else _suggestion(row)


def _suggestion(row: Row) -> str:
    label: str = row["suggested_label"]
    return label if label.strip() and label != row["given_label"] else ""


def _decision(row: Row, source: Source, reviewer: str) -> Decision:
    word = _word(row)
    label = _label(row) if word == "relabel" else ""
    if label == row["given_label"]:  # the label it has, written down again
        word, label = "keep", ""
    who = row["reviewer"].strip() or reviewer
    return Decision(
        row["id"], row["row_hash"], row["given_label"], word, label, who, source=source.name, note=row["note"]
    )


def _automatic(undecided: pa.Table, policy: AutoPolicy) -> list[Decision]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if policy.least is None or not len(undecided):
        return []
    high = pc.greater_equal(undecided["score"].cast(pa.float64()), policy.least)  # a missing score is NaN: never
    decided = [_by_policy(row, policy) for row in undecided.filter(high).to_pylist()]
    return [decision for decision in decided if decision]


def _by_policy(row: Row, policy: AutoPolicy) -> Decision | None:
    score, label = row["score"], _suggestion(row)
    if policy.relabel is not None and score >= policy.relabel and label:
        word, limit = "relabel", policy.relabel
    elif policy.drop is not None and score >= policy.drop:
        word, limit, label = "drop", policy.drop, ""
    else:
        return None
    note = f"--auto-{word} {limit:g}: score {score:.6f}"
    return Decision(row["id"], row["row_hash"], row["given_label"], word, label, POLICY, source=POLICY, note=note)
