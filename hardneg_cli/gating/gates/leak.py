"""The same content, or the same group, stands in two splits, and a new, changed or moved row is part of it.

Needs --split; with --groups a group must not be torn apart either. Content is the same after Unicode (NFKC) and white
space are folded; rows without any content, and rows in no split, leak nothing. A leak that the base had already is not
this commit's. Without a base every leak counts. Where more than half of the rows leak by their content, the content
columns do not hold what is labeled, and that is not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.changes import NOWHERE, Changes
from hardneg_cli.data.copies import Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import Unavailable, listing, plural, quote
from hardneg_cli.gating.verdict import Verdict

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]

BY_DEFAULT = "fail"
MOST_USUAL, FEW_ROWS = 0.5, 20


def judge(
    dataset: Dataset,
    copies: Copies | None = None,
    changed_rows: Bools | None = None,
    changes: Changes | None = None,
    baseline: Baseline | None = None,
) -> Verdict:
    """O(N log N)."""
    import numpy as np

    columns = dataset.columns
    if columns.split is None:
        raise Unavailable("no split column: name it with --split")
    if baseline is not None and changes is None:
        raise Unavailable("what changed since the base cannot be told")
    if copies is None and columns.groups is None:
        raise Unavailable("no content columns beside id, label and probabilities, and no groups (--groups)")
    split, named = _codes(dataset.roles[columns.split])
    fresh = np.ones(len(dataset), bool) if changed_rows is None else changed_rows.copy()
    notes = ""
    if changes is not None and baseline is not None:
        for role in filter(None, (columns.split, columns.groups)):
            moved = _moved(dataset, baseline, changes, role)
            notes += f"; the base does not say {quote(role)}, so rows that moved are not seen" if moved is None else ""
            fresh |= False if moved is None else moved
    leaks = {}
    if copies is not None:
        leaks["content"] = _leaking(copies.group, split, named & ~copies.empty)
        _refuse_usual(dataset, leaks["content"], fresh, changed_rows)
    if columns.groups is not None:
        group, grouped = _codes(dataset.roles[columns.groups])
        leaks["group"] = _leaking(group, split, named & grouped)
    every = np.logical_or.reduce([*leaks.values()])
    rows = np.flatnonzero(every & fresh)
    return _verdict(dataset, rows, leaks, int(every.sum()), notes, split)


def _verdict(
    dataset: Dataset, rows: NDArray[np.int64], leaks: dict[str, Bools], every: int, notes: str, split: NDArray[np.int64]
) -> Verdict:  # fmt: skip
    numbers = {"rows": len(rows), "leaking_rows": every}
    older = f"; rows of before in leaks: {every - len(rows):,}" if every > len(rows) else ""
    if not len(rows):
        return Verdict(True, f"nothing new stands in two splits{older}{notes}", numbers=numbers)
    column = dataset.roles[dataset.columns.split]

    def reasons(places: NDArray[np.int64]) -> list[str]:
        said = []
        for row in rows[places].tolist():
            what = " and ".join(name for name, mask in leaks.items() if mask[row])
            said.append(f"in split {quote(column[row].as_py())}, and its {what} is in another one too")
        return said

    subject = plural(len(rows), "row is", "rows are")
    return Verdict(False, f"{subject} in one split and, as a copy or by group, in another{older}{notes}", rows,
                   reasons, numbers)  # fmt: skip


def _leaking(group: NDArray[np.int64], split: NDArray[np.int64], counts: Bools) -> Bools:
    """(N,) bool: rows of a group that has rows in more than one split; only rows that count are looked at."""
    import numpy as np

    leaking = np.zeros(len(group), bool)
    rows = np.flatnonzero(counts)
    if not len(rows):
        return leaking
    pairs = np.unique(group[rows] * (int(split.max()) + 1) + split[rows])
    torn = np.bincount(pairs // (int(split.max()) + 1), minlength=int(group.max()) + 1) > 1
    leaking[rows] = torn[group[rows]]
    return leaking


def _codes(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], Bools]:
    """A code for each trimmed text; whether there is any text."""
    import numpy as np
    import pyarrow.compute as pc

    text = pc.utf8_trim_whitespace(pc.fill_null(column, "")).combine_chunks()
    named = pc.not_equal(text, "").to_numpy(zero_copy_only=False)
    return text.dictionary_encode().indices.to_numpy().astype(np.int64), named


def _moved(dataset: Dataset, baseline: Baseline, changes: Changes, role: str) -> Bools | None:
    """(N,) bool: rows whose split or group was another one; None where the base does not know it."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if role not in baseline.roles.column_names:
        return None if len(baseline) else np.zeros(len(dataset), bool)
    place = pa.array(changes.place, mask=changes.place == NOWHERE)
    before = pc.fill_null(baseline.roles[role].combine_chunks().take(place), "")
    now = pc.fill_null(dataset.roles[role].combine_chunks(), "")
    differs: Bools = pc.not_equal(pc.utf8_trim_whitespace(now), pc.utf8_trim_whitespace(before)).to_numpy(
        zero_copy_only=False
    )
    return differs & ~changes.added


def _refuse_usual(dataset: Dataset, leaking: Bools, fresh: Bools, changed_rows: Bools | None) -> None:
    """Raises Unavailable where most rows leak that this commit has nothing to do with."""
    usual = leaking if changed_rows is None else leaking[~fresh]
    if len(usual) >= FEW_ROWS and usual.mean() > MOST_USUAL:
        raise Unavailable(
            f"{int(usual.sum()):,} of {len(usual):,} rows have copies in another split: the content columns "
            f"({listing(dataset.content.column_names, 3)}) do not tell rows apart"
        )
