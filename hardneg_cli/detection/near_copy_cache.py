"""Near copies of a dataset, kept by its content in a folder for the next run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.data.features.picture_copies import compared_content
from hardneg_cli.data.row_identity import keyed
from hardneg_cli.errors import InputError
from hardneg_cli.io.tables.array_cache import ArrayCache, key_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 1  # of how near copies are found; another one leaves all that was kept unread
LIBRARIES = ("numpy", "scikit-learn", "scipy", "pillow")


@dataclass(frozen=True)
class NearCopyCache:
    """key: of all that the groups of the dataset's rows depend on."""

    files: ArrayCache
    dataset: Dataset
    key: str

    @classmethod
    def of(cls, folder: Path, dataset: Dataset, choice: FeatureChoice) -> NearCopyCache | None:
        """None where the rows alone do not say what they are compared by: features of a file, or of a model."""
        if not choice.something or choice.file is not None or choice.array is not None or choice.embed is not None:
            return None
        return cls(ArrayCache(folder, "near-copies", {"group": "<u4"}), dataset, _key(dataset, choice))

    def read(self) -> NDArray[np.int64] | None:
        """(N,) the group of each row; None where nothing is kept. Raises InputError for what cannot be it."""
        import numpy as np

        found, n = self.files.read(self.key), len(self.dataset)
        if found is None:
            return None
        by_id = found[0].astype(np.int64)
        if by_id.shape != (n,) or (by_id >= n).any():
            raise InputError(self.files.refusal(self.key))
        return by_id[self.dataset.id_rank]

    def write(self, group: NDArray[np.int64]) -> str:
        """Keep them; what there is to say where that cannot be done."""
        return self.files.write(self.key, {"group": group[self.dataset.by_id]})


def _key(dataset: Dataset, choice: FeatureChoice) -> str:
    rows, ids = keyed(compared_content(dataset)).to_pylist(), dataset.ids.to_pylist()
    settings = VERSION, choice.columns, choice.text, choice.image
    return key_of(settings, LIBRARIES, ((ids[row], rows[row]) for row in dataset.by_id.tolist()))
