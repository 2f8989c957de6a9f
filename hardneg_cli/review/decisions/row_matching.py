"""Decisions against the data as it is now: by id, content and given label.

The content is that of the columns that the decision's hash covers, whatever columns are the content now: a decision
from a queue that was made with other options fits all the same. One that does not say which columns those are, as old
logs and queues do not, is compared with the content as it is now.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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

    Where rows have no ids of their own, their ids are made anew, too, and where these are paths of pictures, a picture
    that stands elsewhere under the label that was decided has the id that it has there. O(N) for each list of columns that is not the
    content now, and O(decisions).
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
    """The decisions, with those about pictures that have moved to where their decision has them by their new paths.

    Such a decision asks for nothing more: the row has its content and the label that it is to have. O(N) if there are
    any, as their content has to be looked for.
    """
    if not dataset.has_moving_ids:
        return decisions
    rows = places(dataset, [decision.id for decision in decisions])
    gone = {
        (one.hashed.token, one.row_hash, label)
        for row, one in zip(rows.tolist(), decisions, strict=True) if row < 0 and (label := _stays(one))
    }  # fmt: skip
    if not gone:
        return decisions
    found: dict[tuple[str, str, str], str] = {}
    for hashed in {one.hashed.token: one.hashed for one in decisions}.values():
        if any(token == hashed.token for token, _, _ in gone):
            found |= _ids_of(dataset, hashed, gone)
    return [
        one if row >= 0 else replace(one, id=found.get((one.hashed.token, one.row_hash, _stays(one) or ""), one.id))
        for row, one in zip(rows.tolist(), decisions, strict=True)
    ]


def _stays(decision: Decision) -> str | None:
    """The label that a row has once the decision is carried out; None for no row, or no label."""
    if decision.decision == "relabel":
        return decision.new_label
    return decision.given if decision.decision == "keep" else None


def _ids_of(
    dataset: Dataset, hashed: HashedColumns, wanted: Collection[tuple[str, str, str]]
) -> dict[tuple[str, str, str], str]:  # fmt: skip
    """The first id of the rows with each of these contents, hashed in this way, and labels."""
    names = dataset.hashed.names if hashed.token in ("", dataset.hashed.token) else _names(dataset, hashed)
    if names is None or not set(names) <= set(dataset.all_columns):
        return {}
    hashes = content_hashes(dataset.texts(names), len(dataset))
    found: dict[tuple[str, str, str], str] = {}
    for row in dataset.by_id[::-1].tolist():
        key = hashed.token, hashes[row], dataset.classes[dataset.labels[row]]
        if key in wanted:
            found[key] = dataset.ids[row].as_py()
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
