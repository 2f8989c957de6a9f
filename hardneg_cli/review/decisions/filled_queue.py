"""A review queue as it comes back: findings with the first columns filled in by people or, where asked, by a policy.

An export of an annotation tool is one too; the drawer of the tools knows them.
"""

from __future__ import annotations

import getpass
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from hardneg_cli.data.hashed_columns import UNKNOWN, HashedColumns, read_cells
from hardneg_cli.data.row_identity import blank
from hardneg_cli.errors import InputError, as_text, did_you_mean, quote
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.queue_columns import CONTROL, QUESTION, RETURNED, ROLES, SUSPECT, display_columns
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.review.annotation_tools import ANNOTATION_TOOLS, AnnotationTool
from hardneg_cli.review.decisions.decision import DECISIONS, UNRANKED, UNSCORED, Decision
from hardneg_cli.runtime.argument_words import worded_in_arguments
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

MET = ("score", "rank", "flagged", "role", "hashed")  # how the reviewer met the row, where a queue says it
ANSWER = tuple(name for name in RETURNED if name not in MET)
TAKEN = (*ANSWER, *MET)
TRUE, FALSE = ("true", "1", "yes"), ("false", "0", "no")
MOST_DIGITS = 15
POLICY = "policy"  # who decides, and on what ground, where nobody did
Row = dict[str, Any]
HashedByCell: TypeAlias = Mapping[str | None, HashedColumns]


@dataclass(frozen=True)
class AutoPolicy:
    """What is done with a row that no reviewer decided.

    It is relabeled as suggested if its `suggestion_score` is at least `relabel`, dropped if its `score` is at least
    `drop`; where both apply, it is relabeled. Rows whose split is one of `protect` are left alone.
    """

    relabel: float | None = None
    drop: float | None = None
    protect: tuple[str, ...] = ()

    @worded_in_arguments
    def __post_init__(self) -> None:
        for name, value in (("auto-relabel", self.relabel), ("auto-drop", self.drop)):
            if value is not None and not 0 <= value <= 1:
                raise InputError(f"--{name} is a probability from 0 to 1, not {value}")

    @property
    def reads(self) -> dict[str, float]:
        """The columns of a queue that it acts on, each with the least that it acts at."""
        limits = {"suggestion_score": self.relabel, "score": self.drop}
        return {name: limit for name, limit in limits.items() if limit is not None}


@dataclass(frozen=True)
class FilledQueue:
    """One filled queue.

    table: the columns that were read, as text that is never null. decisions: what reviewers decided. automatic: what
    the policy would do with the other rows, with `score` the probability that this is right. exported: whether an
    annotation tool wrote it.
    """

    name: str
    table: pa.Table
    decisions: tuple[Decision, ...]
    automatic: tuple[Decision, ...]
    exported: bool = False

    @property
    def ids(self) -> pa.ChunkedArray:
        """Of all its rows, decided or not."""
        return self.table["id"]

    @property
    def display_columns(self) -> list[str]:
        """Those that show the row; of an annotation tool's export, the text that was shown."""
        return ["text"] if self.exported else display_columns(self.table.column_names)


def user() -> str:
    """Who runs this, as far as the system knows: who decides where nobody is named."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):  # a number without a name, as in containers
        return "unknown"


def read_queue(source: Source, reviewer: str | None, policy: AutoPolicy, *, whole: bool = False) -> FilledQueue:
    """The decisions of a filled queue, or of the export of an annotation tool.

    reviewer: who made the decisions that name nobody; if None, whom the export is named after, else who runs this.
    whole: whether the table is to have all columns of the file, not only those that decisions are made of.
    Raises InputError for a missing column, and for decisions that make no sense, naming their rows.
    """
    form = export(source)
    with progress(f"reading {source.name}"):
        table = form.read(source) if form else _table(source, policy, whole=whole)
    if form and policy.relabel and not any(table["suggestion_score"].to_pylist()):
        _refuse_unscored(source.name, [], AutoPolicy(policy.relabel))
    if reviewer is None:
        reviewer = (form.reviewer(source) if form else "") or user()
    hashed = read_cells(source.name, table["hashed"].unique().to_pylist() if "hashed" in table.column_names else ())
    decided = ~(blank(table["decision"]) & blank(table["new_label"]))
    filled = _rows(table, decided)
    _refuse_nonsense(source, filled)
    decisions = tuple(_decision(row, source, reviewer, hashed) for row in filled)
    automatic = tuple(_automatic(table, ~decided, policy, hashed))
    return FilledQueue(source.name, table, decisions, automatic, exported=form is not None)


def export(source: Source) -> AnnotationTool | None:
    """The annotation tool that recognizes the source; None for a queue."""
    return next((form for form in ANNOTATION_TOOLS if form.recognises(source)), None)


def _table(source: Source, policy: AutoPolicy, *, whole: bool) -> pa.Table:
    """The columns that are used, all there, text never null; a queue may be empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = table_files.columns([source])
    if names:  # an empty JSON array has no columns either
        _refuse_missing(source, names)
        _refuse_unscored(source.name, names, policy)
    numbers = tuple(policy.reads) if names else ()
    request = ReadRequest(tuple(name for name in names if (whole or name in TAKEN) and name not in numbers), numbers)
    # an empty queue is what `find` writes where nothing is suspect; `batches.read` takes no rows for an error
    parts = list(table_files.read_file(source, request))
    if not parts:
        empty = [pa.array([], pa.string())] * len(request.text) + [pa.array([], pa.float64())] * len(numbers)
        parts = [pa.RecordBatch.from_arrays(empty, [*request.text, *numbers])]
    read = pa.Table.from_batches(parts)
    columns = {name: pc.fill_null(read[name], "") for name in request.text}
    columns |= {name: read[name] for name in numbers}
    return pa.table(columns | {name: pa.repeat("", len(read)) for name in ANSWER if name not in columns})


def _rows(table: pa.Table, chosen: NDArray[np.bool_]) -> list[Row]:
    """The chosen rows, with what decisions are made of, each with its number in the file."""
    import pyarrow as pa

    part = table.select([name for name in TAKEN if name in table.column_names]).filter(pa.array(chosen))
    numbers = (chosen.nonzero()[0] + 1).tolist()
    return [row | {"row": number} for row, number in zip(part.to_pylist(), numbers, strict=True)]


def _refuse_missing(source: Source, names: Sequence[str]) -> None:
    answered = {"decision", "new_label"} & set(names)
    for name in QUESTION if answered else (*QUESTION, "decision"):
        if name not in names:
            raise InputError(
                f"{source.name}: no column {quote(name)}{did_you_mean(name, names)}; a queue is a findings file of "
                "hardneg find with its decisions filled in"
            )


def _refuse_unscored(name: str, names: Sequence[str], policy: AutoPolicy) -> None:
    """Raises InputError for a queue without the column that a policy acts on."""
    for column in policy.reads:
        if column not in names:
            option = "--auto-drop" if column == "score" else "--auto-relabel"
            raise InputError(
                f"{name}: no column {quote(column)}{did_you_mean(column, names)}, which {option} acts on: name a file "
                "that hardneg find writes now"
            )


def _refuse_nonsense(source: Source, rows: Sequence[Row]) -> None:
    """Raises InputError for the first kind of trouble, with all of its rows."""
    troubles: dict[str, list[str]] = {}
    for row in rows:
        if trouble := _trouble(row):
            troubles.setdefault(trouble, []).append(f"{row['row']} ({quote(row['id'])})")
    for trouble, places in troubles.items():
        shown = ", ".join(places[:5]) + (f" and {len(places) - 5:,} more" if len(places) > 5 else "")
        raise InputError(f"{source.name}: {'row' if len(places) == 1 else 'rows'} {shown}: {trouble}")


def _trouble(row: Row) -> str | None:
    word, label = _word(row), row["new_label"]
    if word not in DECISIONS:
        return f"no decision {quote(word)}{did_you_mean(word, DECISIONS)} (known: {', '.join(DECISIONS)})"
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


def _decision(row: Row, source: Source, reviewer: str, hashed: HashedByCell) -> Decision:
    word = _word(row)
    label = _label(row) if word == "relabel" else ""
    if label == row["given_label"]:  # the label it has, written down again
        word, label = "keep", ""
    who = row["reviewer"].strip() or reviewer
    return Decision(
        row["id"], row["row_hash"], row["given_label"], word, label, who,
        source=as_text(source.name), note=row["note"], **met(row, hashed),
    )  # fmt: skip


def met(row: Row, hashed: HashedByCell) -> dict[str, Any]:
    """What the hash covers, and how the reviewer met the row: the fields of a decision, as far as a queue says them."""
    return {
        "hashed": hashed.get(row.get("hashed"), UNKNOWN),
        "rank": _rank(row.get("rank")),
        "score": _score(row.get("score")),
        "role": role_of(row),
    }


def _rank(cell: object) -> int:
    """As spreadsheets write it too; unknown where it is no number from 1."""
    text = str(cell).strip().removesuffix(".0")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else UNRANKED


def _score(cell: object) -> float:
    """Unknown where it is no probability."""
    try:
        score = float(str(cell))
    except ValueError:
        return UNSCORED
    return score if 0 <= score <= 1 else UNSCORED


def role_of(row: Mapping[str, object]) -> str:
    """Why a row is in the queue, by its columns `role`, else `flagged`: `suspect`, `control`, or empty for unknown.

    A word that is no role is empty too.
    """
    role, flagged = ("" if row.get(name) is None else str(row[name]).strip().lower() for name in ("role", "flagged"))
    if role:
        return role if role in ROLES else ""
    if flagged in TRUE:
        return SUSPECT
    return CONTROL if flagged in FALSE else ""


def _automatic(
    table: pa.Table, open_: NDArray[np.bool_], policy: AutoPolicy, hashed: HashedByCell
) -> list[Decision]:  # fmt: skip
    """What the policy would do with the `open_` rows."""
    import numpy as np
    import pyarrow as pa

    if not policy.reads or not len(table):
        return []
    numbers = {name: np.nan_to_num(table[name].cast(pa.float64()).to_numpy(), nan=-1.0) for name in policy.reads}
    high = open_ & np.logical_or.reduce([numbers[name] >= limit for name, limit in policy.reads.items()])
    known = zip(*(values[high].tolist() for values in numbers.values()), strict=True)  # a missing one is never enough
    decisions = (
        _by_policy(row | dict(zip(numbers, values, strict=True)), policy, hashed)
        for row, values in zip(_rows(table, high), known, strict=True)
    )
    return [decision for decision in decisions if decision]


def _by_policy(row: Row, policy: AutoPolicy, hashed: HashedByCell) -> Decision | None:
    label = _suggestion(row)
    if policy.relabel is not None and row["suggestion_score"] >= policy.relabel and label:
        word, limit, ground = "relabel", policy.relabel, "suggestion_score"
    elif policy.drop is not None and row["score"] >= policy.drop:
        word, limit, ground, label = "drop", policy.drop, "score", ""
    else:
        return None
    return Decision(
        row["id"],
        row["row_hash"],
        row["given_label"],
        word,
        label,
        POLICY,
        source=POLICY,
        note=f"--auto-{word} {limit:g}: {ground} {row[ground]:.6f}",
        **met(row, hashed) | {"score": row[ground]},
    )
