"""All rows at once as dense vectors, made without looking at a label: for models, and for a graph of neighbors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.features.inputs import ModelInputs
from hardneg_cli.data.features.vectorizer import Vectorizer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float64]

UNEVEN = 10.0  # columns whose spreads differ by more than this have different units


def model_vectors(rows: ModelInputs, seed: int) -> Block:
    """(N, D): scaled numbers; for text and categories latent semantic analysis, at unit length."""
    import numpy as np
    from sklearn.preprocessing import normalize

    found: Block = Vectorizer(dense=True, seed=seed).fit_transform(rows, np.arange(rows.rows))
    return normalize(found) if rows.sparse else found


def graph_vectors(rows: ModelInputs, vectors: Block) -> Block:
    """(N, D): the same; numbers alone keep their own scale where they seem to share one, so that noise stays small."""
    import numpy as np

    if rows.sparse or rows.numbers is None:
        return vectors
    values = rows.numbers
    found: Block = np.where(np.isnan(values), 0.0, values - _middle(values))
    spread = found.std(axis=0)
    moving = spread[spread > 0]
    if not len(moving) or moving.max() > UNEVEN * np.median(moving):
        return vectors
    return found


def _middle(values: Block) -> Block:
    import warnings

    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without any number has no mean
        middle = np.nanmean(values, axis=0)
    return np.where(np.isnan(middle), 0.0, middle)
