"""Who is asked about which rows: shared out among reviewers, with rows that several answer and rows that are a control.

Nothing here depends on the order of rows in the file: whatever is drawn at random is drawn by a hash of the row's id,
with a salt for each purpose, so that the same findings are always shaped alike.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from typing import TYPE_CHECKING, TypeAlias

from hardneg_cli.data.row_identity import by_value
from hardneg_cli.errors import InputError
from hardneg_cli.review.queues.scored_rows import NO_CLASS, ScoredRows

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Rows: TypeAlias = NDArray[np.int64]
    Bools: TypeAlias = NDArray[np.bool_]
    Codes: TypeAlias = NDArray[np.int64]

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

    rows: places among the scored rows. suggested: (n,) codes, with what control rows show, −1 for nothing.
    control: (n,) bool. assigned: (n, people) bool.
    queues: for each reviewer the places in `rows`, in the order in which they are asked about.
    """

    wish: AssignmentPlan
    scored: ScoredRows
    rows: Rows
    suggested: Codes
    control: Bools
    assigned: Bools
    queues: tuple[Rows, ...]

    @property
    def shared(self) -> int:
        """How many rows go to all of several reviewers."""
        return int(self.assigned.all(axis=1).sum()) if self.wish.people > 1 else 0


def shape(scored: ScoredRows, rows: Rows, wish: AssignmentPlan) -> Assignment:
    """Share the suspect `rows`, worst first, out among the reviewers; O(n log n), with control rows O(N log N).

    Each reviewer gets the shared rows, drawn at random from equal stretches of the ranking, and of the others as many
    as everybody else, give or take one, with the same mix of given labels and, within a label, of scores.
    Raises InputError for a budget in which no suspect row has room.
    """
    import numpy as np

    pool = _pool(scored, rows) if wish.control else rows[:0]
    suspects = rows[: _affordable(len(rows), len(pool), wish)]
    count, shared = _counts(len(suspects), len(pool), wish)
    chosen = _control_rows(scored, pool, count)
    everything = np.concatenate([suspects, chosen])
    everything = everything[np.argsort(scored.rank[everything])]
    control = np.isin(everything, chosen)
    assigned = _dealt(scored, everything, control, shared, wish.people)
    suggested = _plausible(scored, suspects, chosen)[everything]
    ids = scored.ids.take(everything)
    queues = tuple(_order(ids, control, assigned[:, number], number, blind=wish.blind) for number in range(wish.people))
    return Assignment(wish, scored, everything, suggested, control, assigned, queues)


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


def _pool(scored: ScoredRows, rows: Rows) -> Rows:
    """The rows that nothing says anything about: not flagged, not in the queue, not decided."""
    import numpy as np

    free = ~scored.flagged & ~scored.not_open
    free[rows] = False
    return np.flatnonzero(free)


def _control_rows(scored: ScoredRows, pool: Rows, count: int) -> Rows:
    """`count` rows of the pool at random, as many of each given label as are its share."""
    import numpy as np

    if not count:
        return pool[:0]
    pool = pool[by_value(scored.ids.take(pool))]
    pool = pool[np.argsort(scored.labels[pool], kind="stable")]
    return pool[_one_of_each(_keys(scored.ids.take(pool), "control"), count)]


def _one_of_each(keys: NDArray[np.uint64], count: int) -> Rows:
    """Of `count` equal stretches of the keys the place of the least one each: a random sample, stratified by place."""
    import numpy as np

    start = np.arange(count) * len(keys) // max(count, 1)
    stretch = np.searchsorted(start, np.arange(len(keys)), "right")
    chosen: Rows = np.lexsort((keys, stretch))[start]
    return chosen


def _dealt(scored: ScoredRows, rows: Rows, control: Bools, shared: int, people: int) -> Bools:
    """(n, people) who is asked: all of them about the shared rows, else each in turn, in random order in a round."""
    import numpy as np

    if people == 1:
        return np.ones((len(rows), 1), bool)
    ids, n = scored.ids.take(rows), len(rows)
    by_kind = np.argsort(control, kind="stable")  # suspects by rank, then control rows by rank
    assigned = np.zeros((n, people), bool)
    assigned[by_kind[_one_of_each(_keys(ids, "overlap")[by_kind], shared)]] = True
    rest = np.flatnonzero(~assigned[:, 0])
    label = scored.labels[rows[rest]]
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


def _plausible(scored: ScoredRows, suspects: Rows, chosen: Rows) -> Codes:
    """(N,) suggestions; control rows have one that is as good as can be, and lack it as often as suspects do."""
    import numpy as np

    suggested = scored.suggested.copy()
    if not len(chosen):
        return suggested
    keys = _keys(scored.ids.take(chosen), "suggestion")
    suggested[chosen] = _other_classes(scored, chosen, keys)
    bare = (suggested[suspects] == NO_CLASS) | (suggested[suspects] == scored.labels[suspects])
    suggested[chosen[np.argsort(keys)[: round(bare.mean() * len(chosen))]]] = NO_CLASS
    return suggested


def _other_classes(scored: ScoredRows, rows: Rows, keys: NDArray[np.uint64]) -> Codes:
    """The class that find suggests, where it is another one than the given label, else a random other one."""
    import numpy as np

    label, suggested = scored.labels[rows], scored.suggested[rows]
    used = np.unique(scored.labels)
    step = 1 + (keys % np.uint64(max(1, len(used) - 1))).astype(np.int64)
    other = used[(np.searchsorted(used, label) + step) % len(used)]
    codes: Codes = np.where((suggested != NO_CLASS) & (suggested != label), suggested, other)
    return codes


def _keys(ids: pa.Array, purpose: str) -> NDArray[np.uint64]:
    """A random number for each id, the same whenever it is for the same purpose."""
    import numpy as np

    digests = (blake2b(f"{purpose}\0{id_}".encode(), digest_size=8).digest() for id_ in ids.to_pylist())
    return np.frombuffer(b"".join(digests), "<u8")
