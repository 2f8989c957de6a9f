"""Near copies: groups of rows that are almost the same by what --text, --features or --image say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hardneg_cli.data.copies import Copies
from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import FeatureChoice, Features
from hardneg_cli.data.features.picture_copies import PictureCopies
from hardneg_cli.data.neighbors import Neighbors
from hardneg_cli.detection.near_copies import near_copies
from hardneg_cli.errors import Unavailable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def gather(
    dataset: Dataset, feature_choice: FeatureChoice, copies: Copies, picture_copies: PictureCopies,
    features: Features | None = None, neighbors: Neighbors | None = None,
) -> NDArray[np.int64]:  # fmt: skip
    """(N,) the group of near and exact copies that each row belongs to."""
    if not feature_choice.something:
        raise Unavailable("near copies are not looked for: --text, --features or --image say what rows are compared by")
    return near_copies(dataset, copies, picture_copies, features, neighbors)
