"""Exact search: every pair of rows is looked at once, in panels of matrix products, and what counts is proved.

A first look takes single precision. A sample of the rows says how far a row's nearest can be at most, so that few pairs
have to be kept; candidates are re-ranked in double precision. A row stands if its nearest are nearer than anything
passed over can be, whatever the rounding; the others get a second look, in double precision.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from hardneg_cli.runtime.progress import progress
from hardneg_cli.statistics.neighbor_search.candidates import (
    CROWDED,
    SPARE,
    above,
    floor_of,
    packed,
    panels,
    proved,
    pruned,
    rank,
)
from hardneg_cli.statistics.neighbor_search.matmul import product, shared_out, unshared
from hardneg_cli.statistics.neighbor_search.points import PANEL, ScaledPoints

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.floating]
    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]
    Keys = NDArray[np.uint64]
    Proved = tuple[Rows, Numbers, NDArray[np.bool_]]

WAVE = 16  # panels that are looked at before the candidates are pruned
FEW = PANEL  # up to so many rows double precision costs nothing


def nearest(values: Matrix, most: int) -> tuple[Rows, Numbers]:
    """(N, k) places of the nearest other rows and their distances, nearest first, ties by place; k = min(most, N − 1).

    values: (N, D), finite. O(N²·D) time, O(N·(D + k)) memory. The answer does not depend on the number of threads.
    """
    import numpy as np

    points = ScaledPoints.of(values, np.float64 if len(values) <= FEW else np.float32)
    with unshared():
        return _sure(values, points, np.arange(len(values)), _first_look(values, points, most))


def nearest_to(values: Matrix, points: ScaledPoints, rows: Rows, most: int) -> tuple[Rows, Numbers]:
    """The same for some of the rows, among all of them."""
    with unshared():
        return _sure(values, points, rows, _look(values, points, rows, most))


def _sure(values: Matrix, points: ScaledPoints, rows: Rows, first: Proved) -> tuple[Rows, Numbers]:
    """What is proved, and a second look at the rest."""
    import numpy as np

    places, distances, sure = first
    if not sure.all():
        if points.cells.dtype != np.float64:
            points = ScaledPoints.of(values, np.float64)
        places[~sure], distances[~sure], _ = _look(values, points, rows[~sure], places.shape[1])
    return places, distances


@dataclass
class _Pass:
    """kept: candidates a row. floor: (N,) they are above it. waiting: those that a panel has in the panels before."""

    points: ScaledPoints
    kept: int
    floor: Matrix
    waiting: dict[int, list[Keys]] = field(default_factory=dict)


def _first_look(values: Matrix, points: ScaledPoints, most: int) -> Proved:
    import numpy as np

    n = len(points)
    most, kept, all_ = min(most, n - 1), min(most + SPARE, n - 1), panels(n)
    floors = shared_out(partial(floor_of, points, kept=kept, rank=rank(kept, n)), all_)
    first = _Pass(points, kept, np.concatenate(list(floors)))
    candidates = []
    with progress("looking for the nearest rows", total=len(all_) * (len(all_) + 1) // 2) as advance:
        for number, rows in enumerate(all_):
            keys = first.waiting.pop(number, [])
            look = partial(_both_ways, first, points.queries(rows), all_, number)
            for start in range(number, len(all_), WAVE):
                for candidate_keys in shared_out(look, range(start, min(start + WAVE, len(all_)))):
                    keys.append(candidate_keys)
                    advance(1)
                keys = [pruned(first.floor, rows, keys, kept)]
            candidates += keys

    def proof(number: int) -> Proved:
        floor = first.floor[all_[number]]
        return proved(values, points, all_[number], candidates[number], floor, most=most, kept=kept)

    return _together(list(shared_out(proof, range(len(all_)))))


def _look(values: Matrix, points: ScaledPoints, rows: Rows, most: int) -> Proved:
    """The same for some of the rows."""
    import numpy as np

    n = len(points)
    most, kept, all_ = min(most, n - 1), min(most + SPARE, n - 1), panels(n)
    answers = []
    with progress("looking at some rows closely", total=-(-len(rows) // PANEL) * len(all_)) as advance:
        for first in range(0, len(rows), PANEL):
            some = rows[first : first + PANEL]
            floor = floor_of(points, some, kept=kept, rank=kept)
            keys: list[Keys] = []
            look = partial(above, points, points.queries(some), some, floor, kept)
            for wave in (all_[:1], *(all_[start : start + WAVE] for start in range(1, len(all_), WAVE))):
                for candidate_keys in shared_out(look, wave):
                    keys.append(candidate_keys)
                    advance(1)
                keys = [pruned(floor, np.arange(len(some)), keys, kept)]
            answers.append(proved(values, points, some, keys[0], floor, most=most, kept=kept))
    return _together(answers)


def _together(answers: list[Proved]) -> Proved:
    import numpy as np

    places, distances, sure = zip(*answers, strict=True)
    return np.concatenate(places), np.concatenate(distances), np.concatenate(sure)


def _both_ways(first: _Pass, queries: Matrix, all_: list[Rows], number: int, other: int) -> Keys:
    """The candidates of a panel in another one; those the other way around wait until the other's turn comes."""
    import numpy as np

    points, kept, mine, theirs = first.points, first.kept, all_[number], all_[other]
    if other == number:
        return above(points, queries, mine, first.floor[mine], kept, theirs)
    near = product(queries, points.cells[theirs[0] : theirs[-1] + 1])
    flat = np.flatnonzero(near > first.floor[theirs])
    row, column = np.divmod(flat, len(theirs))
    waiting = first.waiting.setdefault(other, [])
    waiting.append(packed(points, near.take(flat), theirs, column, mine[row], kept))
    if max(len(flat), sum(map(len, waiting))) > CROWDED * kept * PANEL:
        waiting[:] = [pruned(first.floor, theirs, waiting, kept)]
    flat = np.flatnonzero(near > first.floor[mine, None])
    row, column = np.divmod(flat, len(theirs))
    return packed(points, near.take(flat), mine, row, theirs[column], kept)
