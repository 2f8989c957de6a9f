"""Vectors that a user's function made, by content: kept for the run, and in a file beside the data for the next one.

The file, `<data>.embeddings.<function>.npz`, holds uncompressed arrays: `digests` (n, 16) of contents, their `vectors`
(n, D), and `key`, which changes with the function's name and with the file that it stands in. Of another key it is made
anew. What it holds is read as numbers, whoever made it, and no more of it than the file is long.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.errors import InputError
from hardneg_cli.io.files.atomic_write import whole_file
from hardneg_cli.io.files.folders import companion
from hardneg_cli.io.tables.stored_arrays import stored_arrays
from hardneg_cli.runtime.user_functions import name_of, source_digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

DIGEST_BYTES = 16
ODD = re.compile(r"[^A-Za-z0-9_.-]+")
LONGEST_NAME = 80  # characters of the function's name that are in the file's


@dataclass
class EmbeddingCache:
    """places: where the vector of each digest is in `vectors`. path: of the file, None where nothing is to be kept."""

    key: str
    path: str | None
    places: dict[bytes, int] = field(default_factory=dict)
    vectors: Vectors | None = None

    @classmethod
    def of(
        cls, dataset: Dataset, named: str | Callable[..., object], function: Callable[..., object]
    ) -> EmbeddingCache:
        """What is known of the function's vectors. Raises InputError for a file of that name that is something else."""
        held = dataset.sources[0].known
        digest = source_digest(named, function)
        name = "embeddings", digest or id(function)
        if name not in held:
            path = None if digest is None else _beside(dataset, name_of(named).replace(":", "."))
            cache = cls(digest or "", path)
            if path is not None and os.path.lexists(path):
                cache._read(path)
            held[name] = cache, function  # held as well, so that no other one can have its id
        found: EmbeddingCache = held[name][0]
        return found

    def __contains__(self, digest: bytes) -> bool:
        return digest in self.places

    @property
    def width(self) -> int | None:
        """D, once there is a vector."""
        return None if self.vectors is None else self.vectors.shape[1]

    def clear(self) -> None:
        """Forget all vectors."""
        self.places, self.vectors = {}, None

    def add(self, digests: Sequence[bytes], vectors: Vectors) -> None:
        """(n, D) vectors of new contents."""
        import numpy as np

        start = len(self.places)
        self.vectors = vectors if self.vectors is None else np.concatenate([self.vectors, vectors])
        self.places |= {digest: start + place for place, digest in enumerate(digests)}

    def vectors_of(self, digests: Sequence[bytes]) -> Vectors:
        """(n, D) of contents that are known."""
        assert self.vectors is not None
        return self.vectors[[self.places[digest] for digest in digests]]

    def saved(self) -> tuple[str, ...]:
        """Write what is known to the file, whole or not at all, and say so where that cannot be done."""
        import numpy as np

        if self.path is None or self.vectors is None:
            return ()
        digests = np.frombuffer(b"".join(self.places), np.uint8).reshape(-1, DIGEST_BYTES)
        try:
            with whole_file(self.path) as file:
                np.savez(file, key=np.frombuffer(self.key.encode(), np.uint8), digests=digests, vectors=self.vectors)
        except InputError as error:  # a folder that may only be read, a full disk: the vectors are there all the same
            return (f"the vectors are made anew by the next run: {error}",)
        return ()

    def _read(self, path: str) -> None:
        """What the file holds, if it is of this key. Raises InputError for one that holds something else."""
        import numpy as np

        refused = f"{path}: is no file of vectors that --embed made: move it away"
        key, digests, stored = stored_arrays(path, (("key", "u1"), ("digests", "u1"), ("vectors", "<f4")), refused)
        vectors = stored.astype(np.float32)
        shapes = digests.ndim == vectors.ndim == 2 and len(digests) == len(vectors)
        if not (shapes and digests.shape[1] == DIGEST_BYTES and np.isfinite(vectors).all()):
            raise InputError(refused)
        if key.tobytes() == self.key.encode() and len(digests):
            rows = digests.tobytes()
            keys = [rows[at : at + DIGEST_BYTES] for at in range(0, len(rows), DIGEST_BYTES)]
            if len(set(keys)) != len(keys):
                raise InputError(refused)
            self.places, self.vectors = {one: place for place, one in enumerate(keys)}, vectors


def _beside(dataset: Dataset, function: str) -> str | None:
    """The file beside the data, or beside its folder; None for data from a pipe, from elsewhere, or in memory."""
    source = dataset.sources[0]
    if source.path is None and source.pictures is None:
        return None
    data = dataset.name if os.path.exists(dataset.name) else source.path or dataset.pictures_folder
    return str(companion(data, f".embeddings.{ODD.sub('_', function)[:LONGEST_NAME]}.npz"))
