"""Touched: the rows that a change brought into being, gave another label or other content than blanks and the like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.baseline import Baseline
from hardneg_cli.data.changes import Changes
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.text_normalization import folded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def gather(dataset: Dataset, baseline: Baseline, changes: Changes) -> NDArray[np.bool_]:
    """(N,) bool; whoever trims all cells touches no row. Where only hashes are known, every edit counts."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    touched = changes.added | changes.relabeled
    if baseline.content is None:
        return touched | changes.edited
    for name, differs in changes.edited_in.items():
        rows = np.flatnonzero(differs & ~touched)
        ours = folded(pa.chunked_array([dataset.content[name].combine_chunks().take(pa.array(rows))]))
        theirs = folded(pa.chunked_array([baseline.content[name].combine_chunks().take(pa.array(changes.place[rows]))]))
        touched[rows] = pc.not_equal(ours, theirs).to_numpy(zero_copy_only=False)
    return touched
