"""Vectors of pictures or texts by a function that the user brings: called with a list, once for each content.

The function takes a list of texts, or of pictures' absolute paths (of temporary files for pictures that stand in the
cells), and answers one vector each: an array, lists, a tensor. What it answered is kept beside the data, see
`embedding_cache.py`, so that only new content is asked for again.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.embedding_cache import EmbeddingCache
from hardneg_cli.data.features.features import FeatureChoice
from hardneg_cli.data.features.pictures import picture_cells, picture_digests
from hardneg_cli.errors import InputError, quote
from hardneg_cli.io.files.picture_files import bytes_or_path, picture_file
from hardneg_cli.runtime.progress import progress
from hardneg_cli.runtime.user_functions import UserCode, name_of, user_function

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

BATCH = 64  # texts or pictures that the function gets at a time
KINDS = {b"\x89PNG": ".png", b"\xff\xd8\xff": ".jpg", b"GIF8": ".gif", b"RIFF": ".webp", b"BM": ".bmp"}


@dataclass(frozen=True)
class EmbeddedRows:
    """vectors: (N, D) float32; NaN for rows that have no picture. troubles: why not, by row. notes: on what is kept."""

    vectors: Vectors
    troubles: dict[int, str]
    notes: tuple[str, ...] = ()


def embedded(dataset: Dataset, choice: FeatureChoice) -> EmbeddedRows:
    """The rows' vectors. Raises InputError for a function that there is not, that fails, or answers no vectors."""
    import numpy as np

    assert choice.embed is not None
    function = user_function(choice.embed)
    if choice.image is not None:
        items = picture_cells(dataset)
        seen = picture_digests(dataset)
        digests, troubles = [digest for digest, _ in seen], {row: why for row, (_, why) in enumerate(seen) if why}
    else:
        items = [text or "" for text in dataset.content[choice.text].to_pylist()]
        digests, troubles = [_digest(text.encode("utf-8", "surrogatepass")) for text in items], {}
    cache = EmbeddingCache.of(dataset, choice.embed, function)
    order = [row for row in dataset.by_id.tolist() if row not in troubles]
    new = {digests[row]: row for row in reversed(order) if digests[row] not in cache}
    rows = sorted(new.values(), key=dataset.id_rank.__getitem__)
    if rows:
        embedder = _Embedder(function, dataset, choice)
        vectors = embedder.vectors([items[row] for row in rows], rows)
        if cache.width not in (None, vectors.shape[1]):  # it is another function now, whatever its file says
            cache.clear()
            return embedded(dataset, choice)
        cache.add([digests[row] for row in rows], vectors)
    found = np.full((len(dataset), cache.width or 1), np.nan, np.float32)
    if order:
        found[order] = cache.vectors_of([digests[row] for row in order])
    return EmbeddedRows(found, troubles, cache.saved() if rows else ())


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=16).digest()


@dataclass(frozen=True)
class _Embedder:
    """A function that makes vectors, and the rows that it makes them of."""

    function: Callable[..., object]
    dataset: Dataset
    choice: FeatureChoice

    def vectors(self, items: Sequence[str], rows: Sequence[int]) -> Vectors:
        """(n, D) of the items, which are those of the rows."""
        import numpy as np

        parts: list[Vectors] = []
        with progress(f"vectors by {name_of(self.choice.embed or self.function)}", total=len(items)) as advance:
            for start in range(0, len(items), BATCH):
                some, of_rows = items[start : start + BATCH], rows[start : start + BATCH]
                with self._paths(some) as given:
                    parts.append(self._checked(self._answers(given, of_rows), of_rows))
                if parts[-1].shape[1] != parts[0].shape[1]:
                    raise InputError(
                        f"{self._name}: vectors of {parts[0].shape[1]} and of {parts[-1].shape[1]} numbers: all need "
                        "the same"
                    )
                advance(len(some))
        return np.concatenate(parts)

    @property
    def _name(self) -> str:
        return f"--embed {name_of(self.choice.embed or self.function)}"

    @contextmanager
    def _paths(self, items: Sequence[str]) -> Iterator[list[str]]:
        """What the function gets: texts as they are, pictures as paths of files."""
        if self.choice.image is None:
            yield list(items)
            return
        folder = self.dataset.pictures_folder
        with tempfile.TemporaryDirectory(prefix="hardneg-") as made:
            yield [_path(item, number, folder, made) for number, item in enumerate(items)]

    def _answers(self, given: list[str], rows: Sequence[int]) -> object:
        """What the function makes of the batch. Raises InputError with the row that it fails at."""
        try:
            with UserCode(f"{self._name} failed at row {self._id(rows[0])}"):
                return self.function(list(given))
        except InputError:
            if len(given) == 1:
                raise
        for item, row in zip(given, rows, strict=True):  # which one is it?
            with UserCode(f"{self._name} failed at row {self._id(row)}"):
                self.function([item])
        with UserCode(f"{self._name} failed at rows {self._id(rows[0])} to {self._id(rows[-1])} together"):
            return self.function(list(given))

    def _checked(self, answers: object, rows: Sequence[int]) -> Vectors:
        import numpy as np

        with UserCode(f"{self._name}: what it answers is no array of numbers"):
            values = np.asarray(_as_array(answers))
        what = "pictures" if self.choice.image is not None else "texts"
        if values.ndim != 2 or len(values) != len(rows) or not values.shape[1]:
            raise InputError(
                f"{self._name}: an array of shape {values.shape} for {len(rows):,} {what}; one vector each is needed"
            )
        if values.dtype.kind not in "fiub":
            raise InputError(f"{self._name}: an array of {values.dtype} instead of numbers")
        with np.errstate(over="ignore"):
            vectors = values.astype(np.float32)
        if (bad := np.flatnonzero(~np.isfinite(vectors).all(axis=1))).size:
            kind = "NaN" if np.isnan(vectors[bad[0]]).any() else "an infinite number"
            raise InputError(f"{self._name}: {kind} in the vector of row {self._id(rows[bad[0]])}")
        return vectors

    def _id(self, row: int) -> str:
        return quote(self.dataset.ids[row].as_py())


def _path(cell: str, number: int, folder: Path, made: str) -> str:
    """The absolute path of the picture; a file in the folder `made` for one that stands in the cell."""
    content = bytes_or_path(cell)
    if isinstance(content, str):
        picture_file(content, folder)  # refuses one outside of the folder
        return os.path.abspath(folder / content)
    ending = next((ending for magic, ending in KINDS.items() if content.startswith(magic)), "")
    path = os.path.join(made, f"{number}{ending}")
    with open(path, "wb") as file:
        file.write(content)
    return path


def _as_array(answers: object) -> object:
    """Tensors, wherever they are, sparse arrays and lists of either as what NumPy can read."""
    if isinstance(answers, list | tuple):
        return [_as_array(one) for one in answers] if answers and not isinstance(answers[0], float) else answers
    for step in ("detach", "cpu", "float", "toarray"):
        if hasattr(answers, step) and not hasattr(answers, "columns") and hasattr(answers, "shape"):
            answers = getattr(answers, step)()
    return answers
