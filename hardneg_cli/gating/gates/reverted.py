"""What people decided about a row is undone.

Undone is a label that was kept and is another one now, a row that was relabeled and has its old label again (or one
that nobody decided on), and a row that was dropped and is back. A decision that was not applied yet is not undone, and
a row that was wrong in the base already is not this commit's. The latest answer counts, or what settled a conflict;
open conflicts judge nothing, nor do decisions about content that has been edited since. An added column makes no
decision stale while the base shows the row as it was. Without a base, whether a row was relabeled or dropped before is
not known, and only labels that nobody decided on are found.

Where the base has a decisions log, what stands in it is held against the data whatever became of the log since: a row
that had its decided label in the base keeps it, though its content be edited or the log say otherwise now. Undone is
also such a row that is gone, a line of that log that is gone or changed, and a new line that takes back, or is dated
before, what its reviewer had said there. An answer that overrules an older one counts once it is in the base: commit
the log first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.changes import Changes
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.row_identity import content_hashes
from hardneg_cli.errors import Unavailable, plural, quote
from hardneg_cli.gating.verdict import Verdict
from hardneg_cli.review.decisions.base_log import BaseLog
from hardneg_cli.review.decisions.decision import Decision, conflicts
from hardneg_cli.review.decisions.row_matching import places, restated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BY_DEFAULT = "fail"
REMEDY = (
    "Put the decided labels back. Where a decision is to change, commit the new answer to the decisions log first, "
    "then the data."
)
FIGURES = ("judged", "reverted", "log")
MOST_LETTERS = 40
LATER = "a later answer counts once it is in the base's log"


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
    base_log: BaseLog | None = None,
) -> Verdict:
    """O(N + decisions)."""
    log = base_log or BaseLog(())
    log = replace(log, decisions=tuple(restated(dataset, log.decisions)))
    if baseline is not None and changes is None:
        if log.continues and log.rulings:
            why = f"what changed since the base cannot be told, and its log decides {plural(len(log.rulings), 'row')}"
            return Verdict(False, why)
        raise Unavailable("what changed since the base cannot be told")
    sure = [one for one in restated(dataset, decisions) if one.is_decisive]
    if not sure and not (log.lost or log.taken_back):
        raise Unavailable("nobody decided anything yet: the decisions log has no keep, relabel or drop")
    judged, undone = _undone_rows(dataset, sure, changes, baseline)
    held = set[int]()
    if changes is not None and log.decisions:
        held, then = _undone_rows(dataset, [one for one in log.decisions if one.is_decisive], changes, baseline)
        kept, broken = _lost_labels(dataset, log, changes)
        broken |= _renamed(dataset, log, changes) if log.continues else {}
        undone = {**{row: f"{why}; {LATER}" for row, why in {**broken, **then}.items()}, **undone}
        held |= kept | {*broken}
    judged |= held
    if not (judged or log.lost or log.taken_back):
        raise Unavailable(f"none of {len(sure):,} decisions is about a row as it is now, or all of them are disputed")
    return _verdict(len(judged), undone, _lines(dataset, log))


def _undone_rows(
    dataset: Dataset, sure: list[Decision], changes: Changes | None, baseline: Baseline | None
) -> tuple[set[int], dict[int, str]]:  # fmt: skip
    """The rows that the decisions judge, and how some of them are undone."""
    disputed = {(group[0].id, group[0].row_hash) for group in conflicts(sure)}
    said: dict[tuple[str, str], list[Decision]] = {}
    for one in sure:
        said.setdefault((one.id, one.row_hash), []).append(one)
    judged, undone = set[int](), dict[int, str]()
    for row in _rows(dataset, sure, changes, baseline) if sure else ():
        id_ = dataset.ids[row.number].as_py()
        for key in ((id_, hash_) for hash_ in sorted(row.hashes)):
            ruling = None if key in disputed else _ruling(said.get(key, ()))
            if ruling is None:
                continue
            judged.add(row.number)
            if why := _undone(row, ruling, has_base=changes is not None):
                undone[row.number] = why
    return judged, undone


def _lost_labels(dataset: Dataset, log: BaseLog, changes: Changes) -> tuple[set[int], dict[int, str]]:
    """The rows that had the label in the base that its log decides, and how some of them have lost it."""
    rulings = log.rulings
    rows = places(dataset, [*rulings])
    there = rows[rows >= 0]
    copied = set(there[_copied(dataset, there)].tolist()) if dataset.columns.id is None else set[int]()
    held, undone = set[int](), dict[int, str]()
    for row, ruling in zip(rows.tolist(), rulings.values(), strict=True):
        if row < 0 or row in copied or changes.before[row].as_py() != _label(ruling):
            continue
        held.add(row)
        label = dataset.classes[dataset.labels[row]]
        if label != _label(ruling):
            undone[row] = f"{_in_words(ruling)}, and {quote(label)} now"
    return held, undone


def _renamed(dataset: Dataset, log: BaseLog, changes: Changes) -> dict[int, str]:
    """New rows with the content of a row that is gone, without the label that the base's log decides. O(N)."""
    import numpy as np

    if dataset.columns.id is None:  # such a row has kept its id
        return {}
    rulings = log.rulings
    dropped = zip(changes.dropped.to_pylist(), changes.dropped_labels.to_pylist(), strict=True)
    gone = {rulings[id_].row_hash: rulings[id_] for id_, label in dropped if _had(rulings.get(id_), label)}
    new = np.flatnonzero(changes.added) if gone else np.empty(0, np.int64)
    found = {}
    for row, hash_ in zip(new.tolist(), dataset.row_hashes(new), strict=True):
        label, ruling = dataset.classes[dataset.labels[row]], gone.get(hash_)
        if ruling is not None and label != _label(ruling):
            found[row] = f"{_in_words(ruling)} as {quote(ruling.id, MOST_LETTERS)}, and {quote(label)} now"
    return found


def _had(ruling: Decision | None, label: str) -> bool:
    return ruling is not None and label == _label(ruling)


def _lines(dataset: Dataset, log: BaseLog) -> list[tuple[int, str]]:
    """What became of lines of the base's log, each with its row, −1 where that is gone."""
    words = [(one, "is gone from the log, or changed in it") for one in log.lost]
    words += [(one, "is taken back, or answered under a date that cannot be") for one in log.taken_back]
    rows = places(dataset, [one.id for one, _ in words]).tolist()
    return [
        (row, f"what {one.reviewer or 'a reviewer'} decided about {quote(one.id, MOST_LETTERS)} {what}")
        for row, (one, what) in zip(rows, words, strict=True)
    ]


def _verdict(judged: int, undone: dict[int, str], lines: list[tuple[int, str]]) -> Verdict:
    import numpy as np

    numbers: dict[str, float] = {"judged": judged, "reverted": len(undone)}
    if lines:
        numbers["log"] = len(lines)
    if not (undone or lines):
        return Verdict(True, f"none of {judged:,} decided rows is undone", numbers=numbers)
    blamed = {**{row: why for row, why in lines if row >= 0}, **undone}
    rows = np.array(sorted(blamed), np.int64)

    def reasons(asked: NDArray[np.int64]) -> list[str]:
        return [blamed[row] for row in rows[asked].tolist()]

    said = []
    if undone or not lines:
        said.append(f"{plural(len(undone), 'decision is', 'decisions are')} undone, of {judged:,} decided rows")
    if lines:
        said.append(f"{plural(len(lines), 'line', 'lines')} of the base's log undone: {lines[0][1]}")
    return Verdict(False, "; ".join(said), rows, reasons, numbers)


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
        return f"relabeled {quote(right)} by {who}, and {quote(row.label)} again" if row.before == right else ""
    return f"{_in_words(ruling)}, and {quote(row.label)} now"


def _in_words(ruling: Decision) -> str:
    """Who decided on which label."""
    verb = "kept as" if ruling.decision == "keep" else "relabeled"
    return f"{verb} {quote(_label(ruling))} by {ruling.reviewer or 'a reviewer'}"
