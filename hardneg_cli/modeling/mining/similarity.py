"""Likeness: which rows of its own class and of others are most like a row, by the cosine of their features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features
from hardneg_cli.modeling.mining.hard_negatives import NO_ROW
from hardneg_cli.runtime.progress import progress
from hardneg_cli.statistics.neighbor_search.matmul import product, shared_out, unshared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Cosines = NDArray[np.float32]

BLOCK_CELLS = 1 << 22  # cosines at once in a thread: 16 megabytes
SPARE = 10  # looked at beyond those asked for, so that equal ones at the end are told apart by id
TILE = 64  # columns of which only the best is looked at, at first
DIGITS = 5  # cosines closer than that are equal, and ties go by id
COPY = 1 - 10.0**-DIGITS  # rows at least so alike are copies of each other


@dataclass(frozen=True)
class SimilarRows:
    """M rows of a dataset, sorted by class and then by id.

    rows: (M,) row numbers. vectors: (M, D) of unit length. classes: (M,) class codes. groups: (M,) codes, where the
    dataset has groups; rows of a group are never told to be like each other.
    """

    rows: Rows
    vectors: Cosines
    classes: NDArray[np.int32]
    groups: Rows | None

    @classmethod
    def of(cls, dataset: Dataset, features: Features, chosen: NDArray[np.bool_]) -> SimilarRows:
        """The chosen rows, but for those whose features are all zero, which are like nothing."""
        import numpy as np

        length = np.linalg.norm(features.matrix, axis=1)
        rows = np.flatnonzero(chosen & (length > 0))
        rows = rows[np.lexsort((dataset.id_rank[rows], dataset.labels[rows]))]
        vectors = (features.matrix[rows] / length[rows, None]).astype(np.float32)
        return cls(rows, vectors, dataset.labels[rows], _groups(dataset, rows))

    def span(self, code: int) -> slice:
        """Where the rows of a class are."""
        import numpy as np

        first, last = np.searchsorted(self.classes, [code, code + 1])
        return slice(int(first), int(last))

    def nearest_in(self, places: Rows, code: int) -> tuple[Rows, NDArray[np.float64]]:
        """(n,) the place of the row of a class that is most like each of `places`, −1 for none, and the cosine."""
        import numpy as np

        span = self.span(code)
        if span.stop == span.start or not len(places):
            return np.full(len(places), NO_ROW), np.full(len(places), -np.inf)

        def look(mine: Rows) -> tuple[Rows, NDArray[np.float64]]:
            return _most_like(self._cosines(mine, span), span.start)

        with unshared():
            best, cosine = zip(*shared_out(look, _blocks(places, span.stop - span.start)), strict=True)
        return np.concatenate(best), np.concatenate(cosine)

    def nearest_of_others(self, code: int, most: int) -> tuple[Rows, NDArray[np.float64], Rows, NDArray[np.float64]]:
        """For each row of a class: the place of its nearest one there, and the (n, k) nearest of the other classes.

        Both with their cosines, nearest first; −inf where there are no more.
        """
        import numpy as np

        span = self.span(code)

        def look(mine: Rows) -> tuple[Rows, NDArray[np.float64], Rows, NDArray[np.float64]]:
            found = self._cosines(mine, slice(0, len(self.rows)))
            positive, alike = _most_like(found[:, span], span.start)
            found[:, span] = -np.inf
            near, cosine = _largest(found, most)
            return positive, alike, near, cosine.astype(np.float64)

        with unshared():
            parts = shared_out(look, _blocks(np.arange(span.start, span.stop), len(self.rows)))
            positive, alike, near, cosine = zip(*parts, strict=True)
        return np.concatenate(positive), np.concatenate(alike), np.concatenate(near), np.concatenate(cosine)

    def _cosines(self, places: Rows, among: slice) -> Cosines:
        """(B, A) cosines with the rows of a slice, −inf within a group; overwritten by the thread's next ones."""
        import numpy as np

        found: Cosines = product(self.vectors[places], self.vectors[among])
        if self.groups is not None:
            found[self.groups[places][:, None] == self.groups[among][None, :]] = -np.inf
        return found


def with_anchors(
    likeness: SimilarRows, rows: Rows, anchor_class: NDArray[np.int32]
) -> tuple[Rows, Rows, NDArray[np.float64]]:
    """For each row the anchor: the row of the class most like it; the row most like that one in the class; the cosine.

    Rows that are not in `likeness` have neither. O(n·N_c·D) time for n rows and N_c of a class.
    """
    import numpy as np

    place_of = np.full(max(likeness.rows.max(initial=-1), rows.max(initial=-1)) + 1, NO_ROW)
    place_of[likeness.rows] = np.arange(len(likeness.rows))
    places = place_of[rows]
    anchor, positive, cosine = np.full(len(rows), NO_ROW), np.full(len(rows), NO_ROW), np.full(len(rows), np.nan)
    codes = np.unique(anchor_class[places >= 0])
    with progress("looking for anchors", total=len(codes)) as advance:
        for code in codes:
            mine = np.flatnonzero((anchor_class == code) & (places >= 0))
            best, alike = likeness.nearest_in(places[mine], int(code))
            mine, best, alike = mine[best >= 0], best[best >= 0], alike[best >= 0]
            second, _ = likeness.nearest_in(best, int(code))
            anchor[mine], cosine[mine] = likeness.rows[best], alike
            positive[mine] = np.where(second >= 0, likeness.rows[second], NO_ROW)
            advance(1)
    return anchor, positive, cosine


def _blocks(places: Rows, others: int) -> list[Rows]:
    """The places in blocks small enough to be compared with so many others."""
    size = max(1, BLOCK_CELLS // others)
    return [places[start : start + size] for start in range(0, len(places), size)]


def _most_like(cosines: Cosines, first: int) -> tuple[Rows, NDArray[np.float64]]:
    """(B,) the place of each row's largest, counted from `first` on, −1 for none, and the settled cosine."""
    import numpy as np

    settled = rounded(cosines)
    top = settled.argmax(axis=1)
    best = settled[np.arange(len(top)), top].astype(np.float64)
    return np.where(np.isfinite(best), top + first, NO_ROW), best


def rounded(cosines: NDArray[np.floating]) -> NDArray[np.floating]:
    """Rounded, so that those as good as equal are a tie; −inf for copies."""
    import numpy as np

    found = np.round(cosines, DIGITS)
    return np.where(found >= COPY, -np.inf, found).astype(cosines.dtype)


def _largest(values: Cosines, most: int) -> tuple[Rows, Cosines]:
    """(n, k) places and settled values of each row's largest, in order, ties by place.

    They are looked for in the best tiles only, as none is outside of those.
    """
    import numpy as np

    n, width = values.shape
    wanted = min(most + SPARE, width)
    tiles = -(-width // TILE)
    places = np.broadcast_to(np.arange(width), values.shape)
    if tiles > wanted:
        padded = np.full((n, tiles * TILE), -np.inf, values.dtype)
        padded[:, :width] = values
        tiled = padded.reshape(n, tiles, TILE)
        best = _top(tiled.max(axis=2), wanted)
        places = (best[:, :, None] * TILE + np.arange(TILE)).reshape(n, -1)
        values = np.take_along_axis(tiled, best[:, :, None], axis=1).reshape(n, -1)
    top = _top(values, wanted)
    places = np.take_along_axis(places, top, axis=1)
    settled = rounded(np.take_along_axis(values, top, axis=1))
    order = np.lexsort((places, -settled), axis=1)[:, :most]
    return np.take_along_axis(places, order, axis=1), np.take_along_axis(settled, order, axis=1)


def _top(values: Cosines, most: int) -> Rows:
    """(n, k) places of each row's largest, in no order."""
    import numpy as np

    return np.argpartition(-values, most - 1, axis=1)[:, :most]


def _groups(dataset: Dataset, rows: Rows) -> Rows | None:
    import numpy as np

    if dataset.columns.groups is None:
        return None
    names = np.array(dataset.role(dataset.columns.groups), object)
    codes: Rows = np.unique(names, return_inverse=True)[1]
    return codes[rows]
