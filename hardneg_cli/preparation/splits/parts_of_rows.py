"""Which part each row of a dataset is of: the rules that hold for rows with a part, suspects, strata and times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, did_you_mean, listing, plural, quote
from hardneg_cli.preparation.splits.linked_rows import LinkedRows
from hardneg_cli.preparation.splits.placing import NOWHERE, Bundles, placed
from hardneg_cli.preparation.splits.shares import SplitShares
from hardneg_cli.preparation.splits.times import placed_by_time

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Times = NDArray[np.float64]

MOST_STRATA = 0.5  # different values of a column to stratify by, as a share of the rows


def parts_of_rows(
    dataset: Dataset, shares: SplitShares, linked: LinkedRows, before: Codes, suspects: Bools,
    stratify: str | None = None, time: Times | None = None,
) -> Codes:  # fmt: skip
    """(N,) the place of each row's part among `shares`.

    before: (N,) that in which a row stays, else NOWHERE. suspects: (N,) bool, rows that go where most rows go.
    stratify: a column whose values have their share in every part as classes have. time: (N,) when rows were made, by
    which alone they are parted. Raises InputError where too few rows differ.
    """
    import numpy as np

    fixed = _bundle_parts(linked.group, before, shares)
    fixed[np.setdiff1d(linked.group[suspects], np.flatnonzero(fixed != NOWHERE))] = shares.largest
    if time is not None:
        held = np.where(before == NOWHERE, fixed[linked.group], before)
        return placed_by_time(linked.group, time, held, shares, dataset.name)
    bundles = int(linked.group.max()) + 1
    if bundles < sum(share > 0 for share in shares.fractions):
        raise InputError(
            f"{dataset.name}: {plural(bundles, 'row or group', 'rows or groups')} that differ are too few for "
            f"{len(shares)} parts"
        )
    stratum, label = _strata(dataset, stratify)
    return placed(Bundles(linked.group, stratum, linked.hashes, fixed, before, label), shares)


def _bundle_parts(group: Codes, before: Codes, shares: SplitShares) -> Codes:
    """(M,) where the rows of a group go that have no part yet: where most of the others are; NOWHERE for no matter.

    Of parts that have as many the largest takes them.
    """
    import numpy as np

    rows = np.flatnonzero(before != NOWHERE)
    found = nowhere(int(group.max()) + 1)
    if not len(rows):
        return found
    pair, count = np.unique(group[rows] * len(shares) + before[rows], return_counts=True)
    place = pair % len(shares)
    order = np.lexsort((place, -np.array(shares.fractions)[place], -count, pair // len(shares)))
    owner, first = np.unique((pair // len(shares))[order], return_index=True)
    found[owner] = place[order][first]
    return found


def _strata(dataset: Dataset, column: str | None) -> tuple[Codes, Codes]:
    """(N,) the class of each row, or its class and its value in the column; (C,) the class of each such stratum."""
    import numpy as np

    labels = dataset.labels.astype(np.int64)
    if column is None:
        return labels, np.arange(len(dataset.classes))
    confirm_column(dataset, column, "stratify")
    cells = np.array([cell or "" for cell in dataset.texts([column])[column].to_pylist()], object)
    values, code = np.unique(cells, return_inverse=True)
    if len(values) > max(MOST_STRATA * len(dataset), 2):
        raise InputError(
            f"{dataset.name}: column {quote(column)} has {len(values):,} different values in {len(dataset):,} rows: "
            "--stratify names one of categories"
        )
    pairs, stratum = np.unique(labels * len(values) + code, return_inverse=True)
    return stratum.astype(np.int64), pairs // len(values)


def nowhere(rows: int) -> Codes:
    """(rows,) of no part yet."""
    import numpy as np

    return np.full(rows, NOWHERE, np.int64)


def confirm_column(dataset: Dataset, column: str, option: str) -> None:
    """Raises InputError for a column that is not there."""
    if column not in dataset.all_columns:
        hint = did_you_mean(column, dataset.all_columns) or f"; the columns are {listing(dataset.all_columns, 8)}"
        raise InputError(f"{dataset.name}: no column {quote(column)} for --{option}{hint}")
