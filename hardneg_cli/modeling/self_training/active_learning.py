"""Which rows to ask people about: confident contradictions of a label first, then what the model is least sure of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.hashed_columns import hashed_cells
from hardneg_cli.detection.findings import DECIMALS
from hardneg_cli.io.tables.queue_columns import FILLED_IN, LEADING, display_name, schema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Block = NDArray[np.float64]
    Codes = NDArray[np.int64]

UNSURE, CONTRADICTED = "unsure", "contradicted"
ALIKE = 0.5  # what is left of a row's use when one of its neighbors is asked about


@dataclass(frozen=True)
class QueryRow:
    """A row to ask people about; rows of the pool are given the label that the model proposes."""

    of_pool: bool
    row: int
    given: str
    suggested: str
    p_given: float
    p_suggested: float

    @property
    def why(self) -> str:
        if self.of_pool:
            other = f"{self.p_suggested:.2f} for {self.suggested!r}"
            return f"the model is unsure: {self.p_given:.2f} for {self.given!r}, {other}"
        return f"models that never saw the row say {self.suggested!r} with probability {self.p_suggested:.2f}"


def contradicted(probabilities: Block, labels: Codes, at_least: float) -> Codes:
    """The labeled rows (labels: (N,), negative for others) that the model gives another label, the surest first."""
    import numpy as np

    top, p = probabilities.argmax(axis=1), probabilities.max(axis=1)
    rows = np.flatnonzero((labels >= 0) & (top != labels) & (p >= at_least))
    return rows[np.argsort(-p[rows], kind="stable")]


def most_informative(probabilities: Block, open_: NDArray[np.bool_], graph: csr_array, many: int) -> Codes:
    """At most `many` of the open rows, the most useful first: unsure, in the midst of others, and unlike each other.

    Uncertainty is 1 minus the margin between the two most probable classes, times the mean similarity to the
    neighbors (information density, Settles and Craven, 2008); a row that is taken halves the use of its neighbors.
    """
    import heapq

    import numpy as np

    first, second = np.sort(probabilities, axis=1)[:, :-3:-1].T
    degree = np.maximum(np.diff(graph.indptr), 1)
    use = (1 - (first - second)) * (np.asarray(graph.sum(axis=1)).ravel() / degree)
    heap = [(-float(use[row]), int(row)) for row in np.flatnonzero(open_)]
    heapq.heapify(heap)
    found: list[int] = []
    while heap and len(found) < many:
        negative, row = heapq.heappop(heap)
        if -negative > use[row]:  # a neighbor was taken since
            heapq.heappush(heap, (-float(use[row]), row))
            continue
        found.append(row)
        use[graph.indices[graph.indptr[row] : graph.indptr[row + 1]]] *= ALIKE
    return np.array(found, np.int64)


def queue_table(labeled: Dataset, pool: Dataset, questions: Sequence[QueryRow], show: Sequence[str]) -> pa.Table:
    """A findings table, so that `review` and `collect` take it; score: the probability that given_label is wrong."""
    import numpy as np
    import pyarrow as pa

    homes = [(pool if one.of_pool else labeled, one.row) for one in questions]
    text = {name: [""] * len(questions) for name in FILLED_IN}
    leading = {
        "id": [home.ids[row].as_py() for home, row in homes],
        **text,
        "given_label": [one.given for one in questions],
        "suggested_label": [one.suggested for one in questions],
        "score": [round(1 - one.p_given, DECIMALS) for one in questions],
        "suggestion_score": [round(one.p_suggested, DECIMALS) for one in questions],
        "flagged": [True] * len(questions),
        "detectors": [UNSURE if one.of_pool else CONTRADICTED for one in questions],
        "why": [one.why for one in questions],
        "p_given": [round(one.p_given, DECIMALS) for one in questions],
        "p_suggested": [round(one.p_suggested, DECIMALS) for one in questions],
    }
    columns = {name: pa.array(leading[name], schema(()).field(name).type) for name in LEADING}
    texts = [home.texts([name for name in show if name in home.all_columns]) for home in (labeled, pool)]
    for name in show:
        tables = [(texts[one.of_pool], one.row) for one in questions]
        cells = [table[name][row].as_py() if name in table.column_names else None for table, row in tables]
        columns[display_name(name, columns)] = pa.array([cell or "" for cell in cells], pa.string())
    hashes = [home.row_hashes(np.array([row]))[0] for home, row in homes]
    columns["rank"] = pa.array(range(1, len(questions) + 1), pa.int64())
    hashed = hashed_cells(home.hashed for home, _ in homes)
    return pa.table(columns | {"row_hash": pa.array(hashes, pa.string()), "hashed": pa.array(hashed, pa.string())})
