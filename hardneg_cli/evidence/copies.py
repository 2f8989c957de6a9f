"""Copies: which rows have the same content once Unicode and white space are folded."""

from __future__ import annotations

from hardneg_cli.dataset import Dataset
from hardneg_cli.errors import Unavailable
from hardneg_cli.facts.copies import Copies
from hardneg_cli.identity import keyed
from hardneg_cli.text import folded


def gather(dataset: Dataset) -> Copies:
    """O(N) in the content's length."""
    import numpy as np
    import pyarrow as pa

    content = dataset.content
    if not content.num_columns:
        raise Unavailable("no content columns beside id, label and probabilities")
    cells = pa.table({name: folded(content[name]) for name in content.column_names})
    group = keyed(cells).combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    return Copies.of(group)
