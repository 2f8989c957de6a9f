"""What changed between a dataset and its base, as people and machines are told about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from hardneg_cli.errors import plural

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from hardneg_cli.data.changes import Changes
    from hardneg_cli.data.dataset import Dataset

KINDS = ("relabeled", "edited", "added", "dropped")
SLICE = 1 << 14


class LabelChange(NamedTuple):
    """A label in the base, another one now, and the rows that went from the one to the other."""

    before: str
    after: str
    rows: int


class ChangedRow(NamedTuple):
    """A changed row; it may be edited and relabeled at once. before is None for an added, after for a dropped row."""

    id: str
    kinds: tuple[str, ...]
    before: str | None
    after: str | None


@dataclass(frozen=True)
class ChangeCounts:
    """How many rows each change befell; `changed` counts a row once that is both edited and relabeled."""

    changed: int
    relabeled: int
    edited: int
    added: int
    dropped: int

    def __str__(self) -> str:
        if not self.changed:
            return "no row changed"
        kinds = [f"{getattr(self, kind):,} {kind}" for kind in ("added", "edited", "relabeled", "dropped")]
        return f"{plural(self.changed, 'row')} changed: {', '.join(kinds)}"


def counts(changes: Changes) -> ChangeCounts:
    dropped = len(changes.dropped)
    changed, relabeled, edited, added = (
        int(mask.sum()) for mask in (changes.changed, changes.relabeled, changes.edited, changes.added)
    )
    return ChangeCounts(changed + dropped, relabeled, edited, added, dropped)


def columns(changes: Changes) -> str:
    """The columns that one side alone has, in a sentence; empty where there is none."""
    sides = ("new", changes.new_columns), ("lost", changes.lost_columns)
    return "; ".join(f"{word} columns: {', '.join(map(repr, names))}" for word, names in sides if names)


def pairs(dataset: Dataset, changes: Changes) -> list[LabelChange]:
    """The relabeled rows by label before and after, the most frequent pair first, ties by name."""
    import numpy as np

    rows = np.flatnonzero(changes.relabeled)
    before = changes.before.take(rows).dictionary_encode()
    names = before.dictionary.to_pylist()
    codes = before.indices.to_numpy().astype(np.int64) * len(dataset.classes) + dataset.labels[rows]
    found, frequency = np.unique(codes, return_counts=True)
    counted = [
        LabelChange(names[code // len(dataset.classes)], dataset.classes[code % len(dataset.classes)], number)
        for code, number in zip(found.tolist(), frequency.tolist(), strict=True)
    ]
    return sorted(counted, key=lambda pair: (-pair.rows, pair.before, pair.after))


def rows(dataset: Dataset, changes: Changes, kind: str | None = None) -> Iterator[ChangedRow]:
    """The changed rows in the order of the dataset, the dropped ones behind them; those of one kind alone."""
    masks = {name: getattr(changes, name) for name in KINDS[:-1]}
    here = _here(dataset, changes, masks, changes.changed if kind is None else masks.get(kind))
    return chain(here, _gone(changes) if kind in (None, "dropped") else ())


def _here(
    dataset: Dataset, changes: Changes, masks: dict[str, NDArray[np.bool_]], chosen: NDArray[np.bool_] | None
) -> Iterator[ChangedRow]:
    import numpy as np

    found = np.flatnonzero(chosen) if chosen is not None else np.empty(0, np.int64)
    for start in range(0, len(found), SLICE):
        some = found[start : start + SLICE]
        befell = zip(*(masks[name][some].tolist() for name in masks), strict=True)
        ids, before = dataset.ids.take(some).to_pylist(), changes.before.take(some).to_pylist()
        for id_, marks, old, code in zip(ids, befell, before, dataset.labels[some].tolist(), strict=True):
            kinds = tuple(name for name, mark in zip(masks, marks, strict=True) if mark)
            yield ChangedRow(id_, kinds, old, dataset.classes[code])


def _gone(changes: Changes) -> Iterator[ChangedRow]:
    for id_, label in zip(_texts(changes.dropped), _texts(changes.dropped_labels), strict=True):
        yield ChangedRow(id_, ("dropped",), label, None)


def _texts(column: pa.Array) -> Iterator[str]:
    for start in range(0, len(column), SLICE):
        yield from column[start : start + SLICE].to_pylist()
