"""One row of each set of copies, so that none is trained on twice, or as what it is and as what it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.copies import Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.text_normalization import bare

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]


def one_per_copy_group(dataset: Dataset, chosen: Bools, copies: Copies | None) -> Bools:
    """(N,) the chosen rows less all but the first, by id, of rows with the same content.

    Rows whose texts differ in case and punctuation only are copies too. Of copies that carry different labels, chosen
    or not, none is left.
    """
    left = chosen.copy()
    if copies is not None:
        left &= ~copies.empty & _firsts(dataset, chosen, copies.group)
    if dataset.columns.text is not None:
        texts = bare(dataset.content[dataset.columns.text]).combine_chunks().dictionary_encode()
        left &= _firsts(dataset, left, texts.indices.to_numpy().astype("int64"))
    return left


def _firsts(dataset: Dataset, chosen: Bools, group: NDArray[np.int64]) -> Bools:
    """(N,) bool: the first chosen row by id of each group whose rows all have one label."""
    import numpy as np

    lowest = np.full(int(group.max()) + 1, np.iinfo(np.int32).max)
    highest = np.full(len(lowest), -1)
    np.minimum.at(lowest, group, dataset.labels)
    np.maximum.at(highest, group, dataset.labels)
    rows = np.flatnonzero(chosen & (lowest == highest)[group])
    rows = rows[np.argsort(dataset.id_rank[rows])]
    first = np.zeros(len(dataset), bool)
    first[rows[np.unique(group[rows], return_index=True)[1]]] = True
    return first
