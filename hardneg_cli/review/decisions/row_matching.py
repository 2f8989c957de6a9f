"""Decisions against the data as it is now: by id, content and given label.

The content is that of the columns that the decision's hash covers, whatever columns are the content now: a decision
from a queue that was made with other options fits all the same. One that does not say which columns those are, as old
logs and queues do not, is compared with the content as it is now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.hashed_columns import HashedColumns, guessed
from hardneg_cli.data.row_identity import content_hashes, content_ids
from hardneg_cli.errors import listing, quote
from hardneg_cli.review.decisions.decision import Decision, StaleDecision

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

GONE, CHANGED = "no row has this id", "the row's content is no longer the same"


@dataclass(frozen=True)
class MatchedDecisions:
    """fresh: decisions that fit a row, with its place in the dataset. already: nothing is left to do. stale: no fit."""

    fresh: tuple[tuple[int, Decision], ...]
    already: tuple[Decision, ...]
    stale: tuple[StaleDecision, ...]


def match(dataset: Dataset, decisions: Sequence[Decision], queue_ids: pa.ChunkedArray) -> MatchedDecisions:
    """Which decisions still fit, as `restated`. `queue_ids` are all ids of the queues, decided or not."""
    decisions = restated(dataset, decisions)
    rows = places(dataset, [decision.id for decision in decisions])
    hashes = iter(dataset.row_hashes(rows[rows >= 0]))
    # Ids that are no hashes stay when a row is edited, so an unknown one means that the row was removed - unless
    # none is known: then this is the wrong file.
    removable = dataset.columns.id is not None and bool((places(dataset, queue_ids) >= 0).any())
    columns = {decision.hashed.token: decision.hashed for decision in decisions}
    troubles = {token: _trouble(dataset, hashed) for token, hashed in columns.items()}
    fresh, already, stale = [], [], []
    for row, decision in zip(rows.tolist(), decisions, strict=True):
        trouble = troubles[decision.hashed.token]
        if row < 0:
            why = "" if removable and decision.decision == "drop" else GONE if dataset.columns.id else trouble or GONE
        else:
            label = dataset.classes[dataset.labels[row]]
            why = _why_stale(decision, next(hashes), label, trouble or CHANGED)
            if not why and label == decision.given:
                fresh.append((row, decision))
                continue
        if why:
            stale.append(StaleDecision(decision, why))
        else:
            already.append(decision)
    return MatchedDecisions(tuple(fresh), tuple(already), tuple(stale))


def restated(dataset: Dataset, decisions: Sequence[Decision]) -> Sequence[Decision]:
    """The decisions, and those that fit a row's content as if its hash covered the content as it is now; by name.

    Where rows have no ids of their own, their ids are made anew, too; where these are paths of pictures, see `_moved`.
    O(N) for each list of columns that is not the content now, and O(decisions).
    """
    decisions = _moved(dataset, _by_name(dataset, decisions))
    native = ("", dataset.hashed.token)
    foreign: dict[str, list[int]] = {}
    for place, decision in enumerate(decisions):
        if decision.hashed.token not in native:
            foreign.setdefault(decision.hashed.token, []).append(place)
    if not foreign:
        return decisions
    found = list(decisions)
    for places_ in foreign.values():
        spelled = (decisions[place].hashed for place in places_ if decisions[place].hashed.names is not None)
        names = _names(dataset, next(spelled, decisions[places_[0]].hashed))
        if names is not None and set(names) <= set(dataset.all_columns):
            part = _restated(dataset, dataset.texts(names), [decisions[place] for place in places_])
            for place, decision in zip(places_, part, strict=True):
                found[place] = decision
    return found


def _moved(dataset: Dataset, decisions: Sequence[Decision]) -> Sequence[Decision]:
    """The decisions, with those about pictures that stand elsewhere now by their new paths.

    A picture is known by its bytes: it is the one with the label that it is to have, else the only one. A drop is about
    the path alone, as a copy may be what was to stay. O(N) if there are such, as all content has to be looked through.
    """
    if not dataset.has_moving_ids:
        return decisions
    rows = places(dataset, [decision.id for decision in decisions])
    gone = [
        number for number, (row, one) in enumerate(zip(rows.tolist(), decisions, strict=True))
        if row < 0 and one.decision in ("relabel", "keep")
    ]  # fmt: skip
    found = list(decisions)
    known: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for number in gone:
        one = decisions[number]
        if one.hashed.token not in known:
            known[one.hashed.token] = _by_content(dataset, one.hashed)
        there = known[one.hashed.token].get(one.row_hash, [])
        label = one.new_label if one.decision == "relabel" else one.given
        ids = [id_ for id_, its in there if its == label] or ([there[0][0]] if len(there) == 1 else [])
        found[number] = replace(one, id=ids[0]) if ids else one
    return found


def _by_content(dataset: Dataset, hashed: HashedColumns) -> dict[str, list[tuple[str, str]]]:
    """By hash over these columns, the ids and labels of the rows, in the order of the ids."""
    names = dataset.hashed.names if hashed.token in ("", dataset.hashed.token) else _names(dataset, hashed)
    found: dict[str, list[tuple[str, str]]] = {}
    if names is None or not set(names) <= set(dataset.all_columns):
        return found
    hashes = content_hashes(dataset.texts(names), len(dataset))
    ids = dataset.ids.to_pylist()
    for row in dataset.by_id.tolist():
        found.setdefault(hashes[row], []).append((ids[row], dataset.classes[dataset.labels[row]]))
    return found


def _by_name(dataset: Dataset, decisions: Sequence[Decision]) -> Sequence[Decision]:
    """Decisions that name classes by their numbers, as the file does, in the words of the dataset."""
    numbered = dataset.numbered
    if numbered is None:
        return decisions
    return [
        replace(one, given=numbered.name(one.given), new_label=numbered.name(one.new_label)) for one in decisions
    ]  # fmt: skip


def _restated(dataset: Dataset, content: pa.Table, decisions: Sequence[Decision]) -> list[Decision]:
    """Decisions whose hash covers the columns of `content`."""
    import numpy as np

    ids = dataset.ids if dataset.columns.id is not None else content_ids(content, dataset.labels)
    rows = _places(ids, [decision.id for decision in decisions])
    there = np.unique(rows[rows >= 0])
    hashes = dict(zip(there.tolist(), content_hashes(content.take(there), len(there)), strict=True))
    now = dict(zip(there.tolist(), dataset.row_hashes(there), strict=True))
    own = dict(zip(there.tolist(), dataset.ids.take(there).to_pylist(), strict=True))
    return [
        replace(decision, id=own[row], row_hash=now[row], hashed=dataset.hashed)
        if row >= 0 and hashes[row] == decision.row_hash else decision
        for row, decision in zip(rows.tolist(), decisions, strict=True)
    ]  # fmt: skip


def _names(dataset: Dataset, hashed: HashedColumns) -> tuple[str, ...] | None:
    """The columns that a hash covers; None where neither a line says it nor the data's columns tell."""
    if hashed.names is not None:
        return hashed.names
    columns = dataset.columns
    numbers = set(columns.probabilities(dataset.all_columns))
    texts = [name for name in dataset.all_columns if name != columns.label and name not in numbers]
    without_id = [name for name in texts if name != columns.id]
    current = dataset.content.column_names
    return guessed(hashed, current, without_id) or guessed(hashed, current, texts)


def _trouble(dataset: Dataset, hashed: HashedColumns) -> str:
    """Why a hash cannot be made anew; empty where it can."""
    if not hashed.token or hashed == dataset.hashed:
        return ""
    names = _names(dataset, hashed)
    if names is None:
        return f"nothing says which columns its hash covers: no line with {hashed.token} that spells them out"
    lost = [name for name in names if name not in dataset.all_columns]
    return f"its hash covers columns that are gone: {listing(lost)}" if lost else ""


def fitting(dataset: Dataset, decisions: Sequence[Decision]) -> list[bool]:
    """For each decision whether a row has its id and content, whatever its label."""
    rows = places(dataset, [decision.id for decision in decisions])
    hashes = iter(dataset.row_hashes(rows[rows >= 0]))
    return [
        row >= 0 and next(hashes) == decision.row_hash for row, decision in zip(rows.tolist(), decisions, strict=True)
    ]  # fmt: skip


def places(dataset: Dataset, ids: Sequence[str] | pa.ChunkedArray) -> NDArray[np.int64]:
    """For each id the place of its row, −1 where there is none."""
    return _places(dataset.ids, ids)


def _places(known: pa.Array, ids: Sequence[str] | pa.ChunkedArray) -> NDArray[np.int64]:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    request = pa.chunked_array([pa.array(ids, pa.string())]) if isinstance(ids, list) else ids
    found: NDArray[np.int64] = pc.fill_null(pc.index_in(request, value_set=known), -1).to_numpy().astype(np.int64)
    return found


def _why_stale(decision: Decision, row_hash: str, label: str, changed: str) -> str:
    """Empty for a decision that fits, and for one whose label the row has got already."""
    if row_hash != decision.row_hash:
        return changed
    if label == decision.given or (decision.decision == "relabel" and label == decision.new_label):
        return ""
    return f"its label is now {quote(label)}, not {quote(decision.given)}"
