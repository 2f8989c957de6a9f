"""A dataset's pictures as arrays: each is read and decoded once a run, one at a time a thread, and made small."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.picture_features import LUMA, SIDE, picture_features, pooled
from hardneg_cli.errors import Unavailable
from hardneg_cli.io.files.picture_files import Unusable, picture_bytes
from hardneg_cli.io.files.small_pictures import PILLOW, decoding, has_pillow, in_silence, plain, small_picture
from hardneg_cli.runtime.progress import progress
from hardneg_cli.runtime.threads import in_order

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

LUMA_SIDE, COLOR_CELLS = 32, 4
DECODED = 2 * SIDE  # pixels a side, at which a large picture is brought to the square
AT_ONCE = 32  # pictures whose features are made together
WHITE = (255, 255, 255, 255)  # what is seen behind a picture that is see-through


@dataclass(frozen=True)
class Pictures:
    """N pictures, about 2.3 kB each.

    features: (N, D) float32, see `picture_features`; NaN for those that cannot be read. luma: (N, 32, 32) and
    colors: (N, 4, 4, 3), both uint8. troubles: why a row has no picture, by row.
    """

    features: NDArray[np.float32]
    luma: Pixels
    colors: Pixels
    troubles: dict[int, str]

    def take(self, rows: NDArray[np.int64]) -> Pictures:
        """These rows, in this order."""
        troubles = {place: self.troubles[row] for place, row in enumerate(rows.tolist()) if row in self.troubles}
        return Pictures(self.features[rows], self.luma[rows], self.colors[rows], troubles)


def picture_cells(dataset: Dataset) -> list[str]:
    """N cells of the column of pictures, which may be that of the ids."""
    image = dataset.columns.image
    assert image is not None
    return [cell or "" for cell in dataset.texts([image])[image].to_pylist()]


def picture_digests(dataset: Dataset) -> list[tuple[bytes, str]]:
    """N digests of the pictures' bytes, each read once a run; why there are none of a picture that cannot be read."""
    cells, folder = picture_cells(dataset), dataset.pictures_folder
    found: dict[str, tuple[bytes, str]] = dataset.sources[0].known.setdefault(("digests", dataset.columns.image), {})
    new = list(dict.fromkeys(cell for cell in cells if cell not in found))

    def digest(cell: str) -> tuple[bytes, str]:
        try:
            return blake2b(picture_bytes(cell, folder), digest_size=16).digest(), ""
        except Unusable as reason:
            return b"", str(reason)

    with progress("reading pictures", total=len(new)) as advance:
        for cell, one in zip(new, in_order(digest, new), strict=True):
            found[cell] = one
            advance(1)
    return [found[cell] for cell in cells]


def pictures(dataset: Dataset) -> Pictures:
    """The pictures of the dataset's rows. Raises Unavailable where there is no column of them, and without Pillow."""
    import numpy as np

    if dataset.columns.image is None:
        raise Unavailable("no pictures: name their column with --image")
    if not has_pillow():
        raise Unavailable(PILLOW)
    cells = picture_cells(dataset)
    keys = [blake2b(cell.encode("utf-8", "surrogatepass"), digest_size=16).digest() for cell in cells]
    known, name = dataset.sources[0].known, ("pictures", dataset.columns.image)
    places, seen = known.get(name, ({}, None))
    if seen is None or not places.keys() >= set(keys):
        first = {key: row for row, key in reversed([*enumerate(keys)])}
        places = {key: place for place, key in enumerate(first)}
        seen = _read([cells[row] for row in first.values()], dataset.pictures_folder)
        known[name] = places, seen
    found: Pictures = seen.take(np.array([places[key] for key in keys], np.int64))
    return found


def _read(cells: Sequence[str], folder: Path) -> Pictures:
    import numpy as np
    from threadpoolctl import threadpool_limits

    n = len(cells)
    features, troubles = None, dict[int, str]()
    luma = np.zeros((n, LUMA_SIDE, LUMA_SIDE), np.uint8)
    colors = np.zeros((n, COLOR_CELLS, COLOR_CELLS, 3), np.uint8)
    with progress("looking at the pictures", total=n) as advance, in_silence(), threadpool_limits(1):
        for start, part in _small(cells, folder):
            rows = slice(start, start + len(part.luma))
            features = np.full((n, part.features.shape[1]), np.nan, np.float32) if features is None else features
            features[rows], luma[rows], colors[rows] = part.features, part.luma, part.colors
            troubles |= {start + row: why for row, why in part.troubles.items()}
            advance(len(part.luma))
    assert features is not None
    return Pictures(features, luma, colors, troubles)


def _small(cells: Sequence[str], folder: Path) -> Iterator[tuple[int, Pictures]]:
    """Blocks of pictures, each with the place of its first one."""
    blocks = [cells[start : start + AT_ONCE] for start in range(0, len(cells), AT_ONCE)]
    for number, part in enumerate(in_order(lambda block: _block(block, folder), blocks)):
        yield number * AT_ONCE, part


def _block(cells: Sequence[str], folder: Path) -> Pictures:
    import numpy as np

    pixels = np.zeros((len(cells), SIDE, SIDE, 3), np.uint8)
    troubles: dict[int, str] = {}
    for row, cell in enumerate(cells):
        try:
            pixels[row] = square(picture_bytes(cell, folder))
        except Unusable as reason:
            troubles[row] = str(reason)
    features = picture_features(pixels)
    features[list(troubles)] = np.nan
    return Pictures(features, *luma_and_colors(pixels), troubles)


def luma_and_colors(pixels: Pixels) -> tuple[Pixels, Pixels]:
    """(n, 32, 32) and (n, 4, 4, 3) of (n, 64, 64, 3) RGB pixels: what near copies are told by."""
    import numpy as np

    half = pooled(pixels.astype(np.float32), LUMA_SIDE)
    luma = np.rint(half @ np.array(LUMA, np.float32)).astype(np.uint8)
    return luma, np.rint(pooled(half, COLOR_CELLS)).astype(np.uint8)


def square(content: bytes) -> Pixels:
    """(64, 64, 3) pixels of the whole picture, on white where it is see-through. Raises Unusable."""
    import numpy as np
    from PIL import Image

    with decoding():
        small, _ = small_picture(content, DECODED)
        if small.has_transparency_data:
            over = small.convert("RGBA")
            small = Image.alpha_composite(Image.new("RGBA", over.size, WHITE), over)
        whole = plain(small).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        return np.asarray(whole)
