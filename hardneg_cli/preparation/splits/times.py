"""When the rows of a dataset were made, and which part of a split by time they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.mixed_columns import column_numbers
from hardneg_cli.errors import InputError, listing, plural, quote
from hardneg_cli.preparation.splits.shares import SplitShares

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Codes = NDArray[np.int64]
    Times = NDArray[np.float64]

DAY = 86_400e9  # nanoseconds


def times(dataset: Dataset, column: str) -> Times:
    """(N,) numbers, or days since 1970, NaN where there is none. Dates are those of ISO 8601, with an offset or not.

    Raises InputError for a column that holds neither.
    """
    import numpy as np
    import pandas as pd

    cells = dataset.texts([column])[column]
    try:
        found = column_numbers(dataset.name, column, cells)
    except InputError:  # some are no numbers: which, is said by whoever has the rows
        found = None
    if found is not None:
        return found[0]
    texts = pd.Series(cells.to_pylist(), dtype=object).fillna("").str.strip()
    moments = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True).astype("datetime64[ns, UTC]")
    days = np.where(moments.isna(), np.nan, moments.astype("int64") / DAY)
    numbers = pd.to_numeric(texts, errors="coerce").to_numpy(float)
    chosen = days if np.isfinite(days).sum() >= np.isfinite(numbers).sum() else numbers
    if not np.isfinite(chosen).any():
        raise InputError(
            f"{dataset.name}: column {quote(column)} holds no times: numbers, or dates as 2024-05-31 or "
            f"2024-05-31T12:00:00Z, not {listing(sorted(set(texts))[:2])}"
        )
    return np.asarray(chosen, np.float64)


def troubles(dataset: Dataset, column: str, found: Times) -> dict[int, str]:
    """What is wrong with rows without a time, by row."""
    import numpy as np

    rows = np.flatnonzero(~np.isfinite(found))
    if not len(rows):
        return {}
    cells = dataset.texts([column])[column].take(rows).to_pylist()
    return {
        row: f"no time in column {quote(column)}" if not (cell or "").strip() else f"{quote(cell)} is no time"
        for row, cell in zip(rows.tolist(), cells, strict=True)
    }


def refuse(dataset: Dataset, found: dict[int, str]) -> None:
    """Raises InputError for rows without a time."""
    if found:
        shown = [f"row {dataset.positions[row] + 1}: {why}" for row, why in list(found.items())[:3]]
        more = f"; and {plural(len(found) - 3, 'row')} more" if len(found) > 3 else ""
        raise InputError(
            f"{dataset.name}: {'; '.join(shown)}{more}: mend them, or leave such out with --on-bad-rows skip"
        )


def placed_by_time(group: Codes, time: Times, fixed: Codes, shares: SplitShares, name: str) -> Codes:
    """(N,) the part of each row: the oldest in the first one, the newest in the last.

    group: (N,) rows that stand together count by the newest of them, so that no row trains that is newer than what is
    tested. fixed: (N,) rows that have a part already, else −1; the others fill what is left of each. A boundary stands
    between two times, where it misses the shares least. Raises InputError for fewer times than parts.
    """
    import numpy as np

    newest = np.full(int(group.max()) + 1, -np.inf)
    np.maximum.at(newest, group, time)
    free = fixed < 0
    found = fixed.copy()
    if not free.any():
        return found
    moments, place, rows = np.unique(newest[group[free]], return_inverse=True, return_counts=True)
    taken = np.bincount(fixed[~free], minlength=len(shares))
    takes = np.flatnonzero(shares.fractions)
    room = np.maximum(shares.ideal(np.array(len(group))) - taken, 0)[takes]
    wanted = np.cumsum(room)[:-1] * (free.sum() / max(room.sum(), 1e-12))
    if taken.sum() == 0 and len(moments) < len(takes):
        raise InputError(
            f"{name}: {plural(len(moments), 'time')} for {len(takes)} parts, once copies and groups stand together: "
            "a boundary stands between two times"
        )
    ends = np.r_[0, np.cumsum(rows)]
    cuts = np.abs(ends[:, None] - wanted).argmin(axis=0)
    if taken.sum() == 0:
        cuts = _apart(cuts, len(moments))
    found[free] = takes[np.searchsorted(cuts, place, "right")]
    return found


def too_new(group: Codes, time: Times, part: Codes) -> int:
    """How many rows are newer than some of a later part, because both had their parts already.

    As in `placed_by_time`, rows that stand together count by the newest of them.
    """
    import numpy as np

    newest = np.full(int(group.max()) + 1, -np.inf)
    np.maximum.at(newest, group, time)
    oldest = np.full(int(part.max()) + 2, np.inf)
    np.minimum.at(oldest, part, newest[group])
    later = np.minimum.accumulate(oldest[::-1])[::-1][1:]
    return int((time > later[part]).sum())


def _apart(cuts: Codes, moments: int) -> Codes:
    """The boundaries moved as little as it takes for each part to have a time."""
    cuts = cuts.copy()
    for number in range(len(cuts)):
        cuts[number] = max(cuts[number], number + 1, cuts[number - 1] + 1 if number else 1)
    for number in reversed(range(len(cuts))):
        cuts[number] = min(cuts[number], moments - (len(cuts) - number))
    return cuts
