"""The same or nearly the same content, or the same group, stands in two splits by a new, edited or moved row.

Needs --split; with --groups a group must not be torn apart either. Content is the same after Unicode (NFKC) and white
space are folded; rows without any content, and rows in no split, leak nothing. A leak that the base had already is not
this commit's, nor does another label make one. Without a base every leak counts. Where more than half of the rows leak
by their content, the content columns do not hold what is labeled, and that is not judged.

Near copies (see near-duplicate) are looked for where --text, --features or --image say what rows are compared by. Where
rows of before have none in another split, one is a leak. Where some have, as they do in sets that nobody has split
with near copies in mind, new rows fail only where more of them have one than chance explains (binomial, 1 %): the share
of the others is what is usual there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.changes import NOWHERE, Changes
from hardneg_cli.data.copies import Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import Unavailable, listing, plural, quote
from hardneg_cli.gating.verdict import Verdict
from hardneg_cli.runtime.evidence_store import LACKING, OnDemand

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Codes = NDArray[np.int64]

BY_DEFAULT = "fail"
REMEDY = (
    "Put all copies of a row, and all rows of its group, into one split (`hardneg split DATA --keep BASE`), or "
    "drop the copies."
)
FIGURES = ("rows", "leaking_rows")
MOST_USUAL, FEW_ROWS = 0.5, 20
NEAR = "near copy"
ALPHA = 0.01  # how often near copies that are no more than usual may fail


def judge(
    dataset: Dataset,
    copies: Copies | None = None,
    changed_rows: Bools | None = None,
    changes: Changes | None = None,
    baseline: Baseline | None = None,
    near_copies: OnDemand[Codes] = LACKING,
) -> Verdict:
    """O(N log N), and a search for neighbors where near copies are looked for."""
    import numpy as np

    columns = dataset.columns
    if columns.split is None:
        raise Unavailable("no split column: name it with --split")
    if baseline is not None and changes is None:
        raise Unavailable("what changed since the base cannot be told")
    if copies is None and columns.groups is None:
        raise Unavailable("no content columns beside id, label and probabilities, and no groups (--groups)")
    split, named = _codes(dataset.roles[columns.split])
    fresh, notes = _fresh(dataset, changed_rows, changes, baseline)
    leaks = {}
    if copies is not None:
        leaks["content"] = _leaking(copies.group, split, named & ~copies.empty)
        _refuse_usual(dataset, leaks["content"], fresh, changed_rows)
    if columns.groups is not None:
        group, grouped = _codes(dataset.roles[columns.groups])
        leaks["group"] = _leaking(group, split, named & grouped)
    if copies is not None and fresh.any() and (near := near_copies()) is not None:
        known = np.logical_or.reduce([*leaks.values()])
        leaks[NEAR], usual = _near_leaks(near, split, named & ~copies.empty & ~known, fresh)
        notes += usual
    every = np.logical_or.reduce([*leaks.values()])
    rows = np.flatnonzero(every & fresh)
    return _verdict(dataset, rows, leaks, int(every.sum()), notes, split)


def _fresh(
    dataset: Dataset, changed_rows: Bools | None, changes: Changes | None, baseline: Baseline | None
) -> tuple[Bools, str]:
    """(N,) bool: the rows that a leak can be this commit's by, and what is not seen."""
    import numpy as np

    if changed_rows is None or changes is None or baseline is None:
        return np.ones(len(dataset), bool), ""
    fresh, notes = changed_rows & ~(changes.relabeled & ~changes.edited & ~changes.added), ""
    for role in filter(None, (dataset.columns.split, dataset.columns.groups)):
        moved = _moved(dataset, baseline, changes, role)
        notes += f"; the base does not say {quote(role)}, so rows that moved are not seen" if moved is None else ""
        fresh |= False if moved is None else moved
    return fresh, notes


def _near_leaks(group: Codes, split: Codes, counts: Bools, fresh: Bools) -> tuple[Bools, str]:
    """(N,) bool: the rows that leak by near copies, none where no more do than usual; and a note on what is usual."""
    import numpy as np
    from scipy.special import bdtrc  # not scipy.stats, which takes half a second to import

    leaking = _leaking(group, split, counts)
    new, older = int((leaking & fresh).sum()), int(_leaking(group, split, counts & ~fresh).sum())
    if not older or not new:
        return leaking, ""
    usual = older / int((counts & ~fresh).sum())
    if bdtrc(new - 1, int((counts & fresh).sum()), usual) <= ALPHA:
        return leaking, ""
    note = f"; {plural(new, 'row has', 'rows have')} a near copy in another split, as {usual:.1%} of the others do"
    return np.zeros(len(group), bool), note


def _verdict(
    dataset: Dataset, rows: Codes, leaks: dict[str, Bools], every: int, notes: str, split: Codes
) -> Verdict:  # fmt: skip
    numbers = {"rows": len(rows), "leaking_rows": every}
    older = f"; rows of before in leaks: {every - len(rows):,}" if every > len(rows) else ""
    if not len(rows):
        return Verdict(True, f"nothing new stands in two splits{older}{notes}", numbers=numbers)
    column = dataset.roles[dataset.columns.split]

    def reasons(places: Codes) -> list[str]:
        said = []
        for row in rows[places].tolist():
            what = " and ".join(name for name, mask in leaks.items() if mask[row])
            said.append(f"in split {quote(column[row].as_py())}, and its {what} is in another one too")
        return said

    subject = plural(len(rows), "row is", "rows are")
    return Verdict(False, f"{subject} in one split and, as a copy or by group, in another{older}{notes}", rows,
                   reasons, numbers)  # fmt: skip


def _leaking(group: Codes, split: Codes, counts: Bools) -> Bools:
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


def _codes(column: pa.ChunkedArray) -> tuple[Codes, Bools]:
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
