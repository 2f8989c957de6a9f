"""Which rows have the same picture, or nearly the same one, whatever its file is called."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.pictures import picture_cells, pictures
from hardneg_cli.errors import listing, plural
from hardneg_cli.io.files.picture_files import Unusable, picture_bytes
from hardneg_cli.runtime.progress import progress
from hardneg_cli.runtime.threads import in_order
from hardneg_cli.statistics.near_pictures import near_pictures

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class PictureCopies:
    """links: (2, P) pairs of rows whose pictures are copies, or near ones. notes: which ones cannot be read."""

    links: NDArray[np.int64]
    notes: tuple[str, ...] = ()


def compared_content(dataset: Dataset) -> pa.Table:
    """What tells rows apart: the content, with a digest of each picture in place of its path.

    A picture that cannot be read is told by its cell. The hash of a row stays that of its cells.
    """
    import pyarrow as pa

    content, image = dataset.content, dataset.columns.image
    if image is None or image not in content.column_names:
        return content
    digests = pa.array(_digests(dataset), pa.string())
    return content.set_column(content.column_names.index(image), image, digests)


def picture_copies(dataset: Dataset) -> PictureCopies:
    """Raises Unavailable where there is no column of pictures, and without Pillow."""
    import numpy as np

    seen, order = pictures(dataset), dataset.by_id
    notes: tuple[str, ...] = ()
    if seen.troubles:
        first = dataset.ids.take([*seen.troubles][:5]).to_pylist()
        more = f" and {len(seen.troubles) - 5:,} more" if len(seen.troubles) > 5 else ""
        which = f"{plural(len(seen.troubles), 'picture')} cannot be read ({listing(first)}{more})"
        notes = (f"{which}: compared with none",)
    with progress("looking for copies of pictures"):
        links = order[near_pictures(seen.luma[order], seen.colors[order])]
    return PictureCopies(np.asarray(links, np.int64), notes)


def _digests(dataset: Dataset) -> list[str]:
    cells = picture_cells(dataset)
    known, name = dataset.sources[0].known, ("picture digests", dataset.columns.image)
    found: dict[str, str] = known.setdefault(name, {})
    new = list(dict.fromkeys(cell for cell in cells if cell not in found))

    def digest(cell: str) -> str:
        try:
            return f"picture {blake2b(picture_bytes(cell, dataset.pictures_folder), digest_size=16).hexdigest()}"
        except Unusable:
            return cell

    with progress("reading pictures", total=len(new)) as advance:
        for cell, one in zip(new, in_order(digest, new), strict=True):
            found[cell] = one
            advance(1)
    return [found[cell] for cell in cells]
