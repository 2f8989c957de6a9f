"""Copies: which rows have the same content once Unicode and white space are folded; of pictures, the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.copies import AlikeRows, Copies, some_of
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.picture_copies import compared_content
from hardneg_cli.data.text_normalization import folded
from hardneg_cli.errors import Unavailable
from hardneg_cli.runtime.progress import progress

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


def gather(dataset: Dataset) -> Copies:
    """Groups are numbered by their first rows."""
    import numpy as np

    content = compared_content(dataset)
    if not content.num_columns:
        raise Unavailable("no content columns beside id, label and probabilities")
    with progress("looking for copies"):
        alike = AlikeRows.in_all_columns(content, folded)
        group = np.unique(alike.first, return_inverse=True)[1]
        return Copies.of(group, _empty(content, alike.rows))


def _empty(content: pa.Table, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(N,) bool: those of `rows` that have no content at all; nobody asks about the others, which are unlike any."""
    import numpy as np
    import pyarrow.compute as pc

    left = rows
    for name in content.column_names:
        left = left[pc.equal(folded(some_of(content[name], left)), "").to_numpy()]
    empty = np.zeros(content.num_rows, bool)
    empty[left] = True
    return empty
