"""What models of a base's rows say, kept by content in a folder for the next run.

A file there, `<key>.predictions.npz`, belongs to one base, whose rows, labels, groups and models make its key. It holds
what these models say of the base's rows, each by models that have not seen it, and of other rows that they were asked
about. No label of a row outside the base has a part in any of it, so it is the same whoever asked first, and a run that
reads it comes to the same answers as one that trains.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.errors import InputError
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.files.git_names import comes_with_commits
from hardneg_cli.io.tables.stored_arrays import stored_arrays

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Block = NDArray[np.float32]

ENDING = ".predictions.npz"
NAME = re.compile(r"[0-9a-f]{32}" + re.escape(ENDING))
DIGEST_BYTES = 16
MOST_BASES = 16  # in a folder; the oldest go
MOST_OTHERS = 1 << 20  # rows beside a base's own in a file
ARRAYS = (
    ("classes", "u1"), ("fold", "<u4"), ("own", "<f4"), ("flagged", "u1"), ("score", "<f4"), ("digests", "u1"),
    ("others", "<f4"),
)  # fmt: skip
LEAST_SUM, MOST_SUM = 0.99, 1.01


@dataclass(frozen=True)
class StoredPredictions:
    """Of a base of M rows, by id, and of other rows.

    classes: K names. fold: (M,) numbers. own: (M, K). flagged, score: (M,) what find says of the base's rows.
    others: (K,) by digest.
    """

    classes: tuple[str, ...]
    fold: NDArray[np.int64]
    own: Block
    flagged: NDArray[np.bool_]
    score: Block
    others: Mapping[bytes, Block]


@dataclass(frozen=True)
class PredictionCache:
    """A folder of such files."""

    folder: Path

    def read(self, key: str, rows: int) -> StoredPredictions | None:
        """What is kept for a base of so many rows; None where nothing is.

        Raises InputError for a file of that name that holds something else, and for one that came with a commit.
        """
        import numpy as np

        path = self.folder / f"{key}{ENDING}"
        if not os.path.lexists(path):
            return None
        if comes_with_commits(path):
            raise InputError(f"{path}: git keeps it, so that a commit could say how it is judged: name another --cache")
        refusal = f"{path}: is no file of predictions that check --cache made: delete it"
        names, fold, own, flagged, score, digests, others = stored_arrays(path, ARRAYS, refusal)
        classes = _class_names(names.tobytes(), refusal)
        expected = ((rows, len(classes)), (rows,), (rows,), (rows,))
        if (own.shape, fold.shape, flagged.shape, score.shape) != expected or digests.shape[1:] != (DIGEST_BYTES,):
            raise InputError(refusal)
        if others.shape != (len(digests), len(classes)) or not (_sound(own) and _sound(others)):
            raise InputError(refusal)
        if not (_within(score) and _within(flagged)):
            raise InputError(refusal)
        by_digest = dict(zip(map(bytes, digests), others.astype(np.float32), strict=True))
        return StoredPredictions(
            classes, fold.astype(np.int64), own.astype(np.float32), flagged.astype(bool), score.astype(np.float32),
            by_digest,
        )  # fmt: skip

    def write(self, key: str, kept: StoredPredictions) -> str:
        """Keep it, whole or not at all; what there is to say where that cannot be done."""
        import numpy as np

        digests = [*kept.others][-MOST_OTHERS:]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if not any(self.folder.iterdir()):
                (self.folder / ".gitignore").write_text("*\n", encoding="ascii")  # no commit is to bring it
            with whole_file(self.folder / f"{key}{ENDING}") as file:
                np.savez(
                    file, classes=np.frombuffer(json.dumps(kept.classes).encode(), np.uint8),
                    fold=kept.fold.astype(np.uint32), own=kept.own,
                    flagged=kept.flagged.astype(np.uint8), score=kept.score,
                    digests=np.frombuffer(b"".join(digests), np.uint8).reshape(-1, DIGEST_BYTES),
                    others=np.array([kept.others[one] for one in digests], np.float32).reshape(-1, len(kept.classes)),
                )  # fmt: skip
            self._forget_oldest()
        except (InputError, OSError) as error:  # a folder that may only be read, a full disk
            return f"the next run trains anew, as nothing could be kept: {error}"
        return ""

    def _forget_oldest(self) -> None:
        files = [path for path in self.folder.iterdir() if NAME.fullmatch(path.name)]
        for path in sorted(files, key=_written)[:-MOST_BASES]:
            path.unlink(missing_ok=True)


def _written(path: Path) -> float:
    """When it was; long ago for a file that another run has just removed."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _class_names(text: bytes, refusal: str) -> tuple[str, ...]:
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
