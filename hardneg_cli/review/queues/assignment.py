"""Who is asked about which rows: shared out among reviewers, with rows that several answer and rows that are a control.

Nothing here depends on the order of rows in the file: whatever is drawn at random is drawn by a hash of the row's id,
with a salt for each purpose, so that the same findings are always shaped alike.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.detection.detector_result import NO_CLASS
from hardneg_cli.detection.findings import Findings
from hardneg_cli.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Rows: TypeAlias = NDArray[np.int64]
    Bools: TypeAlias = NDArray[np.bool_]
    Codes: TypeAlias = NDArray[np.int32]

Amount: TypeAlias = "int | Fraction"  # so many rows, or a share of them


@dataclass(frozen=True)
class AssignmentPlan:
    """How a queue is to be shaped.

    reviewers: who is asked; nobody by name where it is empty, which makes one queue. overlap: rows that all reviewers
    get. control: rows that are not flagged, for every suspect one or in all. budget: the most rows in all queues
    together, a row counted as often as it is asked about. blind: nothing that anchors is shown, in random order.
    """

    reviewers: tuple[str, ...] = ()
    overlap: Amount = 0
    control: Amount = 0
    budget: int | None = None
    blind: bool = False

    @property
    def people(self) -> int:
        return max(1, len(self.reviewers))


@dataclass(frozen=True)
class Assignment:
    """n rows, worst first, and who is asked about them in what order.

    findings: with the suggestion that control rows show. control: (n,) bool. assigned: (n, people) bool.
    queues: for each reviewer the places in `rows`, in the order in which they are asked about.
    """

    wish: AssignmentPlan
    findings: Findings
    rows: Rows
    control: Bools
    assigned: Bools
    queues: tuple[Rows, ...]

    @property
    def shared(self) -> int:
        """How many rows go to all of several reviewers."""
        return int(self.assigned.all(axis=1).sum()) if self.wish.people > 1 else 0


def shape(findings: Findings, rows: Rows, wish: AssignmentPlan) -> Assignment:
    """Share the suspect `rows`, worst first, out among the reviewers; O(n log n), with control rows O(N log N).

    Each reviewer gets the shared rows, drawn at random from equal stretches of the ranking, and of the others as many
    as everybody else, give or take one, with the same mix of given labels and, within a label, of scores.
    Raises InputError for a budget in which no suspect row has room.
    """
    import numpy as np

    pool = _pool(findings, rows) if wish.control else rows[:0]
    suspects = rows[: _affordable(len(rows), len(pool), wish)]
    count, shared = _counts(len(suspects), len(pool), wish)
    drawn = _control_rows(findings, pool, count)
    everything = np.concatenate([suspects, drawn])
    everything = everything[np.lexsort((findings.dataset.id_rank[everything], -findings.score[everything]))]
    control = np.isin(everything, drawn)
    assigned = _dealt(findings, everything, control, shared, wish.people)
    findings = replace(findings, suggested=_plausible(findings, suspects, drawn))
    ids = findings.dataset.ids.take(everything)
    queues = tuple(_order(ids, control, assigned[:, number], number, blind=wish.blind) for number in range(wish.people))
    return Assignment(wish, findings, everything, control, assigned, queues)


def _rows_of(amount: Amount, n: int) -> int:
    return min(n, amount) if isinstance(amount, int) else math.ceil(amount * n)


def _counts(suspects: int, spare: int, wish: AssignmentPlan) -> tuple[int, int]:
    """How many control rows and how many shared rows go with so many suspects."""
    wanted = wish.control if isinstance(wish.control, int) else _rows_of(wish.control, suspects)
    control = min(spare, wanted) if suspects else 0
    return control, _rows_of(wish.overlap, suspects + control) if wish.people > 1 else 0


def _affordable(suspects: int, spare: int, wish: AssignmentPlan) -> int:
    """How many suspects the budget has room for, with what goes with them."""

    def questions(n: int) -> int:
        control, shared = _counts(n, spare, wish)
        return n + control + (wish.people - 1) * shared

    if wish.budget is None or questions(suspects) <= wish.budget:
        return suspects
    found = bisect_right(range(suspects + 1), wish.budget, key=questions) - 1
    if found < 1:
        raise InputError(
            f"--budget: {wish.budget:,} rows are too few: one suspect row, with the overlap and the control rows that "
            f"go with it, takes {questions(1):,}"
        )
    return found


def _pool(findings: Findings, rows: Rows) -> Rows:
    """The rows that nothing says anything about: not flagged, not in the queue, not decided, with sound numbers."""
    import numpy as np

    free = np.zeros(len(findings.dataset), bool)
    free[findings.ranked] = True
    free &= ~findings.flagged
    free[rows] = False
    free[np.array(list(findings.decided), np.int64)] = False
    return np.flatnonzero(free)


def _control_rows(findings: Findings, pool: Rows, count: int) -> Rows:
    """`count` rows of the pool at random, as many of each given label as are its share."""
    import numpy as np

    if not count:
        return pool[:0]
    dataset = findings.dataset
    pool = pool[np.lexsort((dataset.id_rank[pool], dataset.labels[pool]))]
    return pool[_one_of_each(_keys(dataset.ids.take(pool), "control"), count)]


def _one_of_each(keys: NDArray[np.uint64], count: int) -> Rows:
    """Of `count` equal stretches of the keys the place of the least one each: a random sample, stratified by place."""
    import numpy as np

    start = np.arange(count) * len(keys) // max(count, 1)
    stretch = np.searchsorted(start, np.arange(len(keys)), "right")
    chosen: Rows = np.lexsort((keys, stretch))[start]
    return chosen


def _dealt(findings: Findings, rows: Rows, control: Bools, shared: int, people: int) -> Bools:
    """(n, people) who is asked: all of them about the shared rows, else each in turn, in random order in a round."""
    import numpy as np

    if people == 1:
        return np.ones((len(rows), 1), bool)
    ids, n = findings.dataset.ids.take(rows), len(rows)
    by_kind = np.argsort(control, kind="stable")  # suspects by rank, then control rows by rank
    assigned = np.zeros((n, people), bool)
    assigned[by_kind[_one_of_each(_keys(ids, "overlap")[by_kind], shared)]] = True
    rest = np.flatnonzero(~assigned[:, 0])
    label = findings.dataset.labels[rows[rest]].astype(np.int64)
    label[np.bincount(label, minlength=1)[label] < people] = -1  # too rare to be shared out by themselves
    order = rest[np.lexsort((rest, label, control[rest]))]
    turn = np.lexsort((_keys(ids, "deal")[order], np.arange(len(order)) // people))
    assigned[order[turn], np.arange(len(order)) % people] = True
    return assigned


def _order(ids: pa.Array, control: Bools, assigned: Bools, number: int, *, blind: bool) -> Rows:
    """The places of one reviewer's rows: worst first with control rows thrown in anywhere, or all of them anywhere."""
    import numpy as np

    places = np.flatnonzero(assigned)
    if not (blind or control.any()):
        return places
    at = _keys(ids.take(places), f"order {number}") / 2.0**64
    if not blind:
        suspect = ~control[places]
        at[suspect] = (np.arange(suspect.sum()) + 0.5) / max(1, suspect.sum())
    return places[np.lexsort((places, at))]


def _plausible(findings: Findings, suspects: Rows, drawn: Rows) -> Codes:
    """(N,) suggestions, those of control rows as good as can be, and lacking as often as those of suspects are."""
    import numpy as np

    suggested = findings.suggested.copy()
    if not len(drawn):
        return suggested
    keys = _keys(findings.dataset.ids.take(drawn), "suggestion")
    suggested[drawn] = _other_classes(findings, drawn, keys)
    bare = (suggested[suspects] == NO_CLASS) | (suggested[suspects] == findings.dataset.labels[suspects])
    suggested[drawn[np.argsort(keys)[: round(bare.mean() * len(drawn))]]] = NO_CLASS
    return suggested


def _other_classes(findings: Findings, rows: Rows, keys: NDArray[np.uint64]) -> Codes:
    """The most probable other class of the models' mean, else of the neighbors' labels, else a random one."""
    import numpy as np

    dataset = findings.dataset
    label = dataset.labels[rows]
    used = np.flatnonzero(dataset.counts)
    step = 1 + (keys % np.uint64(max(1, len(used) - 1))).astype(np.int64)
    other = used[(np.searchsorted(used, label) + step) % len(used)].astype(np.int32)
    for doubts in findings.doubts.values():
        if doubts.about == "label":
            suggested = np.full(len(dataset), NO_CLASS, np.int32)
            suggested[doubts.rows] = doubts.suggested
            other = np.where((suggested[rows] != NO_CLASS) & (suggested[rows] != label), suggested[rows], other)
    if findings.digest is not None:
        mean = findings.digest.mean
        other = np.where(mean.p_other[rows] > 0, mean.other[rows], other)
    codes: Codes = other.astype(np.int32)
    return codes


def _keys(ids: pa.Array, purpose: str) -> NDArray[np.uint64]:
    """A random number for each id, the same whenever it is for the same purpose."""
    import numpy as np

    digests = (blake2b(f"{purpose}\0{id_}".encode(), digest_size=8).digest() for id_ in ids.to_pylist())
    return np.frombuffer(b"".join(digests), "<u8")
