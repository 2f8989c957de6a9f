"""What models of a base's rows say, kept by content in a folder for the next run.

A file there, `<key>.predictions.npz`, belongs to one base, whose rows, labels, groups and models make its key. It holds
what these models say of the base's rows, each by models that have not seen it, and of other rows that they were asked
about. No label of a row outside the base has a part in any of it, so it is the same whoever asked first, and a run that
reads it comes to the same answers as one that trains.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError
from hardneg_cli.io.tables.array_cache import ArrayCache

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float32]

DIGEST_BYTES = 16
MOST_OTHERS = 1 << 20  # rows beside a base's own in a file
TYPES = {
    "classes": "u1", "models": "u1", "fold": "<u4", "own": "<f4", "flagged": "u1", "score": "<f4", "digests": "u1",
    "others": "<f4",
}  # fmt: skip
LEAST_SUM, MOST_SUM = 0.99, 1.01


@dataclass(frozen=True)
class StoredPredictions:
    """Of a base of M rows, by id, and of other rows.

    classes: K names. models: the names of those that were trained. fold: (M,) numbers. own: (M, K).
    flagged, score: (M,) what find says of the base's rows. others: (K,) by digest.
    """

    classes: tuple[str, ...]
    models: tuple[str, ...]
    fold: NDArray[np.int64]
    own: Block
    flagged: NDArray[np.bool_]
    score: Block
    others: Mapping[bytes, Block]


@dataclass(frozen=True)
class PredictionCache:
    """A folder of such files."""

    folder: Path

    @property
    def _files(self) -> ArrayCache:
        return ArrayCache(self.folder, "predictions", TYPES)

    def read(self, key: str, rows: int) -> StoredPredictions | None:
        """What is kept for a base of so many rows; None where nothing is. Raises InputError for what cannot be it."""
        import numpy as np

        arrays, refusal = self._files.read(key), self._files.refusal(key)
        if arrays is None:
            return None
        class_names, model_names, fold, own, flagged, score, digests, others = arrays
        classes, models = (_names(one.tobytes(), refusal) for one in (class_names, model_names))
        expected = ((rows, len(classes)), (rows,), (rows,), (rows,))
        if (own.shape, fold.shape, flagged.shape, score.shape) != expected or digests.shape[1:] != (DIGEST_BYTES,):
            raise InputError(refusal)
        if others.shape != (len(digests), len(classes)) or not (_sound(own) and _sound(others)):
            raise InputError(refusal)
        if not (_within(score) and _within(flagged)):
            raise InputError(refusal)
        by_digest = dict(zip(map(bytes, digests), others.astype(np.float32), strict=True))
        return StoredPredictions(
            classes, models, fold.astype(np.int64), own.astype(np.float32), flagged.astype(bool),
            score.astype(np.float32), by_digest,
        )  # fmt: skip

    def write(self, key: str, kept: StoredPredictions) -> str:
        """Keep it, whole or not at all; what there is to say where that cannot be done."""
        import numpy as np

        digests = [*kept.others][-MOST_OTHERS:]
        others = np.array([kept.others[one] for one in digests], np.float32)
        arrays: dict[str, NDArray[np.generic]] = {
            "classes": np.frombuffer(json.dumps(kept.classes).encode(), np.uint8),
            "models": np.frombuffer(json.dumps(kept.models).encode(), np.uint8),
            "fold": kept.fold, "own": kept.own, "flagged": kept.flagged, "score": kept.score,
            "digests": np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST_BYTES),
            "others": others.reshape(-1, len(kept.classes)),
        }  # fmt: skip
        return self._files.write(key, arrays)


def _names(text: bytes, refusal: str) -> tuple[str, ...]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise InputError(refusal) from error
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found) or len(set(found)) != len(found):
        raise InputError(refusal)
    return tuple(found)


def _sound(values: NDArray[np.generic]) -> bool:
    """Whether every row is probabilities."""
    import numpy as np

    totals = np.asarray(values, np.float64).sum(axis=1)
    return _within(values) and bool(((totals > LEAST_SUM) & (totals < MOST_SUM)).all())


def _within(values: NDArray[np.generic]) -> bool:
    """Whether every number is from 0 to 1."""
    import numpy as np

    p = np.asarray(values, np.float64)
    return bool(((p >= 0) & (p <= 1)).all())
