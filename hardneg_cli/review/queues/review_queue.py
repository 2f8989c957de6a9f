"""What a reviewer is asked: the rows of a findings table, each made into an item when somebody looks at it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.hashed_columns import hashed_cells, read_cells
from hardneg_cli.data.row_identity import blank
from hardneg_cli.errors import InputError, listing
from hardneg_cli.io.files.source import Source
from hardneg_cli.io.tables import table_files
from hardneg_cli.io.tables.queue_columns import MARKS, NUMBERS, display_columns
from hardneg_cli.io.tables.table_files import ReadRequest
from hardneg_cli.review.decisions.decision import WITHDRAWN, Decision, Question
from hardneg_cli.review.decisions.filled_queue import MET, HashedByCell, met
from hardneg_cli.review.decisions.row_matching import restated

if TYPE_CHECKING:
    import pyarrow as pa

QUEUE = (*MARKS, "decision")  # the columns that tell findings from other tables


@dataclass(frozen=True)
class QueueItem:
    """A row to decide about. content: the display columns, by name. Numbers are None where there are none."""

    id: str
    row_hash: str
    given: str
    suggested: str
    score: float | None
    suggestion_score: float | None
    p_given: float | None
    p_suggested: float | None
    detectors: tuple[str, ...]
    why: str
    content: tuple[tuple[str, str], ...]

    def blinded(self) -> QueueItem:
        """Without what any model or detector said of it."""
        hidden: dict[str, Any] = dict.fromkeys(NUMBERS)
        return replace(self, suggested="", detectors=(), why="", **hidden)


@dataclass(frozen=True)
class QueueFilter:
    """Rows with this given or suggested label (`class`), or that this detector doubts (`detector`)."""

    kind: str
    name: str


@dataclass(frozen=True)
class ReviewQueue:
    """N rows, in the order of the table: findings, of which text is never null."""

    name: str
    table: pa.Table

    def __len__(self) -> int:
        return int(self.table.num_rows)

    @cached_property
    def ids(self) -> list[str]:
        return self._texts("id")

    @cached_property
    def questions(self) -> list[Question]:
        return list(zip(self.ids, self._texts("row_hash"), self._texts("given_label"), strict=True))

    @property
    def display_columns(self) -> list[str]:
        """The display columns."""
        return display_columns(self.table.column_names)

    @cached_property
    def filled(self) -> int:
        """How many rows have an answer written into the table itself."""
        names = [name for name in ("decision", "new_label") if name in self.table.column_names]
        empty = [blank(self.table[name]) for name in names]
        return int(sum(~empty[0] | ~empty[-1])) if empty and len(self) else 0

    def item(self, place: int) -> QueueItem:
        row = self.table.slice(place, 1).to_pylist()[0]
        numbers = {name: _number(row.get(name)) for name in NUMBERS}
        detectors = tuple(name for name in row.get("detectors", "").split(",") if name)
        content = tuple((name, str(row[name])) for name in self.display_columns)
        return QueueItem(
            row["id"], row["row_hash"], row["given_label"], row.get("suggested_label", ""),
            detectors=detectors, why=row.get("why", ""), content=content, **numbers,
        )  # fmt: skip

    def unanswered(self, place: int) -> Decision:
        """A decision about the row that says nothing yet, with how the reviewer meets the row."""
        row = self.table.select(self._met).slice(place, 1).to_pylist()[0]
        return Decision(*self.questions[place], WITHDRAWN, **met(row, self._hashed))

    @cached_property
    def _met(self) -> list[str]:
        return [name for name in MET if name in self.table.column_names]

    @cached_property
    def _hashed(self) -> HashedByCell:
        return read_cells(self.name, set(self._texts("hashed")))

    def filters(self, *, blind: bool) -> list[tuple[QueueFilter, int]]:
        """What the rows can be narrowed down to, and to how many; classes first, the most frequent ones first."""
        detectors = Counter(name for names in self._texts("detectors") for name in names.split(",") if name)
        given, suggested = self._texts("given_label"), self._texts("suggested_label")
        classes = Counter(given)
        if not blind:
            classes.update(other for one, other in zip(given, suggested, strict=True) if other and other != one)
        found = [(QueueFilter("class", name), count) for name, count in _ordered(classes)]
        return found if blind else [*found, *((QueueFilter("detector", name), n) for name, n in _ordered(detectors))]

    def places(self, chosen: QueueFilter | None, *, blind: bool) -> list[int]:
        """The rows that a filter leaves, ascending."""
        if chosen is None:
            return list(range(len(self)))
        if chosen.kind == "detector":
            return [place for place, names in enumerate(self._texts("detectors")) if chosen.name in names.split(",")]
        labels = zip(self._texts("given_label"), self._texts("suggested_label"), strict=True)
        return [
            place for place, (given, other) in enumerate(labels)
            if chosen.name == given or (not blind and chosen.name == other)
        ]  # fmt: skip

    def _texts(self, name: str) -> list[str]:
        if name not in self.table.column_names:
            return [""] * len(self)
        texts: list[str] = self.table[name].to_pylist()
        return texts


def is_queue(names: Sequence[str]) -> bool:
    """Whether a file with these columns is a findings file, and no dataset."""
    return {"id", *QUEUE} <= set(names)


def read_review_queue(name: str, files: Sequence[Source], encoding: str | None = None) -> ReviewQueue:
    """The rows of findings files; there may be none, which is what `find` writes where nothing is suspect."""
    import pyarrow as pa

    names = table_files.columns(files, encoding)
    numbers = tuple(column for column in NUMBERS if column in names)
    text = tuple(column for column in names if column not in NUMBERS)
    wanted = ReadRequest(text, numbers, encoding)
    parts = [part for file in files for part in table_files.read_file(file, wanted)]
    schema = pa.schema([*((column, pa.string()) for column in text), *((column, pa.float64()) for column in numbers)])
    table = _whole(pa.Table.from_batches(parts) if parts else schema.empty_table())
    if lacking := (blank(table["id"]).nonzero()[0] + 1).tolist():
        raise InputError(f"{name}: no id in rows {listing(lacking)}: an answer could not say what it is about")
    return ReviewQueue(name, table)


def review_queue_of(name: str, findings: pa.Table) -> ReviewQueue:
    """The rows of findings in memory."""
    return ReviewQueue(name, _whole(findings))


def queue_about(dataset: Dataset, queue: ReviewQueue) -> ReviewQueue:
    """The queue with hashes over the columns that are the dataset's content now, where its rows are what they were."""
    import pyarrow as pa

    if "hashed" not in queue.table.column_names:
        return queue
    rows = restated(dataset, [queue.unanswered(place) for place in range(len(queue))])
    cells = {
        "id": [row.id for row in rows],
        "row_hash": [row.row_hash for row in rows],
        "hashed": hashed_cells(row.hashed for row in rows),
    }
    table = queue.table
    for name, texts in cells.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(texts, pa.string()))
    return ReviewQueue(queue.name, table)


def _whole(table: pa.Table) -> pa.Table:
    """Every cell that is text there, null as the empty text; what the table knows of itself it knows still."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [pc.fill_null(column, "") if pa.types.is_string(column.type) else column for column in table.columns]
    return pa.Table.from_arrays(columns, schema=table.schema).combine_chunks()


def _ordered(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda found: (-found[1], found[0]))


def _number(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value
