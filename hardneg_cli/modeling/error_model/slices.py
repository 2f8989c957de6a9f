"""The slices of the data where a model fails: one or two conditions in words, found on one part, proved on the other.

A beam search over conjunctions of conditions on the columns, the text's words and the predicted class (Chung et al.,
Automated data slicing for model validation, 2019; Sagadeeva and Boehm, SliceLine, 2021) ranks them by the lower Wilson
limit of their error rate. The rows are split in two; the slices found on either part are counted on the other one, and
an exact hypergeometric test asks whether errors are more frequent there than in the rest. Its p-values are corrected
by Holm's method for all slices found. Of two that share more than half of their rows, the worse one is kept.

Every row counts in full, as an error as far as it is probably one: as second-model says, a label that is likely wrong
is no failure of the model, and is not left out either. The limits are those of the rate that as many fresh rows would
show, with 95 % confidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor
from typing import TYPE_CHECKING

from hardneg_cli.modeling.error_model.conditions import CONTAINS, Condition, ConditionTable, conditions
from hardneg_cli.modeling.error_model.slice_errors import CountedErrors
from hardneg_cli.statistics.intervals import wilson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]
    Bools = NDArray[np.bool_]

ALPHA = 0.05
SEARCH_Z = 3.0  # among thousands of slices, the limits have to be wide
ALIKE = 0.5
TRIED = 20  # slices looked at for each one that is kept: most are like a better one
PARTS = 2


@dataclass(frozen=True)
class Slice:
    """rows: (N,) bool. counted: how many held-out rows, and errors among them, both weighted. low, high: 95 %, Wilson.

    average: the error rate of all held-out rows. p: that chance alone makes it so bad, corrected for multiplicity.
    held_out: the part that it was counted on.
    """

    conditions: tuple[Condition, ...]
    rows: Bools
    counted: float
    errors: float
    average: float
    low: float
    high: float
    p: float
    held_out: int

    @property
    def rate(self) -> float:
        return self.errors / self.counted if self.counted else 0.0

    @property
    def proved(self) -> bool:
        return self.p < ALPHA and self.rate > self.average

    def __str__(self) -> str:
        return " and ".join(str(one) for one in self.conditions)


@dataclass(frozen=True)
class _Found:
    """A slice as it was found on one part. low: the limit that it was found by."""

    conditions: tuple[Condition, ...]
    rows: Bools
    low: float
    part: int


def run(
    rows: ConditionTable, wrong: Numbers, weight: Numbers, part: NDArray[np.int64], text: str | None = None,
    prior: Numbers | None = None, *, smallest: int = 30, found: int = 10, beam: int = 50,
) -> list[Slice]:  # fmt: skip
    """The slices, proved ones first, each kind by the limit it was found by.

    wrong: (N,) the probability of an error. weight: (N,). part: (N,) 0 or 1. prior: (N,) the probability of an error
    before the row's label is looked at; None where errors are known. smallest: rows of a slice. found: slices that
    either part may put up for proof. beam: conditions that are tried with all others.
    """
    import numpy as np

    known = conditions(rows, text, smallest)
    if not known:
        return []
    holds = np.column_stack([rows.that(one) for one in known])
    put_up = [
        one
        for number in range(PARTS)
        for one in _search(known, holds, wrong, weight, part == number, smallest / PARTS, found, beam, number)
    ]
    put_up.sort(key=lambda one: (-one.low, str(one.conditions)))
    distinct = _distinct(put_up, len(put_up))
    counted = [_counted(one, wrong, weight, part != one.part, prior) for one in distinct]
    return sorted(_corrected(counted), key=lambda one: not one.proved)


def _search(
    known: list[Condition], holds: Bools, wrong: Numbers, weight: Numbers, inside: Bools, smallest: float, found: int,
    beam: int, number: int,
) -> list[_Found]:  # fmt: skip
    """The slices with the highest limits among the rows `inside`, if these are above the average rate."""
    import numpy as np

    here, w = holds[inside].astype(np.float64), weight[inside]
    bad = w * wrong[inside]
    average = float(bad.sum() / max(w.sum(), 1e-9))
    single = wilson(bad @ here, w @ here, SEARCH_Z)[0].round(6)
    single = np.where(here.sum(axis=0) >= smallest, single, 0)
    best = np.argsort(-single, kind="stable")[:beam]
    size = here[:, best].T @ here
    pairs = wilson((here[:, best] * bad[:, None]).T @ here, (here[:, best] * w[:, None]).T @ here, SEARCH_Z)[0].round(6)
    better = (size >= smallest) & (pairs > single[best][:, None]) & (pairs > single[None, :])
    together = np.array([[_may_join(known[a], known[b]) for b in range(len(known))] for a in best])
    a, b = np.nonzero(better & together & (pairs > average))
    limit: dict[tuple[int, ...], float] = {(place,): float(low) for place, low in enumerate(single) if low > average}
    for x, y in zip(a.tolist(), b.tolist(), strict=True):
        one, other = sorted((int(best[x]), y))
        limit[one, other] = float(pairs[x, y])
    ranked = sorted(limit, key=lambda name: (-limit[name], len(name), name))[: TRIED * found]
    made = [
        _Found(tuple(known[x] for x in name), np.all(holds[:, list(name)], axis=1), limit[name], number)
        for name in ranked
    ]
    return _distinct(made, found)


def _may_join(one: Condition, other: Condition) -> bool:
    """Two conditions on a column are one range, or none; a text may contain two words."""
    return one != other and (one.column != other.column or one.relation == other.relation == CONTAINS)


def _distinct(ranked: list[_Found], most: int) -> list[_Found]:
    """The first ones, without those that share more than half of their rows with one before."""
    kept: list[_Found] = []
    for one in ranked:
        if len(kept) == most:
            break
        if all((one.rows & k.rows).sum() <= ALIKE * (one.rows | k.rows).sum() for k in kept):
            kept.append(one)
    return kept


def _counted(one: _Found, wrong: Numbers, weight: Numbers, held_out: Bools, prior: Numbers | None) -> Slice:
    """The slice among the rows it was not found on; counts are rounded for the exact test, and outwards for limits."""
    from scipy.stats import hypergeom

    inside = one.rows & held_out
    count = CountedErrors.of(wrong[inside], weight[inside], None if prior is None else prior[inside])
    n, errors = count.rows, count.errors
    elsewhere = held_out & ~one.rows
    total, all_errors = float(weight[held_out].sum()), errors + float((weight * wrong)[elsewhere].sum())
    low, _ = wilson(floor(errors) * count.informing, n * count.informing)
    _, high = wilson(min(ceil(errors), n) * count.informing, n * count.informing)
    p = hypergeom.sf(round(errors) - 1, round(total), round(all_errors), round(n)) if round(n) else 1.0
    return Slice(one.conditions, one.rows, n, errors, all_errors / max(total, 1e-9), float(low), float(high),
                 float(p), 1 - one.part)  # fmt: skip


def _corrected(slices: list[Slice]) -> list[Slice]:
    """With Holm's p-values (A simple sequentially rejective multiple test procedure, 1979)."""
    from dataclasses import replace

    worst, made = 0.0, {}
    for place, number in enumerate(sorted(range(len(slices)), key=lambda number: slices[number].p)):
        worst = max(worst, min(1.0, slices[number].p * (len(slices) - place)))
        made[number] = replace(slices[number], p=worst)
    return [made[number] for number in range(len(slices))]
