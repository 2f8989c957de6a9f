"""Siblings: rows that may share one label because they share one origin, and so are no witnesses for each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.copies import Copies
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.errors import plural

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from hardneg_cli.data.dataset import Dataset

    Codes = NDArray[np.int64]

CLOSER = 0.1  # of the usual distance to the nearest row: a copy, or nearly one
USUAL = 0.5  # of the rows: so many copies are rows that the columns do not tell apart
APART = 0.02  # share of siblings labeled unlike most of theirs, from which on each seems to have been labeled by itself


@dataclass(frozen=True)
class Siblings:
    """group: (N,) codes; a row without siblings has one of its own. apart: the share of siblings that are labeled
    unlike most of theirs. rows, distances: as in Neighbors, the nearest that are no siblings, for the rows `crowded`.
    """

    group: Codes
    apart: float
    crowded: Codes
    rows: Codes
    distances: NDArray[np.float64]
    notes: tuple[str, ...] = ()

    @property
    def own_vote(self) -> float:
        """How much of one vote a row's siblings have together about its label.

        All alike, their labels may be one label that was copied. Labels that differ were given one by one.
        """
        return min(1.0, self.apart / APART)


def labeled_apart(group: Codes, labels: NDArray[np.int32], k: int) -> float:
    """The share of rows with siblings that do not carry the only commonest label of theirs."""
    copies = Copies.of(group)
    some = copies.size > 1
    if not some.any():
        return 0.0
    _, commonest = copies.label_counts(labels, k)
    return float((labels != commonest)[some].mean())


def tells_nothing(group: Codes, labels: NDArray[np.int32], k: int) -> bool:
    """Whether most rows have copies, and copies differ in their labels: what was compared tells no rows apart."""
    import numpy as np

    return bool((np.bincount(group)[group] > 1).mean() > USUAL) and labeled_apart(group, labels, k) > APART


def named_groups(dataset: Dataset) -> Codes:
    """(2, P) links of each row to the first one of its group (--groups); rows without a name are in none."""
    import numpy as np

    names = dataset.role(dataset.columns.groups) or []
    stripped = np.array([name.strip() for name in names], str)
    rows = np.flatnonzero(stripped != "")
    if not len(rows):
        return np.zeros((2, 0), np.int64)
    _, first, place = np.unique(stripped[rows], return_index=True, return_inverse=True)
    return np.stack([rows, rows[first][place]])


def near_rows(neighbors: Neighbors, closer: float = CLOSER) -> Codes:
    """(2, P) pairs of rows that are far closer to each other than a row usually is to its nearest: by that share."""
    import numpy as np

    nearest = neighbors.distances[:, 0]
    usual = float(np.median(nearest[nearest > 0])) if (nearest > 0).any() else 0.0
    row, rank = np.nonzero(neighbors.distances <= closer * usual)
    return np.stack([row, neighbors.rows[row, rank]])


def joined(n: int, links: Codes) -> Codes:
    """(N,) the group of each row: rows that (2, P) links join are of one."""
    import numpy as np

    if not links.size:
        return np.arange(n)
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = coo_array((np.ones(links.shape[1], bool), (links[0], links[1])), shape=(n, n))
    found: Codes = connected_components(pairs, directed=False)[1].astype(np.int64)
    return found


def across_folds(dataset: Dataset, copies: Copies | None) -> list[str]:
    """What to say of rows whose siblings stand in another fold, so that the model of theirs has seen their labels."""
    import numpy as np

    folds = dataset.role(dataset.columns.fold)
    if folds is None:
        return []
    fold = np.unique(np.array(folds), return_inverse=True)[1]
    links = named_groups(dataset)
    if copies is not None:
        first = np.unique(copies.group, return_index=True)[1]
        rows = np.flatnonzero((copies.size > 1) & ~copies.empty)
        links = np.concatenate([links, np.stack([rows, first[copies.group[rows]]])], axis=1)
    group = joined(len(dataset), links)
    pairs = np.unique(np.stack([group, fold]), axis=1)[0]
    torn = int((np.bincount(pairs)[group] > 1).sum())
    if not torn:
        return []
    return [
        f"{plural(torn, 'row')} have a copy or a row of their group in another fold: a model that was trained on it is "
        "surer of their labels than it should be; hardneg split --folds makes folds that keep them together"
    ]
