"""A new or changed row is an exact copy of a row with another label.

Rows are copies when their content is the same after Unicode (NFKC) and white space are folded; rows without any
content are nobody's copies. Contradictions among rows that the base had already are not this commit's, a new row that
joins one is. Without a base every contradiction counts. Where more than half of the rows contradict each other, the
content columns do not hold what is labeled (an annotator's name, say), and nothing is judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.copies import Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import Unavailable, listing, plural, quote
from hardneg_cli.gating.verdict import Verdict

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BY_DEFAULT = "fail"
REMEDY = "Give all copies of a row the same label, or drop those that are wrong."
FIGURES = ("rows", "contradicting_rows")
MOST_USUAL, FEW_ROWS = 0.5, 20


def judge(
    dataset: Dataset, copies: Copies, changed_rows: NDArray[np.bool_] | None = None, baseline: Baseline | None = None
) -> Verdict:
    """O(N log N)."""
    import numpy as np

    if baseline is not None and changed_rows is None:
        raise Unavailable("what changed since the base cannot be told")
    k = len(dataset.classes)
    same, _ = copies.label_counts(dataset.labels, k)
    contradicts = (same < copies.size) & ~copies.empty
    usual = contradicts if changed_rows is None else contradicts[~changed_rows]
    if len(usual) >= FEW_ROWS and usual.mean() > MOST_USUAL:
        raise Unavailable(
            f"{int(usual.sum()):,} of {len(usual):,} rows have copies with other labels: the content columns "
            f"({listing(dataset.content.column_names, 3)}) do not tell rows apart"
        )
    rows = np.flatnonzero(contradicts if changed_rows is None else contradicts & changed_rows)
    numbers = {"rows": len(rows), "contradicting_rows": int(contradicts.sum())}
    left = int(contradicts.sum()) - len(rows)
    older = f"; {left:,} older {'row contradicts' if left == 1 else 'rows contradict'} copies too" if left else ""
    if not len(rows):
        return Verdict(True, f"no {'changed ' * (changed_rows is not None)}row contradicts a copy of it{older}",
                       numbers=numbers)  # fmt: skip

    def reasons(places: NDArray[np.int64]) -> list[str]:
        return _reasons(dataset, copies, rows[places])

    subject = plural(len(rows), "row contradicts a copy", "rows contradict copies")
    return Verdict(False, f"{subject} with another label{older}", rows, reasons, numbers)


def _reasons(dataset: Dataset, copies: Copies, rows: NDArray[np.int64]) -> list[str]:
    """For each row the first by id of its copies with another label."""
    import numpy as np

    wanted = np.isin(copies.group, copies.group[rows])
    members = np.flatnonzero(wanted)
    members = members[np.lexsort((dataset.id_rank[members], copies.group[members]))]
    start = np.searchsorted(copies.group[members], copies.group[rows])
    words = []
    for row, first in zip(rows, start, strict=True):
        group = members[first : first + copies.size[row]]
        others = group[dataset.labels[group] != dataset.labels[row]]
        label, other = dataset.classes[dataset.labels[row]], dataset.classes[dataset.labels[others[0]]]
        more = f" and of {len(others) - 1:,} more that are labeled otherwise" if len(others) > 1 else ""
        first_id = dataset.ids[int(others[0])].as_py()
        words.append(f"labeled {quote(label)}, and a copy of {quote(first_id)}, labeled {quote(other)}{more}")
    return words
