"""The classes are out of balance, or a class lost many of its rows.

Two questions. Against the base: did a class lose more than `loses` of its rows, by dropping or relabeling? That is how
a broken filter, a lost shard or a wrong mapping of labels shows. Classes of fewer than `fewer_than` rows may, and where
the whole dataset shrinks, a class is measured by what it would have kept of it. In itself: has the largest class more
than `at_most` times the rows of the smallest? Most data are out of balance by nature, so that is asked only where a
number is set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hardneg_cli.data.changes import Changes
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError, Unavailable, quote
from hardneg_cli.gating.verdict import Verdict

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Numbers = NDArray[np.float64]

BY_DEFAULT = None
REMEDY = "Put the rows back that the class lost, or raise `imbalance.loses` or `imbalance.at_most` where that is meant."
FIGURES = ("ratio", "classes_that_lost")


def judge(
    dataset: Dataset, changes: Changes | None = None, *, at_most: float = 0.0, loses: float = 0.5, fewer_than: int = 10
) -> Verdict:
    """at_most: how many times the smallest class the largest may be, 0 for any; loses: a share of a class's rows.

    fewer_than: classes of fewer rows in the base are not asked what they lost.
    """
    import numpy as np

    if at_most and not at_most >= 1:
        raise InputError(f"imbalance.at_most is a ratio of 1 or more, or 0 for any, not {at_most:g}")
    if not 0 < loses <= 1:
        raise InputError(f"imbalance.loses is a share between 0 and 1, not {loses:g}")
    if changes is None and not at_most:
        raise Unavailable("no base to compare with, and no ratio is set (imbalance.at_most)")
    counts = dict(zip(dataset.classes, dataset.counts.tolist(), strict=True))
    said, bad, numbers, rows = [], False, {}, np.empty(0, np.int64)
    if at_most:
        ratio, sentence = _ratio(counts)
        said, bad, numbers = [f"{sentence}, and {at_most:g} may be"], ratio > at_most, {"ratio": ratio}
    if changes is not None:
        lost, sentence = _losses(counts, changes, loses, fewer_than)
        said.append(sentence)
        numbers["classes_that_lost"] = float(len(lost))
        bad, rows = bad or bool(lost), _moved(changes, lost)
    if not bad:
        return Verdict(True, "; ".join(said), numbers=numbers)
    return Verdict(False, "; ".join(said), rows, _reasons(rows, changes, dataset), numbers)


def _ratio(counts: dict[str, int]) -> tuple[float, str]:
    """Largest to smallest class, among those that have rows, and a sentence; ties by name."""
    used = sorted((rows, name) for name, rows in counts.items() if rows)
    (few, smallest), (many, largest) = used[0], max(used, key=lambda one: one[0])
    ratio = many / few
    return ratio, f"{quote(largest)} has {ratio:,.1f} times the rows of {quote(smallest)} ({many:,} and {few:,})"


def _losses(counts: dict[str, int], changes: Changes, loses: float, fewer_than: int) -> tuple[list[str], str]:
    """The classes that lost more than they may, the greatest loss first, and a sentence."""
    had = _base_counts(changes)
    kept = min(sum(counts.values()) / max(sum(had.values()), 1), 1.0)
    share = {name: 1 - counts.get(name, 0) / (rows * kept) for name, rows in had.items() if rows >= fewer_than}
    lost = sorted((name for name in share if share[name] > loses), key=lambda name: (-share[name], name))
    if not lost:
        return [], f"no class lost more than {100 * loses:.0f} % of its rows" + (
            " beyond what all did" if kept < 1 else ""
        )
    told = [f"{quote(name)} lost {had[name] - counts.get(name, 0):,} of its {had[name]:,} rows" for name in lost[:5]]
    return lost, "; ".join(told) + (f" and {len(lost) - 5:,} more classes did alike" if len(lost) > 5 else "")


def _base_counts(changes: Changes) -> dict[str, int]:
    """Rows in the base by label."""
    import pyarrow as pa
    import pyarrow.compute as pc

    labels = pa.chunked_array([changes.before.drop_null(), *_chunks(changes.dropped_labels)], pa.string())
    counted = pc.value_counts(labels)
    found = zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)
    return {name: rows for name, rows in found if name}


def _chunks(column: pa.Array | pa.ChunkedArray) -> list[pa.Array]:
    return list(getattr(column, "chunks", [column]))


def _moved(changes: Changes, lost: list[str]) -> Rows:
    """The rows that were relabeled away from these classes."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    left = pc.is_in(changes.before, value_set=pa.array(lost, pa.string())).to_numpy(zero_copy_only=False)
    return np.flatnonzero(changes.relabeled & left)


def _reasons(rows: Rows, changes: Changes | None, dataset: Dataset) -> Callable[[Rows], list[str]]:
    def reasons(places: Rows) -> list[str]:
        assert changes is not None or not len(places)
        return [
            f"relabeled {quote(changes.before[row].as_py())} to {quote(dataset.classes[dataset.labels[row]])}"
            for row in rows[places].tolist()
            if changes is not None
        ]

    return reasons
