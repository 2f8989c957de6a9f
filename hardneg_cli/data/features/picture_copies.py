"""Which rows have the same picture, or nearly the same one, whatever its file is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hardneg_cli.data.dataset import Dataset
from hardneg_cli.data.features.pictures import picture_cells, picture_digests, pictures
from hardneg_cli.errors import listing, plural
from hardneg_cli.io.files.small_pictures import PILLOW, has_pillow
from hardneg_cli.runtime.progress import progress
from hardneg_cli.statistics.near_pictures import near_pictures

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray


@dataclass(frozen=True)
class PictureCopies:
    """links: (2, P) pairs of rows whose pictures are copies, or near ones; none where no pictures were compared.

    compared: whether there were any. notes: which ones cannot be read.
    """

    links: NDArray[np.int64]
    compared: bool = False
    notes: tuple[str, ...] = ()


def compared_content(dataset: Dataset) -> pa.Table:
    """What tells rows apart: the content, with a digest of each picture in place of its path.

    Where the paths are the ids, it stands beside the content; the list of a folder of pictures has digests already.
    A picture that cannot be read is told by its cell. The hash of a row stays that of its cells.
    """
    import pyarrow as pa

    content, image = dataset.content, dataset.columns.image
    if image is None or dataset.sources[0].pictures is not None:
        return content
    seen = zip(picture_digests(dataset), picture_cells(dataset), strict=True)
    digests = pa.array([cell if why else f"picture {digest.hex()}" for (digest, why), cell in seen], pa.string())
    if image not in content.column_names:
        return content.append_column(image, digests) if content.num_columns else pa.table({image: digests})
    return content.set_column(content.column_names.index(image), image, digests)


def picture_copies(dataset: Dataset) -> PictureCopies:
    """Links of all rows; none where there is no column of pictures, or, as a note says, nothing to decode them."""
    import numpy as np

    nothing = np.zeros((2, 0), np.int64)
    if dataset.columns.image is None:
        return PictureCopies(nothing)
    if not has_pillow():
        return PictureCopies(nothing, notes=(f"near copies of pictures are not looked for: {PILLOW}",))
    seen, order = pictures(dataset), dataset.by_id
    notes: tuple[str, ...] = ()
    if seen.troubles:
        first = listing(dataset.ids.take([*seen.troubles]).to_pylist())
        which = f"{plural(len(seen.troubles), 'picture')} cannot be read ({first})"
        notes = (f"{which}: compared with none",)
    with progress("looking for copies of pictures"):
        links = order[near_pictures(seen.luma[order], seen.colors[order])]
    return PictureCopies(np.asarray(links, np.int64), True, notes)
