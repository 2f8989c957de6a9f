"""What stands around the rows of a queue that was read from a file: looked for anew, in the data that it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.copies import Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import Features, feature_choice
from hardneg_cli.data.label_spelling import real_classes
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.data.surroundings import Surroundings
from hardneg_cli.io.tables.queue_columns import display_columns
from hardneg_cli.io.tables.queue_view import MOST_NEAREST, QueueView, RowAround, with_surroundings, with_view
from hardneg_cli.runtime.evidence_store import EvidenceStore
from hardneg_cli.statistics.neighbor_search.search import nearest_to

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


class QueueSurroundings:
    """Looks around the rows of queues about `dataset`, once for all queues.

    queue: a table with every row that any of them has. features: column patterns or a file; without them the text or
    the pictures serve.
    """

    def __init__(self, dataset: Dataset, queue: pa.Table, features: str | None) -> None:
        self.dataset, self._place = dataset, {id_: row for row, id_ in enumerate(dataset.ids.to_pylist())}
        self._view = QueueView(dataset.name, real_classes(dataset))
        self._shown = [name for name in display_columns(queue.column_names) if name in dataset.content.column_names]
        choice = feature_choice(features, dataset.columns)
        evidence = EvidenceStore({"dataset": dataset, "feature_choice": choice}, {})
        self._around = self._looked(evidence, self._rows(queue))

    def seen(self, queue: pa.Table) -> pa.Table:
        """The queue with what stands around its rows; nothing around those that the data no longer have."""
        import numpy as np

        known = [self._place.get(id_) for id_ in queue["id"].to_pylist()]
        rows = np.array([row for row in known if row is not None], np.int64)
        found = iter(self._around.around(self.dataset, rows, self._shown))
        nothing: tuple[RowAround, ...] = ()
        around = [nothing if row is None else next(found) for row in known]
        return with_surroundings(with_view(queue, self._view), around)

    def _rows(self, queue: pa.Table) -> NDArray[np.int64]:
        import numpy as np

        found = {self._place[id_] for id_ in queue["id"].to_pylist() if id_ in self._place}
        return np.array(sorted(found), np.int64)

    def _looked(self, evidence: EvidenceStore, rows: NDArray[np.int64]) -> Surroundings:
        """The copies of all rows, and the nearest ones of these."""
        import numpy as np

        copies, features = evidence.call(_pieces)
        n = len(self.dataset)
        if features is None or n < 3 or not len(rows):
            return Surroundings.of(copies, None)
        found = nearest_to(features.matrix, rows, MOST_NEAREST)
        near = np.zeros((n, found.rows.shape[1]), np.int64)
        far = np.zeros(near.shape)
        near[rows], far[rows] = found.rows, found.distances
        return Surroundings.of(copies, Neighbors(near, far))


def _pieces(copies: Copies | None = None, features: Features | None = None) -> tuple[Copies | None, Features | None]:
    """What there is of these two."""
    return copies, features
