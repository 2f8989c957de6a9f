"""What people decided about a row is undone.

Undone is a label that was kept and is another one now, a row that was relabeled and has its old label again (or one
that nobody decided on), and a row that was dropped and is back. A decision that was not applied yet is not undone, and
a row that was wrong in the base already is not this commit's. The latest answer counts, or what settled a conflict;
open conflicts judge nothing, nor do decisions about content that has been edited since. An added column makes no
decision stale while the base shows the row as it was. Without a base, whether a row was relabeled or dropped before is
not known, and only labels that nobody decided on are found.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.changes import Changes
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.row_identity import content_hashes
from hardneg_cli.errors import Unavailable
from hardneg_cli.gating.verdict import Verdict
from hardneg_cli.review.decisions.decision import Decision, conflicts
from hardneg_cli.review.decisions.row_matching import places, restated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BY_DEFAULT = "fail"


@dataclass(frozen=True)
class RevertedRow:
    """A row and its base: `before` is its label there, None where it was not there or there is no base."""

    number: int
    label: str
    before: str | None
    hashes: frozenset[str]


def judge(
    dataset: Dataset,
    decisions: tuple[Decision, ...],
    changes: Changes | None = None,
    baseline: Baseline | None = None,
) -> Verdict:
    """O(N + decisions)."""
    if baseline is not None and changes is None:
        raise Unavailable("what changed since the base cannot be told")
    sure = [one for one in restated(dataset, decisions) if one.is_decisive]
    if not sure:
        raise Unavailable("nobody decided anything yet: the decisions log has no keep, relabel or drop")
    disputed = {(group[0].id, group[0].row_hash) for group in conflicts(sure)}
    said: dict[tuple[str, str], list[Decision]] = {}
    for one in sure:
        said.setdefault((one.id, one.row_hash), []).append(one)
    judged, undone = 0, {}
    for row in _rows(dataset, sure, changes, baseline):
        id_ = dataset.ids[row.number].as_py()
        for key in ((id_, hash_) for hash_ in sorted(row.hashes)):
            ruling = None if key in disputed else _ruling(said.get(key, ()))
            if ruling is None:
                continue
            judged += 1
            if why := _undone(row, ruling, has_base=changes is not None):
                undone[row.number] = why
    if not judged:
        raise Unavailable(f"none of {len(sure):,} decisions is about a row as it is now, or all of them are disputed")
    return _verdict(judged, undone)


def _verdict(judged: int, undone: dict[int, str]) -> Verdict:
    import numpy as np

    numbers = {"judged": judged, "reverted": len(undone)}
    if not undone:
        return Verdict(True, f"none of {judged:,} decided rows is undone", numbers=numbers)
    rows = np.array(sorted(undone), np.int64)

    def reasons(asked: NDArray[np.int64]) -> list[str]:
        return [undone[row] for row in rows[asked].tolist()]

    subject = "1 decision is" if len(rows) == 1 else f"{len(rows):,} decisions are"
    return Verdict(False, f"{subject} undone, of {judged:,} decided rows", rows, reasons, numbers)


def _rows(
    dataset: Dataset, sure: list[Decision], changes: Changes | None, baseline: Baseline | None
) -> Iterable[RevertedRow]:  # fmt: skip
    """The rows that decisions may be about, with the hashes under which they may have been decided."""
    import numpy as np

    rows = np.unique(places(dataset, [one.id for one in sure]))
    rows = rows[rows >= 0]
    if dataset.columns.id is None:  # copies change their numbers when a label changes, so no decision is about one
        rows = rows[~_copied(dataset, rows)]
    hashes = [{hash_} for hash_ in dataset.row_hashes(rows)]
    for place, old in _old_hashes(rows, changes, baseline).items():
        hashes[place].add(old)
    for number, known in zip(rows.tolist(), hashes, strict=True):
        before = changes.before[number].as_py() if changes else None
        yield RevertedRow(number, dataset.classes[dataset.labels[number]], before, frozenset(known))


def _copied(dataset: Dataset, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    import numpy as np

    ids = set(dataset.ids.to_pylist())
    asked = dataset.ids.take(rows).to_pylist()
    return np.array(["#" in id_ or f"{id_}#2" in ids for id_ in asked], bool)


def _old_hashes(
    rows: NDArray[np.int64], changes: Changes | None, baseline: Baseline | None
) -> dict[int, str]:  # fmt: skip
    """By place in `rows`: the hash over the columns of the base, where only columns came or went since."""
    import numpy as np

    if changes is None or baseline is None or not (changes.new_columns or changes.lost_columns):
        return {}
    there = np.flatnonzero(~changes.added[rows] & ~changes.edited[rows])
    at = changes.place[rows[there]]
    if baseline.content is not None:
        hashes = content_hashes(baseline.content.take(at), len(at))
    else:
        assert baseline.hashes is not None
        hashes = baseline.hashes.take(at).to_pylist()
    return dict(zip(there.tolist(), hashes, strict=True))


def _ruling(said: Iterable[Decision]) -> Decision | None:
    """The latest decision about a row; None where several are the latest and do not agree."""
    newest = [one for one in said if one.at == max(other.at for other in said)]
    outcomes = {_label(one) for one in newest}
    return newest[0] if len(outcomes) == 1 else None


def _label(decision: Decision) -> str | None:
    """The label that the row is to have, None for no row at all."""
    if decision.decision == "drop":
        return None
    return decision.new_label if decision.decision == "relabel" else decision.given


def _undone(row: RevertedRow, ruling: Decision, *, has_base: bool) -> str:
    """In words, how the ruling is undone; empty if it is not."""
    who = ruling.reviewer or "a reviewer"
    right = _label(ruling)
    if right is None:
        back = has_base and row.before is None and row.label == ruling.given
        return f"dropped by {who}, and back again" if back else ""
    if row.label in (right, row.before):
        return ""
    if row.label == ruling.given:
        return f"relabeled {right!r} by {who}, and {row.label!r} again" if row.before == right else ""
    verb = "kept as" if ruling.decision == "keep" else "relabeled"
    return f"{verb} {right!r} by {who}, and {row.label!r} now"
